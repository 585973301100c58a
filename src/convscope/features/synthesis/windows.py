"""What windows read: convolutions and pools, padded at the border of the map as the network pads it."""

from typing import Any

import torch
from torch import fx

from convscope.features.synthesis.boxes import Box, Part, Span, Take, padded, whole
from convscope.network.layers import arguments


def conv(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read the windows of a convolution; None where its weights depend on the input."""
    given = arguments(node)
    source, weight, bias = given["input"], given["weight"], given["bias"]
    dims = source.meta["val"].dim() - 2
    if weight in moving or dims != weight.meta["val"].dim() - 2:
        return None
    kernel = tuple(int(k) for k in weight.meta["val"].shape[2:])
    stride, dilation = (_each(given[name], dims) for name in ("stride", "dilation"))
    if isinstance(given["padding"], str):
        reach = [
            d * (k - 1) if given["padding"] == "same" else 0
            for d, k in zip(dilation, kernel, strict=True)
        ]
        before = tuple(r // 2 for r in reach)
    else:
        before = _each(given["padding"], dims)
    window = _windows(source, box[1:], kernel, stride, before, dilation)
    if window is None:
        return None
    inner, pads = window
    needs = {source: (whole(source)[0], *inner)}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        x = take(source, needs[source])
        even = all(a == b for a, b in pads)
        if not even:
            x = padded(graph, x, pads, 0.0)
        padding = [a for a, _ in pads] if even else [0] * dims
        target = getattr(torch.ops.aten, f"conv{dims}d").default
        constants = [None if c is None else take(c, ()) for c in (weight, bias)]
        return graph.call_function(
            target, (x, *constants, list(stride), padding, list(dilation), given["groups"])
        )

    return Part((whole(node)[0], *box[1:]), needs, write)


def max_pool(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read the windows of a maximum."""
    return _pool(node, box, float("-inf"))


def avg_pool(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read the windows of an average; None where one hangs over the border."""
    return _pool(node, box, None)


def _pool(node: fx.Node, box: Box, filler: float | None) -> Part | None:
    given = arguments(node)
    source = given["self"]
    dims = source.meta["val"].dim() - 2
    kernel = _each(given["kernel_size"], dims)
    stride = _each(given["stride"] or kernel, dims)
    dilation = _each(given.get("dilation", 1), dims)
    window = _windows(source, box[1:], kernel, stride, _each(given["padding"], dims), dilation)
    # At the border an average depends on what it counts; a maximum does not see what is not there.
    if window is None or (filler is None and any(p != (0, 0) for p in window[1])):
        return None
    inner, pads = window
    needs = {source: (box[0], *inner)}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        x = take(source, needs[source])
        if filler is None:
            target = getattr(torch.ops.aten, f"avg_pool{dims}d").default
            rest = [False, True, given["divisor_override"]] if dims > 1 else [False, True]
            return graph.call_function(target, (x, list(kernel), list(stride), [0] * dims, *rest))
        x = padded(graph, x, pads, filler)
        target = getattr(torch.ops.aten, f"max_pool{dims}d").default
        return graph.call_function(
            target, (x, list(kernel), list(stride), [0] * dims, list(dilation))
        )

    return Part(box, needs, write)


def _windows(
    source: fx.Node,
    spans: Box,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    before: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[Box, list[Span]] | None:
    """Return what windows read of a map, and what hangs over its border; None where a whole span does."""
    inner: list[Span] = []
    pads: list[Span] = []
    sizes = whole(source)[1:]
    for (low, high), k, s, p, d, (_, size) in zip(
        spans, kernel, stride, before, dilation, sizes, strict=True
    ):
        first, end = low * s - p, (high - 1) * s - p + (k - 1) * d + 1
        inside = max(first, 0), min(end, size)
        if inside[0] >= inside[1]:
            return None
        inner.append(inside)
        pads.append((inside[0] - first, end - inside[1]))
    return tuple(inner), pads


def _each(value: Any, dims: int) -> tuple[int, ...]:
    values = [value] if isinstance(value, int) else list(value)
    return tuple(int(v) for v in (values * dims if len(values) == 1 else values))
