"""What a tensor depends on: its fields, and which of its elements has which.

A *term* says that an element reads what a position of a site reads. A *field* is, per input axis, the
terms of one element: several when paths were merged that are not comparable. The *state* of a tensor
holds one field, or several with a table of labels where a concatenation put different ones side by
side. Terms of *whole* sites (a mean, attention) are kept apart from windowed ones all the way, so that
one global path does not erase what is known of the local ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from convscope.receptive.grids import NOTHING, Grid, Shape, constant, tabled
from convscope.receptive.intervals import Intervals, covers
from convscope.receptive.sites import Read, Site, Sites
from convscope.receptive.taps import SAME, Taps, listed


class Term(NamedTuple):
    """Elements read what the site's position, given by the grid, reads."""

    site: Site
    grid: Grid


Terms = tuple[Term, ...]
Field = tuple[Terms, ...]
"""Per input axis, its terms."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the elements of one tensor depend on.

    Args:
        shape: the tensor's shape for a batch of 1.
        fields: the different fields of its elements.
        labels: which field each element has; None where there is only one.
    """

    shape: Shape
    fields: tuple[Field, ...]
    labels: Grid | None = None

    def mapped(self, shape: Shape, grid: Callable[[Grid, int], Grid]) -> "State":
        """Return the state of a tensor whose elements were moved.

        Args:
            shape: its new shape.
            grid: takes a grid and the number of positions of its site, returns the grid after the move.
        """
        fields = tuple(
            tuple(
                tuple(Term(t.site, grid(t.grid, t.site.length)) for t in terms) for terms in field
            )
            for field in self.fields
        )
        labels = grid(self.labels, 0) if self.labels else None
        return State(shape, fields, labels).simplified()

    def simplified(self) -> "State":
        """Return the state without fields that no element has, and with equal fields made one."""
        if self.labels is None:
            return self
        table = self.labels.values(self.shape)
        kept: dict[object, int] = {}
        fields: list[Field] = []
        new = np.zeros(len(self.fields), np.int64)
        for label in np.flatnonzero(np.bincount(table.ravel(), minlength=len(self.fields))):
            field = self.fields[label]
            key = tuple(tuple((t.site, t.grid.key) for t in terms) for terms in field)
            if key not in kept:
                kept[key] = len(fields)
                fields.append(field)
            new[label] = kept[key]
        labels = tabled(self.labels.dims, new[table], 0)
        return State(self.shape, tuple(fields), labels if labels.dims else None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where sites are made: the network's collection, and the node whose rule is at work."""

    sites: Sites
    node: str

    def site(self, length: int, reads: Iterable[Read], whole: str | None = None) -> Site:
        """Return the site of this node with these reads."""
        return self.sites.site(length, reads, self.node, whole)


def united(fields: Sequence[Field], shape: Shape, place: Place) -> Field:
    """Return the field of an element that reads all of these."""
    if all(field is fields[0] for field in fields):
        return fields[0]
    merged = tuple(
        tidied([term for terms in axis for term in terms], shape, place)
        for axis in zip(*fields, strict=True)
    )
    if len(merged) > 1 and _is_cross(fields, merged):
        place.sites.crosses.add(place.node)
    return merged


def _is_cross(fields: Sequence[Field], merged: Field) -> bool:
    """Return whether no branch is as large as the merged hull on all axes: then the hull holds more than is read."""
    hulls = [_plane(terms) for terms in merged]
    branches = [[_plane(terms) for terms in field] for field in fields]
    known = [branch for branch in branches if None not in branch]
    if None in hulls or hulls in known or len(known) < len(fields):
        return False
    corners = [tuple(plane[0] for plane in branch if plane) for branch in known]
    whole = tuple(plane[0] for plane in hulls if plane)
    return not covers([c for c in corners if None not in c], whole)


def _plane(terms: Terms) -> Intervals | None:
    windowed = [term.site for term in terms if not term.site.whole]
    return windowed[0].plane if len(windowed) == 1 else None


def tidied(terms: Sequence[Term], shape: Shape, place: Place) -> Terms:
    """Return terms with everything that can be made one site made one.

    Args:
        terms: terms of one axis.
        shape: shape of the tensor.
        place: where new sites are made.
    """
    if len(terms) < 2:
        return tuple(terms)
    whole = [term for term in terms if term.site.whole]
    groups = _grouped([term for term in terms if not term.site.whole], place)
    if any(shape[d] > 1 for term in groups for d in term.grid.dims):
        # One value for all positions of an axis that others resolve: a broadcast, which is global.
        for term in [term for term in groups if not term.grid.dims]:
            groups.remove(term)
            whole.append(as_whole(term, place, "broadcast"))
    groups = _settled(groups, shape, place)
    return (*groups, *_one_whole(whole, shape, place))


def as_whole(term: Term, place: Place, reason: str) -> Term:
    """Return a windowed term as one that stands for the whole axis, reading every position it stands at."""
    if term.site.whole:
        return Term(term.site, constant())
    grid = term.grid
    positions = range(term.site.length) if grid.table is None else np.unique(grid.table).tolist()
    reads = tuple(p for p in positions if p != NOTHING)
    if len(reads) == term.site.length:
        reads = range(term.site.length)
    site = place.site(1, [(term.site, Taps(1, term.site.length, (reads,)))], reason)
    return Term(site, constant())


def _grouped(terms: Sequence[Term], place: Place) -> list[Term]:
    """Make one site of those at the same places; even and uneven ones apart, so that the even are not lost."""
    groups: list[tuple[Grid, dict[Site, None]]] = []
    for term in terms:
        for grid, sites in groups:
            other = next(iter(sites))
            alike = (other.plane is None) == (term.site.plane is None)
            if alike and other.length == term.site.length and grid.same(term.grid):
                sites[term.site] = None
                break
        else:
            groups.append((term.grid, {term.site: None}))
    return [Term(_one_site(tuple(sites), place), grid) for grid, sites in groups]


def _one_site(sites: tuple[Site, ...], place: Place) -> Site:
    if len(sites) == 1:
        return sites[0]
    return place.site(sites[0].length, [(site, SAME) for site in sites])


def _one_whole(terms: list[Term], shape: Shape, place: Place) -> Terms:
    if not terms:
        return ()
    grid = _somewhere([term.grid for term in terms], shape)
    sites = {term.site for term in terms}
    inner = {parent for site in sites for parent, _ in site.reads}
    outer = sorted(sites - inner, key=lambda site: site.index)
    if len(outer) == 1:
        return (Term(outer[0], grid),)
    first = outer[0]
    site = place.sites.site(1, [(site, SAME) for site in outer], first.node, first.whole)
    return (Term(site, grid),)


def _somewhere(grids: list[Grid], shape: Shape) -> Grid:
    """Return where at least one of several whole terms is; only padding keeps it from being everywhere."""
    if all(grid.same(grids[0]) for grid in grids):
        return grids[0]
    dims = sorted({d for grid in grids for d in grid.dims})
    return tabled(dims, np.maximum.reduce([grid.over(dims, shape) for grid in grids]), 1)


def _settled(terms: list[Term], shape: Shape, place: Place) -> list[Term]:
    """Join terms one of which determines the others: pixels and the windows they lie in."""
    if len(terms) < 2:
        return terms

    def fineness(term: Term) -> tuple[bool, int, int]:
        return term.site.plane is not None, len(term.grid.dims), term.site.length

    finest, *rest = sorted(terms, key=fineness, reverse=True)
    joined, uneven, left = finest.site, [], []
    fine = finest.grid.values(shape)
    for term in rest:
        found = None
        if set(term.grid.dims) <= set(finest.grid.dims):
            coarse = term.grid.over(finest.grid.dims, shape)
            found = _function(fine, coarse, finest.site.length)
        if found is None:
            left.append(term)
            continue
        read = (term.site, listed(found[:, None]))
        both = place.site(finest.site.length, [(joined, SAME), read])
        if both.plane is None and joined.plane is not None:
            # Positions spread over the axis (grid attention): exact, but kept apart from the even ones.
            uneven.append(Term(place.site(finest.site.length, [read]), finest.grid))
        else:
            joined = both
    return [Term(joined, finest.grid), *_grouped(uneven, place), *_settled(left, shape, place)]


def _function(fine: np.ndarray, coarse: np.ndarray, length: int) -> np.ndarray | None:
    """Return ``f`` with ``coarse == f[fine]`` everywhere, -1 where it is open; None if there is none."""
    found = np.full(length + 1, NOTHING)
    # The last place takes what stands at NOTHING, which must then be NOTHING too.
    found[fine.reshape(-1)] = coarse.reshape(-1)
    if (found[fine] != coarse).any() or found[-1] != NOTHING:
        return None
    return found[:-1]
