"""One map of a layer becomes a few numbers per unit; this is where the time of a harvest goes.

Numpy rather than torch: its ``argmax`` is vectorised and finds the first of equals, and it sums a row in
the same order whatever else is in the array. Rows are taken in blocks that stay in the processor's cache
while they are read four times.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

_BLOCK = 1 << 17  # values: half a megabyte
_RUN = 512  # values that are summed in single precision before the sum goes on in double


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


def reduce(maps: np.ndarray) -> Rows:
    """Reduce the maps of some samples.

    Args:
        maps: float32 ``(n, U, P)``, contiguous; P places, at least one.
    """
    samples, units, places = maps.shape
    rows = maps.reshape(samples * units, places)
    count = len(rows)
    highest, lowest = np.empty(count, np.float32), np.empty(count, np.float32)
    at_highest, at_lowest = np.empty(count, np.int32), np.empty(count, np.int32)
    total, squares = np.empty(count), np.empty(count)
    height = max(1, _BLOCK // places)
    for start in range(0, count, height):
        here = slice(start, start + height)
        block = rows[here]
        each = np.arange(len(block))
        at_highest[here] = first = block.argmax(1)
        highest[here] = block[each, first]
        at_lowest[here] = last = block.argmin(1)
        lowest[here] = block[each, last]
        total[here], squares[here] = _moments(block)
    shape = (samples, units)
    found = (highest, at_highest, lowest, at_lowest, total, squares)
    return Rows(*(array.reshape(shape) for array in found))


def _moments(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of each row and of its squares, in double precision beyond short runs."""
    height, width = block.shape
    whole = width // _RUN
    total, squares = np.zeros(height), np.zeros(height)
    with np.errstate(over="ignore", invalid="ignore"):  # rows that are not finite are left out
        if whole:
            size = block.itemsize
            strides = (block.strides[0], _RUN * size, size)
            runs = as_strided(block, (height, whole, _RUN), strides, writeable=False)
            total += np.einsum("ijk->ij", runs).sum(1, dtype=np.float64)
            squares += np.einsum("ijk,ijk->ij", runs, runs).sum(1, dtype=np.float64)
        if width % _RUN:
            rest = block[:, whole * _RUN :]
            total += np.einsum("ij->i", rest)
            squares += np.einsum("ij,ij->i", rest, rest)
    return total, squares
