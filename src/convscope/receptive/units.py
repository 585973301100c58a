"""Real units: what the positions of a site read of the real input, border and holes included.

The plane says how large a field is; this says what is left of it at the edge, which positions inside
the hull are never read (dilation, strides larger than kernels), and how many paths lead to each.
Everything is computed once per site, when first asked for.
"""

from collections.abc import Sequence

import numpy as np

from convscope.receptive.sites import Site, ancestors

_FAR = np.iinfo(np.int64).max // 4


class Units:
    """What each position of a site reads, worked out on demand and kept.

    Args:
        ghosts: whether taps of weight zero count (arithmetic touches them: a NaN there arrives).
    """

    def __init__(self, *, ghosts: bool = False):
        self._ghosts = ghosts
        self._hulls: dict[Site, tuple[np.ndarray, np.ndarray]] = {}
        self._sets: dict[Site, np.ndarray] = {}

    def hulls(self, site: Site) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last input position per unit, ``(length,)`` each; first > last where it reads nothing."""
        if site not in self._hulls:
            for needed in ancestors([site], self._hulls):
                self._hulls[needed] = self._hull(needed)
        return self._hulls[site]

    def sets(self, site: Site) -> np.ndarray:
        """Return which input positions each unit reads: booleans ``(length, inputs)``."""
        if site not in self._sets:
            for needed in ancestors([site], self._sets):
                self._sets[needed] = self._set(needed)
        return self._sets[site]

    def _hull(self, site: Site) -> tuple[np.ndarray, np.ndarray]:
        if not site.reads:
            return np.arange(site.length), np.arange(site.length)
        first = np.full(site.length, _FAR)
        last = np.full(site.length, -_FAR)
        for parent, taps in site.reads:
            rows = taps.rows(site.length, parent.length, ghosts=self._ghosts)
            low, high = self._hulls[parent]
            # The extra last place is where the -1 of a missing tap points.
            first = np.minimum(first, np.append(low, _FAR)[rows].min(1))
            last = np.maximum(last, np.append(high, -_FAR)[rows].max(1))
        return first, last

    def _set(self, site: Site) -> np.ndarray:
        if not site.reads:
            return np.eye(site.length, dtype=bool)
        inputs = self._sets[site.reads[0][0]].shape[1]
        read = np.zeros((site.length, inputs), bool)
        for parent, taps in site.reads:
            rows = taps.rows(site.length, parent.length, ghosts=self._ghosts)
            reach = np.vstack([self._sets[parent], np.zeros((1, inputs), bool)])
            for column in rows.T:
                read |= reach[column]
        return read


def paths(site: Site, position: int, *, averaged: bool = False) -> np.ndarray:
    """Return the number of paths from each input position to one unit: its effective field if all weights were equal.

    Args:
        site: the unit's site.
        position: the unit's place along the axis.
        averaged: whether every window averages (its weights sum to 1) instead of adding up. Averages
            are what the axes of a product kernel have in common, so only they can be compared with a measurement.

    Returns:
        Numbers per input position, ``(inputs,)``. A chain of windows gives the box splines whose variance is
        ``sum (k^2 - 1)/12 * (d*j)^2`` (Luo et al. 2016).
    """
    waiting = {site: np.eye(1, site.length, position)[0]}
    for current in reversed(ancestors([site])):
        weights = waiting.pop(current)
        if not current.reads:
            return weights
        for parent, taps in current.reads:
            rows = taps.rows(current.length, parent.length)
            share = weights[:, None] * (rows >= 0)
            if averaged:
                share = share / _widths(taps, rows)[:, None]
            arrived = np.bincount(rows.clip(0).ravel(), share.ravel(), minlength=parent.length)
            waiting[parent] = waiting.get(parent, 0) + arrived
    raise AssertionError("a site reads, in the end, the input")


def _widths(taps: object, rows: np.ndarray) -> np.ndarray:
    offsets: Sequence[Sequence[int]] | None = getattr(taps, "offsets", None)
    if offsets is None:
        return np.maximum((rows >= 0).sum(1), 1)
    # Taps on padding count: the kernel that averages is the same at the border.
    return np.maximum([len(offsets[i % len(offsets)]) for i in range(len(rows))], 1)
