"""What is known of one layer so far: whole numbers only, so that the order of additions cannot show."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Self

import numpy as np

from convscope.features.exemplars import histogram, ranking, sums
from convscope.features.exemplars.reduce import Rows, reduce

LOWEST = 3
"""Samples that are kept of those where a unit is lowest."""

_MOST_WAITING = 64  # samples whose rows are folded into the tally at once
_UNITS_AT_ONCE = 128  # units whose values, of so many samples, stay in the processor's cache


@dataclass(eq=False)
class Tally:
    """Running results of one layer with U units; every array can be merged with another's exactly.

    Args:
        best: uint64 keys ``(U, k)`` of the largest responses, see ``ranking``.
        best_at: int32 ``(U, k)``: their places in the flattened map.
        least: uint64 keys ``(U, LOWEST)`` of the smallest, by the negated value.
        least_at: their places.
        taken: int64 ``(1,)``: samples.
        seen: int64 ``(U,)``: samples whose map was finite.
        active: int64 ``(U,)``: samples whose largest response was above zero.
        total: int64 ``(U, sums.DIGITS)``: sum over all samples and places.
        squares: sum of squares.
        counts: int64 ``(U, histogram.BINS)``.
        responses: float32 ``(R, U)``: largest response on each kept sample; NaN where not finite.
        places: int32 ``(R, U)``: where it was.
    """

    best: np.ndarray
    best_at: np.ndarray
    least: np.ndarray
    least_at: np.ndarray
    taken: np.ndarray
    seen: np.ndarray
    active: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    counts: np.ndarray
    responses: np.ndarray
    places: np.ndarray

    @classmethod
    def empty(cls, units: int, k: int, kept: int) -> Self:
        """Return the tally of no samples.

        Args:
            units: how many.
            k: largest responses to keep of each.
            kept: samples whose responses are all kept.
        """
        return cls(
            best=np.zeros((units, k), np.uint64),
            best_at=np.zeros((units, k), np.int32),
            least=np.zeros((units, LOWEST), np.uint64),
            least_at=np.zeros((units, LOWEST), np.int32),
            taken=np.zeros(1, np.int64),
            seen=np.zeros(units, np.int64),
            active=np.zeros(units, np.int64),
            total=np.zeros((units, sums.DIGITS), np.int64),
            squares=np.zeros((units, sums.DIGITS), np.int64),
            counts=np.zeros((units, histogram.BINS), np.int64),
            responses=np.full((kept, units), np.nan, np.float32),
            places=np.zeros((kept, units), np.int32),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return every array by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def fold(self, samples: np.ndarray, rows: Rows, finite: np.ndarray) -> None:
        """Take in what the maps of some samples came down to.

        Args:
            samples: int64 ``(n,)``.
            rows: n of each.
            finite: boolean ``(n, U)``: the others are left out.
        """
        numbers = samples[:, None]
        high, low = ranking.keys(rows.highest, numbers), ranking.keys(-rows.lowest, numbers)
        total, squares = rows.total, rows.squares
        if not finite.all():
            high, low = (np.where(finite, key, np.uint64(0)) for key in (high, low))
            total, squares = (np.where(finite, values, 0.0) for values in (total, squares))
        ranking.keep_best(self.best, self.best_at, high.T, rows.at_highest.T)
        ranking.keep_best(self.least, self.least_at, low.T, rows.at_lowest.T)
        self.taken += len(samples)
        self.seen += finite.sum(0)
        self.active += (finite & (rows.highest > 0)).sum(0)
        for start in range(0, len(self.seen), _UNITS_AT_ONCE):
            here = slice(start, start + _UNITS_AT_ONCE)
            sums.add(self.total[here], total[:, here])
            sums.add(self.squares[here], squares[:, here])

    def count(self, values: Sequence[np.ndarray], finite: np.ndarray) -> None:
        """Count values into the histograms.

        Args:
            values: for each of n samples float32 ``(U, L)``.
            finite: boolean ``(n, U)``: the others are left out.
        """
        widths = [array.shape[1] for array in values]
        for start in range(0, len(self.counts), _UNITS_AT_ONCE):
            here = slice(start, start + _UNITS_AT_ONCE)
            bins = histogram.bins_of(np.concatenate([array[here] for array in values], axis=1))
            # At once of the type that ``bincount`` would make a copy in.
            bins = bins + np.arange(len(bins), dtype=np.intp)[:, None] * histogram.BINS
            if not finite[:, here].all():
                bins = bins[np.repeat(finite[:, here], widths, axis=0).T]
            counts = self.counts[here].reshape(-1)
            counts += np.bincount(bins.reshape(-1), minlength=len(counts))

    def merged(self, other: Self, order: np.ndarray) -> Self:
        """Return the tally of both sets of samples, which have none in common.

        Args:
            other: of the same layer.
            order: which rows of both ``responses``, one after the other, come first, second, ...
        """
        ours, theirs = self.arrays(), other.arrays()
        found = {
            name: ours[name] + theirs[name]
            for name in ("taken", "seen", "active", "total", "squares", "counts")
        }
        for name in ("responses", "places"):
            found[name] = np.concatenate([ours[name], theirs[name]])[order]
        for name in ("best", "least"):
            found[name], found[f"{name}_at"] = ours[name].copy(), ours[f"{name}_at"].copy()
            ranking.keep_best(found[name], found[f"{name}_at"], theirs[name], theirs[f"{name}_at"])
        return type(self)(**found)


class Taking:
    """A tally at work: maps go in, and are folded into it some samples at a time.

    Args:
        tally: of one layer.
        space: the size of the layer's map.
        step: the distance between positions that are counted into the histogram.
        kept: int64, sorted: the samples whose responses are all kept, one for each row of the tally.
        samples: of the whole pass: no more can wait.
    """

    def __init__(
        self, tally: Tally, space: tuple[int, ...], step: int, kept: np.ndarray, samples: int
    ):
        self.tally = tally
        self._space, self._step, self._kept = space, step, kept
        self._samples: list[int] = []
        self._counted: list[np.ndarray] = []  # parts of the array of values
        # What waits lies in arrays made once. Made anew for every sample it would lie between the
        # network's maps, and leave gaps in memory when it goes.
        units, most = len(tally.seen), prod(-(-size // step) for size in space)
        self._room = min(_MOST_WAITING, samples)
        self._rows = Rows.empty(self._room, units)
        self._values = np.empty(self._room * most * units, np.float32)

    def add(self, maps: np.ndarray, slots: Sequence[int], samples: Sequence[int]) -> None:
        """Take in the maps of some samples.

        Args:
            maps: float32 ``(B, U, *S)``, contiguous; B is at most ``_MOST_WAITING``.
            slots: which of the B are samples; the others are ignored.
            samples: their numbers.
        """
        if len(self._samples) + len(samples) > self._room:
            self.fold()
        # All B are reduced: leaving some out would shift the others in memory, and a row may be summed
        # in another order where it begins at another place.
        found = reduce(maps.reshape(*maps.shape[:2], -1))
        here = slice(len(self._samples), len(self._samples) + len(samples))
        every = list(slots) == list(range(len(maps)))
        for waiting, array in zip(self._rows, found, strict=True):
            waiting[here] = array if every else array[slots]
        self._samples += samples
        for slot, sample in zip(slots, samples, strict=True):
            places = histogram.lattice(self._space, self._step, sample)
            values = maps[slot][:, *places]
            used = sum(array.size for array in self._counted)
            kept = self._values[used : used + values.size].reshape(values.shape)
            kept[:] = values
            self._counted.append(kept.reshape(len(kept), -1))

    def fold(self) -> None:
        """Bring the tally up to date."""
        if not self._samples:
            return
        samples = np.array(self._samples, np.int64)
        rows = Rows(*(array[: len(samples)] for array in self._rows))
        finite = rows.finite()
        self.tally.fold(samples, rows, finite)
        self.tally.count(self._counted, finite)
        row = np.searchsorted(self._kept, samples)
        known = row < len(self._kept)
        known[known] = self._kept[row[known]] == samples[known]
        highest = np.where(finite[known], rows.highest[known], np.float32(np.nan))
        self.tally.responses[row[known]] = highest
        self.tally.places[row[known]] = rows.at_highest[known]
        self._samples, self._counted = [], []
