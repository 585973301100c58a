"""How well the map of a layer follows a move of the input, for any layer and any move.

    E(d) = |z(T_d x) - S_{d/r} z(x)|^2 / |z(x) - mean|^2

summed over samples, positions and channels before the division; the mean is each channel's own. 0 is
perfect; a map that has nothing to do with the moved one gives 2. In decibels, ``-10 log10 E``.

The question is always asked of the whole path from the input to the layer, so it includes what earlier
layers did; ``starting`` asks it of single operations. Scaling a map, or adding a constant to a channel,
changes nothing.

Limit: E compares values, not what they are used for: an error in a channel that nobody reads counts.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import log10

import torch
from torch import Tensor

from convscope.shift.fourier import going_round, moved
from convscope.shift.grids import Grid


def energy(z: Tensor) -> Tensor:
    """Return the energy of maps ``(B, C, *S)`` after each channel's mean is taken off, ``(B,)``."""
    flat = z.flatten(2)
    return (flat - flat.mean(2, keepdim=True)).square().flatten(1).sum(1)


def error(
    z: Tensor, after: Tensor, move: Sequence[int | Fraction], grid: Grid
) -> tuple[Tensor, Tensor]:
    """Return the squared error and the energy of maps whose input moved.

    Args:
        z: the maps before, ``(B, C, *S)``.
        after: the maps after, the same shape.
        move: by how many input positions, per axis.
        grid: the layer's grid. Where its map does not cover the input's torus evenly, positions that were
            not there before are left out on both sides.

    Returns:
        Two tensors ``(B,)``: ``|z(T_d x) - S z(x)|^2`` and ``|S z(x) - mean|^2``.
    """
    expected, known = follow(z, move, grid)
    for axis, places in known.items():
        index = torch.tensor(places, device=z.device)
        expected, after = expected.index_select(axis, index), after.index_select(axis, index)
    return (after - expected).square().flatten(1).sum(1), energy(expected)


def follow(
    z: Tensor, move: Sequence[int | Fraction], grid: Grid
) -> tuple[Tensor, dict[int, list[int]]]:
    """Return what maps should become when the input moves, and by dimension the positions where that is known.

    Args:
        z: the maps, ``(B, C, *S)``.
        move: by how many input positions, per axis.
        grid: the layer's grid.
    """
    steps = grid.steps(move)
    if grid.tiles:
        return moved(z, steps), {}
    known = {}
    for axis, (step, turn) in enumerate(zip(steps, grid.turn, strict=True), start=2):
        z, known[axis] = going_round(z, axis, step, turn)
    return z, known


def stayed(z: Tensor, after: Tensor) -> Tensor:
    """Return the squared change of maps where they are, ``(B,)``: what pooling is to make small."""
    return (after - z).square().flatten(1).sum(1)


def between(z: Tensor) -> Tensor:
    """Return the mean squared distance of each sample's map from those of the others, ``(B,)``."""
    flat = z.flatten(1)
    count = len(flat)
    centred = flat - flat.mean(0)
    squares = centred.square().sum(1)
    # sum_j |a - b_j|^2 = n |a|^2 + sum_j |b_j|^2 for centred b.
    return (count * squares + squares.sum()) / max(count - 1, 1)


def decibels(ratio: float | None) -> float | None:
    """Return an error in decibels, the larger the better; None of no error, and of none measured.

    >>> decibels(0.01)
    20.0
    """
    return -10 * log10(ratio) if ratio else None
