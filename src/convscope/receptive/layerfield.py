"""The receptive field of one layer, as a person asks about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from convscope.errors import SpecError
from convscope.network import Layer
from convscope.receptive.fields import AxisField, ChannelGroup, Number
from convscope.receptive.holes import Holes, Pattern
from convscope.receptive.sites import Site
from convscope.receptive.tiling import Tiling, reached, tiling
from convscope.receptive.units import Units


@dataclass(frozen=True)
class LayerField:
    """The receptive field of one layer, all channels together, per input axis.

    Args:
        layer: the layer.
        axes: its field along each input axis.
        groups: fields of channel ranges, where a concatenation made them differ.
        input: the input's size per axis.
        cross: whether the hull is larger than what is read: branches of different shape (1x7 beside 7x1).
    """

    layer: Layer
    axes: tuple[AxisField, ...]
    groups: tuple[ChannelGroup, ...]
    input: tuple[int, ...]
    cross: bool = False

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def size(self) -> tuple[int, ...]:
        """Input positions from the first to the last that a unit reads, per axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def local_size(self) -> tuple[int, ...]:
        """The size without global operands (means, attention, gates), per axis."""
        return tuple(axis.local_size for axis in self.axes)

    @property
    def stride(self) -> tuple[Number, ...]:
        """Input positions between neighbouring units, per axis; a fraction after upsampling."""
        return tuple(axis.stride for axis in self.axes)

    @property
    def start(self) -> tuple[int, ...]:
        """First position of unit 0's local field, per axis; negative inside padding."""
        return tuple(axis.start for axis in self.axes)

    @property
    def center(self) -> tuple[Number, ...]:
        """Middle of unit 0's local field, per axis; a half lies between two positions."""
        return tuple(axis.center for axis in self.axes)

    @property
    def is_global(self) -> tuple[bool, ...]:
        """Whether every unit reads the axis as a whole, per axis."""
        return tuple(axis.whole is not None for axis in self.axes)

    @property
    def exceeds_input(self) -> bool:
        """Whether the local field is larger than the input along some axis."""
        return any(s > n for s, n in zip(self.local_size, self.input, strict=True))

    @property
    def density(self) -> tuple[float, ...]:
        """Share of the positions inside the hull that are really read, per axis (the sparsest phase)."""
        return tuple(1.0 if p is None else p.density for p in self._patterns())

    @property
    def dead(self) -> float:
        """Share of units that read nothing at all: a transposed convolution with kernel < stride."""
        alive = prod(1.0 if p is None else 1 - p.dead for p in self._patterns())
        return 1 - alive

    @property
    def border_share(self) -> float:
        """Share of units whose local field leaves the input on some side."""
        return 1 - prod(1 - axis.border for axis in self.axes)

    @property
    def tiling(self) -> tuple[Tiling, ...] | None:
        """How to cut the input into tiles without seams, per axis; None where the layer sees the whole input."""
        tiles = [tiling(a.site) if a.site and not a.whole else None for a in self.axes]
        known = tuple(tile for tile in tiles if tile is not None)
        return known if len(known) == len(tiles) else None

    def box(self, unit: Sequence[int]) -> tuple[tuple[int, int], ...] | None:
        """Return what a real unit reads: first and last input position per axis, cut to the input.

        Args:
            unit: its position in the layer's map, per axis.

        Returns:
            The local box, reflections and wrapped borders resolved; None where the unit reads nothing, or
            the layer has no local field.

        Raises:
            SpecError: the layer has no such unit.
        """
        sites = [axis.site for axis in self.axes]
        counts = [None if site is None else site.length for site in sites]
        fits = len(unit) == len(counts) and all(
            n is None or 0 <= position < n for position, n in zip(unit, counts, strict=True)
        )
        if not fits:
            ranges = " and ".join("any" if n is None else f"0 to {n - 1}" for n in counts)
            raise SpecError(
                f"The layer {self.name} has no unit {tuple(unit)}. A unit is given by one number per axis: {ranges}."
            )
        found = []
        for site, position in zip(sites, unit, strict=True):
            if site is None:
                return None
            first, last = (int(ends[position]) for ends in _hulls(site))
            if first > last:
                return None
            found.append((first, last))
        return tuple(found)

    def reached(self, position: int, axis: int = 0) -> tuple[int, int] | None:
        """Return the first and last unit that an input position reaches: the projective field.

        Args:
            position: the input position.
            axis: the input axis.

        Returns:
            Units of the layer along that axis; None where none reads the position, or there is no local field.

        Raises:
            SpecError: the input has no such position.
        """
        if not -1 < position < self.input[axis]:
            raise SpecError(
                f"The input has no position {position} along axis {axis}. Expected 0 to {self.input[axis] - 1}."
            )
        site = self.axes[axis].site
        if site is None:
            return None
        if site.plane is None or site.plane.step <= 0:
            units = np.flatnonzero(Units().sets(site)[:, position])
            return (int(units[0]), int(units[-1])) if len(units) else None
        return reached(site.plane, position, site.length)

    def _patterns(self) -> list[Pattern | None]:
        holes = Holes()
        return [None if a.site is None else holes.pattern(a.site) for a in self.axes]

    def document(self) -> dict[str, Any]:
        """Return the row as JSON."""
        axes = self.axes
        return {
            "name": self.name,
            "kind": self.layer.kind,
            "size": list(self.size),
            "stride": [number(a.stride) for a in axes],
            "start": list(self.start),
            "center": [number(a.center) for a in axes],
            "global": list(self.is_global),
            "global_from": [a.whole and {"reason": a.whole, "layer": a.whole_from} for a in axes],
            "local_size": list(self.local_size),
            "groups": [_group(group) for group in self.groups],
            "phases": [list(a.phases) for a in axes],
            "shift_invariant": all(a.shift_invariant for a in axes),
            "cross": self.cross,
            "exceeds_input": self.exceeds_input,
            "shortest": [a.shortest for a in axes],
            "border_share": self.border_share,
        }


def number(value: Number | float) -> int | float:
    """Return an exact number as JSON: an integer where it is one."""
    return float(value) if isinstance(value, Fraction) else value


def by(values: tuple[Number, ...]) -> str:
    """Return sizes as people write them: ``7 × 7``."""
    return " × ".join(str(value) for value in values)


def _group(group: ChannelGroup) -> dict[str, Any]:
    return {
        "channels": list(group.channels),
        "size": [a.size for a in group.axes],
        "start": [a.start for a in group.axes],
        "local_size": [a.local_size for a in group.axes],
    }


@lru_cache(maxsize=32)
def _hulls(site: Site) -> tuple[np.ndarray, np.ndarray]:
    """Return what every unit reads, kept: thousands of units of one layer are asked about one after another."""
    return Units().hulls(site)
