"""The answers to all shifts from one pass: shifts by the total stride give the same, so only phases differ."""

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, fx

from convscope.errors import SpecError
from convscope.network.graph import Network
from convscope.network.rewriting.dense import dense
from convscope.network.rewriting.grids import Grid, grids_of
from convscope.network.rewriting.strides import testability, total_stride


def all_phases(net: Network, x: Tensor, *, at_once: int = 256) -> Tensor:
    """Return a network's answers to a batch shifted by every phase, from one dense pass.

    ``answers[d][b] = net(T_d x[b])`` for all ``0 <= d < R`` per axis: the dense maps hold
    ``z(T_d x)[n] = z~(x)[r n - d]``, so what reads the last maps (the head) is all that is run for each phase.
    By the theorem ``net(T_(d + R) x) = net(T_d x)``, these are the answers to all shifts there are.

    Args:
        net: a network on a torus (``circular(net)``) that answers with one vector per sample.
        x: samples ``(B, C, *S)`` of the size it was loaded for.
        at_once: phases of a sample that go through the head at a time.

    Returns:
        ``(*R, B, K)`` for K answers.

    Raises:
        SpecError: the network is not exact on a torus, or cannot be evaluated densely.

    >>> from convscope.network import load
    >>> from convscope.network.rewriting import circular
    >>> net, x = circular(load("demo")), torch.rand(1, 3, 64, 64)
    >>> answers = all_phases(net, x)
    >>> tuple(answers.shape), bool(torch.allclose(answers[3, 5], net(x.roll((3, 5), (2, 3))), atol=1e-4))
    ((16, 16, 1, 8), True)
    """
    exact = testability(net)
    if not isinstance(exact, bool):
        raise SpecError(
            f"The shifts of {net.spec} are not all known from its phases: {exact[0]}. Shift the input instead."
        )
    grids = grids_of(net.graph, net.dims).of
    frontier = _frontier(net, grids)
    layers = {layer.node: layer.name for layer in net.layers}
    names = [layers.get(node.name) for node in frontier]
    if None in names:
        raise SpecError(
            f"What the head of {net.spec} reads is no layer, so its phases cannot be taken."
        )
    head = _head(net, frontier)
    maps = dense(net).taps([str(name) for name in names])(x)
    total = total_stride(net)
    answers: list[Tensor] = []
    group: list[tuple[int, ...]] = []
    for phase in [*product(*map(range, total)), None]:
        if phase is not None:
            group.append(phase)
        if group and (phase is None or len(group) * len(x) >= at_once):
            taken = [
                torch.cat([_taken(maps[str(name)], grids[node], one) for one in group])
                for node, name in zip(frontier, names, strict=True)
            ]
            answers.append(head(*taken))
            group = []
    found = torch.cat(answers)
    return found.reshape(*total, len(x), *found.shape[1:])


def _frontier(net: Network, grids: dict[fx.Node, Grid | None]) -> list[fx.Node]:
    """Return the maps that are read by what is no map."""

    def is_map(node: fx.Node) -> bool:
        grid = grids.get(node)
        return grid is not None and grid.is_map

    return [
        node
        for node in net.graph.graph.nodes
        if is_map(node) and any(not is_map(user) and user in grids for user in node.users)
    ]


def _head(net: Network, frontier: list[fx.Node]) -> fx.GraphModule:
    """Return what comes behind some maps, as a graph that reads them."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {
        node: graph.placeholder(f"map_{i}") for i, node in enumerate(frontier)
    }
    for node in net.graph.graph.nodes:
        if node in copies or node.op == "placeholder":
            continue
        if node.op == "output":
            graph.output(_vector(node, copies))
        elif all(source in copies for source in node.all_input_nodes):
            copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.eliminate_dead_code()
    return fx.GraphModule(net.graph, graph)


def _vector(output: fx.Node, copies: dict[fx.Node, fx.Node]) -> fx.Node:
    values: object = output.args[0]
    while isinstance(values, list | tuple) and len(values) == 1:
        values = values[0]
    if not isinstance(values, fx.Node) or values not in copies:
        raise SpecError("Phases are taken of networks that answer with one vector per sample.")
    return copies[values]


def _taken(map_: Tensor, grid: Grid | None, phase: tuple[int, ...]) -> Tensor:
    """Return the positions of a dense map that the network keeps when its input is shifted by a phase."""
    assert grid is not None
    axes = [axis for axis in grid.axes if axis is not None]
    map_ = map_.roll(phase, axes)
    for axis, stride in zip(axes, grid.stride, strict=True):
        index: list[slice] = [slice(None)] * map_.ndim
        index[axis] = slice(None, None, int(stride))
        map_ = map_[tuple(index)]
    return map_


def every_shift(x: Tensor, total: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield a batch shifted by every phase, one after the other: what ``all_phases`` is checked against."""
    axes = tuple(range(2, 2 + len(total)))
    for phase in product(*map(range, total)):
        yield x.roll(phase, axes)
