"""What part of its operands an operation needs, to give a part of its result.

A part is a box: one span ``(first, end)`` for each axis but the batch. Each rule below says which
boxes of the operands give a box of the result, and how to compute just that. Where a window hangs
over the border of the map, the rule pads as the network does, so that the numbers are those of the
whole. An operation without a rule is computed as a whole, from its operands as a whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from convscope.network.aten import operation
from convscope.network.layers import arguments

Span = tuple[int, int]
Box = tuple[Span, ...]
Take = Callable[[fx.Node, Box], fx.Node]
"""Gives the part of an operand; writes a slice where more than that was computed."""

_PASSING = {"dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "alias", "detach"}
_POINTWISE = {
    "hardswish", "hardsigmoid", "hardtanh", "relu6", "relu", "elu", "selu", "celu", "mish", "softplus", "leaky_relu",
    "clamp", "clamp_min", "clamp_max", "add", "sub", "mul", "div", "maximum", "minimum", "threshold", "_to_copy", "to",
    "prelu", "silu", "gelu", "sigmoid", "tanh", "rsub", "logsigmoid",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """How a node gives a box of its result.

    Args:
        box: what it gives, at least what was asked for.
        needs: the boxes of its operands.
        write: writes the node into a new graph; None where the node is computed as it stands.
    """

    box: Box
    needs: dict[fx.Node, Box]
    write: Callable[[fx.Graph, Take], fx.Node] | None = None


def whole(node: fx.Node) -> Box:
    """Return the box of a node's whole result; empty for what is not a tensor."""
    value = node.meta.get("val")
    return tuple((0, int(n)) for n in value.shape[1:]) if isinstance(value, torch.Tensor) else ()


def has_batch(node: fx.Node) -> bool:
    """Tell whether a node gives one result per sample, along its first axis."""
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and value.dim() > 1 and int(value.shape[0]) == 1


