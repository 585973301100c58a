"""Adjoints of operations that slide a window: from weights of the output to weights of the input.

If a target is ``sum_o w[o] y[o]`` and ``y[o] = sum_t k[t] x[s o - p + d t]``, then it is
``sum_i w'[i] x[i]`` with ``w'`` the transposed convolution of ``w`` with ``k``; and the other way round
for a transposed convolution. One call serves all target units. Borders have no say: the grid is endless.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.features.circuits.call import Call, Passed, rule
from convscope.features.circuits.window import Window

MAXIMUM = "A maximum over a window counts as the mean of the window."
DYNAMIC = "Kernels that the network computes from its input are not followed."

_FORWARD = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@rule("conv1d", "conv2d", "conv3d", "_convolution_mode", "conv_depthwise3d")
@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution", "_convolution")
def convolution(call: Call, cot: Window) -> Passed:
    """Pass through a convolution, plain or transposed, with its groups, stride and dilation."""
    weight, source, given = call.constant("weight"), call.data("input"), call.given
    if weight is None:
        call.notes.add(DYNAMIC)
    if weight is None or source is None:
        return
    kernel = tuple(weight.shape[2:])
    axes, groups = len(kernel), int(given.get("groups", 1))
    stride, dilation = per_axis(given["stride"], axes), per_axis(given["dilation"], axes)
    padding = _before(given["padding"], kernel, dilation)
    first = len(cot.size) - axes
    upward = call.node.name.startswith("conv_transpose") or bool(given.get("transposed"))
    upward = upward or "conv_transpose" in str(call.node.target)
    outputs = weight.shape[1] * groups if upward else weight.shape[0]
    cot = cot.spanning(first - 1, outputs)
    if upward:
        yield source, _gathered(cot, weight, stride, padding, dilation, groups)
        return
    start = tuple(
        s * p - before for s, p, before in zip(cot.start[first:], stride, padding, strict=True)
    )
    spread = _TRANSPOSED[axes](
        _merged(cot.values, axes), weight, stride=stride, dilation=dilation, groups=groups
    )
    yield source, Window(_parted(spread, cot, axes), (*cot.start[:first], *start))


def _gathered(
    cot: Window,
    weight: Tensor,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Window:
    """Pass through a transposed convolution: input ``i`` enters the outputs ``s i - p + d t``."""
    axes = len(stride)
    first = len(cot.size) - axes
    begin, boxes, sizes = [], list(cot.start), list(cot.size)
    for axis in range(axes):
        s, p, reach = stride[axis], padding[axis], dilation[axis] * (weight.shape[2 + axis] - 1)
        low, high = cot.start[first + axis], cot.start[first + axis] + cot.size[first + axis] - 1
        lowest, highest = -((reach - p - low) // s), (high + p) // s
        begin.append(lowest)
        boxes[first + axis] = lowest * s - p
        sizes[first + axis] = max(highest - lowest, 0) * s + reach + 1
    wide = cot.boxed(boxes, sizes)
    found = _FORWARD[axes](
        _merged(wide.values, axes), weight, stride=list(stride), dilation=list(dilation), groups=groups
    )  # fmt: skip
    return Window(_parted(found, wide, axes), (*cot.start[:first], *begin))


@rule("avg_pool1d", "avg_pool2d", "avg_pool3d")
@rule("max_pool1d", "max_pool2d", "max_pool3d")
@rule("max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices")
def pool(call: Call, cot: Window) -> Passed:
    """Pass through a pool as the mean of its window."""
    given = call.given
    source = call.data("self")
    if source is None:
        return
    if "avg" not in str(call.node.target):
        call.notes.add(MAXIMUM)
    axes = int(str(call.node.target).partition("_pool")[2][0])
    kernel = per_axis(given["kernel_size"], axes)
    stride = per_axis(given.get("stride") or kernel, axes)
    dilation, padding = per_axis(given.get("dilation", 1), axes), per_axis(given["padding"], axes)
    first = len(cot.size) - axes
    share = 1 / (given.get("divisor_override") or prod(kernel))
    taps = torch.full((1, 1, *kernel), share, dtype=cot.values.dtype)
    flat = cot.values.reshape(-1, 1, *cot.size[first:])
    spread = _TRANSPOSED[axes](flat, taps, stride=stride, dilation=dilation)
    values = spread.reshape(*cot.values.shape[: first + 1], *spread.shape[2:])
    start = tuple(o * s - p for o, s, p in zip(cot.start[first:], stride, padding, strict=True))
    yield source, Window(values, (*cot.start[:first], *start))


@rule("pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d")
@rule("replication_pad1d", "replication_pad2d", "replication_pad3d", "zero_pad2d", "_pad_circular")
def pad(call: Call, cot: Window) -> Passed:
    """Pass through padding of any kind: away from the borders it only renumbers the positions."""
    given = call.given
    source = call.data("self") or call.data("input")
    sides = given.get("pad", given.get("padding"))
    if source is None or sides is None:
        return
    for i in range(len(sides) // 2):
        cot = cot.shifted(len(cot.size) - 1 - i, -int(sides[2 * i]))
    yield source, cot


def per_axis(value: Any, axes: int) -> list[int]:
    """Return a setting of an operation as one number per spatial axis."""
    values = [value] if isinstance(value, int) else list(value)
    return [int(item) for item in (values * axes if len(values) == 1 else values)]


def _before(padding: Any, kernel: Sequence[int], dilation: Sequence[int]) -> list[int]:
    if padding == "same":
        return [d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True)]
    return per_axis(0 if padding == "valid" else padding, len(kernel))


def _merged(values: Tensor, axes: int) -> Tensor:
    """Return ``(U, B, C, *W)`` as ``(U B, C, *W)``, which convolutions take."""
    return values.reshape(-1, *values.shape[-axes - 1 :])


def _parted(values: Tensor, like: Window, axes: int) -> Tensor:
    return values.reshape(*like.values.shape[: -axes - 1], *values.shape[1:])
