"""The k best of many, under a total order, so that the result does not depend on who came first.

One sample takes part once, so (value, sample) orders all of them. Both are packed into one unsigned
number that is larger for a larger value and, among equal values, for a smaller sample; 0 is nobody.
"""

import numpy as np

_SIGN = np.uint32(0x80000000)
_ALL = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
MOST_SAMPLES = 2**32 - 1
"""Samples that can be told apart."""


def keys(values: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return uint64 keys, larger for better; 0 where the value is NaN.

    Args:
        values: float32, any shape.
        samples: int64, broadcastable to it.

    >>> samples = np.array([5, 4, 9])
    >>> ranked = keys(np.array([1.0, 1.0, 2.0], np.float32), samples)
    >>> np.argsort(ranked)[::-1].tolist()
    [2, 1, 0]
    """
    # Adding zero turns -0 into 0, which is equal to it and has other bits.
    bits = (np.asarray(values, np.float32) + np.float32(0)).view(np.uint32)
    ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.uint64)
    packed = (ordered << _HALF) | (_ALL - samples.astype(np.uint64))
    return np.where(np.isnan(values), np.uint64(0), packed)


def values_of(ranked: np.ndarray) -> np.ndarray:
    """Return the float32 values in keys; NaN for nobody."""
    ordered = (ranked >> _HALF).astype(np.uint32)
    bits = np.where(ordered & _SIGN, ordered ^ _SIGN, ~ordered)
    return np.where(ranked == 0, np.float32(np.nan), bits.view(np.float32))


def samples_of(ranked: np.ndarray) -> np.ndarray:
    """Return the int64 samples in keys; -1 for nobody."""
    samples = (_ALL - (ranked & _ALL)).astype(np.int64)
    return np.where(ranked == 0, np.int64(-1), samples)


def keep_best(best: np.ndarray, places: np.ndarray, more: np.ndarray, where: np.ndarray) -> None:
    """Let newcomers into the ranking of each unit, in place.

    Args:
        best: uint64 keys ``(U, k)``, best first.
        places: int32 ``(U, k)``: a place that goes with each.
        more: uint64 keys ``(U, n)`` of the newcomers.
        where: int32 ``(U, n)``: their places.
    """
    # Most newcomers are beaten by the last of the ranking; only units with a winner are sorted.
    units = np.flatnonzero((more > best[:, -1:]).any(1))
    if not len(units):
        return
    everyone = np.concatenate([best[units], more[units]], axis=1)
    order = np.argsort(~everyone, axis=1, kind="stable")[:, : best.shape[1]]
    best[units] = np.take_along_axis(everyone, order, 1)
    at = np.concatenate([places[units], where[units]], axis=1)
    places[units] = np.take_along_axis(at, order, 1)
