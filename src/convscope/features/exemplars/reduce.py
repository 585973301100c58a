"""One map of a layer becomes a few numbers per unit; this is where the time of a harvest goes.

Numpy rather than torch: its ``argmax`` is vectorised and finds the first of equals, and it sums a row in
the same order whatever else is in the array. Rows are taken in blocks that stay in the processor's cache
while they are read four times.
"""

from typing import NamedTuple, Self

import numpy as np

_BLOCK = 1 << 18  # values: a megabyte
_RUN = 1024  # values that are summed in single precision before the sum goes on in double


class Rows(NamedTuple):
    """What each row of a map came down to; each array is ``(n, U)`` for n samples.

    ``highest`` and ``lowest`` are float32, ``at_highest`` and ``at_lowest`` the int32 places of the
    first of equals, ``total`` and ``squares`` the float64 sums over all places.
    """

    highest: np.ndarray
    at_highest: np.ndarray
    lowest: np.ndarray
    at_lowest: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def empty(cls, samples: int, units: int) -> Self:
        """Return arrays to write into."""
        types = (np.float32, np.int32, np.float32, np.int32, np.float64, np.float64)
        return cls(*(np.empty((samples, units), dtype) for dtype in types))

    def finite(self) -> np.ndarray:
        """Return where a row held neither NaN nor infinity, nor anything whose square is infinite."""
        return np.isfinite(self.squares) & np.isfinite(self.total)


def reduce(maps: np.ndarray) -> Rows:
    """Reduce the maps of some samples.

    Args:
        maps: float32 ``(n, U, P)``, contiguous; P places, at least one.
    """
    samples, units, places = maps.shape
    rows = maps.reshape(samples * units, places)
    count, runs = len(rows), -(-places // _RUN)
    at_highest, at_lowest = np.empty(count, np.intp), np.empty(count, np.intp)
    total, squares = np.empty((count, runs), np.float32), np.empty((count, runs), np.float32)
    height = max(1, _BLOCK // places)
    for start in range(0, count, height):
        here = slice(start, start + height)
        block = rows[here]
        block.argmax(1, out=at_highest[here])
        block.argmin(1, out=at_lowest[here])
        _sum_runs(block, total[here], squares[here])
    each = np.arange(count)
    shape = (samples, units)
    found = (
        rows[each, at_highest],
        at_highest.astype(np.int32),
        rows[each, at_lowest],
        at_lowest.astype(np.int32),
        total.sum(1, dtype=np.float64),
        squares.sum(1, dtype=np.float64),
    )
    return Rows(*(array.reshape(shape) for array in found))


def _sum_runs(block: np.ndarray, total: np.ndarray, squares: np.ndarray) -> None:
    """Sum each run of each row, and its squares."""
    height, width = block.shape
    whole = width // _RUN
    if whole:
        runs = block[:, : whole * _RUN].reshape(height, whole, _RUN)
        np.einsum("ijk->ij", runs, out=total[:, :whole])
        squares[:, :whole] = np.vecdot(runs, runs)  # twice as fast as einsum
    if width % _RUN:
        rest = block[:, whole * _RUN :]
        np.einsum("ij->i", rest, out=total[:, -1])
        squares[:, -1] = np.vecdot(rest, rest)
