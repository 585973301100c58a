"""Learning curves: mean accuracy against training size, with intervals, gap and speed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any

import numpy as np

from convscope.learning.analysis.resample import Cell, Means, interval
from convscope.learning.record import Run

LITTLE = 0.25
"""A net that gets less than this share of its own training samples right, above chance, has hardly learned."""

MUCH, CLOSE = 0.75, 0.05
"""One that gets less than the first, and is no further than the second from it on the test, lacks no samples."""


@dataclass(frozen=True)
class Point:
    """One net under one condition at one training size.

    Args:
        net: the net.
        condition: the condition.
        n: training samples.
        mean: accuracy, the mean over seeds.
        interval: of the mean, 95 %, two-level bootstrap.
        train: accuracy of the training samples.
        gap: ``train - mean``: how much of what was learned does not carry over.
        gap_interval: of the gap.
        steps: the median number of steps to the threshold; None where half the seeds or more never reach it.
        reached: share of the seeds that reach it.
    """

    net: str
    condition: str
    n: int
    mean: float
    interval: tuple[float, float]
    train: float
    gap: float
    gap_interval: tuple[float, float]
    steps: int | None
    reached: float

    def document(self) -> dict[str, Any]:
        """Return the point as JSON."""
        return {
            "net": self.net,
            "condition": self.condition,
            "n": self.n,
            "mean": self.mean,
            "interval": list(self.interval),
            "train_mean": self.train,
            "gap": self.gap,
            "gap_interval": list(self.gap_interval),
            "steps_to_threshold": self.steps,
            "reached": self.reached,
        }


def curves(runs: Iterable[Run], means: Means) -> tuple[Point, ...]:
    """Return one point for every cell, in the order of nets, conditions and sizes.

    Args:
        runs: what ``means`` was made of.
        means: their means with draws.
    """
    steps: dict[Cell, list[float]] = {}
    for run in runs:
        if run.seed in means.seeds:
            taken = float("inf") if run.steps_to_threshold is None else run.steps_to_threshold
            steps.setdefault(Cell(run.net, run.condition, run.n), []).append(taken)
    return tuple(_point(cell, means, steps[cell]) for cell in means.accuracy)


def unlearned(points: Sequence[Point], chance: float, best: float) -> tuple[Point, ...]:
    """Return the last point of each net that hardly learns its own training samples, as they are.

    Such a net is beaten for another reason than want of data: it is too small or was trained too briefly, or what is
    asked is hidden from it.

    Args:
        points: of a study, in the order of sizes.
        chance: the accuracy of always naming the most common class.
        best: the accuracy that no net exceeds.
    """
    last = {point.net: point for point in points if point.condition == "intact"}
    return tuple(p for p in last.values() if p.train - chance < LITTLE * (best - chance))


def saturated(points: Sequence[Point], chance: float, best: float) -> tuple[Point, ...]:
    """Return the last point of each net that more samples would hardly help: it tells those it has no better.

    Args:
        points: of a study, in the order of sizes.
        chance: the accuracy of always naming the most common class.
        best: the accuracy that no net exceeds.
    """
    last = {point.net: point for point in points if point.condition == "intact"}
    return tuple(
        point
        for point in last.values()
        if LITTLE <= (point.train - chance) / (best - chance) < MUCH and point.gap < CLOSE
    )


def _point(cell: Cell, means: Means, steps: list[float]) -> Point:
    usual = median_low(steps) if steps.count(float("inf")) * 2 < len(steps) else None
    return Point(
        *cell,
        mean=means.accuracy[cell],
        interval=interval(means.draws[cell]),
        train=means.train[cell],
        gap=means.train[cell] - means.accuracy[cell],
        gap_interval=interval(means.train_draws[cell] - means.draws[cell]),
        steps=None if usual is None else int(usual),
        reached=float(np.isfinite(steps).mean()),
    )


def rising(values: np.ndarray) -> np.ndarray:
    """Return the rising values nearest to some (isotonic regression, equal weights).

    ``max over i <= k of min over j >= k of the mean of values i..j`` (Barlow et al., 1972).

    Args:
        values: ``(..., K)`` by training size.

    >>> rising(np.array([1.0, 3.0, 2.0, 4.0])).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    count = values.shape[-1]
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, -1)], -1)
    best = np.full(values.shape, -np.inf)
    for i in range(count):
        lengths = np.arange(1, count - i + 1)
        mean = (sums[..., i + 1 :] - sums[..., i : i + 1]) / lengths  # of i..j, for every j >= i
        least = np.flip(np.minimum.accumulate(np.flip(mean, -1), -1), -1)
        best[..., i:] = np.maximum(best[..., i:], least)
    return best


def needed(sizes: np.ndarray, accuracy: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how many samples a curve needs for an accuracy, as bounds that coincide where that is known.

    The curve is made to rise, then interpolated straight in log n; the least n that reaches the
    accuracy counts. A curve that begins above it needs at most the smallest size: bounds 0 and that.
    One that never reaches it needs more than the largest: bounds that and infinity.

    Args:
        sizes: training sizes in order, ``(K,)``.
        accuracy: ``(..., K)``.
        at: the accuracy asked for.

    Returns:
        Lower and upper bounds, ``(...)`` each.
    """
    logs = np.log(np.asarray(sizes, float))
    curve = rising(np.asarray(accuracy, float))
    above = curve >= at
    right = np.clip(above.argmax(-1), 1, None)
    left = right - 1
    low = np.take_along_axis(curve, left[..., None], -1)[..., 0]
    high = np.take_along_axis(curve, right[..., None], -1)[..., 0]
    climb = np.where(high > low, high - low, 1.0)
    part = np.clip((at - low) / climb, 0, 1)  # beyond, only bounds are known
    found = np.exp(logs[left] + part * (logs[right] - logs[left]))
    first, never = above[..., 0], ~above.any(-1)
    exact = np.isclose(curve[..., 0], at)
    lower = np.where(never, sizes[-1], np.where(first, np.where(exact, sizes[0], 0.0), found))
    upper = np.where(never, np.inf, np.where(first, sizes[0], found))
    return lower, upper
