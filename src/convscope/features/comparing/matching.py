"""Which unit of one layer does what a unit of another does, judged by their responses to the same samples.

Two networks trained twice hold similar units in another order, so comparing unit 7 with unit 7 says
nothing; and the best of 256 correlations is high by chance alone. So: Pearson correlation of the
responses over the samples (Li, Yosinski, Clune, Lipson, Hopcroft 2016, "Convergent learning"), the best
match each way, and a null in which the samples of one side are shuffled: the best of as many correlations
between the same responses when they have nothing to do with each other.

Limit: correlation compares what units respond to over these data; two units that differ elsewhere match.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Status = Literal["matched", "shared", "unmatched", "silent"]
STATUSES: tuple[Status, ...] = ("matched", "shared", "unmatched", "silent")


@dataclass(frozen=True, eq=False)
class Matching:
    """How the units of one layer correspond to those of another.

    Args:
        best: the most correlated unit of the other layer, ``(U,)`` int64; -1 for a silent unit.
        correlation: with it, ``(U,)`` float64; NaN for a silent unit.
        status: ``matched``: each is the other's best; ``shared``: the best unit of the other layer has a better match;
            ``unmatched``: the best correlation is what shuffled samples give; ``silent``: the unit does not vary.
        null99: the 99th percentile of the best correlations of all units after shuffling.
    """

    best: np.ndarray
    correlation: np.ndarray
    status: tuple[Status, ...]
    null99: float

    def count(self, status: Status) -> int:
        """Return how many units have a status."""
        return self.status.count(status)

    @property
    def similarity(self) -> float:
        """Mean best correlation of the units that vary; NaN where none does."""
        known = self.correlation[np.isfinite(self.correlation)]
        return float(known.mean()) if known.size else float("nan")


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Pearson correlation of every unit of one layer with every unit of another.

    Args:
        a: responses ``(R, U)``, one row per sample.
        b: responses ``(R, V)`` to the same samples.

    Returns:
        ``(U, V)`` float32; NaN where one of the two does not vary, or is not finite on some sample.
    """
    return _standard(a).T @ _standard(b)


def matched(
    a: np.ndarray, b: np.ndarray, *, shuffles: int = 20, seed: int = 0
) -> tuple[Matching, Matching]:
    """Match the units of two layers by their responses to the same samples.

    Args:
        a: responses ``(R, U)`` of one layer.
        b: responses ``(R, V)`` of the other.
        shuffles: how often the samples are shuffled for the null.
        seed: of the shuffles.

    Returns:
        The matching of the first layer's units, and of the second's.
    """
    one, two = _standard(a), _standard(b)
    table = one.T @ two
    best, back = _best(table), _best(table.T)
    draw = np.random.default_rng(seed)
    chance: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for _ in range(shuffles):
        shuffled = one.T @ two[draw.permutation(len(two))]
        for side, rows in zip(chance, (shuffled, shuffled.T), strict=True):
            found = _best(rows)[1]
            side.append(found[np.isfinite(found)])
    nulls = [_percentile(np.concatenate(side)) if side else float("nan") for side in chance]
    return _judged(best, back[0], nulls[0]), _judged(back, best[0], nulls[1])


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Return how much of one layer is found in another: the mean best correlation of its units that vary.

    Args:
        a: responses ``(R, U)``.
        b: responses ``(R, V)`` to the same samples.
    """
    found = _best(correlations(a, b))[1]
    found = found[np.isfinite(found)]
    return float(found.mean()) if found.size else float("nan")


def _standard(responses: np.ndarray) -> np.ndarray:
    """Return each unit's responses with mean 0 and norm 1; NaN for one that does not vary."""
    values = responses.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        centred = values - values.mean(0)
        norm = np.sqrt(np.square(centred).sum(0))
        # Rounding alone makes a constant unit vary by about its size times the precision.
        varies = norm > 1e-6 * np.sqrt(np.square(values).sum(0))
        # Half the time of float64 in the products; correlations are right to about 1e-6.
        return (centred / np.where(varies, norm, np.nan)).astype(np.float32)


def _best(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the best column of each row and its correlation; -1 and NaN where there is none."""
    filled = np.where(np.isfinite(table), table, -np.inf)
    best = filled.argmax(1) if table.shape[1] else np.zeros(len(table), np.int64)
    value = (
        np.take_along_axis(filled, best[:, None], 1)[:, 0]
        if table.shape[1]
        else np.full(len(table), -np.inf)
    )
    known = np.isfinite(value)
    return np.where(known, best, -1), np.where(known, value.clip(-1, 1), np.nan)


def _judged(best: tuple[np.ndarray, np.ndarray], back: np.ndarray, null99: float) -> Matching:
    status: list[Status] = []
    for unit, (other, value) in enumerate(zip(*best, strict=True)):
        if other < 0:
            status.append("silent")
        elif not value > null99:
            status.append("unmatched")
        else:
            status.append("matched" if back[other] == unit else "shared")
    return Matching(*best, tuple(status), null99)


def _percentile(values: np.ndarray) -> float:
    return float(np.percentile(values, 99)) if values.size else float("nan")
