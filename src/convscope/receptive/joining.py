"""Tensors side by side: concatenation, and tensors with a part replaced.

Along channels the parts keep fields of their own. Along an axis of the input it is harder: a field is
described for an endless plane, and a part is not endless. Continued over its neighbours' places it
would claim what they read. So the parts of a row are read

1. by a rule each, where they agree wherever the plane has more than one of them: every second position
   from another tensor, a row with a stretch of zeros in it;
2. by one rule for the whole row, where all come from one earlier row: circular or mirrored padding by
   hand, two halves swapped;
3. by lists without a plane otherwise. Then real units answer, and the row is not invariant to shifts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import lcm

import numpy as np

from convscope.receptive.algebra import pick
from convscope.receptive.grids import NOTHING, Grid, Shape, constant
from convscope.receptive.sites import Site, through
from convscope.receptive.states import Field, Place, State
from convscope.receptive.taps import AnyTaps, Border, Listed, Taps, listed, shifted

_BORDERS: tuple[Border, ...] = ("zero", "wrap", "reflect", "edge")


@dataclass(frozen=True, eq=False)
class Part:
    """A tensor that gives some places of a joined one.

    Args:
        state: what it depends on; None for a constant.
        rows: for each place along the joined dimension the part's index, -1 where another part stands.
    """

    state: State | None
    rows: np.ndarray

    def sites(self, dim: int) -> set[Site]:
        """Return the rows of positions that run along the joined dimension."""
        fields = self.state.fields if self.state else ()
        return {t.site for f in fields for terms in f for t in terms if t.grid.axis == dim}


def concatenate(
    states: Sequence[tuple[State | None, int]], dim: int, shape: Shape, axes: int, place: Place
) -> State:
    """Return the state of tensors side by side along a dimension.

    Args:
        states: the state of each tensor (None: a constant) and its size along the dimension.
        dim: the dimension.
        shape: shape of the result.
        axes: number of input axes.
        place: where new sites are made.
    """
    parts, start = [], 0
    for state, size in states:
        rows = np.arange(shape[dim]) - start
        parts.append(Part(state, np.where((rows < 0) | (rows >= size), NOTHING, rows)))
        start += size
    return joined(parts, dim, shape, axes, place)


def joined(parts: Sequence[Part], dim: int, shape: Shape, axes: int, place: Place) -> State:
    """Return the state of a tensor whose places along a dimension come from several parts.

    Args:
        parts: the parts; every place belongs to one of them.
        dim: the dimension.
        shape: shape of the result.
        axes: number of input axes.
        place: where new sites are made.
    """
    parts = [part for part in parts if (part.rows != NOTHING).any()]
    sites = _sites(parts, dim, place)
    known = [part.state.labels.dims for part in parts if part.state and part.state.labels]
    dims = sorted({dim, *(d for held in known for d in held)})
    table = np.zeros([shape[d] for d in dims], np.int64)
    fields: list[Field] = []
    for part, made in zip(parts, sites, strict=True):
        state = part.state or State(shape, (((),) * axes,))
        before = state.shape
        labels = (state.labels or constant()).over(dims, before)
        there = np.flatnonzero(part.rows != NOTHING)
        where = (*(slice(None) for d in dims if d < dim), there)
        table[where] = labels.take(part.rows[there], dims.index(dim)) + len(fields)
        alone = State(before, state.fields)
        if any(dim in t.grid.dims for f in state.fields for terms in f for t in terms):
            rows = Listed(part.rows[:, None])
            alone = pick(alone, dim, rows, shape[dim], place, row=made.__getitem__)
        fields.extend(alone.fields)
    return State(shape, tuple(fields), Grid(tuple(dims), table)).simplified()


def _sites(parts: Sequence[Part], dim: int, place: Place) -> list[dict[Site, Site]]:
    """Return for each part which site, over all places, stands for each of its own."""
    own = [part.sites(dim) for part in parts]
    outputs = len(parts[0].rows)
    rules = [_ruled(part.rows, int(part.rows.max()) + 1) for part in parts]
    if not _agree(rules, own):
        together = _together([part.rows for part in parts], own, outputs, place)
        if together is not None:
            return together
        rules = [Listed(part.rows[:, None]) for part in parts]
    return [
        {site: place.site(outputs, [(site, rule)]) for site in sites}
        for rule, sites in zip(rules, own, strict=True)
    ]


def _agree(rules: Sequence[AnyTaps], own: Sequence[set[Site]]) -> bool:
    """Return whether parts that the endless plane has at the same places read the same there."""
    planes = [
        {through(site.plane, rule) for site in sites}
        for rule, sites in zip(rules, own, strict=True)
    ]
    there = [i for i, sites in enumerate(own) if sites]
    return all(
        planes[i] == planes[j] or _apart(rules[i], rules[j]) for i, j in combinations(there, 2)
    )


def _apart(one: AnyTaps, other: AnyTaps) -> bool:
    """Return whether two rules never stand at the same place of the plane."""
    if not isinstance(one, Taps) or not isinstance(other, Taps):
        return False
    return not any(
        one.offsets[place % one.period] and other.offsets[place % other.period]
        for place in range(lcm(one.period, other.period))
    )


def _together(
    rows: Sequence[np.ndarray], own: Sequence[set[Site]], outputs: int, place: Place
) -> list[dict[Site, Site]] | None:
    """Return one site for each row that all parts come from; None where a part's site has no such row."""
    chains = [
        {site: dict(_sources(site, part)) for site in sites}
        for part, sites in zip(rows, own, strict=True)
    ]
    found: list[dict[Site, Site]] = []
    for of_part in chains:
        made: dict[Site, Site] = {}
        for site, chain in of_part.items():
            whole = next(filter(None, (_whole(source, chains) for source in chain)), None)
            if whole is None:
                return None
            made[site] = place.site(outputs, [whole])
        found.append(made)
    return found


