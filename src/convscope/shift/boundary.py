"""What the border does: how far into each map it reaches, which paddings are uneven, how to cut tiles.

Windows that start at the first position and step by ``s`` may not use the last ones: of the padding behind,
``(n + 2 p - k) mod s`` positions are never read. The map then lies off the middle, and the two borders
differ (Alsallakh and others, 2021). TensorFlow's "same" padding is uneven by itself.

Tiles of a large picture join without seams if they start at multiples of the total stride (``tile``) and
are read with ``halo`` more on each side.

Limit: the halo follows from windows alone; a layer that reads everything (a mean, attention) has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convscope.network import Layer, Network
from convscope.network.layers import arguments
from convscope.shift.grids import Grid, total_stride

Sides = tuple[int, int]

ROUNDING = 1e-9
"""Squared differences below this share of a position's energy are float32's."""


@dataclass(frozen=True)
class Uneven:
    """A window that does not treat both borders alike.

    Args:
        layer: its name.
        axis: the spatial axis.
        before: positions of padding that are read before the map.
        after: the same behind it; negative where positions of the map itself are not read.
    """

    layer: str
    axis: int
    before: int
    after: int


@dataclass(frozen=True)
class Boundary:
    """The network's borders.

    Args:
        uneven: every uneven window.
        halo: input positions to add around a tile, per axis and side; None where a layer reads everything.
        tile: tiles start and end at multiples of this, per axis.
        reach: by layer, how far from the border maps are changed by it, in input positions; None: everywhere.
        clear: by layer, the share of positions that the border does not change.
    """

    uneven: tuple[Uneven, ...]
    halo: tuple[Sides, ...] | None
    tile: tuple[int, ...]
    reach: Mapping[str, int | None]
    clear: Mapping[str, float]

    def document(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "uneven": list(dict.fromkeys(one.layer for one in self.uneven)),
            "uneven_sides": [
                {"layer": u.layer, "axis": u.axis, "before": u.before, "after": u.after}
                for u in self.uneven
            ],
            "halo": None if self.halo is None else [list(sides) for sides in self.halo],
            "tile": list(self.tile),
            "reach": [
                {"layer": name, "reach": reach, "clear": self.clear[name]}
                for name, reach in self.reach.items()
            ],
        }


def uneven(net: Network) -> tuple[Uneven, ...]:
    """Return the windows of a network that read more padding on one side than on the other."""
    pads = {layer.name: _padded(net, layer) for layer in net.layers if layer.kind == "pad"}
    found = []
    for layer in net.layers:
        if not layer.kernel or layer.transposed:
            continue
        earlier = next((pads[name] for name in layer.feeds_from if name in pads), None)
        for axis, window in enumerate(zip(layer.kernel, layer.dilation, strict=True)):
            reach = window[1] * (window[0] - 1) + 1
            stride, front = layer.stride[axis], layer.padding[axis][0]
            size, outputs = layer.input[1 + axis], layer.output[1 + axis]
            # Positions read behind the map's last one, from where the last window ends.
            behind = (outputs - 1) * stride + reach - front - size
            before, after = front, behind
            if earlier is not None:
                before, after = before + earlier[axis][0], after + earlier[axis][1]
            if before != after and reach > 1:
                found.append(Uneven(layer.name, axis, before, after))
    return tuple(found)


def _padded(net: Network, layer: Layer) -> list[Sides]:
    """Return what a padding layer adds per spatial axis."""
    node = next(n for n in net.graph.graph.nodes if n.name == layer.node)
    given = arguments(node)
    values = [int(v) for v in given.get("pad", given.get("padding", ()))]
    sides = [(values[i], values[i + 1]) for i in range(0, len(values), 2)]
    sides += [(0, 0)] * (net.dims - len(sides))
    return sides[: net.dims][::-1]


def reaches(net: Network, grids: Mapping[str, Grid]) -> dict[str, tuple[Sides, ...] | None]:
    """Return how far the positions of each map read beside their own place, in input positions, from windows.

    Args:
        net: the network.
        grids: the grids of its layers.

    Returns:
        By layer, per axis, input positions before and after; None where a layer without place came before.
    """
    found: dict[str, tuple[Sides, ...] | None] = {"input": ((0, 0),) * net.dims}
    strides = {"input": (Fraction(1),) * net.dims}
    for layer in net.layers:
        sources = [name for name in layer.feeds_from if name in found]
        known = [side for name in sources if (side := found[name]) is not None]
        stride = strides.get(sources[0]) if sources else None
        if len(known) < len(sources) or stride is None or not known:
            found[layer.name] = None
            continue
        strides[layer.name] = stride
        widest = [
            (max(one[axis][0] for one in known), max(one[axis][1] for one in known))
            for axis in range(net.dims)
        ]
        if layer.kind == "pad":
            pads = _padded(net, layer)
            found[layer.name] = tuple(
                (before + ceil(pad[0] * r), after - int(pad[0] * r))
                for (before, after), pad, r in zip(widest, pads, stride, strict=True)
            )
            continue
        if layer.name not in grids:
            found[layer.name] = None
            continue
        own = strides[layer.name] = grids[layer.name].stride
        found[layer.name] = _wider(layer, widest, stride, own)
    del found["input"]
    return found


def halo(net: Network, grids: Mapping[str, Grid], last: str | None) -> tuple[Sides, ...] | None:
    """Return how far the fields of a tile's positions reach beyond the tile, per axis and side.

    Args:
        net: the network.
        grids: the grids of its layers.
        last: the layer that tiles are cut for.
    """
    sides = reaches(net, grids).get(last) if last else None
    if sides is None or last is None:
        return None
    # A position stands for as many input positions as its stride, from its own on.
    own = [max(1, int(r)) for r in grids[last].stride]
    return tuple(
        (max(0, before), max(0, after - (r - 1)))
        for (before, after), r in zip(sides, own, strict=True)
    )


def _wider(
    layer: Layer, sides: Sequence[Sides], stride: Sequence[Fraction], own: Sequence[Fraction]
) -> tuple[Sides, ...]:
    if not layer.kernel:
        # What resizes mixes neighbours.
        more = [r if layer.kind == "resize" else Fraction(0) for r in stride]
        return tuple(
            (before + ceil(m), after + ceil(m))
            for (before, after), m in zip(sides, more, strict=True)
        )
    found = []
    for axis, (before, after) in enumerate(sides):
        reach = layer.dilation[axis] * (layer.kernel[axis] - 1)
        front = layer.padding[axis][0]
        if layer.transposed:
            less, more, unit = reach - front, front, own[axis]
        else:
            less, more, unit = front, reach - front, stride[axis]
        found.append((before + ceil(less * unit), after + ceil(more * unit)))
    return tuple(found)


@dataclass
class Differences:
    """Where the maps of two networks differ, summed over samples and channels."""

    squares: dict[str, Tensor] = field(default_factory=dict)
    energy: dict[str, float] = field(default_factory=dict)

    def add(self, maps: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> None:
        """Add some samples.

        Args:
            maps: of the network, by layer, ``(B, C, *S)``.
            others: of the one with other borders; layers of other sizes are left out.
        """
        for name, z in maps.items():
            other = others.get(name)
            if other is None or other.shape != z.shape or z.ndim < 3:
                continue
            square = (z - other).square().sum((0, 1)).double()
            self.squares[name] = self.squares.get(name, torch.zeros_like(square)) + square
            self.energy[name] = self.energy.get(name, 0.0) + float(z.square().sum())

    def reach(self, name: str, grid: Grid, floor: float = ROUNDING) -> tuple[int | None, float]:
        """Return how far from the border a map differs.

        Args:
            name: the layer.
            grid: its grid.
            floor: differences below this share of the mean energy of a position are rounding.

        Returns:
            The distance in input positions, None where the middle differs too, and the share of positions
            that do not differ.
        """
        square = self.squares[name]
        wrong = (square > floor * self.energy[name] / square.numel()).cpu().numpy()
        depth = np.full(wrong.shape, np.iinfo(np.int64).max)
        for axis, size in enumerate(wrong.shape):
            line = np.minimum(np.arange(size), np.arange(size)[::-1])
            depth = np.minimum(
                depth, line.reshape([-1 if a == axis else 1 for a in range(wrong.ndim)])
            )
        clear = float(1 - wrong.mean())
        if not wrong.any():
            return 0, clear
        deepest = int(depth[wrong].max())
        if deepest == int(depth.max()):
            return None, clear
        return int((deepest + 1) * max(grid.stride)), clear


def boundary(
    net: Network, grids: Mapping[str, Grid], last: str | None, differences: Differences
) -> Boundary:
    """Return what the borders of a network do.

    Args:
        net: the network.
        grids: the grids of its layers.
        last: the last layer with place, for which tiles are cut.
        differences: where its maps differ from those with circular padding.
    """
    reach, clear = {}, {}
    for name in differences.squares:
        if name in grids:
            reach[name], clear[name] = differences.reach(name, grids[name])
    return Boundary(
        uneven(net),
        halo(net, grids, last),
        total_stride(grids, net.dims),
        reach,
        clear,
    )
