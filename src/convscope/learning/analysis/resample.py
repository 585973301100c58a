"""Mean accuracies that carry their own uncertainty: a bootstrap at two levels, seeds and test items.

The question is what another series of trainings, tested on other items, would give. Seeds differ
(data, order, weights) and test items differ in difficulty. One draw changes both, and in every cell
alike, because that is how the study was run: so every difference, ratio and fit that is made of the
draws is a paired one.

*Seeds.* The plain bootstrap of few seeds is too sure of itself: it draws from S values as if their
spread were known, and three seeds can be drawn in ten ways only. Here each draw gives seed s the
weight ``1/S + (g_s - mean g) / √(S(S-1)) · √((S-1)/χ²)``, g normal and χ² of S - 1 degrees of
freedom. Over the draws, a mean (or any difference of means) then has exactly the distribution behind
the paired t interval.

*Items.* Redrawing items by seeds counts the noise of one run on one item twice, and intervals come out
up to 70 % too wide (Owen, 2007). What another test would change is what all runs share: how hard its
items are. Its covariance between cells is estimated from pairs of different seeds, in which the noise
of single runs cancels, and drawn from the normal distribution.

Limit: items are taken as independent; several by one speaker are not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

import numpy as np

from convscope.errors import SpecError
from convscope.learning.record import Run

DRAWS = 2000
"""How often seeds and items are drawn anew."""

LEVEL = 0.95
"""Of every interval."""


class Cell(NamedTuple):
    """One net under one condition, trained on ``n`` samples."""

    net: str
    condition: str
    n: int


@dataclass(frozen=True)
class Means:
    """The mean over seeds of each cell, and what it is in each draw.

    Args:
        accuracy: of the test items, by cell.
        draws: the same in each draw, float64 ``(D,)``.
        train: of the training samples, by cell.
        train_draws: the same in each draw.
        seeds: those that every cell has.
        items: how many test items.
    """

    accuracy: Mapping[Cell, float]
    draws: Mapping[Cell, np.ndarray] = field(repr=False)
    train: Mapping[Cell, float] = field(repr=False)
    train_draws: Mapping[Cell, np.ndarray] = field(repr=False)
    seeds: tuple[int, ...]
    items: int

    def sizes(self, net: str, condition: str = "intact") -> tuple[int, ...]:
        """Return the training sizes at which a net was trained under a condition, in order."""
        return tuple(sorted(c.n for c in self.accuracy if (c.net, c.condition) == (net, condition)))

    def contrast(self, weights: Mapping[Cell, float]) -> tuple[float, np.ndarray]:
        """Return a weighted sum of cells' accuracies, and the same in each draw ``(D,)``."""
        estimate = sum(weight * self.accuracy[cell] for cell, weight in weights.items())
        draws = sum(
            (weight * self.draws[cell] for cell, weight in weights.items()),
            start=np.zeros(len(next(iter(self.draws.values())))),
        )
        return estimate, draws


def resampled(runs: Iterable[Run], *, draws: int = DRAWS, seed: int = 0) -> Means:
    """Return the mean accuracy of every cell, with draws of seeds and test items.

    Args:
        runs: of any nets, sizes and conditions; the test items are the same in all. Seeds that a
            cell lacks are left out of every cell.
        draws: how many.
        seed: of the draws.

    Raises:
        SpecError: fewer than two seeds are in every cell, or runs were tested on different items.
    """
    cells: dict[Cell, dict[int, Run]] = {}
    for run in runs:
        cells.setdefault(Cell(run.net, run.condition, run.n), {})[run.seed] = run
    shared = set.intersection(*(set(by_seed) for by_seed in cells.values())) if cells else set()
    seeds = tuple(sorted(shared))
    if len(seeds) < 2:
        raise SpecError(
            f"{len(seeds)} seeds are in every cell of this study, and an interval needs 2 or more: "
            "let the study finish, or give it more seeds."
        )
    correct = [[by_seed[s].correct for s in seeds] for by_seed in cells.values()]
    counts = {len(bits) for row in correct for bits in row}
    if len(counts) > 1:
        raise SpecError(
            f"These runs were tested on different numbers of items ({sorted(counts)}), so they cannot be "
            "paired: study one task at a time."
        )
    right = np.asarray(correct, np.float32)  # (cells, S, T)
    learned = np.array([[by_seed[s].train_accuracy for s in seeds] for by_seed in cells.values()])
    tested, trained = _drawn(right, learned, draws, np.random.default_rng(seed))
    names = list(cells)
    accuracy = right.mean((1, 2), dtype=np.float64)
    return Means(
        accuracy=dict(zip(names, accuracy.tolist(), strict=True)),
        draws=dict(zip(names, tested, strict=True)),
        train=dict(zip(names, learned.mean(1).tolist(), strict=True)),
        train_draws=dict(zip(names, trained, strict=True)),
        seeds=seeds,
        items=right.shape[2],
    )


def interval(draws: np.ndarray) -> tuple[float, float]:
    """Return the middle 95 % of some draws."""
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return float(low), float(high)


def seed_weights(rng: np.random.Generator, draws: int, seeds: int) -> np.ndarray:
    """Return the weight of each seed in each draw, ``(D, S)``; each row sums to 1.

    Weighted sums of S values spread about their mean as Student's distribution says of S - 1 degrees
    of freedom, scaled by the standard error.

    Args:
        rng: where they are drawn from.
        draws: how many.
        seeds: how many; at least 2.
    """
    normal = rng.normal(size=(draws, seeds))
    normal -= normal.mean(1, keepdims=True)
    # Σ (g_s - g)(x_s - x) is normal with the variance Σ (x_s - x)²; the scale makes that s²/S.
    tail = np.sqrt((seeds - 1) / rng.chisquare(seeds - 1, size=(draws, 1)))
    return 1 / seeds + tail * normal / sqrt(seeds * (seeds - 1))


def item_covariance(right: np.ndarray) -> np.ndarray:
    """Return the covariance between cells' means that comes of the test items.

    ``cov over items of (x_cs, x_c's')``, averaged over pairs of different seeds, divided by the items.

    Args:
        right: whether each item was right, ``(cells, S, T)``.

    Returns:
        ``(cells, cells)``; rounding and sampling may leave eigenvalues a little below zero.
    """
    _, seeds, items = right.shape
    centred = right - right.mean(2, keepdims=True, dtype=np.float64)
    summed = centred.sum(1)
    same = np.einsum("cst,dst->cd", centred, centred, optimize=True)
    return (summed @ summed.T - same) / (seeds * (seeds - 1) * max(items - 1, 1) * items)


def _drawn(
    right: np.ndarray, learned: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells' test and training accuracy in each draw, ``(cells, D)`` each."""
    weights = seed_weights(rng, draws, right.shape[1])
    sizes, ways = np.linalg.eigh(item_covariance(right))
    spread = ways * np.sqrt(np.clip(sizes, 0, None))
    by_items = spread @ rng.normal(size=(len(sizes), draws))
    return right.mean(2, dtype=np.float64) @ weights.T + by_items, learned @ weights.T
