"""Do deeper layers respond to more complex things? A rank correlation, its interval, and a control.

The score is Spearman's correlation between the level of a unit's label and the depth of its layer, ties at their
mean rank, over units whose label is sure: firing says at least one bit about it. A weaker label may be right and
still not tell a spot from a disc, and such doubts lean upward where fields are large. A bootstrap over units gives
the interval: labels and layers are few values, so a resampled set of units is a table of counts, and each resample
costs nothing. The same network with weights as before training is the control: what it shows is due to the measure
and the architecture, not to learning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.features.concepts.evidence import Label

SURE = 1.0
"""Bits that firing must say about a unit's label for its level to count."""
_RESAMPLES = 2000
_FEWEST = 10  # units with a sure label, for a correlation to be given


@dataclass(frozen=True)
class Hierarchy:
    """How level and depth go together.

    Args:
        rho: Spearman's correlation, -1 to 1; None where fewer than ten units of two layers have a sure label.
            0 where all sure labels have one level: nothing then goes with depth.
        interval: 95 %, by bootstrap over units, of the resamples that have more than one level; None where none
            can have.
        labelled: units that have a sure label.
        control_rho: the same of the untrained network; None where it was not measured, or as above.
        control_interval: its interval.
        control_labelled: its units that have a sure label.
        levels: by layer, how many units are surely labelled on levels 1 to 4.
    """

    rho: float | None
    interval: tuple[float, float] | None
    labelled: int
    control_rho: float | None = None
    control_interval: tuple[float, float] | None = None
    control_labelled: int | None = None
    levels: Mapping[str, tuple[int, int, int, int]] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "rho": self.rho,
            "interval": self.interval and list(self.interval),
            "labelled": self.labelled,
            "control_rho": self.control_rho,
            "control_interval": self.control_interval and list(self.control_interval),
            "control_labelled": self.control_labelled,
        }


def hierarchy(
    labels: Mapping[str, Sequence[Label]],
    control: Mapping[str, Sequence[Label]] | None = None,
    *,
    depth: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Hierarchy:
    """Correlate the level of labels with the depth of layers.

    Args:
        labels: by layer, in the order in which layers run.
        control: the same of the untrained network.
        depth: of each layer; by default its place in that order.
        seed: of the bootstrap.

    >>> up = {name: [Label("x", level, "overlap", bits=2)] * 5 for level, name in enumerate("abcd", start=1)}
    >>> hierarchy(up).rho
    1.0
    """
    depths = np.array(
        [place if depth is None else depth[name] for place, name in enumerate(labels)]
    )
    counts = _table(labels)
    rho, interval = _scored(counts, depths, seed)
    rows = {name: _four(row) for name, row in zip(labels, counts.tolist(), strict=True)}
    if control is None:
        return Hierarchy(rho, interval, int(counts.sum()), levels=rows)
    other = _table({name: control[name] for name in labels})
    control_rho, control_interval = _scored(other, depths, seed)
    return Hierarchy(
        rho,
        interval,
        int(counts.sum()),
        control_rho,
        control_interval,
        int(other.sum()),
        rows,
    )


def _four(row: list[int]) -> tuple[int, int, int, int]:
    first, second, third, fourth = row
    return first, second, third, fourth


def _table(labels: Mapping[str, Sequence[Label]]) -> np.ndarray:
    """Return how many units of each layer (rows) are surely labelled on each level (columns)."""
    counts = np.zeros((len(labels), 4), np.int64)
    for row, units in zip(counts, labels.values(), strict=True):
        for one in units:
            if one.level is not None and one.bits is not None and one.bits >= SURE:
                row[one.level - 1] += 1
    return counts


def _scored(
    counts: np.ndarray, depths: np.ndarray, seed: int
) -> tuple[float | None, tuple[float, float] | None]:
    total = int(counts.sum())
    if total < _FEWEST or (counts.sum(1) > 0).sum() < 2:
        return None, None
    if (counts.sum(0) > 0).sum() < 2:
        return 0.0, None
    order = np.argsort(depths, kind="stable")
    table = counts[order]
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(total, table.ravel() / total, _RESAMPLES).reshape(-1, *table.shape)
    values = _spearman(np.concatenate([table[None], drawn]))
    low, high = np.nanquantile(values[1:], [0.025, 0.975])
    return float(values[0]), (float(low), float(high))


def _spearman(tables: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of rows with columns of tables of counts (R, L, 4); NaN where one is constant."""
    total = tables.sum((1, 2), keepdims=True)[..., 0]
    ranks = []
    for axis in (2, 1):
        margin = tables.sum(axis)
        rank = margin.cumsum(1) - margin / 2  # the mean rank of tied units, up to a constant
        ranks.append(rank - total / 2)  # whose mean, weighted by the margin, is total / 2
    rows, columns = ranks
    together = np.einsum("rlk,rl,rk->r", tables, rows, columns)
    spread = np.einsum("rl,rl->r", tables.sum(2), rows**2) * np.einsum(
        "rk,rk->r", tables.sum(1), columns**2
    )
    return np.divide(
        together, np.sqrt(spread), out=np.full(len(tables), np.nan), where=spread > 0
    ).round(12)
