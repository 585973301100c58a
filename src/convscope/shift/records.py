"""Errors of layers under moves, kept per sample, so that any of them can be pooled, and resampled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from torch import Tensor

Move = tuple[int | Fraction, ...]


@dataclass
class Records:
    """Numerators and denominators by layer and move, one number per sample."""

    sums: dict[str, dict[Move, list[tuple[np.ndarray, np.ndarray]]]] = field(default_factory=dict)

    def add(self, name: str, move: Move, above: Tensor, below: Tensor) -> None:
        """Add the terms ``(B,)`` of some samples.

        Args:
            name: the layer.
            move: by how much the input moved.
            above: squared errors.
            below: what they are divided by.
        """
        pair = tuple(part.detach().double().cpu().numpy() for part in (above, below))
        self.sums.setdefault(name, {}).setdefault(move, []).append((pair[0], pair[1]))

    def moves(self, name: str) -> list[Move]:
        """Return the moves under which a layer was looked at."""
        return list(self.sums.get(name, {}))

    def parts(
        self, name: str, wanted: Callable[[Move], bool] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return numerators and denominators, one per sample and move.

        Args:
            name: the layer.
            wanted: which moves; None takes all.
        """
        chosen = [
            pair
            for move, pairs in self.sums.get(name, {}).items()
            if wanted is None or wanted(move)
            for pair in pairs
        ]
        if not chosen:
            return np.empty(0), np.empty(0)
        above, below = zip(*chosen, strict=True)
        return np.concatenate(above), np.concatenate(below)

    def ratio(self, name: str, wanted: Callable[[Move], bool] | None = None) -> float | None:
        """Return the sum of numerators over that of denominators; None without any, or of a map that is flat.

        Args:
            name: the layer.
            wanted: which moves; None takes all.
        """
        above, below = self.parts(name, wanted)
        total = below.sum()
        return float(above.sum() / total) if total > 0 else None

    def interval(
        self, name: str, wanted: Callable[[Move], bool], seed: int, draws: int = 200
    ) -> tuple[float, float] | None:
        """Return the 95 % interval of a ratio by bootstrap; None of fewer than four terms.

        Args:
            name: the layer.
            wanted: which moves.
            seed: of the resampling.
            draws: how many resamples.
        """
        above, below = self.parts(name, wanted)
        if len(above) < 4 or not below.sum() > 0:
            return None
        picks = np.random.default_rng(seed).integers(0, len(above), (draws, len(above)))
        values = above[picks].sum(1) / below[picks].sum(1)
        low, high = np.percentile(values, [2.5, 97.5])
        return float(low), float(high)


def whole(move: Sequence[int | Fraction]) -> bool:
    """Return whether a move is by whole positions."""
    return all(d == int(d) for d in move)


def by_residue(
    records: Records, name: str, stride: Sequence[Fraction]
) -> Mapping[tuple[int, ...], float]:
    """Return a layer's error for each residue of whole moves modulo its total stride: the heat map.

    Args:
        records: the errors.
        name: the layer.
        stride: its total stride per axis.
    """
    steps = [max(1, Fraction(r).numerator) for r in stride]
    groups: dict[tuple[int, ...], list[float]] = {}
    for move in records.moves(name):
        if whole(move):
            residue = tuple(int(d) % r for d, r in zip(move, steps, strict=True))
            above, below = records.parts(name, lambda one, move=move: one == move)
            sums = groups.setdefault(residue, [0.0, 0.0])
            sums[0] += float(above.sum())
            sums[1] += float(below.sum())
    return {key: a / b for key, (a, b) in sorted(groups.items()) if b > 0}
