"""The few ways in which operations move dependence: merge, contract, window, pick, spread.

Every rule is written in these. Each takes states and returns the state of the result; none of them
touches a tensor's values.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from convscope.receptive.grids import NOTHING, Grid, Shape, constant, renumbered, reshaped, tabled
from convscope.receptive.sites import Site
from convscope.receptive.states import Field, Place, State, Term, Terms, as_whole, tidied, united
from convscope.receptive.taps import SAME, AnyTaps, shifted
from convscope.receptive.terms import alive, from_rows, taken, windowed


def merge(states: Sequence[State], shape: Shape, place: Place) -> State:
    """Return the state of an element-wise operation, operands broadcast to ``shape``."""
    aligned = [broadcast(state, shape, place) for state in states]
    if len(aligned) == 1 or all(state is aligned[0] for state in aligned):
        return aligned[0]
    labelled = [state for state in aligned if state.labels]
    if not labelled:
        return State(shape, (united([state.fields[0] for state in aligned], shape, place),))
    dims = sorted({d for state in labelled if state.labels for d in state.labels.dims})
    sizes = [shape[d] for d in dims]
    codes = np.stack(
        [
            s.labels.over(dims, shape).ravel() if s.labels else np.zeros(np.prod(sizes), int)
            for s in aligned
        ]
    )
    different, inverse = np.unique(codes, axis=1, return_inverse=True)
    fields = tuple(
        united([state.fields[i] for state, i in zip(aligned, column, strict=True)], shape, place)
        for column in different.T
    )
    return State(shape, fields, tabled(dims, inverse.reshape(sizes), 0)).simplified()


def broadcast(state: State, shape: Shape, place: Place) -> State:
    """Return the state of a tensor expanded to a shape; an axis of one position, repeated, becomes global."""
    if state.shape == shape:
        return state
    more = len(shape) - len(state.shape)
    grown = {d for d, size in enumerate(state.shape) if size == 1 and shape[d + more] != 1}

    def term(old: Term) -> Term:
        if any(d in grown for d in old.grid.dims):
            return as_whole(old, place, "broadcast")
        return Term(old.site, renumbered(old.grid, {d: d + more for d in old.grid.dims}))

    fields = tuple(tuple(tuple(map(term, terms)) for terms in field) for field in state.fields)
    labels = state.labels and renumbered(state.labels, {d: d + more for d in state.labels.dims})
    return State(shape, fields, labels)


def contract(
    state: State, dims: Sequence[int], place: Place, reason: str, *, keepdim: bool = False
) -> State:
    """Return the state of an operation each of whose outputs reads all positions of some dimensions.

    Args:
        state: the operand.
        dims: the dimensions that are summed, averaged, normalised over.
        place: where new sites are made.
        reason: the operation's name, for axes that it reads as a whole.
        keepdim: whether the dimensions stay, with size 1.
    """
    gone = {d % len(state.shape) for d in dims}
    state = unlabelled(state, gone, place)
    left = [d for d in range(len(state.shape)) if d not in gone]
    if keepdim:
        shape = tuple(1 if d in gone else n for d, n in enumerate(state.shape))
        places = {d: d for d in range(len(shape))}
    else:
        shape = tuple(state.shape[d] for d in left)
        places = dict.fromkeys(gone) | {d: i for i, d in enumerate(left)}

    def term(old: Term) -> Term:
        grid = old.grid
        if not gone.intersection(grid.dims):
            return Term(old.site, renumbered(grid, places))
        if old.site.whole:
            rest = [d for d in grid.dims if d not in gone]
            table = grid.over([*rest, *(d for d in grid.dims if d in gone)], state.shape)
            alive = table.reshape([*table.shape[: len(rest)], -1]).max(-1)
            return Term(old.site, renumbered(tabled(rest, alive, 1), places))
        if grid.axis is not None:
            if state.shape[grid.axis] == 1:
                return Term(old.site, renumbered(grid, places))
            return as_whole(old, place, reason)
        rest = [d for d in grid.dims if d not in gone]
        over = grid.over([*rest, *(d for d in grid.dims if d in gone)], state.shape)
        sizes = [state.shape[d] for d in rest]
        if not rest:
            return as_whole(old, place, reason)
        new = from_rows(old, over.reshape(int(np.prod(sizes)), -1), rest, sizes, place)
        return Term(new.site, renumbered(new.grid, places))

    return _each(state, shape, term, places, place)


def window(
    state: State, windows: Mapping[int, tuple[AnyTaps, int]], shape: Shape, place: Place
) -> State:
    """Return the state of an operation that slides over some dimensions.

    Args:
        state: the operand.
        windows: for each of those dimensions, its taps and its number of outputs.
        shape: shape of the result, of the same rank.
        place: where new sites are made.
    """
    windows = {
        d: (taps, n) for d, (taps, n) in windows.items() if taps != SAME or n != state.shape[d]
    }
    state = unlabelled(state, windows, place)

    def term(old: Term) -> Term:
        if old.site.whole:
            return alive(old, windows, state.shape)
        sizes = list(state.shape)
        for dim in [d for d in old.grid.dims if d in windows]:
            old = windowed(old, dim, *windows[dim], tuple(sizes), place)
            sizes[dim] = windows[dim][1]
        return old

    same = {d: d for d in range(len(shape))}
    return _each(state, shape, term, same, place)


def pick(
    state: State,
    dim: int,
    taps: AnyTaps,
    outputs: int,
    place: Place,
    *,
    row: Callable[[Site], Site] | None = None,
) -> State:
    """Return the state after elements along a dimension were moved, dropped, repeated or padded.

    Args:
        state: the operand.
        dim: the dimension.
        taps: for each new index the old one (a single tap).
        outputs: number of new indices.
        place: where new sites are made.
        row: the site over the new indices that stands for one over the old; by default it reads it through the taps.
    """
    shape = (*state.shape[:dim], outputs, *state.shape[dim + 1 :])
    if outputs == 0:
        return State(shape, (nothing(state),))
    rows = taps.rows(outputs, state.shape[dim])[:, 0]
    if outputs == 1 < state.shape[dim] and rows[0] != NOTHING:
        taps = shifted(int(rows[0]), 0)  # one chosen position has no neighbour to step to
    padded = bool((rows == NOTHING).any())
    carries = any(
        dim in t.grid.dims for f in state.fields for terms in f for t in terms if not t.site.whole
    )

    def term(old: Term) -> Term:
        if old.grid.axis == dim:
            site = row(old.site) if row else place.site(outputs, [(old.site, taps)])
            return Term(site, old.grid)
        if padded and carries and old.site.whole and dim not in old.grid.dims:
            dims = (*old.grid.dims, dim)
            table = old.grid.values(state.shape)[..., None] + np.minimum(rows, 0)
            return Term(old.site, tabled(dims, np.maximum(table, NOTHING), 1))
        return Term(old.site, taken(old.grid, dim, rows, (dim,), state.shape, old.site.length))

    fields = tuple(tuple(tuple(map(term, terms)) for terms in f) for f in state.fields)
    labels = state.labels
    if padded and not carries:
        # Padding along channels: the new ones depend on nothing.
        labels = labels or constant()
        dims = tuple(sorted({*labels.dims, dim}))
        table = labels.over(dims, state.shape).take(rows, dims.index(dim))
        empty = rows.reshape([-1 if d == dim else 1 for d in dims]) == NOTHING
        table = np.where(empty, len(fields), table)
        return State(shape, (*fields, nothing(state)), Grid(dims, table)).simplified()
    if labels:
        labels = taken(labels, dim, np.maximum(rows, 0), (dim,), state.shape, 0)
    return State(shape, fields, labels).simplified()


def spread(state: State, dim: int, rows: np.ndarray) -> State:
    """Return the state after one dimension became several: ``out[..., i, j, ...] = x[..., rows[i, j], ...]``.

    Args:
        state: the operand.
        dim: the dimension.
        rows: old indices, -1 for padding; its rank is the number of new dimensions.
    """
    more = rows.ndim - 1
    shape = (*state.shape[:dim], *rows.shape, *state.shape[dim + 1 :])
    new = tuple(range(dim, dim + rows.ndim))
    places = {d: d if d < dim else d + more for d in range(len(state.shape)) if d != dim}

    def move(grid: Grid, length: int) -> Grid:
        if dim not in grid.dims:
            return renumbered(grid, places)
        return taken(grid, dim, rows, new, state.shape, length, places)

    return state.mapped(shape, move)


def reshape(state: State, shape: Shape) -> State:
    """Return the state of a view of another shape."""
    if shape == state.shape:
        return state
    return state.mapped(shape, lambda grid, n: reshaped(grid, state.shape, shape, n))


def permute(state: State, order: Sequence[int]) -> State:
    """Return the state of a permuted view: dimension ``i`` of the result is ``order[i]`` of the operand."""
    order = [d % len(state.shape) for d in order]
    places = {d: i for i, d in enumerate(order)}
    shape = tuple(state.shape[d] for d in order)
    return state.mapped(shape, lambda grid, _: renumbered(grid, places))


def unlabelled(
    state: State, dims: Sequence[int] | Mapping[int, object] | set[int], place: Place
) -> State:
    """Return the state of elements that read all labels along some dimensions."""
    labels = state.labels
    if labels is None or not any(d in dims for d in labels.dims):
        return state
    rest = [d for d in labels.dims if d not in dims]
    sizes = [state.shape[d] for d in rest]
    over = labels.over([*rest, *(d for d in labels.dims if d in dims)], state.shape)
    return relabelled(state, over.reshape(int(np.prod(sizes)), -1), rest, sizes, state.shape, place)


def relabelled(
    state: State,
    rows: np.ndarray,
    dims: Sequence[int],
    sizes: Sequence[int],
    shape: Shape,
    place: Place,
) -> State:
    """Return the state of elements each of which reads several labels.

    Args:
        state: the operand.
        rows: labels read, one row per element of the new label table.
        dims: dimensions of that table.
        sizes: their sizes.
        shape: shape of the result.
        place: where new sites are made.
    """
    present = np.zeros((len(rows), len(state.fields)), bool)
    np.put_along_axis(present, rows, True, 1)
    different, inverse = np.unique(present, axis=0, return_inverse=True)
    fields = tuple(
        united([state.fields[i] for i in np.flatnonzero(labels)], state.shape, place)
        for labels in different
    )
    return State(shape, fields, tabled(dims, inverse.reshape(sizes), 0)).simplified()


def nothing(state: State) -> Field:
    """Return the field of an element that depends on nothing."""
    return ((),) * len(state.fields[0])


def _each(
    state: State,
    shape: Shape,
    term: Callable[[Term], Term],
    places: Mapping[int, int | None],
    place: Place,
) -> State:
    def axis(terms: Terms) -> Terms:
        new = tuple(map(term, terms))
        return terms if new == terms else tidied(new, shape, place)

    fields = tuple(tuple(map(axis, field)) for field in state.fields)
    labels = state.labels and renumbered(state.labels, places)
    return State(shape, fields, labels).simplified()
