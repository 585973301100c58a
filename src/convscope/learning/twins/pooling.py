"""Pooling by maxima in windows that do not overlap, faster on a processor than a pooling for any windows.

One axis after the other: the largest of a few neighbours. Backwards each gradient goes to the first of
the largest, row by row, so that answers and gradients are to the last bit those of torch's pooling
(``ceil_mode``).
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def pooled(x: Tensor, side: int) -> Tensor:
    """Return the maximum in each window of ``(B, C, *S)``; what is left at the end of an axis is a window too.

    Args:
        x: the maps.
        side: of the windows, along every axis of space.

    >>> pooled(torch.tensor([[[1.0, 5.0, 2.0, 3.0, 4.0]]]), 2).tolist()
    [[[5.0, 3.0, 4.0]]]
    """
    short = [-size % side for size in x.shape[2:]]
    if any(short):
        x = functional.pad(x, [p for s in reversed(short) for p in (0, s)], value=-torch.inf)
    for axis in range(x.ndim - 1, 1, -1):
        made: Any = _Largest.apply(x, axis, side)
        x = made
    return x


class _Largest(torch.autograd.Function):
    """The largest of each few neighbours along one axis; backwards to the first of the largest."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, axis: int, side: int) -> Tensor:
        """Return ``x`` with the axis ``side`` times shorter."""
        largest, wins = _every(x, axis, 0, side), []
        for start in range(1, side):
            part = _every(x, axis, start, side)
            wins.append(largest < part)
            largest = torch.maximum(largest, part)
        ctx.save_for_backward(*wins)
        ctx.shape, ctx.axis, ctx.side = x.shape, axis, side
        return largest

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of the input."""
        left, made = grads[0], grads[0].new_empty(ctx.shape)
        for start in range(ctx.side - 1, 0, -1):
            part = _every(made, ctx.axis, start, ctx.side)
            torch.mul(left, ctx.saved_tensors[start - 1], out=part)
            left = left - part
        _every(made, ctx.axis, 0, ctx.side).copy_(left)
        return made, None, None


def _every(x: Tensor, axis: int, start: int, step: int) -> Tensor:
    """Return a view of every so many places along an axis."""
    return x[(slice(None),) * axis + (slice(start, None, step),)]