def part(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part:
    """Return how a node gives a box of its result.

    Args:
        node: a node of a network's graph.
        box: the part that is asked for.
        moving: the nodes that depend on the network's input.
    """
    found = None
    if has_batch(node) and all(has_batch(n) for n in node.all_input_nodes if n in moving):
        name = operation(node).rstrip("_")
        rule = _RULES.get(name) or _RULES.get(operation(node))
        if rule is None and torch.Tag.pointwise in getattr(node.target, "tags", ()):
            rule = _pointwise
        found = rule(node, box, moving) if rule is not None else None
    if found is not None:
        return found
    return Part(whole(node), {n: whole(n) for n in node.all_input_nodes if n in moving})


def _pointwise(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    shape = node.meta["val"].shape
    needs: dict[fx.Node, Box] = {}
    for source in node.all_input_nodes:
        value = source.meta.get("val")
        if not isinstance(value, torch.Tensor):
            continue
        if source in moving and value.dim() != len(shape):
            return None
        needs[source] = _aligned(tuple(value.shape), box, source in moving)

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        return graph.node_copy(node, lambda n: take(n, needs[n]) if n in needs else take(n, ()))

    return Part(box, {n: b for n, b in needs.items() if n in moving}, write)


def _aligned(shape: tuple[int, ...], box: Box, moving: bool) -> Box:
    """Return the box of an operand that is broadcast; a constant has no batch, so all its axes count."""
    own = shape[1:] if moving else shape
    asked: Box = ((0, 1), *box)
    return (
        tuple(
            (0, 1) if size == 1 else span
            for size, span in zip(own, asked[len(asked) - len(own) :], strict=True)
        )
        if own
        else ()
    )


def _passing(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    source = node.args[0]
    assert isinstance(source, fx.Node)
    return Part(box, {source: box}, lambda graph, take: take(source, box))


def _conv(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
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
            x = _padded(graph, x, pads, 0.0)
        padding = [a for a, _ in pads] if even else [0] * dims
        target = getattr(torch.ops.aten, f"conv{dims}d").default
        constants = [None if c is None else take(c, ()) for c in (weight, bias)]
        return graph.call_function(
            target, (x, *constants, list(stride), padding, list(dilation), given["groups"])
        )

    return Part((whole(node)[0], *box[1:]), needs, write)


def _max_pool(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    return _pool(node, box, float("-inf"))


def _avg_pool(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
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
        x = _padded(graph, x, pads, filler)
        target = getattr(torch.ops.aten, f"max_pool{dims}d").default
        return graph.call_function(
            target, (x, list(kernel), list(stride), [0] * dims, list(dilation))
        )

    return Part(box, needs, write)


def _batch_norm(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    source, *rest = node.args
    assert isinstance(source, fx.Node)

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        constants = [take(c, (box[0],)) if isinstance(c, fx.Node) else c for c in rest]
        return graph.create_node(
            node.op, node.target, (take(source, box), *constants), dict(node.kwargs)
        )

    return Part(box, {source: box}, write)


def _last_axes(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read whole last axes: a linear layer, a norm over channels that come last."""
    source, *rest = node.args
    assert isinstance(source, fx.Node)
    count = 1 if operation(node) == "linear" else len(arguments(node)["normalized_shape"])
    kept = len(box) - count
    if kept < 0 or any(isinstance(c, fx.Node) and c in moving for c in rest):
        return None
    needs = {source: (*box[:kept], *whole(source)[kept:])}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        constants = [take(c, ()) if isinstance(c, fx.Node) else c for c in rest]
        read = take(source, needs[source])
        return graph.create_node(node.op, node.target, (read, *constants), dict(node.kwargs))

    return Part((*box[:kept], *whole(node)[kept:]), needs, write)


def _cat(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    given = arguments(node)
    tensors, rank = given["tensors"], node.meta["val"].dim()
    axis = given["dim"] % rank - 1
    if axis < 0 or any(t not in moving for t in tensors):
        return None
    first, end = box[axis]
    chosen: list[tuple[fx.Node, Box]] = []
    start = 0
    for tensor in tensors:
        size = int(tensor.meta["val"].shape[axis + 1])
        low, high = max(first - start, 0), min(end - start, size)
        if low < high:
            chosen.append((tensor, (*box[:axis], (low, high), *box[axis + 1 :])))
        start += size
    needs: dict[fx.Node, Box] = {}
    for tensor, wanted in chosen:
        needs[tensor] = hull(needs[tensor], wanted) if tensor in needs else wanted

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        pieces = [take(tensor, wanted) for tensor, wanted in chosen]
        if len(pieces) == 1:
            return pieces[0]
        return graph.call_function(torch.ops.aten.cat.default, (pieces, axis + 1))

    return Part(box, needs, write)


def _pad(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    given = arguments(node)
    source = given["self"]
    pads = [int(p) for p in given["pad"]]
    constant = given.get("mode", "constant") == "constant"
    inner, added = list(box), [(0, 0)] * len(box)
    for i, before in enumerate(pads[::2]):
        axis = len(box) - 1 - i
        if axis < 0:
            return None
        first, end = (edge - before for edge in box[axis])
        low, high = max(first, 0), min(end, whole(source)[axis][1])
        if low >= high or (not constant and (low, high) != (first, end)):
            return None
        inner[axis], added[axis] = (low, high), (low - first, end - high)
    needs = {source: tuple(inner)}
    value = float(given.get("value") or 0.0)
    return Part(
        box, needs, lambda graph, take: _padded(graph, take(source, needs[source]), added, value)
    )


def _slice(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    given = arguments(node)
    source, step = given["self"], given["step"]
    axis = given["dim"] % node.meta["val"].dim() - 1
    if axis < 0:
        keeps_all = not given["start"] and step == 1 and node.meta["val"].shape[0] == 1
        return _passing(node, box, moving) if keeps_all else None
    size = whole(source)[axis][1]
    start = given["start"] or 0
    start = min(max(start + size if start < 0 else start, 0), size)
    first, end = box[axis]
    span = (start + first * step, start + (end - 1) * step + 1)
    needs = {source: (*box[:axis], span, *box[axis + 1 :])}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        x = take(source, needs[source])
        if step == 1:
            return x
        return graph.call_function(
            torch.ops.aten.slice.Tensor, (x, axis + 1, 0, span[1] - span[0], step)
        )

    return Part(box, needs, write)


def _permute(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    given = arguments(node)
    source, rank = given["self"], node.meta["val"].dim()
    if operation(node) == "permute":
        order = [d % rank for d in given["dims"]]
    else:
        order = list(range(rank))
        one, other = given["dim0"] % rank, given["dim1"] % rank
        order[one], order[other] = other, one
    if order[0] != 0:
        return None
    inner: list[Span] = [(0, 0)] * len(box)
    for span, axis in zip(box, order[1:], strict=True):
        inner[axis - 1] = span
    needs = {source: tuple(inner)}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        return graph.call_function(
            torch.ops.aten.permute.default, (take(source, needs[source]), order)
        )

    return Part(box, needs, write)


def hull(one: Box, other: Box) -> Box:
    """Return the smallest box around two."""
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))


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


def _padded(graph: fx.Graph, x: fx.Node, pads: list[Span], value: float) -> fx.Node:
    if all(p == (0, 0) for p in pads):
        return x
    flat = [n for pair in reversed(pads) for n in pair]
    return graph.call_function(torch.ops.aten.constant_pad_nd.default, (x, flat, value))


def _each(value: Any, dims: int) -> tuple[int, ...]:
    values = [value] if isinstance(value, int) else list(value)
    return tuple(int(v) for v in (values * dims if len(values) == 1 else values))


_RULES: dict[str, Callable[[fx.Node, Box, set[fx.Node]], Part | None]] = {
    **dict.fromkeys(_POINTWISE, _pointwise),
    **dict.fromkeys(_PASSING, _passing),
    **{f"conv{d}d": _conv for d in (1, 2, 3)},
    **{f"max_pool{d}d": _max_pool for d in (1, 2, 3)},
    **{f"avg_pool{d}d": _avg_pool for d in (1, 2, 3)},
    "batch_norm": _batch_norm,
    "linear": _last_axes,
    "layer_norm": _last_axes,
    "cat": _cat,
    "pad": _pad,
    "constant_pad_nd": _pad,
    "slice": _slice,
    "permute": _permute,
    "transpose": _permute,
}
