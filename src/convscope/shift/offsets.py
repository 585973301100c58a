"""Where samples are shown: all offsets of a range, or a random set of them with their neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np

MOST = 1024
"""Offsets that are all looked at; of more, as many are drawn."""


@dataclass(frozen=True)
class Offsets:
    """A set of whole-numbered moves.

    Args:
        places: the moves, per spatial axis; the first is 0, or the start of the range.
        span: how many moves the range has per axis.
        of: how many it has in all.
        neighbours: pairs of places one position apart, ``(P, 2)`` indices.
        independent: the places drawn independently of each other; the rest are neighbours of these.
        wraps: whether the last place of the range is a neighbour of the first.
    """

    places: tuple[tuple[int, ...], ...]
    span: tuple[int, ...]
    of: int
    neighbours: np.ndarray = field(repr=False)
    independent: np.ndarray = field(repr=False)
    wraps: bool

    @property
    def whole(self) -> bool:
        """Whether every move of the range is looked at."""
        return len(self.places) == self.of

    @property
    def name(self) -> str:
        """As a part of a protocol's id: ``all`` or how many were drawn."""
        return "all" if self.whole else f"drawn{len(self.places)}"


def offsets(span: Sequence[int], *, draw: int | None, wraps: bool, seed: int) -> Offsets:
    """Return the moves 0 to ``span - 1`` per axis, or some of them.

    Args:
        span: how many moves per axis.
        draw: how many to look at, half of them neighbours of the other half; None takes all, up to ``MOST``.
        wraps: whether the range is a torus.
        seed: of the draw.

    >>> offsets([2, 2], draw=None, wraps=False, seed=0).neighbours.tolist()
    [[0, 2], [0, 1], [1, 3], [2, 3]]
    """
    of = prod(span)
    limit = MOST if draw is None else draw
    if of <= limit:
        places = list(product(*map(range, span)))
        independent = np.arange(of)
    else:
        places, independent = _drawn(span, limit, wraps, seed)
    index = {place: i for i, place in enumerate(places)}
    pairs = [
        (i, index[other])
        for i, place in enumerate(places)
        for other in _next(place, span, wraps)
        if other in index
    ]
    return Offsets(
        tuple(places),
        tuple(span),
        of,
        np.array(pairs, np.int64).reshape(-1, 2),
        independent,
        wraps,
    )


def _next(place: tuple[int, ...], span: Sequence[int], wraps: bool) -> list[tuple[int, ...]]:
    """Return the places one further along each axis."""
    found = []
    for axis, size in enumerate(span):
        further = place[axis] + 1
        if size > 1 and (further < size or wraps):
            found.append((*place[:axis], further % size, *place[axis + 1 :]))
    return found


def _drawn(
    span: Sequence[int], count: int, wraps: bool, seed: int
) -> tuple[list[tuple[int, ...]], np.ndarray]:
    generator = np.random.default_rng(seed)
    flat = generator.permutation(np.arange(1, prod(span)))[: max(count // 2, 2) - 1]
    # The unmoved sample is one of them: where a sample lies is as good as drawn.
    drawn = [(0,) * len(span)]
    drawn += [tuple(int(p) for p in np.unravel_index(n, tuple(span))) for n in flat]
    places = list(drawn)
    for place in drawn:
        beside = [one for one in _next(place, span, wraps) if one not in places]
        if beside:
            places.append(beside[generator.integers(len(beside))])
    return places, np.arange(len(drawn))
