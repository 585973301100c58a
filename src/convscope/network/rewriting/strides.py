"""Total strides, and whether the theorem about shifts can be put to the test on a network at its size."""

from fractions import Fraction
from math import lcm

import torch
from torch import fx

from convscope.network.aten import operation
from convscope.network.export import ADDED
from convscope.network.graph import Network
from convscope.network.rewriting.borders import border_of, padding_of
from convscope.network.rewriting.circular import circular
from convscope.network.rewriting.grids import Grid, Grids, grids_of

Nearest = tuple[int, ...] | None


def total_strides(net: Network) -> dict[str, tuple[Fraction, ...]]:
    """Return how many input pixels the positions of each layer's map are apart, per axis.

    The product of all strides before, divided by what resizing and transposed convolutions multiply.

    Args:
        net: the network.

    Returns:
        By layer name; layers that are no maps (a linear layer behind the mean) are left out.

    >>> from convscope.network import load
    >>> [str(r) for r in total_strides(load("demo"))["conv4"]]
    ['8', '8']
    """
    of = grids_of(net.graph, net.dims).of
    nodes = {node.name: node for node in net.graph.graph.nodes}
    found = {layer.name: of.get(nodes[layer.node]) for layer in net.layers}
    return {name: grid.stride for name, grid in found.items() if grid is not None and grid.is_map}


def total_stride(net: Network) -> tuple[int, ...]:
    """Return R: the smallest shift per axis that moves every map by whole positions.

    It is the least common multiple of the layers' total strides: ``T_R x`` is the only shift by which a
    network on a torus must give the same answer.

    >>> from convscope.network import load
    >>> total_stride(load("demo"))
    (16, 16)
    """
    return _whole(grids_of(net.graph, net.dims), net.dims)


def testability(net: Network) -> bool | tuple[str, Nearest]:
    """Tell whether shifts by the total stride must leave every map of ``circular(net)`` as it is, but for its place.

    Args:
        net: the network.

    Returns:
        True; or the reason why not, and the nearest input size per axis at which it can be tested (None where
        no size helps: a flattened map, a parameter per position, sampling that depends on the data).
    """
    twin = circular(net)
    grids = grids_of(twin.graph, net.dims)
    stride, sizes = _whole(grids, net.dims), net.input.shape[1:]
    if any(n % r for n, r in zip(sizes, stride, strict=True)):
        return (
            f"its input of {_by(sizes)} is no multiple of its total stride {_by(stride)}",
            tuple(_nearest(n, r) for n, r in zip(sizes, stride, strict=True)),
        )
    names = {layer.node: layer.name for layer in twin.layers}
    for node in twin.graph.graph.nodes:
        if node in grids.reasons:
            what = names.get(node.name) or node.meta["module"] or "its forward method"
            return f"{what} ({operation(node)}) {grids.reasons[node]}", _divisible(
                node, grids, sizes
            )
        grid = grids.of.get(node)
        if grid is not None and node.name in names and not _tiles(node, grid, sizes):
            cut = "x".join(str(n) for n in grid.sizes(node.meta["val"]))
            return f"the map of {names[node.name]} ({cut}) does not cover the input evenly", None
    return True


testability.__test__ = False  # type: ignore[attr-defined]  # pytest takes names that begin with test for its own


def _whole(grids: Grids, dims: int) -> tuple[int, ...]:
    maps = [grid for grid in grids.of.values() if grid is not None and grid.is_map]
    return tuple(lcm(*(grid.stride[axis].numerator for grid in maps)) for axis in range(dims))


def _tiles(node: fx.Node, grid: Grid, sizes: tuple[int, ...]) -> bool:
    """Return whether a map has one position for each stride; a border around it is not counted."""
    if padding_of(node) is not None or _is_trimmed(node) or any(map(any, _sides(node))):
        return True
    found = grid.sizes(node.meta["val"])
    return all(m is None or m * r == n for m, r, n in zip(found, grid.stride, sizes, strict=True))


def _is_trimmed(node: fx.Node) -> bool:
    return any(
        str(user.meta.get("module_type", "")).startswith(ADDED) and operation(user) == "slice"
        for user in node.users
    )


def _sides(node: fx.Node) -> tuple[tuple[int, int], ...]:
    value = node.meta["val"]
    return border_of(node).sides if isinstance(value, torch.Tensor) else ()


def _divisible(node: fx.Node, grids: Grids, sizes: tuple[int, ...]) -> Nearest:
    """Return the nearest size that a pooling layer into a fixed number of windows divides evenly."""
    grid = grids.of.get(node.all_input_nodes[0])
    if not operation(node).startswith("adaptive") or grid is None:
        return None
    windows = node.meta["val"].shape[-len(sizes) :]
    steps = [r * m for r, m in zip(grid.stride, windows, strict=True)]
    return tuple(_nearest(n, int(step)) for n, step in zip(sizes, steps, strict=True))


def _nearest(size: int, step: int) -> int:
    return max(1, round(size / step)) * step


def _by(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))
