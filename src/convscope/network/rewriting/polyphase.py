"""Adaptive polyphase sampling: which positions a stride keeps is decided by what is there, not by where it is.

A stride of ``s`` keeps one of ``s`` phases per axis, always the first. After a shift of the input by one
pixel the first phase holds what another one held, so the network sees other values. Here the phase is kept
whose energy is largest. A shift permutes the phases and moves each of them as a whole, so the same one is
kept, moved: on a torus the network is equivariant to every shift in whole pixels, and with an average at
the end invariant, whatever its weights (Chaman and Dokmanić 2021).

Strides that stand side by side on the same grid (a block and its shortcut) keep the same phase, for else
their sum would add what does not belong together. Phases of equal energy are told apart by further sums
over the phase that no shift changes; only phases that agree in all of them are taken to be alike.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import border_of
from convscope.network.rewriting.circular import circular
from convscope.network.rewriting.grids import grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import Window, put_window, window_of

_ATEN = torch.ops.aten
Path = tuple[tuple[int, ...], ...]
_EQUAL = 1e-6
"""Two sums are equal if they differ by less than this share of the larger: what rounding leaves."""


def polyphase(net: Network) -> Network:
    """Return a network on a torus whose strides keep the phase of largest energy.

    ``g(T_d x) = g(x)`` for every shift ``d`` in whole pixels, where an average over all positions ends the
    network ``g``, for any weights. Where phases of the same energy are also alike in their weighted sums of
    values, of cubes and of products of neighbours, the first is kept, and the statement may fail.

    Args:
        net: the network; it is left as it is, and the weights are shared. Its borders become circular.

    Returns:
        The network, for samples of the size it was loaded for. Layers keep their names.

    Raises:
        SpecError: a stride does not divide the size of its map (the guarantee would be lost, silently), or
            maps meet whose positions were chosen apart.

    >>> import torch
    >>> from convscope.network import load
    >>> net = polyphase(load("demo"))
    >>> x = torch.rand(1, 3, 64, 64)
    >>> bool(torch.allclose(net(x), net(x.roll((3, -5), (2, 3))), atol=1e-4))
    True
    """
    torus = circular(net)
    handle = _Choosing(torus)
    graph = Rebuild(torus.graph, "polyphase").run(handle)
    return Network.from_graph(graph, torus, dynamic_space=False)


class _Choosing:
    """Every stride keeps the phase of largest energy.

    Args:
        net: a network on a torus.
    """

    def __init__(self, net: Network):
        self._spec = net.spec
        self._grids = grids_of(net.graph, net.dims).of
        self._path: dict[fx.Node, Path] = {}  # the strides on the way to a node
        self._choices: dict[Path, fx.Node] = {}  # the phase of each sample, after each way
        self._begun: dict[
            fx.Node, tuple[int, ...]
        ] = {}  # subsampling that goes on along another axis

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        path = self._path[node] = self._way_to(node)
        window = window_of(node)
        if window is not None and set(window.stride) != {1} and not window.takes_all:
            return self._kept(make, node, self._all(make, node, window), path, window.stride)
        if _step_of(node) > 1:
            return self._slice(make, node, path)
        if self._goes_back(node):
            raise SpecError(
                f"{self._spec} cannot be given adaptive polyphase sampling: {_named(node)} goes back to more "
                "positions, and would have to know which were kept. Repair it with blur instead."
            )
        return None

    def _way_to(self, node: fx.Node) -> Path:
        sources = [one for one in node.all_input_nodes if self._is_map(one)]
        ways = {self._path.get(one, ()) for one in sources}
        if len(ways) > 1 and self._is_map(node):
            raise SpecError(
                f"{self._spec} cannot be given adaptive polyphase sampling: at {_named(node)} maps meet that "
                "came there by different strides, so that their positions are chosen apart. Repair it with "
                "blur instead."
            )
        return next(iter(ways), ())

    def _is_map(self, node: fx.Node) -> bool:
        grid = self._grids.get(node)
        return grid is not None and grid.is_map

    def _goes_back(self, node: fx.Node) -> bool:
        grid = self._grids.get(node)
        before = [self._grids.get(source) for source in node.all_input_nodes]
        return self._is_map(node) and any(
            one is not None and any(b > a for a, b in zip(grid.stride, one.stride, strict=True))
            for one in before
            if grid is not None
        )

    def _all(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        """Return a window's output at every position of the torus."""
        border = border_of(node.args[0])
        both = zip(border.sides, window.padding, window.reach, strict=True)
        sides = tuple(
            (added[0] + own[0], reach - 1 - added[0] - own[0]) for added, own, reach in both
        )
        every = replace(window, stride=(1,) * len(sides))
        return put_window(make, node, make.made[border.core], every, sides, "circular")

    def _slice(self, make: Rebuild, node: fx.Node, path: Path) -> fx.Node:
        """Take a subsampling that is written as one slice per axis for the one stride that it is."""
        given = arguments(node)
        source = make.read(node)
        dims = source.meta["val"].dim() - 2
        axis = int(given["dim"]) % (dims + 2) - 2
        strides = list(self._begun.get(node.all_input_nodes[0]) or [1] * dims)
        strides[axis] = _step_of(node)
        if int(given["start"] or 0):
            source = make.call(
                _ATEN.roll.default, source, [-int(given["start"])], [axis + 2], like=node
            )
        user = next(iter(node.users))
        if len(node.users) == 1 and _step_of(user) > 1:
            self._begun[node] = tuple(strides)
            return source
        return self._kept(make, node, source, path, tuple(strides))

    def _kept(
        self, make: Rebuild, node: fx.Node, source: fx.Node, path: Path, strides: tuple[int, ...]
    ) -> fx.Node:
        """Return the chosen phase of a map."""
        sizes = [int(size) for size in source.meta["val"].shape[2:]]
        if any(n % s for n, s in zip(sizes, strides, strict=True)):
            raise SpecError(
                f"{self._spec} cannot be given adaptive polyphase sampling: {_named(node)} takes every "
                f"{_by(strides)}-th position of a map of {_by(sizes)}, which does not come out even. Load the "
                "network with an input that its total stride divides."
            )
        way = self._path[node] = (*path, strides)
        phases = _phases(make, source, strides, node)
        if way not in self._choices:
            self._choices[way] = _largest(make, source, phases, strides, node)
        channels, *places = phases.meta["val"].shape[2:]
        at = make.call(
            _ATEN.view.default, self._choices[way], [-1] + [1] * (2 + len(places)), like=node
        )
        at = make.call(_ATEN.expand.default, at, [-1, 1, channels, *places], like=node)
        one = make.call(_ATEN.gather.default, phases, 1, at, like=node)
        return make.call(_ATEN.squeeze.dim, one, 1, like=node)


