"""Grids: which position of a site each element of a tensor stands at.

Networks fold, permute and cut their maps (windows, patches, tokens, shuffled pixels). Whatever they do
to the tensor, they do to a table of positions, so the bookkeeping operations need no rules of their own:
the same view, permutation or slice is applied to the table. Only the dimensions along which the position
varies are stored; the usual case, one dimension that is the axis, stores no table at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

Shape = tuple[int, ...]
NOTHING = -1
"""In a table: this element stands at no position of the site (padding, another part of a concatenation)."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Positions of a tensor's elements along one axis.

    Args:
        dims: the tensor dimensions along which the position varies.
        table: positions, of the shape of those dimensions; None: the position is the index along ``dims[0]``.
    """

    dims: tuple[int, ...]
    table: np.ndarray | None = None

    @property
    def axis(self) -> int | None:
        """The dimension that simply is the axis, if one is."""
        return self.dims[0] if self.table is None else None

    @property
    def key(self) -> tuple[object, ...]:
        """What two grids that place every element alike have in common, and no others."""
        return (self.dims, None if self.table is None else self.table.tobytes())

    def same(self, other: "Grid") -> bool:
        """Return whether two grids place every element alike."""
        if self is other:
            return True
        if self.dims != other.dims or (self.table is None) != (other.table is None):
            return False
        return self.table is None or np.array_equal(self.table, _known(other))

    def values(self, shape: Shape) -> np.ndarray:
        """Return the table, of the shape of ``dims``, also where it is not stored."""
        return np.arange(shape[self.dims[0]]) if self.table is None else self.table

    def over(self, dims: Sequence[int], shape: Shape) -> np.ndarray:
        """Return the positions over these dimensions (at least those of the grid), in their order."""
        values = self.values(shape)
        order = [self.dims.index(d) for d in dims if d in self.dims]
        spread = [shape[d] if d in self.dims else 1 for d in dims]
        values = values.transpose(order).reshape(spread)
        return np.broadcast_to(values, [shape[d] for d in dims])


def constant(position: int = 0) -> Grid:
    """Return the grid of a tensor all of whose elements stand at one position."""
    return Grid((), np.array(position))


def tabled(dims: Sequence[int], values: np.ndarray, length: int) -> Grid:
    """Return the simplest grid with these positions: constant dimensions dropped, a plain axis recognised.

    Args:
        dims: tensor dimensions, one per axis of ``values``.
        values: positions.
        length: number of positions of the site.
    """
    kept: list[int] = []
    for dim in dims:
        place = len(kept)
        first = values.take(0, place)
        if (values == np.expand_dims(first, place)).all():
            values = first
        else:
            kept.append(dim)
    if len(kept) == 1 and len(values) == length and np.array_equal(values, np.arange(length)):
        return Grid((kept[0],))
    return Grid(tuple(kept), np.array(values))


def renumbered(grid: Grid, places: Mapping[int, int | None]) -> Grid:
    """Return the grid after its tensor's dimension ``d`` became ``places[d]`` (None: gone, it had size 1)."""
    dims = tuple(place for d in grid.dims if (place := places[d]) is not None)
    if dims == grid.dims:
        return grid
    return Grid(dims, grid.table) if len(dims) == len(grid.dims) else constant()


def reshaped(grid: Grid, before: Shape, after: Shape, length: int) -> Grid:
    """Return the grid after its tensor was viewed with another shape.

    Args:
        grid: the grid.
        before: the tensor's shape.
        after: its new shape, of as many elements.
        length: number of positions of the site.

    >>> rows = reshaped(Grid((1,)), (3, 4, 5), (3, 20), 4)  # a 4x5 map to 20 tokens
    >>> rows.table.reshape(4, 5)[:, 0].tolist(), reshaped(rows, (3, 20), (3, 4, 5), 4).axis
    ([0, 1, 2, 3], 1)
    """
    blocks = _blocks(before, after)
    if not grid.dims:
        return grid
    touched = [block for block in blocks if any(d in block[0] for d in grid.dims)]
    if all(len(old) == len(new) == 1 for old, new in touched):
        return renumbered(grid, {old[0]: new[0] for old, new in touched})
    olds = [d for old, _ in touched for d in old]
    dims = [d for _, new in touched for d in new]
    values = grid.over(olds, before).reshape([after[d] for d in dims])
    return tabled(dims, values, length)


def _blocks(before: Shape, after: Shape) -> list[tuple[list[int], list[int]]]:
    """Pair the smallest runs of dimensions of two shapes that hold the same elements."""
    blocks: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(before) or j < len(after):
        if i < len(before) and j < len(after) and before[i] == after[j]:
            blocks.append(([i], [j]))
            i, j = i + 1, j + 1
            continue
        if i < len(before) and before[i] == 1:
            blocks.append(([i], []))
            i += 1
            continue
        if j < len(after) and after[j] == 1:
            blocks.append(([], [j]))
            j += 1
            continue
        old, new = [i], [j]
        i, j = i + 1, j + 1
        while (left := prod(before[d] for d in old)) != (right := prod(after[d] for d in new)):
            if left < right:
                old.append(i)
                i += 1
            else:
                new.append(j)
                j += 1
        blocks.append((old, new))
    return blocks


def _known(grid: Grid) -> np.ndarray:
    assert grid.table is not None
    return grid.table
