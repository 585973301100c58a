"""Dense evaluation ("à trous", with holes): the value of every map at every pixel, for all shifts at once.

A strided layer throws away most of the positions that it could have; a shift of the input by less than
the stride makes it keep others. Written without strides, with everything behind spread by as much as was
not skipped, the network keeps them all (Holschneider et al. 1989; Giusti et al. 2013; Yu and Koltun 2016).
With circular padding, on sizes that the total stride divides, and for a layer of total stride ``r``:
``z(T_d x)[n] = z~(x)[r n - d]`` for every shift ``d``, exactly.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import border_of, padding_of
from convscope.network.rewriting.fitting import put_view, put_whole
from convscope.network.rewriting.grids import Grid, Grids, grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import (
    Window,
    put_padding,
    put_window,
    window_of,
)
from convscope.network.taps import cut

_ATEN = torch.ops.aten
_UPSAMPLES = {"pixel_shuffle", "pixel_unshuffle"}


def dense(net: Network, *, whole: bool = True) -> Network:
    """Return the network with every stride 1, and everything behind a stride spread (dilated) by it.

    A map of stride ``r`` becomes one of stride 1, of ``r`` times as many positions per axis. Taking every
    ``r``-th of them from the first gives the map that it was (exactly inside; at the border too where the
    padding is circular). A head that averages over all positions averages over all shifts now: for a linear
    head it returns the mean of the outputs of all ``R`` shifts per axis. A head that flattens the map is left
    out, and the network returns its last maps.

    Args:
        net: the network; usually ``circular(net)``. It is left as it is, and the weights are shared.
        whole: whether all layers up to the head must be there; else those that can be are kept, and
            the network returns their last maps.

    Returns:
        The network. Layers keep their names.

    Raises:
        SpecError: a step between strided layers is not local (squeeze-and-excitation, group normalisation,
            attention), or goes back to more positions (resizing, transposed convolutions).
    """
    grids = grids_of(net.graph, net.dims)
    broken = _broken(net.graph, grids)
    inside = [node for node in broken if kind_of(node) in ("conv", "norm", "resize")]
    if whole and inside:
        node = next(iter(broken))
        raise SpecError(
            f"{net.spec} cannot be evaluated densely: {node.meta['module'] or 'its forward method'} "
            f"({operation(node)}) {broken[node]}, with a stride before it. Shift the input instead, by each "
            "phase in turn, which works for any operation."
        )
    graph, notes = net.graph, ()
    if broken:
        graph = _kept(net, broken, grids)
        grids = grids_of(graph, net.dims)
        notes = (
            "The dense network ends at its last maps: what comes behind is not local or knows positions.",
        )
    handle = _Spread(grids)
    made = Rebuild(graph, "dense").run(handle)
    return Network.from_graph(made, net, notes=notes, dynamic_space=False)


def _broken(graph: fx.GraphModule, grids: Grids) -> dict[fx.Node, str]:
    """Return what cannot be evaluated for all shifts at once, and why."""
    broken: dict[fx.Node, str] = {}
    for node in graph.graph.nodes:
        if node not in grids.of:
            continue
        before = [grids.of[source] for source in node.all_input_nodes if source in grids.of]
        strided = any(one is not None and set(one.stride) != {Fraction(1)} for one in before)
        grid = grids.of[node]
        inherited = next((broken[s] for s in node.all_input_nodes if s in broken), None)
        if inherited is not None:
            broken[node] = inherited
        elif grid is None and (strided or _has_stride(node)):
            broken[node] = grids.reasons.get(node, "has positions that cannot be followed")
        elif node in grids.all_at_once and strided:
            broken[node] = "looks at the whole map"
        elif grid is not None and grid.is_map and grid.looks_at_all:
            broken[node] = "uses what was found by looking at the whole map"
        elif grid is not None and grid.is_map and _goes_back(before, grid):
            broken[node] = "goes back to more positions"
        elif operation(node) in _UPSAMPLES and grid is not None and grid.is_map:
            broken[node] = "moves positions into channels or back"
    return broken


def _has_stride(node: fx.Node) -> bool:
    window = window_of(node)
    return window is not None and set(window.stride) != {1}


def _goes_back(before: Sequence[Grid | None], grid: Grid) -> bool:
    return any(
        one is not None and any(b > a for a, b in zip(grid.stride, one.stride, strict=True))
        for one in before
    )


def _kept(net: Network, broken: dict[fx.Node, str], grids: Grids) -> fx.GraphModule:
    """Return the graph that ends at the last maps that are not broken."""
    names = {layer.node: layer.name for layer in net.layers}
    last: dict[str, str] = {}
    for node in net.graph.graph.nodes:
        grid = grids.of.get(node)
        if node in broken or grid is None or not grid.is_map or node.op == "placeholder":
            continue
        used = [grids.of.get(user) for user in node.users if user not in broken]
        if not any(one is not None and one.is_map for one in used):
            last[str(names.get(node.name, node.name))] = node.name
    if not last:
        node = next(iter(broken))
        raise SpecError(
            f"{net.spec} has no map that could be evaluated densely: "
            f"{node.meta['module'] or 'its forward method'} ({operation(node)}) {broken[node]}."
        )
    return cut(net.graph, last)


class _Spread:
    """Every stride becomes 1, and every distance is multiplied by the strides before it.

    Args:
        grids: of the source graph.
    """

    def __init__(self, grids: Grids):
        self._grids = grids

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        grid = self._grids.of.get(node)
        source: Any = node.args[0] if node.args else None
        before = self._grids.of.get(source) if isinstance(source, fx.Node) else None
        if grid is None or before is None or not before.is_map:
            return None
        window = window_of(node)
        name = operation(node)
        if window is not None:
            return (
                put_whole(make, node, window)
                if window.takes_all
                else self._window(make, node, window)
            )
        if padding_of(node) is not None:
            return self._padding(make, node)
        if name == "slice":
            return self._slice(make, node, before, grid)
        if name.startswith("adaptive") and grid.is_map:
            return self._adaptive(make, node)
        if before.is_map:
            return put_view(make, node, before.axes, grid.axes)
        return None

    def _strides(self, node: fx.Node) -> list[int]:
        grid = self._grids.of[node]
        assert grid is not None
        return [int(stride) for stride in grid.stride]

    def _window(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        border = border_of(node.args[0])
        spread = self._strides(border.core)
        sides = []
        for axis, r in enumerate(spread):
            before = border.sides[axis][0] + window.padding[axis][0]
            kept = window.stride[axis] * window.outputs[axis] - border.sizes[axis]
            sides.append((r * before, r * (kept + window.reach[axis] - 1 - before)))
        dilation = tuple(d * r for d, r in zip(window.dilation, spread, strict=True))
        sparse = replace(window, stride=(1,) * len(spread), dilation=dilation)
        zeros = any(map(any, window.padding))
        mode = border.mode if any(map(any, border.sides)) else "zero" if zeros else "circular"
        return put_window(make, node, make.made[border.core], sparse, tuple(sides), mode)

    def _padding(self, make: Rebuild, node: fx.Node) -> fx.Node:
        found = padding_of(node)
        assert found is not None
        sides, mode = found
        spread = self._strides(node)
        wider = tuple((a * r, b * r) for (a, b), r in zip(sides, spread, strict=True))
        fill = arguments(node).get("value") or 0.0
        return put_padding(make, make.read(node), wider, mode, fill, like=node, added=False)

    def _slice(self, make: Rebuild, node: fx.Node, before: Grid, grid: Grid) -> fx.Node | None:
        given = arguments(node)
        source = make.read(node)
        axis = given["dim"] % source.meta["val"].dim() - source.meta["val"].dim()
        if axis not in before.axes:
            return None
        place = before.axes.index(axis)
        r = int(before.stride[place])
        start, step = int(given["start"] or 0), int(given["step"])
        if step == 1:  # a border is cut off
            size = int(node.meta["val"].shape[axis])
            return make.copy(node, _0=source, _2=start * r, _3=(start + size) * r)
        if start == 0:
            return source
        return make.call(_ATEN.roll.default, source, [-start * r], [axis], like=node)

    def _adaptive(self, make: Rebuild, node: fx.Node) -> fx.Node:
        source: Any = node.args[0]
        sizes = tuple(int(size) for size in source.meta["val"].shape[2:])
        outputs = tuple(int(size) for size in node.meta["val"].shape[2:])
        if sizes == outputs:
            return make.made[source]
        kernel = tuple(n // m for n, m in zip(sizes, outputs, strict=True))
        ones = (1,) * len(sizes)
        kind = "max" if "max" in operation(node) else "average"
        spread = tuple(self._strides(source))
        window = Window(kind, kernel, ones, spread, ((0, 0),) * len(sizes), sizes, outputs)
        sides = [(0, (k - 1) * r) for k, r in zip(kernel, spread, strict=True)]
        return put_window(make, node, make.made[source], window, tuple(sides), "circular")
