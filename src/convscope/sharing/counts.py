"""What one linear map on a grid costs in three forms: dense, local and shared.

The question: how much of a convolution's economy is owed to *locality* (a unit reads a patch), how
much to *grouping* (and only some channels), and how much to *sharing* (the patch's weights are the same
everywhere)? The naive comparison, weights of a dense layer over weights of a convolution, mixes the
three, and hides that sharing saves memory only: a shared kernel is multiplied at every position, so its
arithmetic is that of the local form.

    form          weights                              multiply-adds
    dense         C_in |S_in| · C_out |S_out|          the same number
    local         |S_out| · C_out · (C_in / g) · |K|   the same number
    convolution   C_out · (C_in / g) · |K|             |S_out| times that

    dense / convolution = locality · grouping · sharing = |S_in| / |K| · g · |S_out|      (exactly)

A transposed convolution is the same with input and output swapped. Counts are exact integers of any
size; nothing is ever built, least of all the dense matrix.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import prod

Sides = tuple[tuple[int, int], ...]
"""Padding per axis: positions added before and after."""


@dataclass(frozen=True)
class Window:
    """A convolution's shape; a Linear over tokens is one with a kernel of 1.

    Args:
        input: channels and sizes of the map that is read, ``(C, *S)``.
        output: channels and sizes of the map that is written, ``(C, *S)``.
        kernel: taps per axis.
        stride: step per axis.
        padding: zeros added per axis, before and after; for a transposed one, positions cut off.
        dilation: distance between taps per axis.
        groups: channel groups.
        transposed: whether input and output have swapped roles.
    """

    input: tuple[int, ...]
    output: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]
    groups: int = 1
    transposed: bool = False

    @property
    def positions(self) -> int:
        """Return at how many positions the kernel is used."""
        return prod((self.input if self.transposed else self.output)[1:])

    @property
    def weights(self) -> int:
        """Return the weights of one kernel for every pair of connected channels."""
        return self.input[0] * self.output[0] // self.groups * prod(self.kernel)

    @property
    def local_weights(self) -> int:
        """Return the weights when every position has a kernel of its own, taps on padding counted."""
        return self.positions * self.weights

    @property
    def dense_weights(self) -> int:
        """Return the weights when every output element reads every input element."""
        return prod(self.input) * prod(self.output)

    @property
    def locality(self) -> Fraction:
        """Return the factor saved by reading a patch: the read map's size over the kernel's."""
        read = self.output if self.transposed else self.input
        return Fraction(prod(read[1:]), prod(self.kernel))

    @property
    def links(self) -> int:
        """Return the real connections: the non-zeros of the dense matrix, taps on padding left out."""
        visited, other = (self.input, self.output) if self.transposed else (self.output, self.input)
        pairs = self.input[0] * self.output[0] // self.groups
        for axis, taps in enumerate(self.kernel):
            pairs *= real_taps(
                visited[axis + 1],
                other[axis + 1],
                taps,
                self.stride[axis],
                self.padding[axis][0],
                self.dilation[axis],
            )
        return pairs


def real_taps(
    positions: int, size: int, kernel: int, stride: int, before: int, dilation: int
) -> int:
    """Count the taps that fall inside an axis, over all positions of the kernel.

    The number of pairs (o, t) with 0 <= o·stride - before + t·dilation < size, one tap at a time: for
    each tap the positions that qualify are an interval.

    Args:
        positions: how many positions the kernel is used at, from 0.
        size: elements of the axis that the taps fall on.
        kernel: taps.
        stride: elements between two positions.
        before: elements of padding before the first.
        dilation: elements between two taps.

    Returns:
        A number of at most ``positions * kernel``.

    >>> real_taps(positions=4, size=4, kernel=3, stride=1, before=1, dilation=1)
    10
    """
    total = 0
    for tap in range(kernel):
        shift = before - tap * dilation
        first = max(0, -(-shift // stride))
        last = min(positions - 1, (size - 1 + shift) // stride)
        total += max(0, last - first + 1)
    return total
