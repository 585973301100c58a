"""How alike two crops look, by a measure that knows nothing of the network.

A crop of any size and number of axes is cut into three cells along each axis; each cell, and the crop as a
whole, is described by the mean of every colour channel, the strength of change in every direction (eight in
a picture, rise and fall in a sound, 26 in a volume), and the strength of detail at four scales. Two crops are
as alike as the cosine between their descriptions, each number first measured in standard deviations about
its mean over all crops at hand.

Means over boxes come from a table of running sums, so the thousand crops of one sample cost as much as a few.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.ndimage import uniform_filter

CELLS = 3
SCALES = (1, 2, 4, 8)
"""Detail is what a blur over ``2 s + 1`` positions takes away from one over ``s``, for each of these s."""

Box = Sequence[tuple[int, int]]
"""First and end position along each axis."""


def described(array: np.ndarray, boxes: Sequence[Box]) -> np.ndarray:
    """Describe some crops of one sample.

    Args:
        array: float32 ``(C, *S)``.
        boxes: the crops.

    Returns:
        float32 ``(n, F)``, F the same for any sample of as many channels and axes.
    """
    maps = _maps(array)
    table = _running_sums(maps)
    corners = np.array(boxes, np.int64).reshape(len(boxes), array.ndim - 1, 2)
    first, size = corners[..., 0], np.maximum(corners[..., 1] - corners[..., 0], 1)
    found = [_means(table, first, first + size)]
    for cell in product(range(CELLS), repeat=array.ndim - 1):
        start = np.array(cell) * size // CELLS
        end = np.maximum(-(-(np.array(cell) + 1) * size // CELLS), start + 1)
        found.append(_means(table, first + start, first + end))
    means = np.stack(found, axis=1)
    channels = array.shape[0]
    # Strengths are squares; their roots are on the scale of the colours.
    means[..., channels:] = np.sqrt(np.maximum(means[..., channels:], 0))
    return means.reshape(len(boxes), -1).astype(np.float32)


def alike(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the cosine between descriptions, ``(..., F)`` each; 0 where one of them is zero."""
    product_ = (one * others).sum(-1)
    norms = np.linalg.norm(one, axis=-1) * np.linalg.norm(others, axis=-1)
    return np.divide(product_, norms, out=np.zeros_like(product_), where=norms > 0)


def _maps(array: np.ndarray) -> np.ndarray:
    """Return per position the colours, squared change by direction, and squared detail by scale."""
    values = array.astype(np.float64)
    axes = values.ndim - 1
    grey = values.mean(0)
    changes = np.stack([_slope(grey, axis) for axis in range(axes)])
    maps = list(values)
    for direction in product((-1, 0, 1), repeat=axes):
        if any(direction):
            unit = np.array(direction) / np.linalg.norm(direction)
            maps.append(np.maximum(np.tensordot(unit, changes, axes=1), 0) ** 2)
    for scale in SCALES:
        maps.append((_blurred(grey, scale) - _blurred(grey, 2 * scale + 1)) ** 2)
    return np.stack(maps)


def _slope(grey: np.ndarray, axis: int) -> np.ndarray:
    return np.gradient(grey, axis=axis) if grey.shape[axis] > 1 else np.zeros_like(grey)


def _blurred(grey: np.ndarray, width: int) -> np.ndarray:
    return grey if width == 1 else uniform_filter(grey, width, mode="nearest")


def _running_sums(maps: np.ndarray) -> np.ndarray:
    table = np.pad(maps, [(0, 0), *[(1, 0)] * (maps.ndim - 1)])
    for axis in range(1, maps.ndim):
        np.cumsum(table, axis=axis, out=table)
    return table


def _means(table: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the mean of each map over each box, ``(n, maps)``: sums at corners, with alternating signs."""
    limits = np.array(table.shape[1:]) - 1
    first, end = np.minimum(np.maximum(first, 0), limits - 1), np.minimum(end, limits)
    end = np.maximum(end, first + 1)
    total = np.zeros((len(first), len(table)))
    for corner in product((0, 1), repeat=first.shape[1]):
        places = np.where(np.array(corner), end, first)
        sign = (-1) ** (len(corner) - sum(corner))
        total += sign * table[:, *places.T].T
    return total / (end - first).prod(1)[:, None]
