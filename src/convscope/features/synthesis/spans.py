"""What part of its operands an operation needs, to give a part of its result.

A part is a box: one span ``(first, end)`` for each axis but the batch. Each rule below says which
boxes of the operands give a box of the result, and how to compute just that. Where a window hangs
over the border of the map, the rule pads as the network does, so that the numbers are those of the
whole. An operation without a rule is computed as a whole, from its operands as a whole.
"""

from collections.abc import Callable

import torch
from torch import fx

from convscope.features.synthesis import axes, windows
from convscope.features.synthesis.boxes import Box, Part, Take, has_batch, whole
from convscope.network.aten import operation
from convscope.network.layers import arguments

Rule = Callable[[fx.Node, Box, set[fx.Node]], Part | None]

_PASSING = {"dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "alias", "detach"}
_POINTWISE = {
    "hardswish", "hardsigmoid", "hardtanh", "relu6", "relu", "elu", "selu", "celu", "mish", "softplus", "leaky_relu",
    "clamp", "clamp_min", "clamp_max", "add", "sub", "mul", "div", "maximum", "minimum", "threshold", "_to_copy", "to",
    "prelu", "silu", "gelu", "sigmoid", "tanh", "rsub", "logsigmoid",
}  # fmt: skip


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


_RULES: dict[str, Rule] = {
    **dict.fromkeys(_POINTWISE, _pointwise),
    **dict.fromkeys(_PASSING, axes.passing),
    **{f"conv{d}d": windows.conv for d in (1, 2, 3)},
    **{f"max_pool{d}d": windows.max_pool for d in (1, 2, 3)},
    **{f"avg_pool{d}d": windows.avg_pool for d in (1, 2, 3)},
    "batch_norm": _batch_norm,
    "linear": _last_axes,
    "layer_norm": _last_axes,
    "cat": axes.joined,
    "pad": axes.bordered,
    "constant_pad_nd": axes.bordered,
    "slice": axes.sliced,
    "permute": axes.permuted,
    "transpose": axes.permuted,
}