def _phases(make: Rebuild, source: fx.Node, strides: tuple[int, ...], like: fx.Node) -> fx.Node:
    """Return the phases of a map ``(B, C, *S)``: ``(B, P, C, *S / s)``."""
    make.any_size = False
    channels, *sizes = (int(size) for size in source.meta["val"].shape[1:])
    dims = len(sizes)
    places = [n // s for n, s in zip(sizes, strides, strict=True)]
    split = [size for pair in zip(places, strides, strict=True) for size in pair]
    apart = make.call(_ATEN.reshape.default, source, [-1, channels, *split], like=like)
    order = [0, *(3 + 2 * i for i in range(dims)), 1, *(2 + 2 * i for i in range(dims))]
    apart = make.call(_ATEN.permute.default, apart, order, like=like)
    return make.call(
        _ATEN.reshape.default, apart, [-1, math.prod(strides), channels, *places], like=like
    )


def _largest(
    make: Rebuild, source: fx.Node, phases: fx.Node, strides: tuple[int, ...], like: fx.Node
) -> fx.Node:
    """Return the phase of largest energy of each sample, ``(B,)``; ties go by further sums."""
    value = phases.meta["val"]
    axes = list(range(2, value.dim()))
    channels = int(value.shape[2])
    # Channels count differently, so that two phases with exchanged channels are told apart.
    weights = torch.cos(torch.arange(1.0, channels + 1)).to(value.dtype)
    weight = make.constant(
        weights.view(1, channels, *[1] * len(strides)),
        f"weights_{channels}_{str(value.dtype)[-2:]}",
        like,
    )

    def sums(map_: fx.Node) -> fx.Node:
        return make.call(_ATEN.sum.dim_IntList, _phases(make, map_, strides, like), axes, like=like)

    def times(a: fx.Node, b: fx.Node) -> fx.Node:
        return make.call(_ATEN.mul.Tensor, a, b, like=like)

    weighted = times(source, weight)
    square = times(source, source)
    measures = [square, weighted, times(square, weighted)]
    for axis in range(len(strides)):
        beside = make.call(_ATEN.roll.default, source, [-1], [2 + axis], like=like)
        measures.append(times(weighted, beside))
    tied: fx.Node | None = None
    for measure in measures:
        found = sums(measure)
        if tied is not None:
            found = make.call(_ATEN.masked_fill.Scalar, found, tied, -math.inf, like=like)
        best = make.call(_ATEN.amax.default, found, [1], True, like=like)
        slack = make.call(
            _ATEN.mul.Tensor, make.call(_ATEN.abs.default, best, like=like), _EQUAL, like=like
        )
        least = make.call(_ATEN.sub.Tensor, best, slack, like=like)
        tied = make.call(_ATEN.lt.Tensor, found, least, like=like)  # what is out
    assert tied is not None
    left = make.call(_ATEN.logical_not.default, tied, like=like)
    left = make.call(_ATEN.to.dtype, left, torch.int64, like=like)
    return make.call(_ATEN.argmax.default, left, 1, like=like)


def _step_of(node: fx.Node) -> int:
    return int(arguments(node)["step"]) if operation(node) == "slice" else 1


def _named(node: fx.Node) -> str:
    return f"{node.meta['module'] or 'its forward method'} ({operation(node)})"


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))
