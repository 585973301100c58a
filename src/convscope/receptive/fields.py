"""From what a layer's elements depend on to the numbers a person reads: size, stride, start, centre."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from convscope.receptive.algebra import unlabelled
from convscope.receptive.grids import NOTHING, Grid, Shape
from convscope.receptive.intervals import Intervals, union
from convscope.receptive.sites import Site
from convscope.receptive.states import Field, Place, State, Terms, tidied
from convscope.receptive.taps import listed
from convscope.receptive.tiling import border_share
from convscope.receptive.units import Units

Number = int | Fraction


@dataclass(frozen=True)
class AxisField:
    """The receptive field of a layer along one input axis.

    Args:
        size: input positions from the first to the last that a unit reads; the largest phase's if there are several.
        local_size: the same without global operands (means, attention, gates); equal to ``size`` without any.
        stride: input positions between neighbouring units; 0 where one position was chosen and there is no neighbour.
        start: first position of unit 0's local field; negative inside padding.
        center: middle of unit 0's local field.
        whole: why every unit reads the axis as a whole: ``"mean"``, ``"attention"``, ...; None if it does not.
        whole_from: the layer that introduced it.
        phases: size per phase, where neighbouring units differ (transposed convolution, resizing).
        shift_invariant: whether all units read alike; else the sizes are the largest over real units.
        shortest: the size along the path that enlarges it least; what lies beyond was added by longer paths.
        border: share of units whose local field leaves the input along this axis.
        site: where the field can be asked about further; None where it is not one site's.
    """

    size: int
    local_size: int
    stride: Number
    start: int
    center: Number
    whole: str | None = None
    whole_from: str | None = None
    phases: tuple[int, ...] = ()
    shift_invariant: bool = True
    shortest: int = 0
    border: float = 0.0
    site: Site | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class ChannelGroup:
    """Neighbouring channels with the same field, side by side with others after a concatenation.

    Args:
        channels: first channel, and the one after the last.
        axes: their field, per axis.
    """

    channels: tuple[int, int]
    axes: tuple[AxisField, ...]


@dataclass(frozen=True)
class Reader:
    """Works out the numbers of states.

    Args:
        lengths: the input's size per axis.
        place: where sites are made.
        names: layer names by graph node.
        units: what real units read.
    """

    lengths: tuple[int, ...]
    place: Place
    names: Mapping[str, str] = field(default_factory=dict)
    units: Units = field(default_factory=Units)
    _known: dict[State, tuple[AxisField, ...]] = field(default_factory=dict)
    _of_field: dict[tuple[Field, Shape], tuple[AxisField, ...]] = field(default_factory=dict)
    _of_site: dict[tuple[Site, int], AxisField] = field(default_factory=dict)

    def axes(self, state: State) -> tuple[AxisField, ...]:
        """Return the field of the state's elements, all channels together."""
        if state not in self._known:
            one = unlabelled(state, range(len(state.shape)), self.place)
            self._known[state] = self._field(one.fields[0], state.shape)
        return self._known[state]

    def groups(self, state: State) -> tuple[ChannelGroup, ...]:
        """Return the fields of neighbouring channels, where they differ; empty where all are the same."""
        if state.labels is None or len(state.labels.dims) != 1:
            return ()
        along = {d for f in state.fields for terms in f for t in terms for d in t.grid.dims}
        if along.intersection(state.labels.dims):
            return ()  # parts side by side along an axis, not channels
        labels = state.labels.values(state.shape)
        found = [self._field(f, state.shape) for f in state.fields]
        changes = [0, *(int(c) + 1 for c in np.flatnonzero(np.diff(labels)))]
        starts = [c for c in changes if c == 0 or found[labels[c]] != found[labels[c - 1]]]
        ends = [*starts[1:], len(labels)]
        if len(starts) < 2:
            return ()
        return tuple(
            ChannelGroup((start, end), found[labels[start]])
            for start, end in zip(starts, ends, strict=True)
        )

    def _field(self, field: Field, shape: Shape) -> tuple[AxisField, ...]:
        dims = {d for terms in field for t in terms for d in t.grid.dims}
        key = (field, tuple(shape[d] for d in sorted(dims)))
        if key not in self._of_field:
            self._of_field[key] = tuple(
                self._axis(terms, shape, self.lengths[a], used_elsewhere(field, a))
                for a, terms in enumerate(field)
            )
        return self._of_field[key]

    def _axis(self, terms: Terms, shape: Shape, length: int, elsewhere: set[int]) -> AxisField:
        whole = next((t.site for t in terms if t.site.whole), None)
        windowed = tuple(t for t in terms if not t.site.whole)
        local = self._local(windowed, shape, length, elsewhere)
        if whole is None:
            return local or AxisField(0, 0, 0, 0, 0)
        first, last = (int(ends[0]) for ends in self.units.hulls(whole))
        source = self.names.get(whole.node, whole.node)
        if local is None:
            size = max(last - first + 1, 0)
            return AxisField(size, size, 0, first, _middle(first, last), whole.whole, source)
        size = max(last - first + 1, min(local.size, length))
        return replace(local, size=size, whole=whole.whole, whole_from=source)

    def _local(
        self, terms: Terms, shape: Shape, length: int, elsewhere: set[int]
    ) -> AxisField | None:
        terms = separated(terms, shape, elsewhere, self.place)
        even = tuple(t for t in terms if t.site.plane is not None)
        uneven = tuple(t for t in terms if t.site.plane is None)
        together = self._even(even, length) if even else None
        if together is None:
            return self._varying(terms, shape) if terms else None
        if not uneven:
            return together
        widest = self._varying(terms, shape)
        node = uneven[0].site.node
        return replace(
            together,
            size=widest.size,
            whole="spread over the axis" if widest.size >= length else None,
            whole_from=self.names.get(node, node) if widest.size >= length else None,
            shift_invariant=False,
        )

    def _even(self, terms: Terms, length: int) -> AxisField | None:
        key = (terms[0].site, length)
        if len(terms) == 1 and key in self._of_site:
            return self._of_site[key]
        together = union(t.site.plane for t in terms if t.site.plane is not None)
        found = None if together is None else _from_plane(together, terms, length)
        if len(terms) == 1 and found is not None:
            self._of_site[key] = found
        return found

    def _varying(self, terms: Terms, shape: Shape) -> AxisField:
        """Return the largest field over real units, where no rule describes all."""
        dims = sorted({d for t in terms for d in t.grid.dims})
        firsts, lasts = [], []
        for term in terms:
            table = term.grid.over(dims, shape)
            first, last = self.units.hulls(term.site)
            absent = table == NOTHING
            firsts.append(np.where(absent, np.iinfo(np.int64).max // 4, first[table]))
            lasts.append(np.where(absent, -1, last[table]))
        first, last = np.min(firsts, axis=0).ravel(), np.max(lasts, axis=0).ravel()
        size = max(int((last - first).max()) + 1, 0)
        start, end = int(first[0]), int(last[0])
        if start > end:
            start, end = 0, -1
        middle = (first + last)[first <= last]
        steps = np.unique(middle) if len(middle) else np.zeros(1, int)
        between = Fraction(int(steps[-1] - steps[0]), 2 * max(len(steps) - 1, 1))
        center = _middle(start, end)
        plain = len(terms) == 1 and terms[0].grid.axis is not None
        site = terms[0].site if plain else None
        return AxisField(
            size, size, _plain(between), start, center, shift_invariant=False, site=site
        )


def separated(terms: Terms, shape: Shape, elsewhere: set[int], place: Place) -> Terms:
    """Return terms with a dimension that belongs to this axis alone (after a pixel shuffle) as a site of its own."""
    result = []
    for term in terms:
        dims = term.grid.dims
        if len(dims) == 1 and term.grid.axis is None and dims[0] not in elsewhere:
            table = term.grid.values(shape)
            site = place.site(shape[dims[0]], [(term.site, listed(table[:, None]))])
            result.append(type(term)(site, Grid(dims)))
        else:
            result.append(term)
    return tidied(result, shape, place)


def used_elsewhere(field: Field, axis: int) -> set[int]:
    """Return the tensor dimensions along which other input axes than this one vary."""
    return {d for a, terms in enumerate(field) if a != axis for t in terms for d in t.grid.dims}


def _from_plane(plane: Intervals, terms: Terms, length: int) -> AxisField:
    start, end = plane[0] or (0, -1)
    site = terms[0].site if len(terms) == 1 else None
    paths = [t.site.shortest.size for t in terms if t.site.shortest is not None]
    return AxisField(
        plane.size,
        plane.size,
        _plain(plane.jump),
        start,
        _middle(start, end),
        phases=plane.sizes if plane.period > 1 else (),
        shortest=min(paths, default=plane.size),
        border=border_share(plane, terms[0].site.length, length),
        site=site,
    )


def _middle(first: int, last: int) -> Number:
    return _plain(Fraction(first + last, 2))


def _plain(number: Fraction) -> Number:
    return number.numerator if number.denominator == 1 else number
