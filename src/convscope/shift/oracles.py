"""The network without a cause: oracles stand in the places of paddings, strides and nonlinearities.

- Padding becomes circular (``convscope.network.rewriting.circular``).
- A window with a stride is evaluated at every position, the map is low-passed ideally, and then sampled. So
  is a slice with a step.
- An activation works on a map of twice as many positions per axis, and the map is low-passed back.

Every layer keeps its place and its size, so maps are compared as those of the network itself. Maxima over
windows, products of maps and resizing have no oracle; what they do stays in the leftover.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import fx

from convscope.network import Network
from convscope.network.aten import operation
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments
from convscope.network.rewriting import circular
from convscope.network.rewriting.borders import border_of
from convscope.network.rewriting.grids import Grid, Grids, grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.spectral import put_resampled
from convscope.network.rewriting.windows import Window, put_window, window_of
from convscope.network.taps import Taps
from convscope.shift.grids import grids
from convscope.shift.passing import Watched


def without(
    net: Network, there: tuple[str, ...], names: tuple[str, ...], most: int | None
) -> Watched:
    """Return a network in which only some causes of error are there; oracles have taken out the others.

    Args:
        net: the network.
        there: the causes that stay, out of ``CAUSES``.
        names: the layers to read.
        most: channels that are looked at.

    Raises:
        SpecError: an operation that no oracle can take the place of.
    """
    base = net if "padding" in there else circular(net)
    oracles = _Oracles(
        grids_of(base.graph, base.dims),
        strides="stride" not in there,
        activations="nonlinearity" not in there,
    )
    make = Rebuild(base.graph, "oracle")
    graph = make.run(oracles)
    # What stands in a layer's place now, whatever it is called.
    place = {node.name: new for node, new in make.made.items() if isinstance(new, fx.Node)}
    nodes = {name: place[base.layer(name).node].name for name in names}
    made = Network.from_graph(graph, base, dynamic_space=False)
    return Watched(made, Taps(graph, nodes, base.dynamic_batch), grids(base), names, most)


class _Oracles:
    """What stands in the place of a node.

    Args:
        known: the grids of the graph.
        strides: whether strides are taken out.
        activations: whether nonlinearities are.
    """

    def __init__(self, known: Grids, *, strides: bool, activations: bool):
        self._known, self._strides, self._activations = known, strides, activations

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        grid = self._known.of.get(node)
        if grid is None or not all(axis is not None for axis in grid.axes):
            return None
        if self._activations and kind_of(node) == "activation" and _is_pointwise(node):
            return _finer(make, node, grid)
        window = window_of(node)
        if self._strides and window is not None and set(window.stride) != {1}:
            return None if window.takes_all else _everywhere(make, node, window)
        if self._strides and operation(node) == "slice":
            return self._sliced(make, node, grid)
        return None

    def _sliced(self, make: Rebuild, node: fx.Node, grid: Grid) -> fx.Node | None:
        given: dict[str, Any] = arguments(node)
        source: Any = node.args[0]
        rank = source.meta["val"].dim()
        axis: int = given["dim"] % rank - rank
        if axis not in grid.axes or int(given["step"]) == 1:
            return None
        start = int(given["start"] or 0)
        dense = make.read(node)
        if start:
            dense = make.call(torch.ops.aten.roll.default, dense, [-start], [axis], like=node)
        return put_resampled(make, dense, [axis], [int(node.meta["val"].shape[axis])], node)


def _is_pointwise(node: fx.Node) -> bool:
    return torch.Tag.pointwise in getattr(node.target, "tags", ()) or operation(node) in (
        "relu6",
        "hardtanh",
        "prelu",
    )


def _finer(make: Rebuild, node: fx.Node, grid: Grid) -> fx.Node:
    """Put an activation down at twice the resolution."""
    axes = [int(axis) for axis in grid.axes if axis is not None]
    sizes = [int(node.meta["val"].shape[axis]) for axis in axes]
    fine = put_resampled(make, make.read(node), axes, [2 * n for n in sizes], node)
    return put_resampled(make, make.copy(node, _0=fine), axes, sizes, node)


def _everywhere(make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
    """Put a window down at every position, and sample what is left below the limit."""
    source: Any = node.args[0]
    border = border_of(source)
    sides = []
    for axis, reach in enumerate(window.reach):
        before = border.sides[axis][0] + window.padding[axis][0]
        every = window.stride[axis] * window.outputs[axis]
        sides.append((before, every - border.sizes[axis] + reach - 1 - before))
    zeros = any(map(any, window.padding))
    mode = border.mode if any(map(any, border.sides)) else "zero" if zeros else "circular"
    dense = replace(window, stride=(1,) * len(window.stride))
    map_ = put_window(make, node, make.made[border.core], dense, tuple(sides), mode)
    axes = list(range(-len(window.stride), 0))
    return put_resampled(make, map_, axes, list(window.outputs), node)
