"""One unit of a layer, and just what it reads: the graph that computes a single position of a map.

The naive way runs the whole network on a picture of its full size and throws all but one number
away. Here the demand is followed backwards from that position through the graph, so that every
operation computes only what the unit reads: a field of 35 pixels costs a thousandth of a picture of
224. Borders are padded where the whole network pads them: the value is the same number that the
network gives (tests compare both).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from convscope.features.synthesis.boxes import Box, Part, Span, hull, whole
from convscope.features.synthesis.redirect import UNLIMITED, limits_of
from convscope.features.synthesis.spans import part
from convscope.network import Network
from convscope.network.aten import operation
from convscope.network.layers import READS_SHAPE_ONLY, arguments


@dataclass(frozen=True, eq=False)
class Cone:
    """Some channels of a layer at one position, as a function of the part of the input they read.

    Where the layer ends in a rectifier the values are those that go into it: the same order, without the flat parts
    below (where it is closed) and above (where it saturates).

    Args:
        module: maps a part of the input ``(B, C, *s)`` to values ``(B, channels)``.
        box: the part of the input, per spatial axis, in positions.
        channels: first and end of the channels.
        position: of the unit in the layer's map.
        limits: between which the layer's own values lie, where the values are those before its rectifier.
        one_by_one: whether the graph takes only one sample at a time.
    """

    module: fx.GraphModule
    box: Box
    channels: Span
    position: tuple[int, ...]
    limits: tuple[float, float] = UNLIMITED
    one_by_one: bool = False

    @property
    def rectified(self) -> bool:
        """Whether the layer's own values cannot be below zero."""
        return self.limits[0] >= 0

    def __call__(self, x: Tensor, module: nn.Module | None = None) -> Tensor:
        """Return the values ``(B, channels)`` for parts of the input ``(B, C, *s)``."""
        run = module or self.module
        if self.one_by_one and len(x) > 1:
            return torch.cat([run(sample[None]) for sample in x])
        return run(x)


