"""Oracles: the network as it would be if its strides, or its activations, made no false frequencies.

Neither is what the author trained; both are interventions, which say how much of the error of shifts comes
from where. An activation at its own resolution is exact for whole shifts; but it makes frequencies that the
map cannot carry (a rectified wave has all harmonics), and they fold back. On twice as many positions per
axis there is room for them, up to the second; then they are taken out (Karras et al. 2021; Michaeli et al. 2023).
"""

from dataclasses import replace
from typing import Any

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

_POINTWISE = {"activation"}
_ALSO = {"hardtanh", "relu6", "clamp", "sigmoid"}


def ideal(net: Network) -> Network:
    """Return the network with an ideal low-pass filter before every stride.

    A strided convolution or pooling layer is evaluated at every position, the frequencies that its stride
    cannot carry are taken out (all at or above ``1 / (2 s)`` cycles per position), and every ``s``-th position
    is kept; a slice with a step likewise. On a network with circular padding a layer then errs for unaligned
    shifts only by what activations make above the next filter.

    Args:
        net: the network; it is left as it is, and the weights are shared.

    Returns:
        The network. It takes its own size only. Layers keep their names.
    """
    grids = grids_of(net.graph, net.dims)
    made = Rebuild(net.graph, "ideal").run(_Ideal(grids))
    return Network.from_graph(made, net, dynamic_space=False)


def upsampled(net: Network) -> Network:
    """Return the network with its activations evaluated on twice as many positions per axis.

    The map is brought to ``2 n`` positions by its spectrum, the activation is taken, what ``n`` positions
    cannot carry is taken out, and every second position is kept. An activation that is a polynomial of degree
    two (``square``) becomes exact for all shifts, fractional ones too; others become nearly so.

    Args:
        net: the network; it is left as it is, and the weights are shared.

    Returns:
        The network. It takes its own size only. Layers keep their names.
    """
    grids = grids_of(net.graph, net.dims)

    def handle(make: Rebuild, node: fx.Node) -> fx.Node | None:
        grid = grids.of.get(node)
        source: Any = node.args[0] if node.args else None
        if grid is None or not grid.is_map or kind_of(node) != "activation" or grids.of.get(source) != grid:
            return None
        if operation(node) == "glu":
            return None
        value = make.read(node).meta["val"]
        axes = [axis for axis in grid.axes if axis is not None]
        sizes = [int(value.shape[axis]) for axis in axes]
        wide = put_resampled(make, make.read(node), axes, [2 * n for n in sizes], node)
        return put_resampled(make, make.copy(node, _0=wide), axes, sizes, node)

    made = Rebuild(net.graph, "upsampled").run(handle)
    return Network.from_graph(made, net, dynamic_space=False)


class _Ideal:
    """Strides become 1, followed by a filter and by taking every so many positions.

    Args:
        grids: of the source graph.
    """

    def __init__(self, grids: Grids):
        self._grids = grids

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        grid = self._grids.of.get(node)
        window = window_of(node)
        if grid is None or not grid.is_map:
            return None
        if window is not None:
            return self._window(make, node, window)
        if operation(node) == "slice":
            return self._slice(make, node, grid)
        return None

    def _window(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node | None:
        if set(window.stride) == {1} or window.takes_all:
            return None
        full = put_unstrided(make, node, window)
        return put_resampled(
            make, full, range(-len(window.stride), 0), sizes_after(make, node, window, full), node
        )

    def _slice(self, make: Rebuild, node: fx.Node, grid: Grid) -> fx.Node | None:
        given = arguments(node)
        step, start = int(given["step"]), int(given["start"] or 0)
        source = make.read(node)
        axis = given["dim"] % source.meta["val"].dim() - source.meta["val"].dim()
        if step == 1 or axis not in grid.axes:
            return None
        if start:
            source = make.call(_ROLL, source, [-start], [axis], like=node)
        size = int(source.meta["val"].shape[axis])
        return put_resampled(make, source, [axis], [-(-size // step)], node)
