"""The moves that are looked at: drawn from the whole torus, so that near and far ones count alike.

An error at the border depends on how far the input moved, so errors under aligned and unaligned moves can only
be set side by side if both are drawn from all moves of their class.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np

from convscope.shift.grids import Grid
from convscope.shift.records import Move

EVERY = 64
"""Phases that are all looked at in full mode; of more, as many are drawn."""
FEW = 4
"""Moves of all batches together in quick mode, and aligned moves in full mode."""


@dataclass(frozen=True)
class Moves:
    """What one batch is moved by.

    Args:
        aligned: moves that the layers can follow exactly.
        drawn: moves with any phase but that of no move.
    """

    aligned: tuple[Move, ...]
    drawn: tuple[Move, ...]

    @property
    def all(self) -> tuple[Move, ...]:
        """Both."""
        return self.aligned + self.drawn


def moves_of(
    grids: Mapping[str, Grid],
    total: Sequence[int],
    size: Sequence[int],
    batches: int,
    *,
    quick: bool,
    seed: int,
) -> list[Moves]:
    """Return the moves of each batch: new ones in quick mode, the same many for all otherwise.

    Args:
        grids: the grids of the layers.
        total: the total stride of the network per axis.
        size: of the input per axis.
        batches: how many batches.
        quick: whether few are enough.
        seed: of the draw.
    """
    drawn, aligned = drawn_moves(total, size, seed), aligned_moves(grids, size, seed)
    if quick:
        each = max(1, FEW // max(batches, 1))
        return [
            Moves(next(aligned, ()), tuple(next(drawn) for _ in range(each)))
            for _ in range(batches)
        ]
    some = dict.fromkeys(move for _ in range(FEW) for move in next(aligned, ()))
    count = max(1, min(prod(total) - 1, EVERY))
    return [Moves(tuple(some), tuple(next(drawn) for _ in range(count)))] * batches


def drawn_moves(total: Sequence[int], size: Sequence[int], seed: int) -> Iterator[Move]:
    """Yield moves of every phase but that of no move, in random order, again and again.

    The first is odd along some axis, so that layers of stride 2 see a move that is not theirs.

    Args:
        total: the total stride of the network per axis.
        size: of the input per axis; a whole number of total strides is added at random.
        seed: of the order.
    """
    generator = np.random.default_rng(seed)
    phases = [tuple(map(int, np.unravel_index(n, tuple(total)))) for n in range(1, prod(total))]
    if not phases:
        phases = [(0,) * len(total)]
    first = True
    while True:
        order = [phases[i] for i in generator.permutation(len(phases))]
        if first:
            odd = next((i for i, one in enumerate(order) if any(p % 2 for p in one)), 0)
            order[0], order[odd] = order[odd], order[0]
            first = False
        for phase in order:
            move = _further(phase, total, size, generator)
            yield move if any(move) else (1,) * len(total)


def aligned_moves(
    grids: Mapping[str, Grid], size: Sequence[int], seed: int
) -> Iterator[tuple[Move, ...]]:
    """Yield few moves at a time, such that every layer can follow one of them exactly, if it can any.

    Args:
        grids: the grids of the layers.
        size: of the input, per axis; a move by it is none.
        seed: of the draw.
    """
    generator = np.random.default_rng([seed, 1])
    periods: list[tuple[int, ...]] = []
    for period in sorted({grid.period for grid in grids.values()}, reverse=True):
        fits = all(p < n for p, n in zip(period, size, strict=True))
        covered = any(all(m % p == 0 for m, p in zip(one, period, strict=True)) for one in periods)
        if fits and not covered:
            periods.append(period)
    while periods:
        moves = [_further((0,) * len(size), period, size, generator) for period in periods]
        yield tuple(m if any(m) else p for m, p in zip(moves, periods, strict=True))


def diagonal(part: int | Fraction, dims: int) -> Move:
    """Return a move by as much along every axis."""
    return (part,) * dims


def _further(
    phase: Sequence[int], step: Sequence[int], size: Sequence[int], generator: np.random.Generator
) -> Move:
    """Return a move of a phase, anywhere on the torus."""
    return tuple(
        p + s * int(generator.integers(max(1, n // s)))
        for p, s, n in zip(phase, step, size, strict=True)
    )
