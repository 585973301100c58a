"""Padding that does not tell where the border is: the map goes round, or is mirrored, or its edge repeated.

A network is exactly equivariant to shifts of its total stride where its maps are tori: every window goes
round, and a map of ``n`` positions becomes one of ``n / stride``. Two things stand against that in usual
networks: zeros around the map, and windows that cut the border off (a convolution or a pooling layer
without padding). Putting circular padding in the place of zeros mends the first only. So a window without
padding, too, is given as much as it needs. Where it was before, every position reads what it read.
"""

from typing import Any, Literal

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import Sides, border_of, padding_of
from convscope.network.rewriting.fitting import put_view, put_whole
from convscope.network.rewriting.grids import Grids, grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.resizing import put_resize, put_transposed
from convscope.network.rewriting.windows import (
    Window,
    put_padding,
    put_window,
    window_of,
)

_ATEN = torch.ops.aten
Mode = Literal["circular", "reflect", "replicate"]


def circular(net: Network, mode: Mode = "circular") -> Network:
    """Return a network with other borders: nothing in it is zero because it lies outside.

    With ``circular``, on an input whose sizes the total stride R divides, every map is a torus of
    ``n / stride`` positions, and ``z(T_d x) = T_(d/r) z(x)`` exactly for every shift ``d`` that is a multiple
    of the layer's total stride ``r``. Windows that cut the border off are given circular padding too. Where
    the sizes are not divisible, or the layers behind need those that are (a flattened map before a linear
    layer), the padding that is there becomes circular and the sizes stay.

    With ``reflect`` and ``replicate`` the padding that is there is filled otherwise, and the sizes stay.

    Args:
        net: the network; it is left as it is, and the weights are shared.
        mode: ``circular``, ``reflect`` (mirrored at the outermost position) or ``replicate``.

    Returns:
        The network. Layers keep their names.

    Raises:
        SpecError: another mode.

    >>> import torch
    >>> from convscope.network import load
    >>> net = circular(load("demo"))
    >>> x = torch.rand(1, 3, 64, 64)
    >>> bool(torch.allclose(net(x), net(x.roll((16, -32), (2, 3))), atol=1e-4))
    True
    """
    if mode not in ("circular", "reflect", "replicate"):
        raise SpecError(
            f"There is no padding called {mode!r}. Type circular, reflect or replicate."
        )
    notes: tuple[str, ...] = ()
    if mode == "circular":
        try:
            return _rewritten(net, mode, _Torus(grids_of(net.graph, net.dims)), ())
        except SpecError:
            raise
        except (RuntimeError, ValueError, IndexError):  # the shapes behind no longer fit
            notes = (
                "Some windows of this network cut the border off, and the layers behind need the sizes that are "
                "left: those windows stay, and shifts are not exact.",
            )
    return _rewritten(net, mode, _Filled(mode), notes)


def _rewritten(net: Network, mode: str, handle: Any, notes: tuple[str, ...]) -> Network:
    make = Rebuild(net.graph, mode)
    graph = make.run(handle)
    return Network.from_graph(
        graph, net, notes=notes, dynamic_space=net.dynamic_space and make.any_size
    )


class _Filled:
    """Zeros outside become something else; sizes stay."""

    def __init__(self, mode: str):
        self.mode = mode

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        window = window_of(node)
        if window is not None:
            if not any(side for sides in window.padding for side in sides):
                return None
            return self.window(make, node, window)
        if padding_of(node) is not None:
            return _filled_padding(make, node, self.mode)
        return None

    def window(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        """Put a window down on a map that has its border already."""
        source = put_padding(make, make.read(node), window.padding, self.mode, like=node)
        if arguments(node).get("ceil_mode"):
            given = {"stride": list(window.stride), "padding": [0] * len(window.stride)}
            new = make.copy(node, _0=source)
            for name, value in given.items():
                new.update_arg(_place(node, name), value)
            new.meta["val"] = make.valued(new)
            return new
        return put_window(make, node, source, window, _none(window))


class _Torus:
    """Every map is a torus; a window reads the map without the border that was put around it.

    Args:
        grids: of the source graph.
    """

    def __init__(self, grids: Grids):
        self._grids = grids

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        window = window_of(node)
        if window is not None:
            return (
                put_whole(make, node, window)
                if window.takes_all
                else self._window(make, node, window)
            )
        if padding_of(node) is not None:
            return _filled_padding(make, node, "circular")
        if operation(node).startswith("conv_transpose") or operation(node) == "convolution":
            return put_transposed(make, node)
        return put_resize(make, node) or self._view(make, node)

    def _view(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        source: Any = node.args[0] if node.args else None
        grid, before = self._grids.of.get(node), self._grids.of.get(source)
        if grid is None or before is None:
            return None
        return put_view(make, node, before.axes, grid.axes)

    def _window(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        border = border_of(node.args[0])
        core = make.made[border.core]
        sizes = [int(size) for size in core.meta["val"].shape[2:]]
        sides = []
        for axis, size in enumerate(sizes):
            reach, stride = window.reach[axis], window.stride[axis]
            before = border.sides[axis][0] + window.padding[axis][0]
            if size % stride:
                after = (window.outputs[axis] - 1) * stride + reach - size - before
                sides.append((before, max(0, after)))
            else:
                before = min(before, reach - 1)
                sides.append((before, max(0, reach - stride - before)))
        if tuple(sides) == border.sides:
            return put_window(make, node, make.read(node), window, _none(window))
        return put_window(make, node, core, window, tuple(sides), "circular")


def _filled_padding(make: Rebuild, node: fx.Node, mode: str) -> fx.Node | None:
    """Return a constant border filled otherwise; None where there is none on the spatial axes alone."""
    found = padding_of(node)
    if found is None or (found[1] != "zero" and mode != "circular"):
        return None
    return put_padding(make, make.read(node), found[0], mode, like=node, added=False)


def _none(window: Window) -> Sides:
    return ((0, 0),) * len(window.kernel)


def _place(node: fx.Node, name: str) -> int:
    target: Any = node.target
    return [argument.name for argument in target._schema.arguments].index(name)
