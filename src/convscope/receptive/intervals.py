"""Periodic affine interval maps: which stretch of one input axis each output position reads.

The question: how do the fields of a whole network fit into a few integers? The usual triple (size,
stride, offset) fails at the first transposed convolution or resize, where neighbouring outputs read
differently. A map with a period does not: output ``o = q*P + r`` reads the hull
``[A*q + lo[r], A*q + hi[r]]``, and all of composition, union and reduction stay in integers. Positions
are those of an infinite plane; what lies outside the input is cut off by whoever asks for a real unit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import gcd, lcm

Bounds = tuple[int, int] | None
"""First and last input position, both read; None where an output reads nothing at all."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """The hull that each output position of an infinite axis reads.

    Args:
        period: number of output positions after which the pattern repeats (P).
        step: input positions by which it has then moved (A).
        bounds: for each of the ``period`` phases, the hull that its output at ``q = 0`` reads.

    >>> field = Intervals(1, 2, ((-1, 1),))  # a 3-tap kernel, stride 2, padding 1
    >>> field[0], field[10], field.size, field.jump
    ((-1, 1), (19, 21), 3, Fraction(2, 1))
    """

    period: int
    step: int
    bounds: tuple[Bounds, ...]

    def __getitem__(self, position: int) -> Bounds:
        turn, phase = divmod(position, self.period)
        found = self.bounds[phase]
        return None if found is None else (found[0] + self.step * turn, found[1] + self.step * turn)

    @property
    def jump(self) -> Fraction:
        """Input positions between neighbouring outputs, on average."""
        return Fraction(self.step, self.period)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Size of the field in each phase; 0 where the output reads nothing."""
        return tuple(0 if b is None else b[1] - b[0] + 1 for b in self.bounds)

    @property
    def size(self) -> int:
        """Size of the largest phase's field, in input positions."""
        return max(self.sizes)

    def reduced(self) -> "Intervals":
        """Return the same map with its smallest period.

        >>> Intervals(2, 4, ((0, 2), (2, 4))).reduced()
        Intervals(period=1, step=2, bounds=((0, 2),))
        """
        for period in _divisors(self.period):
            if self.step * period % self.period:
                continue
            step = self.step * period // self.period
            shifted = (_shift(b, step) for b in self.bounds[: self.period - period])
            if tuple(shifted) == self.bounds[period:]:
                return Intervals(period, step, self.bounds[:period])
        return self


IDENTITY = Intervals(1, 1, ((0, 0),))
"""The input itself: output ``o`` reads position ``o``."""


def compose(parent: Intervals, period: int, step: int, reads: Sequence[Sequence[int]]) -> Intervals:
    """Return the map of an operation that reads the outputs of ``parent``.

    Args:
        parent: what the operation's input positions read of the network's input.
        period: number of output positions after which the operation's reading pattern repeats.
        step: positions of the operation's input by which it has then moved.
        reads: for each of the ``period`` phases, the input positions that its output at 0 reads.

    Returns:
        The composed map, reduced.

    >>> compose(Intervals(1, 2, ((-1, 1),)), 1, 1, (range(-1, 2),))
    Intervals(period=1, step=2, bounds=((-3, 3),))
    >>> up = compose(IDENTITY, 2, 1, ((0,), (0,)))  # nearest, to twice the size
    >>> up[4], up[5], compose(up, 1, 1, (range(-1, 2),)).sizes
    ((2, 2), (2, 2), (2, 2))
    """
    if parent.period == 1 and period == 1 and (base := parent.bounds[0]) is not None and reads[0]:
        # The common case, every plain convolution; kept free of loops.
        ends = parent.step * reads[0][0], parent.step * reads[0][-1]
        bounds = (base[0] + min(ends), base[1] + max(ends))
        return Intervals(1, parent.step * step, (bounds,))
    turns = parent.period // gcd(step, parent.period)
    composed: list[Bounds] = []
    for turn in range(turns):
        for taps in reads:
            read = (parent[step * turn + tap] for tap in _deciding(taps, parent.period))
            composed.append(_hull(read))
    moved = parent.step * (step * turns // parent.period)
    return Intervals(period * turns, moved, tuple(composed)).reduced()


def union(maps: Iterable[Intervals]) -> Intervals | None:
    """Return the hull of several maps, position by position.

    Args:
        maps: one or more maps; their periods may differ.

    Returns:
        The union, or None where the jumps differ: then no periodic map describes it.

    >>> union([Intervals(1, 1, ((0, 0),)), Intervals(1, 1, ((-2, 2),))])
    Intervals(period=1, step=1, bounds=((-2, 2),))
    >>> union([Intervals(1, 1, ((0, 0),)), Intervals(1, 2, ((0, 0),))]) is None
    True
    """
    different = list(dict.fromkeys(maps))
    first = different[0]
    if len(different) == 1:
        return first
    if any(m.step * first.period != first.step * m.period for m in different):
        return None
    period = lcm(*(m.period for m in different))
    bounds = tuple(_hull(m[phase] for m in different) for phase in range(period))
    return Intervals(period, first.step * period // first.period, bounds).reduced()


def smallest(maps: Iterable[Intervals]) -> Intervals:
    """Return the map with the smallest fields: the one of the shortest path."""
    return min(maps, key=lambda m: m.size)


def covers(boxes: Sequence[Sequence[Bounds]], hull: Sequence[Bounds]) -> bool:
    """Return whether boxes leave nothing of their common hull uncovered.

    Args:
        boxes: bounds per axis, for each box.
        hull: bounds per axis.

    >>> covers([((0, 6), (3, 3)), ((3, 3), (0, 6))], ((0, 6), (0, 6)))
    False
    >>> covers([((0, 3), (0, 6)), ((3, 6), (0, 6))], ((0, 6), (0, 6)))
    True
    """
    solid = [tuple(b for b in box if b is not None) for box in dict.fromkeys(map(tuple, boxes))]
    cells = []
    for axis, ends in enumerate(hull):
        if ends is None:
            return True
        starts = {ends[0], *(box[axis][0] for box in solid), *(box[axis][1] + 1 for box in solid)}
        cells.append([start for start in starts if ends[0] <= start <= ends[1]])
    return all(
        any(all(b[0] <= x <= b[1] for b, x in zip(box, cell, strict=True)) for box in solid)
        for cell in product(*cells)
    )


def _deciding(taps: Sequence[int], period: int) -> Iterator[int]:
    """Yield the taps that can set an end of the hull: the first and the last of every residue class."""
    if len(taps) <= 2 * period:
        yield from taps
    else:
        yield from taps[:period]
        yield from taps[-period:]


def _hull(bounds: Iterable[Bounds]) -> Bounds:
    known = [b for b in bounds if b is not None]
    return (min(b[0] for b in known), max(b[1] for b in known)) if known else None


def _shift(bounds: Bounds, by: int) -> Bounds:
    return None if bounds is None else (bounds[0] + by, bounds[1] + by)


def _divisors(number: int) -> Iterator[int]:
    return (candidate for candidate in range(1, number + 1) if number % candidate == 0)
