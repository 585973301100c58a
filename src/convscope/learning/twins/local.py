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

    What is unfolded is made again for the backward pass only where it is needed, so that memory
    holds one unfolded input at a time.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, windows: Windows, groups: int) -> Tensor:
        columns = _unfolded(x, windows, groups)  # (P g, B, taps)
        ctx.save_for_backward(columns, weight)
        ctx.windows, ctx.groups, ctx.shape = windows, groups, x.shape
        out = torch.bmm(columns, weight)  # (P g, B, out / g)
        return _mapped(out, windows, groups)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        columns, weight = ctx.saved_tensors
        windows, groups = ctx.windows, ctx.groups
        (grad,) = grads
        batch = grad.shape[0]
        count = weight.shape[0] // groups
        # (B, g out, *P) -> (P g, B, out)
        rows = grad.reshape(batch, groups, weight.shape[2], count).permute(3, 1, 0, 2)
        rows = rows.reshape(count * groups, batch, weight.shape[2])
        to_weight = torch.bmm(columns.transpose(1, 2), rows)
        to_input = None
        if ctx.needs_input_grad[0]:
            to_input = _folded(torch.bmm(rows, weight.transpose(1, 2)), ctx.shape, windows, groups)
        return to_input, to_weight, None, None


def _unfolded(x: Tensor, windows: Windows, groups: int) -> Tensor:
    """Return ``(P g, B, channels / g · taps)`` for a padded input ``(B, C, *S)``."""
    batch, channels = x.shape[:2]
    count = int(torch.Size(windows.output).numel())
    taps = windows.taps
    # (P, g, B, C / g, taps): positions outermost, so that each is one matrix
    columns = x.new_empty(*windows.output, groups, batch, channels // groups, len(taps))
    order = (*range(2, x.ndim), 0, 1)
    moved = x.permute(order).reshape(*x.shape[2:], batch, groups, channels // groups)
    moved = moved.transpose(-3, -2)  # (*S, g, B, C / g)
    for k, tap in enumerate(taps):
        columns[..., k] = moved[tap]
    return columns.reshape(count * groups, batch, -1)


def _folded(columns: Tensor, shape: torch.Size, windows: Windows, groups: int) -> Tensor:
    """Return the gradient of the padded input from that of what was unfolded from it."""
    batch, channels = shape[:2]
    taps = windows.taps
    spread = columns.reshape(*windows.output, groups, batch, channels // groups, len(taps))
    total = columns.new_zeros(*shape[2:], groups, batch, channels // groups)
    for k, tap in enumerate(taps):
        total[tap] += spread[..., k]
    axes = len(shape) - 2
    back = total.permute(axes + 1, axes, axes + 2, *range(axes))
    return back.reshape(shape)


def _mapped(out: Tensor, windows: Windows, groups: int) -> Tensor:
    """Return ``(B, C, *P)`` from ``(P g, B, C / g)``."""
    _, batch, width = out.shape
    out = out.reshape(-1, groups, batch, width).permute(2, 1, 3, 0)
    return out.reshape(batch, groups * width, *windows.output)
