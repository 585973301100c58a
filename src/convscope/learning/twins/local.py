"""A locally connected layer: a convolution whose kernel is another one at every position.

The windows are unfolded into one matrix per position, and all positions are multiplied at once. The
slices that unfold also fold the gradient back, so one, two and three axes go through the same lines.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from convscope.learning.twins.positions import Edge, Windows, per_axis


class Local(nn.Module):
    """``y[o, p] = b[o, p] + sum over c, t of w[p, c, t, o] · x[c, p·stride + t·dilation - padding]``.

    Args:
        size: ``(*S)`` of the input: a layer with a kernel per position is made for one size.
        inputs: channels in.
        outputs: channels out.
        kernel: taps, one number or one per axis.
        stride: likewise.
        padding: likewise.
        dilation: likewise.
        groups: channels are connected within each of so many groups.
        bias: ``"position"`` adds one number per channel and position, ``"channel"`` one per channel.
        edge: what the padding holds: ``"zeros"``, or ``"circular"``, the other end of the axis.
    """

    def __init__(
        self,
        size: Sequence[int],
        inputs: int,
        outputs: int,
        kernel: int | Sequence[int],
        *,
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: str = "channel",
        edge: Edge = "zeros",
    ) -> None:
        super().__init__()
        axes = len(size)
        self.windows = Windows(
            tuple(size),
            per_axis(kernel, axes),
            per_axis(stride, axes),
            per_axis(padding, axes),
            per_axis(dilation, axes),
            edge,
        )
        self.groups = groups
        count = int(torch.Size(self.windows.output).numel())
        taps = inputs // groups * int(torch.Size(self.windows.kernel).numel())
        self.weight = nn.Parameter(torch.empty(count * groups, taps, outputs // groups))
        positions = self.windows.output if bias == "position" else (1,) * axes
        self.bias = nn.Parameter(torch.zeros(outputs, *positions))
        nn.init.normal_(self.weight, std=(2 / taps) ** 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, outputs, *windows)`` for ``(B, inputs, *S)``."""
        arguments = padded(x, self.windows), self.weight, self.windows, self.groups
        result: Any = _Multiply.apply(*arguments)
        return result + self.bias


def padded(x: Tensor, windows: Windows) -> Tensor:
    """Return the input with its borders added."""
    if not any(windows.padding):
        return x
    sides = [side for p in reversed(windows.padding) for side in (p, p)]
    return functional.pad(x, sides, mode="constant" if windows.edge == "zeros" else "circular")


class _Multiply(torch.autograd.Function):
    """Unfold, multiply all positions at once; and the same backwards.

    The samples of the batch lie next to each other throughout, so that whatever the kernel, memory
    is read and written in long runs.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, windows: Windows, groups: int) -> Tensor:
        """Return the answers ``(B, out, *P)`` to a padded input."""
        columns = _unfolded(x, windows, groups)  # (P g, taps, B)
        ctx.save_for_backward(columns, weight)
        ctx.windows, ctx.groups, ctx.shape = windows, groups, x.shape
        return _mapped(torch.bmm(weight.transpose(1, 2), columns), windows, groups)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of input and weight."""
        columns, weight = ctx.saved_tensors
        windows, groups = ctx.windows, ctx.groups
        rows = _rows(grads[0], groups)  # (P g, out, B)
        to_weight = torch.bmm(columns, rows.transpose(1, 2))
        to_input = None
        if ctx.needs_input_grad[0]:
            to_input = _folded(torch.bmm(weight, rows), ctx.shape, windows, groups)
        return to_input, to_weight, None, None


def _unfolded(x: Tensor, windows: Windows, groups: int) -> Tensor:
    """Return ``(P g, channels / g · taps, B)`` for a padded input ``(B, C, *S)``."""
    batch, channels = x.shape[:2]
    taps = windows.taps
    columns = x.new_empty(*windows.output, channels, len(taps), batch)
    moved = _batch_last(x)  # (*S, C, B)
    for k, tap in enumerate(taps):
        columns[..., k, :] = moved[tap]
    return columns.reshape(-1, channels // groups * len(taps), batch)


def _folded(columns: Tensor, shape: torch.Size, windows: Windows, groups: int) -> Tensor:
    """Return the gradient of the padded input from that of what was unfolded from it."""
    batch, channels = shape[:2]
    taps = windows.taps
    spread = columns.reshape(*windows.output, channels, len(taps), batch)
    total = columns.new_zeros(*shape[2:], channels, batch)
    for k, tap in enumerate(taps):
        total[tap] += spread[..., k, :]
    axes = len(shape) - 2
    return total.permute(axes + 1, axes, *range(axes))


def _mapped(out: Tensor, windows: Windows, groups: int) -> Tensor:
    """Return ``(B, C, *P)`` from ``(P g, C / g, B)``: a view, which the next local layer takes as it is."""
    maps = out.reshape(*windows.output, groups * out.shape[1], out.shape[2])
    axes = len(windows.output)
    return maps.permute(axes + 1, axes, *range(axes))


def _rows(maps: Tensor, groups: int) -> Tensor:
    """Return ``(P g, C / g, B)`` from ``(B, C, *P)``."""
    return _batch_last(maps).reshape(-1, maps.shape[1] // groups, maps.shape[0])


def _batch_last(maps: Tensor) -> Tensor:
    """Return ``(*S, C, B)`` with the samples next to each other in memory."""
    order = (*range(2, maps.ndim), 1, 0)
    if maps.stride(0) == 1:
        return maps.permute(order)
    # A plain matrix is transposed several times faster than an array of many axes is permuted.
    turned = maps.reshape(len(maps), -1).t().contiguous()
    return turned.reshape(*maps.shape[1:], len(maps)).movedim(0, -2)
