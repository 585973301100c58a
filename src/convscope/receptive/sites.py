"""One input axis of a network, as a graph of its own: sites that read sites.

A receptive field is a hull per axis, and the axes do not interact, so the question falls apart into one
small graph per axis. A *site* is one axis of some operation's output: a row of positions, each of which
reads positions of other sites through taps. Square inputs share their sites between axes.
"""

from collections.abc import Container, Iterable, Sequence

from convscope.receptive.intervals import IDENTITY, Intervals, compose, smallest, union
from convscope.receptive.taps import SAME, AnyTaps, Taps

Read = tuple["Site", AnyTaps]


class Site:
    """A row of positions along one axis.

    Args:
        index: place in the order of creation; a site only reads earlier ones.
        length: number of positions.
        reads: the sites it reads, and through which taps; empty for the input.
        node: the graph node that made it.
        whole: why it reads the axis as a whole (``"mean"``, ``"attention"``, ...); None for a windowed site.
    """

    __slots__ = ("index", "length", "node", "plane", "reads", "shortest", "whole")

    def __init__(
        self, index: int, length: int, reads: tuple[Read, ...], node: str, whole: str | None
    ):
        self.index = index
        self.length = length
        self.reads = reads
        self.node = node
        self.whole = whole
        self.plane = _plane(self)
        self.shortest = _shortest(self)

    def __repr__(self) -> str:
        return f"Site({self.index}, {self.node}, {self.length} positions)"


class Sites:
    """All sites of one network; equal ones are made once.

    ``crosses`` names the nodes that merge branches of which none holds the others on all axes.
    """

    def __init__(self) -> None:
        self.crosses: set[str] = set()
        self._made: dict[tuple[object, ...], Site] = {}

    def input(self, length: int) -> Site:
        """Return the site of an input axis."""
        return self.site(length, (), "input")

    def site(self, length: int, reads: Iterable[Read], node: str, whole: str | None = None) -> Site:
        """Return the site with these reads, made if it is new; one that copies another is the other."""
        reads = tuple(dict.fromkeys(reads))
        if (
            len(reads) == 1
            and reads[0][1] == SAME
            and whole is None
            and length == reads[0][0].length
        ):
            return reads[0][0]
        key = (length, reads, node, whole)
        if key not in self._made:
            self._made[key] = Site(len(self._made), length, reads, node, whole)
        return self._made[key]


def ancestors(sites: Iterable[Site], known: Container[Site] = ()) -> list[Site]:
    """Return the sites and all that they read, directly or not, earliest first, down to those already known."""
    found: set[Site] = set()
    frontier = list(sites)
    while frontier:
        site = frontier.pop()
        if site not in found and site not in known:
            found.add(site)
            frontier.extend(parent for parent, _ in site.reads)
    return sorted(found, key=lambda site: site.index)


def _plane(site: Site) -> Intervals | None:
    """Return the site's map on the infinite plane; None where it is not invariant to shifts."""
    if not site.reads:
        return IDENTITY
    if site.whole:
        return None
    maps = [through(parent.plane, taps) for parent, taps in site.reads]
    known = [found for found in maps if found is not None]
    if len(known) < len(maps):
        return None
    return _united(known, site.length)


def _united(maps: Sequence[Intervals], length: int) -> Intervals | None:
    alive = [m for m in maps if any(m.bounds)] or maps[:1]
    found = union(alive)
    if found is None and length == 1:
        # A single position has no neighbour to be at a different distance from.
        step = max(m.step // m.period for m in alive)
        found = union(Intervals(1, step, m.bounds[:1]) for m in alive)
    return found


def _shortest(site: Site) -> Intervals | None:
    if not site.reads:
        return IDENTITY
    if site.whole:
        return None
    maps = [through(parent.shortest, taps) for parent, taps in site.reads]
    known = [found for found in maps if found is not None and any(found.bounds)]
    return smallest(known) if known else None


def through(parent: Intervals | None, taps: AnyTaps) -> Intervals | None:
    """Return the map of an operation on a parent's map; None where either follows no rule."""
    if taps is SAME:
        return parent
    if parent is None or not isinstance(taps, Taps):
        return None
    return compose(parent, taps.period, taps.step, taps.offsets)
