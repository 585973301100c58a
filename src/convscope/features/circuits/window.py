"""A box of weights on the grid of one node: how each element of the box enters some target units."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, eq=False)
class Window:
    """Weights of the elements of a node's output in some target units.

    The grid has no borders: a window may reach outside the node's map, where padding is.

    Args:
        values: ``(U, *W)``, one box per target unit; the axes ``W`` are all those of the node, batch included.
        start: coordinate of the box's first element, per axis of the node.
    """

    values: Tensor
    start: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """Extent of the box per axis of the node."""
        return tuple(self.values.shape[1:])

    def boxed(self, start: Sequence[int], size: Sequence[int]) -> "Window":
        """Return the same weights on another box: cut where it is smaller, zero where it is larger."""
        if tuple(start) == self.start and tuple(size) == self.size:
            return self
        pads: list[int] = []
        for own, have, first, wanted in zip(self.start, self.size, start, size, strict=True):
            pads = [own - first, first + wanted - own - have, *pads]  # the last axis comes first
        return Window(F.pad(self.values, pads), tuple(start))

    def spanning(self, axis: int, size: int) -> "Window":
        """Return the weights on exactly ``[0, size)`` of an axis."""
        start, sizes = list(self.start), list(self.size)
        start[axis], sizes[axis] = 0, size
        return self.boxed(start, sizes)

    def full(self, shape: Sequence[int]) -> "Window":
        """Return the weights on the whole map of ``shape``, those in the padding left out."""
        return self.boxed((0,) * len(shape), shape)

    def overlaps(self, axis: int, first: int, size: int) -> bool:
        """Tell whether the box reaches into ``[first, first + size)`` of an axis."""
        return self.start[axis] < first + size and self.start[axis] + self.size[axis] > first

    def shifted(self, axis: int, by: int) -> "Window":
        """Return the same box, moved along an axis."""
        start = list(self.start)
        start[axis] += by
        return Window(self.values, tuple(start))

    def scaled(self, by: Tensor | float) -> "Window":
        """Return the weights times a number, or a tensor that broadcasts against the box."""
        return Window(self.values * by, self.start)

    def plus(self, other: "Window") -> "Window":
        """Return the sum of two windows of the same node, on the smallest box that holds both."""
        start = [min(a, b) for a, b in zip(self.start, other.start, strict=True)]
        mine = [s + n for s, n in zip(self.start, self.size, strict=True)]
        theirs = [s + n for s, n in zip(other.start, other.size, strict=True)]
        size = [max(a, b) - s for a, b, s in zip(mine, theirs, start, strict=True)]
        return Window(
            self.boxed(start, size).values + other.boxed(start, size).values, tuple(start)
        )


def one_hot(
    units: Sequence[int], channels: int, position: Sequence[int], dtype: torch.dtype
) -> Window:
    """Return the window of the units themselves: weight 1 at their channel and position.

    Args:
        units: the channels.
        channels: how many the layer has.
        position: where on the layer's map, per spatial axis.
        dtype: of the weights.
    """
    values = torch.zeros(len(units), channels, dtype=dtype)
    values[range(len(units)), list(units)] = 1
    return Window(
        values.reshape(len(units), 1, channels, *(1 for _ in position)), (0, 0, *position)
    )
