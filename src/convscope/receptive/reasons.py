"""Why is it this big? The paths that set the two ends of a field, and what each layer adds."""

from dataclasses import dataclass

from convscope.receptive.intervals import Bounds
from convscope.receptive.sites import Site
from convscope.receptive.taps import SAME, Taps


@dataclass(frozen=True)
class Reason:
    """One operation on the path that sets an end of a field.

    Args:
        node: the layer; the graph node where it is no layer.
        size: the local size of the field there.
        adds: input positions by which it is larger than the field of what it reads.
    """

    node: str
    size: int
    adds: int


def reasons(site: Site, *, last: bool) -> tuple[Reason, ...]:
    """Return the path that sets one end of unit 0's field, from the input on.

    Args:
        site: the layer's site on one axis.
        last: whether the last position read is asked for, instead of the first.

    Returns:
        The operations on that path that enlarge the field or move its end; those that only pass it on are left
        out. What they add sums to the size less one.
    """
    path: list[Reason] = []
    position = 0
    while site.reads and site.plane is not None:
        size = _extent(site.plane[position])
        reads = [
            (bounds, parent, tap)
            for parent, taps in site.reads
            for tap in _read(taps, position)
            if parent.plane is not None and (bounds := parent.plane[tap]) is not None
        ]
        if not reads:
            break
        _, parent, tap = (
            max(reads, key=lambda r: r[0][1]) if last else min(reads, key=lambda r: r[0][0])
        )
        assert parent.plane is not None
        adds = size - _extent(parent.plane[tap])
        if adds:
            path.append(Reason(site.node, size, adds))
        site, position = parent, tap
    return tuple(reversed(path))


def _extent(bounds: Bounds) -> int:
    return 0 if bounds is None else bounds[1] - bounds[0] + 1


def _read(taps: object, position: int) -> list[int]:
    if taps is SAME or not isinstance(taps, Taps):
        return [position]
    turn, phase = divmod(position, taps.period)
    return [taps.step * turn + tap for tap in taps.offsets[phase]]
