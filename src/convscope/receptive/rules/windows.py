"""Convolutions and pools: a window that slides."""

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import fx

from convscope.receptive import taps
from convscope.receptive.algebra import broadcast, contract, merge, reshape, window
from convscope.receptive.grids import Shape
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.states import State


@rule("conv1d", "conv2d", "conv3d", "_convolution_mode", "conv_depthwise3d")
def convolution(call: Call) -> Result:
    """Convolution: output ``o`` reads ``s*o - p + d*t``."""
    return _convolution(call, transposed=False)


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def transposed_convolution(call: Call) -> Result:
    """Transposed convolution: output ``o`` reads each ``i`` with ``i*s + d*t - p = o``."""
    return _convolution(call, transposed=True)


@rule("convolution", "_convolution")
def general_convolution(call: Call) -> Result:
    """The form in which the direction is an argument."""
    return _convolution(call, transposed=bool(call["transposed"]))


def _convolution(call: Call, *, transposed: bool) -> Result:
    kernel = call.shape_of(call["weight"])[2:]
    axes = len(kernel)
    first = len(call.shape) - axes
    stride, dilation = per_axis(call["stride"], axes), per_axis(call["dilation"], axes)
    if call["padding"] == "same":
        padding = [d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True)]
    else:
        padding = per_axis(0 if call["padding"] == "valid" else call["padding"], axes)
    results: list[State] = []
    state = call.state("input")
    if state is not None:
        groups = int(call.given.get("groups", 1))
        state = channels(call, state, first - 1, groups, call.shape[first - 1])
        make = taps.transposed if transposed else taps.window
        windows = {
            first + i: (make(kernel[i], stride[i], padding[i], dilation[i]), call.shape[first + i])
            for i in range(axes)
        }
        results.append(window(state, windows, call.shape, call.place))
    for name in ("weight", "bias"):
        made = call.state(name)
        if made is not None:
            # A kernel that the network computes from its input.
            every = contract(made, range(len(made.shape)), call.place, "dynamic kernel")
            results.append(broadcast(every, call.shape, call.place))
    return merge(results, call.shape, call.place)


def channels(call: Call, state: State, dim: int, groups: int, outputs: int) -> State:
    """Return the state after every output channel of a group reads every input channel of its group."""
    inputs = state.shape[dim]
    head, tail = state.shape[:dim], state.shape[dim + 1 :]
    if not varies(state, dim):
        return State((*head, outputs, *tail), state.fields, state.labels)
    split: Shape = (*head, groups, inputs // groups, *tail)
    state = contract(reshape(state, split), [dim + 1], call.place, call.name, keepdim=True)
    wide: Shape = (*head, groups, outputs // groups, *tail)
    return reshape(broadcast(state, wide, call.place), (*head, outputs, *tail))


def varies(state: State, dim: int) -> bool:
    """Return whether elements along a dimension may depend on different things."""
    if state.labels and dim in state.labels.dims:
        return True
    return any(dim in t.grid.dims for field in state.fields for terms in field for t in terms)


@rule(
    *(f"{kind}_pool{axes}d{more}" for kind in ("max", "avg", "lp") for axes in (1, 2, 3)
      for more in ("", "_with_indices"))
)  # fmt: skip
def pool(call: Call) -> Result:
    """Pooling: the taps of a convolution."""
    axes = int(call.name.split("pool")[1][0])
    kernel = per_axis(call["kernel_size"], axes)
    stride = per_axis(call["stride"] or kernel, axes)
    padding = per_axis(call.given.get("padding", 0), axes)
    dilation = per_axis(call.given.get("dilation", 1), axes)
    first = len(call.shape) - axes
    windows = {
        first + i: (
            taps.window(kernel[i], stride[i], padding[i], dilation[i]),
            call.shape[first + i],
        )
        for i in range(axes)
    }
    return call.each(lambda shape: window(call.input, windows, shape, call.place))


@rule(*(f"adaptive_{kind}_pool{axes}d" for kind in ("avg", "max") for axes in (1, 2, 3)))
def adaptive_pool(call: Call) -> Result:
    """Adaptive pooling to one position reads the whole axis; to the same number it changes nothing."""
    state = call.input
    axes = int(call.name.split("pool")[1][0])
    rank = len(state.shape)
    first = rank - axes
    whole = [d for d in range(first, rank) if call.shape[d] == 1 != state.shape[d]]
    state = contract(state, whole, call.place, call.name, keepdim=True) if whole else state
    windows = {
        d: (taps.adaptive(state.shape[d], call.shape[d]), call.shape[d])
        for d in range(first, rank)
        if call.shape[d] != state.shape[d]
    }
    return call.each(lambda shape: window(state, windows, shape, call.place))


@rule("im2col")
def unfold(call: Call) -> Result:
    """Patches as columns: ``(B, C, H, W)`` to ``(B, C*kh*kw, outputs)``."""
    from convscope.receptive.algebra import permute, spread

    state = call.input
    first = len(state.shape) - 2
    counts: list[int] = []
    for i in (1, 0):
        size, k = state.shape[first + i], call["kernel_size"][i]
        found = taps.window(k, call["stride"][i], call["padding"][i], call["dilation"][i])
        reach = call["dilation"][i] * (k - 1) + 1
        count = (size + 2 * call["padding"][i] - reach) // call["stride"][i] + 1
        counts.append(count)
        state = spread(state, first + i, found.rows(count, size))
    # Now (..., C, oh, kh, ow, kw).
    order = [*range(first), first + 1, first + 3, first, first + 2]
    return reshape(permute(state, order), call.shape)


@rule("col2im")
def fold(call: Call) -> Result:
    """Columns back to a map, overlaps added: a transposed window over the columns' positions."""
    state = call.input
    kernel, stride = call["kernel_size"], call["stride"]
    sizes, padding, dilation = call["output_size"], call["padding"], call["dilation"]
    counts = [
        (sizes[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i in range(2)
    ]
    first = len(call.shape) - 2
    head = (*call.shape[: first - 1], call.shape[first - 1])
    state = reshape(state, (*head, prod(kernel), *counts))
    # Which tap of the window an output uses is not followed: it reads all of them.
    state = contract(state, [first], call.place, "fold")
    windows = {
        first + i: (taps.transposed(kernel[i], stride[i], padding[i], dilation[i]), sizes[i])
        for i in range(2)
    }
    return window(state, windows, call.shape, call.place)


def per_axis(value: Any, axes: int) -> list[int]:
    """Return a number per axis, from one number or several."""
    values: Sequence[int] = [value] if isinstance(value, int) else list(value)
    return list(values) * axes if len(values) == 1 else list(values)


def is_node(value: object) -> bool:
    """Return whether an argument is a tensor of the graph."""
    return isinstance(value, fx.Node)
