"""What happens to one term when a window slides over its tensor, or its elements are moved."""

from collections.abc import Mapping, Sequence

import numpy as np

from convscope.receptive.grids import NOTHING, Grid, Shape, tabled
from convscope.receptive.states import Place, Term
from convscope.receptive.taps import AnyTaps, Listed, listed, reaches_everywhere


def alive(old: Term, windows: Mapping[int, tuple[AnyTaps, int]], shape: Shape) -> Term:
    """Return a whole term after a window slid over it: nothing arrives where all taps fall on padding."""
    grid = old.grid
    sizes = list(shape)
    for dim, (taps, outputs) in windows.items():
        if dim in grid.dims or not reaches_everywhere(taps, outputs, shape[dim]):
            rest = [d for d in grid.dims if d != dim]
            rows = taps.rows(outputs, shape[dim])
            table = grid.over([*rest, dim], tuple(sizes))[..., rows]
            sizes[dim] = outputs
            arrives = ((rows != NOTHING) & (table != NOTHING)).any(-1)
            grid = tabled([*rest, dim], np.where(arrives, 0, NOTHING), 1)
        sizes[dim] = outputs
    return Term(old.site, grid)


def windowed(old: Term, dim: int, taps: AnyTaps, outputs: int, shape: Shape, place: Place) -> Term:
    """Return a windowed term after a window slid over one dimension.

    Args:
        old: the term.
        dim: the dimension.
        taps: what each output reads along it.
        outputs: number of outputs.
        shape: shape of the operand.
        place: where new sites are made.
    """
    inputs = shape[dim]
    if dim not in old.grid.dims:
        return old  # the first of several windows left it constant along this one
    if old.grid.axis != dim and old.grid.dims == (dim,):
        # A table along one dimension: give every index a site of its own before sliding over it.
        table = old.grid.values(shape)
        old = Term(place.site(inputs, [(old.site, listed(table[:, None]))]), Grid((dim,)))
    if old.grid.axis == dim:
        return Term(place.site(outputs, [(old.site, taps)]), old.grid)
    rest = [d for d in old.grid.dims if d != dim]
    over = old.grid.over([*rest, dim], shape)
    sizes = [*(shape[d] for d in rest), outputs]

    def read(ghosts: bool) -> np.ndarray:
        rows = taps.rows(outputs, inputs, ghosts=ghosts)
        found = np.where(rows == NOTHING, NOTHING, over[..., rows])
        return found.reshape(-1, rows.shape[1])

    touched = (
        read(True)
        if taps.rows(1, inputs, ghosts=True).shape != taps.rows(1, inputs).shape
        else None
    )
    return from_rows(old, read(False), [*rest, dim], sizes, place, touched)


def from_rows(
    old: Term,
    rows: np.ndarray,
    dims: Sequence[int],
    sizes: Sequence[int],
    place: Place,
    touched: np.ndarray | None = None,
) -> Term:
    """Return the term of elements each of which reads a row of positions; equal rows share a position."""
    rows = _sorted_sets(rows)
    # Order by the last (largest) position read, then the others: the order along the axis.
    keys = rows[:, ::-1]
    if touched is not None:
        touched = _sorted_sets(touched)
        keys = np.hstack([keys, touched])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    made = listed(rows[first]) if touched is None else Listed(rows[first], touched[first])
    site = place.site(len(first), [(old.site, made)])
    return Term(site, tabled(dims, inverse.reshape(sizes), site.length))


def _sorted_sets(rows: np.ndarray) -> np.ndarray:
    """Return rows in ascending order, each position once, what is missing in front."""
    rows = np.sort(rows, axis=1)
    rows[:, 1:][rows[:, 1:] == rows[:, :-1]] = NOTHING
    rows = np.sort(rows, axis=1)
    return rows[:, (rows != NOTHING).any(0)] if (rows != NOTHING).any() else rows[:, :1]


def taken(
    grid: Grid,
    dim: int,
    rows: np.ndarray,
    new: tuple[int, ...],
    shape: Shape,
    length: int,
    places: Mapping[int, int] | None = None,
) -> Grid:
    """Return a grid after indices along one dimension were chosen, dropped or spread over new dimensions.

    Args:
        grid: the grid.
        dim: the dimension.
        rows: old indices, -1 for padding.
        new: the dimensions that take its place, one per axis of ``rows``.
        shape: shape of the operand.
        length: number of positions of the site.
        places: new numbers of the other dimensions; None where they keep theirs.
    """
    if dim not in grid.dims:
        return grid
    at = grid.dims.index(dim)
    table = grid.values(shape).take(np.maximum(rows, 0), at)
    gone = (rows == NOTHING).reshape([*rows.shape, *(1 for _ in grid.dims[at + 1 :])])
    table = np.where(gone, NOTHING, table)
    rename = places or {}
    dims = [
        *(rename.get(d, d) for d in grid.dims[:at]),
        *new,
        *(rename.get(d, d) for d in grid.dims[at + 1 :]),
    ]
    return tabled(dims, table, length)
