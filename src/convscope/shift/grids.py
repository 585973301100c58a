"""The grid of a layer's map: how far a move of the input moves it, and which moves it can follow exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from torch import Tensor, fx

from convscope.network import Network
from convscope.network.rewriting import grids as followed


@dataclass(frozen=True)
class Grid:
    """Where the positions of a map lie on the input.

    Args:
        stride: input positions between neighbouring positions of the map, per axis; a fraction after upsampling.
        period: the smallest moves that move everything on the way by whole positions, per axis.
        size: positions of the map per axis.
        turn: after how many of its positions the input's torus begins again, per axis. Where that is another
            number than its size, the map does not cover the torus evenly.
        axes: the map's spatial axes, counted from the end.
    """

    stride: tuple[Fraction, ...]
    period: tuple[int, ...]
    size: tuple[int, ...]
    turn: tuple[Fraction, ...]
    axes: tuple[int, ...] = ()

    @property
    def tiles(self) -> bool:
        """Whether the map covers the input's torus, so that what leaves on one side returns on the other."""
        return self.turn == self.size

    def steps(self, move: Sequence[int | Fraction]) -> tuple[Fraction, ...]:
        """Return by how many of its positions the map moves when the input moves."""
        return tuple(Fraction(d) / r for d, r in zip(move, self.stride, strict=True))

    def aligned(self, move: Sequence[int | Fraction]) -> bool:
        """Return whether the map can follow a move of the input exactly."""
        return all(d % p == 0 for d, p in zip(move, self.period, strict=True))

    def channels_first(self, z: Tensor) -> Tensor:
        """Return a layer's output as ``(B, C, *S)``, whatever its layout."""
        order = self._order(z)
        if order == list(range(z.ndim)) and z.ndim == len(self.size) + 2:
            return z
        return z.permute(order).reshape(z.shape[0], -1, *self.size)

    def laid_out(self, maps: Tensor, like: Tensor) -> Tensor:
        """Return maps ``(B, C, *S)`` in the layout of a layer's output; undoes ``channels_first``."""
        order = self._order(like)
        wide = maps.reshape([like.shape[axis] for axis in order])
        return wide.permute([order.index(axis) for axis in range(like.ndim)])

    def _order(self, z: Tensor) -> list[int]:
        space = [axis % z.ndim for axis in self.axes or range(-len(self.size), 0)]
        return [axis for axis in range(z.ndim) if axis not in space] + space


def grids(net: Network) -> dict[str, Grid]:
    """Return the grid of every layer whose output is a map, with all of the input's axes.

    Padded maps have none: a map with a border around it is not the torus; the layer that reads it is.

    Args:
        net: the network.
    """
    known = followed.grids_of(net.graph, net.dims).of
    periods: dict[fx.Node, tuple[int, ...]] = {}
    layers = {layer.node: layer for layer in net.layers}
    space = net.input.shape[1:]
    found = {}
    for node, grid in known.items():
        sources = [periods[source] for source in node.all_input_nodes if source in periods]
        own = [] if grid is None else [tuple(r.numerator for r in grid.stride)]
        periods[node] = _common([*sources, *own], net.dims)
        layer = layers.get(node.name)
        value = node.meta.get("val")
        if grid is None or layer is None or layer.kind == "pad" or not isinstance(value, Tensor):
            continue
        axes = tuple(axis for axis in grid.axes if axis is not None)
        if len(axes) < net.dims:
            continue
        size = tuple(int(value.shape[axis]) for axis in axes)
        turn = tuple(whole / r for whole, r in zip(space, grid.stride, strict=True))
        found[layer.name] = Grid(grid.stride, periods[node], size, turn, axes)
    return found


def total_stride(grids: Mapping[str, Grid], dims: int) -> tuple[int, ...]:
    """Return the smallest move that every map follows by whole positions, per axis."""
    return _common([grid.period for grid in grids.values()], dims)


def last_with_place(net: Network, grids: Mapping[str, Grid]) -> str | None:
    """Return the last layer whose map has more than two positions per axis, so that it can be compared."""
    names = [layer.name for layer in net.layers if layer.name in grids]
    return next((name for name in reversed(names) if min(grids[name].size) > 2), None)


def _common(periods: Sequence[tuple[int, ...]], dims: int) -> tuple[int, ...]:
    return tuple(lcm(*(period[axis] for period in periods)) for axis in range(dims))
