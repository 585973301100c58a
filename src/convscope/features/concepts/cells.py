"""Where the units of a map are on the input, and what is there.

Naively a map is resized to the picture, or the picture's masks to the map; both forget that unit 0 of a strided,
unpadded layer is not at the corner. Here each unit's place is that of its receptive field's centre, exact, and the
unit owns the positions around it up to its neighbours': a concept is at a unit if it is anywhere in that cell.

Of large maps a lattice of units is looked at, the same one in every sample, drawn at random within equal stretches
so that it does not beat with the picture's own periods.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, prod

import numpy as np
import torch
from torch import Tensor

from convscope.receptive import LayerField

_PLACES = {1: 256, 2: 16, 3: 6}  # units looked at along each axis, at most, by number of axes


@dataclass(frozen=True)
class Axis:
    """Units along one axis.

    Args:
        length: how many units the map has.
        first: the middle of unit 0's cell, an input position.
        step: input positions from one unit to the next.
    """

    length: int
    first: Fraction
    step: Fraction

    def chosen(self, most: int, seed: int) -> np.ndarray:
        """Return the units that are looked at, in order: one from each of at most ``most`` equal stretches."""
        if self.length <= most:
            return np.arange(self.length)
        ends = np.linspace(0, self.length, most + 1)
        drawn = np.random.default_rng(seed).random(most)
        return np.floor(ends[:-1] + drawn * np.diff(ends)).astype(np.int64)

    def members(self, most: int, seed: int, factor: int, size: int) -> torch.Tensor:
        """Return which elements of a concept's map lie in the cells of the units that are looked at.

        Args:
            most: units at most.
            seed: of their choice.
            factor: input positions to an element of the map.
            size: elements along the axis.

        Returns:
            (n, k) indices: k elements to a cell, those beyond the border replaced by the last ones.
        """
        return _members(self, most, seed, factor, size)


@lru_cache(maxsize=1024)
def _members(axis: Axis, most: int, seed: int, factor: int, size: int) -> torch.Tensor:
    count = max(1, ceil(axis.step / factor))
    reach = (max(axis.step, Fraction(1)) - 1) / 2 if count > 1 else Fraction(0)
    rounding = Fraction(1, 2) if count > 1 else Fraction(0)
    starts = [
        floor((axis.first + unit * axis.step - reach) / factor + rounding)
        for unit in axis.chosen(most, seed).tolist()
    ]
    members = np.array(starts)[:, None] + np.arange(count)
    return torch.from_numpy(members.clip(0, size - 1))


@dataclass(frozen=True)
class Grid:
    """The units of a map, as cells of the input. Layers with equal grids share their masks.

    Args:
        axes: one per spatial axis.
    """

    axes: tuple[Axis, ...]

    @classmethod
    def of(cls, field: LayerField, space: tuple[int, ...]) -> "Grid":
        """Return the grid of a layer; spread evenly where the layer has no local field.

        Args:
            field: the layer's receptive field.
            space: sizes of its map, ``(*S)``.
        """
        axes = []
        for axis, length, size in zip(field.axes, space, field.input, strict=True):
            if axis.site is not None and axis.stride:
                axes.append(Axis(length, Fraction(axis.center), Fraction(axis.stride)))
            else:
                step = Fraction(size, length)
                axes.append(Axis(length, (step - 1) / 2, step))
        return cls(tuple(axes))

    def lattice(self, seed: int = 0) -> tuple[np.ndarray, ...]:
        """Return the units that are looked at, per axis."""
        most = _PLACES[len(self.axes)]
        return tuple(axis.chosen(most, seed + i) for i, axis in enumerate(self.axes))

    def places(self) -> int:
        """Return how many units are looked at."""
        return prod(len(one) for one in self.lattice())

    def values(self, maps: Tensor, seed: int = 0) -> Tensor:
        """Return a layer's values at the units that are looked at.

        Args:
            maps: (B, U, *S).
            seed: of the lattice.

        Returns:
            (B, U, P).
        """
        for axis, units in enumerate(self.lattice(seed), start=2):
            if len(units) < maps.shape[axis]:
                maps = maps.index_select(axis, torch.from_numpy(units).to(maps.device))
        return maps.flatten(2)

    def strongest(self, maps: Tensor, factor: int, seed: int = 0) -> Tensor:
        """Return the largest strength in the cell of each unit that is looked at.

        Args:
            maps: (B, K, *s).
            factor: input positions to an element of the maps.
            seed: of the lattice.

        Returns:
            (B, K, P).
        """
        most = _PLACES[len(self.axes)]
        for i, axis in enumerate(self.axes):
            members = axis.members(most, seed + i, factor, maps.shape[i + 2])
            picked = maps.index_select(i + 2, members.flatten())
            maps = picked.unflatten(i + 2, tuple(members.shape)).amax(i + 3)
        return maps.flatten(2)