def _sources(site: Site, rows: np.ndarray) -> Iterator[tuple[Site, np.ndarray]]:
    """Yield a row and, as long as it only picks from another, that one, with the positions taken from it."""
    yield site, rows
    while len(site.reads) == 1 and not site.whole:
        parent, taps = site.reads[0]
        picked = taps.rows(site.length, parent.length, ghosts=True)
        if picked.shape[1] != 1:
            return
        site, rows = parent, np.where(rows == NOTHING, NOTHING, picked[rows, 0])
        yield site, rows


def _whole(
    source: Site, chains: Sequence[dict[Site, dict[Site, np.ndarray]]]
) -> tuple[Site, AnyTaps] | None:
    """Return by which rule all parts together take their positions from one row, if there is one."""
    total = None
    for of_part in filter(None, chains):
        ways = [chain[source] for chain in of_part.values() if source in chain]
        if not ways or any(not np.array_equal(way, ways[0]) for way in ways):
            return None
        total = ways[0] if total is None else np.maximum(total, ways[0])
    assert total is not None
    rule = _ruled(total, source.length)
    return None if isinstance(rule, Listed) else (source, rule)


def _ruled(rows: np.ndarray, inputs: int) -> AnyTaps:
    """Return taps of one position each: as a rule, with a border if need be, wherever there is one.

    >>> _ruled(np.array([5, 0, 1, 2, 3, 4, 5, 0]), 6)  # a circular border
    Taps(period=1, step=1, offsets=((-1,),), border='wrap', ghosts=())
    """
    there = np.flatnonzero(rows != NOTHING)
    beside = there[:-1][np.diff(there) == 1]
    steps = rows[beside + 1] - rows[beside]
    known, counts = np.unique(steps, return_counts=True)
    step = int(known[counts.argmax()]) if len(known) else 1
    first = int(beside[steps == step][0]) if len(known) else int(there[0])
    for border in _BORDERS:
        rule = shifted(int(rows[first]) - step * first, step, border)
        if np.array_equal(rule.rows(len(rows), inputs)[:, 0], rows):
            return rule
    return listed(rows[:, None])