def cone(net: Network, layer: str, channels: Span, position: Sequence[int] | None = None) -> Cone:
    """Return the graph of some channels of a layer at one position.

    Args:
        net: the network.
        layer: name of the layer.
        channels: first and end of the channels.
        position: in the layer's map; by default its middle.

    Returns:
        The cone; its weights are the network's own.
    """
    target = _node(net, net.layer(layer).node)
    shape = tuple(int(n) for n in target.meta["val"].shape[2:])
    middle = tuple(n // 2 for n in shape) if position is None else tuple(position)
    source, there, limits = _unrectified(target, channels)
    asked: Box = (there, *((p, p + 1) for p in middle))
    graph, box = _written(net, source, asked)
    return Cone(graph, box[1:], channels, middle, limits, not net.dynamic_batch)


def channel_groups(net: Network, layer: str) -> list[Span]:
    """Return the ranges of channels that a concatenation brought together: their fields may differ.

    Args:
        net: the network.
        layer: name of the layer.
    """
    node = _node(net, net.layer(layer).node)
    channels = int(node.meta["val"].shape[1])
    same = lambda n: n.meta["val"].shape == node.meta["val"].shape  # noqa: E731
    while operation(node) != "cat":
        sources = [n for n in node.all_input_nodes if n.op == "call_function"]
        if len(sources) != 1 or not same(sources[0]) or operation(node).startswith("conv"):
            return [(0, channels)]
        node = sources[0]
    if arguments(node)["dim"] != 1:
        return [(0, channels)]
    tensors = node.args[0]
    assert isinstance(tensors, list | tuple)
    ends = [0]
    for tensor in tensors:
        assert isinstance(tensor, fx.Node)
        ends.append(ends[-1] + int(tensor.meta["val"].shape[1]))
    return list(itertools.pairwise(ends))


def _unrectified(node: fx.Node, channels: Span) -> tuple[fx.Node, Span, tuple[float, float]]:
    """Return the input of the rectifier that gives these channels, the channels there, and its limits."""
    first, there = node, channels
    while operation(first) == "cat" and arguments(first)["dim"] == 1:
        start = 0
        for tensor in arguments(first)["tensors"]:
            size = int(tensor.meta["val"].shape[1])
            if start <= there[0] and there[1] <= start + size:
                first, there = tensor, (there[0] - start, there[1] - start)
                break
            start += size
        else:
            return node, channels, UNLIMITED
    limits = limits_of(first)
    if limits is None:
        return node, channels, UNLIMITED
    source = first.args[0]
    assert isinstance(source, fx.Node)
    return source, there, limits


def _node(net: Network, name: str) -> fx.Node:
    return next(n for n in net.graph.graph.nodes if n.name == name)


def _written(net: Network, target: fx.Node, asked: Box) -> tuple[fx.GraphModule, Box]:
    moving = _moving(net.graph)
    parts = _planned(net.graph, target, asked, moving)
    graph, copies = fx.Graph(), {}
    entry = next(n for n in net.graph.graph.nodes if n.op == "placeholder")
    parts.setdefault(entry, Part(whole(entry), {}))

    def take(node: fx.Node, box: Box) -> fx.Node:
        given = copies[node]
        if node in moving:
            return _sliced(graph, given, parts[node].box, box, 1) if box else given
        held = tuple((0, int(n)) for n in node.meta["val"].shape) if box else ()
        return _sliced(graph, given, held, box, 0) if box else given

    for node in net.graph.graph.nodes:
        if node is target or node in parts or _is_constant(node, moving):
            copies[node] = _copied(graph, node, parts.get(node), copies, take)
        if node is target:
            break
    value = take(target, asked)
    flat = graph.call_function(torch.ops.aten.flatten.using_ints, (value, 1))
    graph.output(flat)
    graph.eliminate_dead_code()
    return fx.GraphModule(net.graph, graph), parts[entry].box


def _moving(graph: fx.GraphModule) -> set[fx.Node]:
    """Return the nodes whose values depend on the input's values."""
    moving: set[fx.Node] = set()
    for node in graph.graph.nodes:
        reads = any(n in moving for n in node.all_input_nodes)
        if node.op == "placeholder" or (reads and operation(node) not in READS_SHAPE_ONLY):
            moving.add(node)
    return moving


def _is_constant(node: fx.Node, moving: set[fx.Node]) -> bool:
    return node not in moving and node.op != "output"


def _planned(
    graph: fx.GraphModule, target: fx.Node, asked: Box, moving: set[fx.Node]
) -> dict[fx.Node, Part]:
    wanted: dict[fx.Node, Box] = {target: asked}
    parts: dict[fx.Node, Part] = {}
    for node in reversed(list(graph.graph.nodes)):
        if node not in wanted:
            continue
        if node.op == "placeholder":
            box = wanted[node]
            parts[node] = Part((whole(node)[0], *box[1:]), {})
            continue
        parts[node] = part(node, wanted[node], moving)
        for source, box in parts[node].needs.items():
            wanted[source] = hull(wanted[source], box) if source in wanted else box
    return parts


def _copied(
    graph: fx.Graph,
    node: fx.Node,
    plan: Part | None,
    copies: dict[fx.Node, fx.Node],
    take: Callable[[fx.Node, Box], fx.Node],
) -> fx.Node:
    if plan is not None and plan.write is not None:
        return plan.write(graph, take)
    if operation(node) == "sym_size" and node.args[1] != 0:
        # The size of the whole, not of the part that is computed here.
        return graph.call_function(_number, (int(node.meta["val"]),))
    return graph.node_copy(
        node, lambda n: take(n, whole(n)) if n in (plan.needs if plan else {}) else copies[n]
    )


def _number(value: int) -> int:
    return value


def _sliced(graph: fx.Graph, x: fx.Node, held: Box, wanted: Box, first_axis: int) -> fx.Node:
    for axis, ((start, end), (low, high)) in enumerate(zip(held, wanted, strict=True), first_axis):
        if (start, end) != (low, high):
            x = graph.call_function(
                torch.ops.aten.slice.Tensor, (x, axis, low - start, high - start)
            )
    return x
