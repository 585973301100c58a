"""Strides taken apart: a window at every position of a torus, and then what becomes of the positions.

Strides that stand side by side on the same grid (a block and its shortcut) must be treated alike, for else
their sum would add what does not belong together. So the strides on the way to every map are known.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import border_of
from convscope.network.rewriting.grids import grids_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import Window, put_window, window_of

_ATEN = torch.ops.aten
Path = tuple[tuple[int, ...], ...]
"""The strides on the way to a map, one after the other, each per axis."""


class Strided(ABC):
    """Every stride of a network on a torus becomes something else.

    Args:
        net: the network.
        what: it is to be given, for messages.
    """

    def __init__(self, net: Network, what: str):
        self._spec, self._what = net.spec, what
        self._grids = grids_of(net.graph, net.dims).of
        self.path: dict[fx.Node, Path] = {}
        self._begun: dict[
            fx.Node, tuple[int, ...]
        ] = {}  # subsampling that goes on along another axis

    @abstractmethod
    def taken(
        self, make: Rebuild, node: fx.Node, source: fx.Node, strides: tuple[int, ...]
    ) -> fx.Node:
        """Return what stands in the place of every ``strides``-th position of a map.

        Args:
            make: the graph in the making.
            node: the step with the stride, in the source graph; ``path`` knows the strides up to it.
            source: its output at every position, in the new graph.
            strides: per axis; they divide the sizes.
        """

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        path = self.path[node] = self._way_to(node)
        window = window_of(node)
        if window is not None and set(window.stride) != {1} and not window.takes_all:
            return self._even(make, node, self._all(make, node, window), path, window.stride)
        if _step_of(node) > 1:
            return self._slice(make, node, path)
        if self._goes_back(node):
            raise SpecError(
                f"{self._spec} cannot be given {self._what}: {_named(node)} goes back to more positions, and would "
                "have to know which were kept. Repair it with blur instead."
            )
        return None

    def _way_to(self, node: fx.Node) -> Path:
        sources = [one for one in node.all_input_nodes if self._is_map(one)]
        ways = {self.path.get(one, ()) for one in sources}
        if len(ways) > 1 and self._is_map(node):
            raise SpecError(
                f"{self._spec} cannot be given {self._what}: at {_named(node)} maps meet that "
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
        return self._even(make, node, source, path, tuple(strides))

    def _even(
        self, make: Rebuild, node: fx.Node, source: fx.Node, path: Path, strides: tuple[int, ...]
    ) -> fx.Node:
        sizes = [int(size) for size in source.meta["val"].shape[2:]]
        if any(n % s for n, s in zip(sizes, strides, strict=True)):
            raise SpecError(
                f"{self._spec} cannot be given {self._what}: {_named(node)} takes every {_by(strides)}-th position "
                f"of a map of {_by(sizes)}, which does not come out even. Load the network with an input that its "
                "total stride divides."
            )
        self.path[node] = (*path, strides)
        return self.taken(make, node, source, strides)


def put_phases(make: Rebuild, source: fx.Node, strides: tuple[int, ...], like: fx.Node) -> fx.Node:
    """Return the phases of a map ``(B, C, *S)``: ``(B, P, C, *S / s)``.

    Args:
        make: the graph in the making.
        source: the map.
        strides: s, per axis.
        like: the node in whose module it stands.
    """
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


def _step_of(node: fx.Node) -> int:
    return int(arguments(node)["step"]) if operation(node) == "slice" else 1


def _named(node: fx.Node) -> str:
    return f"{node.meta['module'] or 'its forward method'} ({operation(node)})"


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))
