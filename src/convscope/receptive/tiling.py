"""Tiling, borders and what a pixel reaches: questions that the same maps answer.

A large picture can be processed in tiles without seams if each tile starts on the network's grid (a
multiple of the *step*) and is read with enough around it (the *halo*). Both follow from the map of the
output: the step is the smallest shift of the input that shifts every layer by whole positions; the
halo is how far the fields of a tile's outputs reach beyond the tile.
"""

from dataclasses import dataclass
from math import ceil, lcm

from convscope.receptive.intervals import Bounds, Intervals
from convscope.receptive.sites import Site, ancestors


@dataclass(frozen=True)
class Tiling:
    """How to cut one axis into tiles that give the same output as the whole.

    Args:
        step: tiles start and end at multiples of this many input positions.
        before: input positions needed before a tile.
        after: input positions needed after it.
    """

    step: int
    before: int
    after: int

    @property
    def halo(self) -> tuple[int, int]:
        """Return the positions to add before and after, rounded up to the grid, so that a tile's crop starts on it."""
        return ceil(self.before / self.step) * self.step, ceil(self.after / self.step) * self.step


def tiling(site: Site) -> Tiling | None:
    """Return how to tile an axis for a layer; None where the layer sees the whole axis, or follows no rule.

    Args:
        site: the layer's site on this axis.

    Returns:
        Step and halo. Output tiles are ``tile/stride`` positions; paddings inside the network must not be
        seen by a kept output, which the halo ensures.
    """
    if site.plane is None or site.plane.step <= 0:
        return None
    step = lcm(*(abs(s.plane.step) or 1 for s in ancestors([site]) if s.plane is not None))
    plane = site.plane
    known = [(b, phase) for phase, b in enumerate(plane.bounds) if b is not None]
    # One period of outputs belongs to the input positions 0 .. plane.step - 1.
    before = max(0, -min(b[0] for b, _ in known))
    after = max(0, max(b[1] for b, _ in known) - (plane.step - 1))
    return Tiling(step, before, after)


def border_share(plane: Intervals, outputs: int, inputs: int) -> float:
    """Return the share of units whose field leaves the input along one axis.

    Args:
        plane: the layer's map.
        outputs: its number of positions.
        inputs: the input's number of positions.

    >>> border_share(Intervals(1, 1, ((-1, 1),)), 8, 8)
    0.25
    """
    outside = outputs
    for phase, bounds in enumerate(plane.bounds):
        turns = len(range(phase, outputs, plane.period))
        if bounds is None or plane.step <= 0:
            inside = sum(_within(plane[phase + plane.period * q], inputs) for q in range(turns))
        else:
            first = max(-(bounds[0] // plane.step), 0)
            last = min((inputs - 1 - bounds[1]) // plane.step, turns - 1)
            inside = max(last - first + 1, 0)
        outside -= inside
    return outside / outputs if outputs else 0.0


def _within(bounds: Bounds, inputs: int) -> bool:
    return bounds is None or (bounds[0] >= 0 and bounds[1] < inputs)


def reached(plane: Intervals, position: int, outputs: int) -> tuple[int, int] | None:
    """Return the first and last unit whose field holds an input position: the projective field.

    Args:
        plane: the layer's map.
        position: the input position.
        outputs: the layer's number of positions.

    Returns:
        First and last unit, or None if no unit of the layer has the position in its field.

    >>> reached(Intervals(1, 2, ((-1, 1),)), 5, 8)
    (2, 3)
    """
    found: list[int] = []
    for phase, bounds in enumerate(plane.bounds):
        if bounds is None or plane.step <= 0:
            continue
        first = max(-((bounds[1] - position) // plane.step), 0)
        last = (position - bounds[0]) // plane.step
        units = range(
            first * plane.period + phase,
            min(last * plane.period + phase + 1, outputs),
            plane.period,
        )
        found += [units[0], units[-1]] if units else []
    return (min(found), max(found)) if found else None
