"""A histogram with the same bins for every unit of every network, so that any two can be added.

The bins come from the bits of a float32: its exponent and the first three bits of its mantissa, so each
factor of two is cut into eight bins of equal width. What is below 2**-14 in size shares one bin with
zero, and what is above 2**18 the last bin of its sign. A quantile is therefore known to within an eighth
of its value.

Counting every position of every map would cost a good part of the convolutions themselves. Of a large map
a lattice is counted, shifted by an amount that depends on the sample's number alone, so that over samples
every position counts equally, edges and corners included. How fine it is depends on the number of samples
in the whole study, so that a small study is counted in full.
"""

import numpy as np

OCTAVES = (-14, 18)
STEPS = 8
"""Bins to a factor of two."""
FEWEST = 64
"""Positions of a larger map that are counted, about."""
ENOUGH = 1 << 15
"""Values of each unit, over the whole study, below which more positions are counted."""

_SIDE = (OCTAVES[1] - OCTAVES[0]) * STEPS
BINS = 2 * _SIDE + 1
_MAGNITUDE = np.int32(0x7FFFFFFF)
_DROPPED = 20  # of the 23 bits of the mantissa
_FIRST = np.int32((127 + OCTAVES[0]) * STEPS - 1)


def edges() -> np.ndarray:
    """Return the float64 edges of the bins ``(BINS + 1,)``; the first and last are infinite.

    >>> found = edges()
    >>> len(found) == BINS + 1, bool(found[BINS // 2 + 1] == 2.0 ** OCTAVES[0])
    (True, True)
    """
    steps = 1 + np.arange(STEPS) / STEPS
    above = (2.0 ** np.arange(*OCTAVES)[:, None] * steps).ravel()
    return np.concatenate([[-np.inf], -above[:0:-1], [-above[0], above[0]], above[1:], [np.inf]])


def bins_of(values: np.ndarray) -> np.ndarray:
    """Return the int32 bin of each float32 value.

    >>> bins_of(np.float32([0, 1e-9, -1, 1, 1e30])).tolist() == [256, 256, 143, 369, 512]
    True
    """
    bits = np.ascontiguousarray(values).view(np.int32)
    size = bits & _MAGNITUDE
    size >>= _DROPPED
    size -= _FIRST
    np.minimum(np.maximum(size, 0, out=size), _SIDE, out=size)
    # Subtract twice where the sign bit is set: (bits >> 31) is -1 there and 0 elsewhere.
    turn = bits >> 31
    size ^= turn
    size -= turn
    size += _SIDE
    return size


def step(space: tuple[int, ...], samples: int) -> int:
    """Return the distance between counted positions of a map, the same on every axis.

    Args:
        space: the size of the map.
        samples: in the whole study.

    >>> step((112, 112), 1000), step((112, 112), 10), step((7, 7), 1000)
    (14, 2, 1)
    """
    most = max(FEWEST, ENOUGH // max(samples, 1))
    found = 1
    while np.prod([-(-size // found) for size in space], dtype=np.int64) > most:
        found += 1
    return found


def lattice(space: tuple[int, ...], distance: int, sample: int) -> tuple[slice, ...]:
    """Return the counted positions of a map, as one slice per axis.

    Args:
        space: the size of the map.
        distance: its ``step``.
        sample: the number of the sample.
    """
    number = (sample * 0x9E3779B97F4A7C15 % 2**64) >> 24  # Knuth's multiplicative hash
    slices = []
    for size in space:
        reach = min(distance, size)
        slices.append(slice(number % reach, None, distance))
        number //= reach
    return tuple(slices)


def quantile(counts: np.ndarray, q: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the q-quantile of each unit, interpolated inside its bin.

    Args:
        counts: int64 ``(U, BINS)``.
        q: share of the values that lie below, from 0 to 1.
        low: the smallest value of each unit ``(U,)``, which no quantile is below.
        high: the largest.

    Returns:
        float64 ``(U,)``; NaN for a unit without values.
    """
    bounds = edges()
    below = np.cumsum(counts, axis=1)
    total = below[:, -1]
    wanted = q * total
    at = np.minimum((below < wanted[:, None]).sum(1), BINS - 1)
    units = np.arange(len(counts))
    inside = counts[units, at]
    share = np.divide(
        wanted - (below[units, at] - inside), inside, out=np.zeros(len(counts)), where=inside > 0
    )
    first = np.maximum(bounds[at], low)
    last = np.minimum(bounds[at + 1], high)
    found = np.clip(first + share * (last - first), low, high)
    return np.where(total > 0, found, np.nan)
