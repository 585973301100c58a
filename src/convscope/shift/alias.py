"""The alias fraction: all shifts of a layer in one number, from its dense map.

The dense map ``z~`` of a layer is what it would be with a position at every input position; the layer
itself keeps every r-th. What the dense map holds above ``1 / (2 r)`` cycles per input position comes back
from the sampling as something else: the alias fraction is that energy over all energy (each channel's
mean taken off). It equals the mean over all whole moves of the input of

    |z(T_d x) - S_d LP z~|^2 / |z~ - mean|^2,

where LP keeps the frequencies below the limit. So one pass through the dense network stands for all
moves. Two maps at random phases, each with its own aliases, then differ by twice the alias fraction.

Where a dense pass is too large, ``from_pair`` estimates the same from two phases: what they have in
common is the part below the limit, on average.

Limit: the padding must be circular; and a map of two positions or fewer has nothing below the limit.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import torch
from torch import Tensor

from convscope.shift.fourier import low_pass, moved
from convscope.shift.layererror import energy


def dense_parts(dense: Tensor, stride: Sequence[Fraction | int]) -> tuple[Tensor, Tensor]:
    """Return the energy of dense maps that is not kept by sampling, and all of it, each ``(B,)``.

    Args:
        dense: ``(B, C, *S)``, a position for every input position.
        stride: the layer's total stride per axis.

    >>> x = torch.cos(torch.arange(8.0) * torch.pi)[None, None]  # 1/2 cycle per position
    >>> [float(part) for part in dense_parts(x, [2])]
    [8.0, 8.0]
    """
    kept = low_pass(dense, limits(stride))
    return (dense - kept).square().flatten(1).sum(1), energy(dense)


def from_pair(
    z: Tensor, after: Tensor, stride: Sequence[Fraction | int], move: Sequence[Fraction | int]
) -> tuple[Tensor, Tensor]:
    """Return an estimate of the same two energies, from the maps of a sample at two phases.

    Args:
        z: ``(B, C, *S)``.
        after: the maps of the moved input.
        stride: the layer's total stride per axis.
        move: by how many input positions the input moved.
    """
    count = prod(z.shape[2:])
    steps = [Fraction(d) / r for d, r in zip(move, stride, strict=True)]
    common = (moved(_sampled_kept(z, stride), steps) * after).flatten(1).sum(1)
    both = (z.square().flatten(1).sum(1) + after.square().flatten(1).sum(1)) / 2
    means = (z.flatten(2).mean(2) * after.flatten(2).mean(2)).sum(1) * count
    return both - common, both - means


def mean_over_phases(
    sampled: Sequence[Tensor],
    stride: Sequence[Fraction | int],
    moves: Sequence[Sequence[Fraction | int]],
) -> Tensor:
    """Return what maps at all phases have in common: the dense map below the limit, sampled at phase 0.

    Args:
        sampled: the maps of the input moved to every phase, each ``(B, C, *S)``.
        stride: the layer's total stride per axis.
        moves: by how many input positions the input moved, for each of them.
    """
    turned = [
        moved(
            _sampled_kept(z, stride), [-Fraction(d) / r for d, r in zip(one, stride, strict=True)]
        )
        for z, one in zip(sampled, moves, strict=True)
    ]
    return torch.stack(turned).mean(0)


def limits(stride: Sequence[Fraction | int]) -> list[Fraction | None]:
    """Return the highest frequency that sampling keeps, per axis; None where nothing is left out."""
    return [Fraction(1, 2) / Fraction(r) if r > 1 else None for r in stride]


def _sampled_kept(z: Tensor, stride: Sequence[Fraction | int]) -> Tensor:
    """Return a sampled map without the frequency that lies on the limit."""
    return low_pass(z, [Fraction(1, 2) if r > 1 else None for r in stride])
