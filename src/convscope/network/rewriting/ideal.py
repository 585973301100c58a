"""Ideal sampling: strides and activations that make no false frequencies.

A stride keeps what varies too fast for the positions it leaves, as a false slow variation. An activation at its
own resolution is exact for whole shifts, but it makes frequencies that its map cannot carry (a rectified wave has
all harmonics), and they fold back. Here a window is evaluated at every position, the map is low-passed ideally,
and then sampled; an activation works on twice as many positions per axis, and the map is low-passed back
(Karras et al. 2021; Michaeli et al. 2023). Both are other functions than the network that was trained.

Maxima over windows, products of maps and resizing have nothing ideal in their place.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import fx

from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import border_of
from convscope.network.rewriting.grids import Grid, Grids, grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.spectral import put_resampled
from convscope.network.rewriting.windows import Window, put_window, window_of

_POINTWISE = {"relu6", "hardtanh", "prelu"}
"""Activations that torch does not mark as pointwise."""


def ideal(net: Network) -> Network:
    """Return the network with an ideal low-pass filter before every stride.

    A window with a stride ``s``, and a slice with a step, is evaluated at every position; frequencies of
    ``1 / (2 s)`` cycles per position and above are taken out; every ``s``-th position is kept. Without
    activations and with circular padding, ``z(T_d x) = S_(d/r) z(x)`` for every whole ``d``, where ``S``
    shifts a map by a fraction of a position through its spectrum.

    Args:
        net: the network; it is left as it is, and the weights are shared.

    Returns:
        The network, for samples of the size it was loaded for. Layers keep their names; a strided one is the map
        at every position, and the sampled one follows it.

    Source: Zhang (2019); Michaeli et al. (2023).
    """
    return _made(net, strides=True, activations=False)


def upsampled(net: Network) -> Network:
    """Return the network with its activations on twice as many positions per axis, then low-passed back.

    A square becomes exact for every shift of a torus, fractional ones too, because squaring doubles the
    highest frequency at most; other activations come near.

    Args:
        net: the network; it is left as it is, and the weights are shared.

    Returns:
        The network, for samples of the size it was loaded for. Layers keep their names; an activation is the
        finer map, and the low-passed one follows it.

    Source: Karras et al. (2021); Michaeli et al. (2023).
    """
    return _made(net, strides=False, activations=True)


def _made(net: Network, *, strides: bool, activations: bool) -> Network:
    handle = Ideal(grids_of(net.graph, net.dims), strides=strides, activations=activations)
    name = "ideal" if strides else "upsampled"
    return Network.from_graph(Rebuild(net.graph, name).run(handle), net, dynamic_space=False)


class Ideal:
    """What stands in the place of a node.

    Args:
        known: the grids of the graph.
        strides: whether strides are low-passed.
        activations: whether activations work on more positions.
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
    return torch.Tag.pointwise in getattr(node.target, "tags", ()) or operation(node) in _POINTWISE


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
