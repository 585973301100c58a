"""What a network answers when its input is moved: invariance, consistency, worst case, flips, wobble.

The question: how much does the answer depend on where the picture is? The usual number draws two random
shifts for each picture and asks whether the top classes agree; it has the noise of the draw, and rises
with accuracy alone. Here every sample is shown at all offsets of a set, once: with ``q_c`` the share of
offsets at which class ``c`` wins, two shifts drawn at random agree with probability ``sum_c q_c^2``, exactly,
and the same answers give the worst case, the flips between neighbours and their map.

Limit: ``consistency`` and ``flip_1px`` see the winning class alone; a network that always says the same is
perfectly consistent. ``invariance`` sees all outputs, in units of what tells samples apart.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.shift.offsets import Offsets

DRAWS = 1000
"""Resamples of the bootstrap."""


@dataclass(frozen=True)
class Votes:
    """The answers for N samples at M offsets.

    Args:
        offsets: where the samples were shown.
        tops: the winning class, ``(N, M)``.
        shares: probability of the class that won at the first offset, ``(N, M)``.
        changes: squared change of the outputs against the first offset, ``(N, M)``.
        outputs: the outputs at the first offset, ``(N, K)``.
        labels: the right class, ``(N,)``; None where there are no labels.
    """

    offsets: Offsets
    tops: np.ndarray
    shares: np.ndarray
    changes: np.ndarray
    outputs: np.ndarray
    labels: np.ndarray | None

    def __len__(self) -> int:
        return len(self.tops)


def votes(
    batches: Iterable[tuple[np.ndarray, np.ndarray | None]],
    offsets: Offsets,
    answer: Callable[[np.ndarray, Sequence[int]], np.ndarray],
) -> Votes:
    """Show samples at every offset and keep what the measures need.

    Args:
        batches: samples ``(B, C, *S)`` with their labels.
        offsets: where they are shown.
        answer: the outputs ``(B, K)`` for samples at an offset.
    """
    parts: list[tuple[np.ndarray, ...]] = []
    labels: list[np.ndarray | None] = []
    for arrays, right in batches:
        first = answer(arrays, offsets.places[0])
        winners = first.argmax(1)[:, None]
        is_probability = bool((first >= 0).all() and (first <= 1).all())
        seen = []
        for place in offsets.places:
            found = first if place == offsets.places[0] else answer(arrays, place)
            scores = found if is_probability else softmax(found)
            share = np.take_along_axis(scores, winners, 1)[:, 0]
            change = np.square(found - first, dtype=np.float64).sum(1)
            seen.append((found.argmax(1), share, change))
        tops, shares, changes = (np.stack(part, axis=1) for part in zip(*seen, strict=True))
        parts.append((tops, shares, changes, first))
        labels.append(right)
    tops, shares, changes, outputs = (np.concatenate(part) for part in zip(*parts, strict=True))
    known = [one for one in labels if one is not None]
    right = np.concatenate(known) if known and len(known) == len(labels) else None
    return Votes(offsets, tops, shares, changes, outputs, right)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return probabilities ``(B, K)`` from class scores."""
    grown = np.exp(scores - scores.max(1, keepdims=True))
    return grown / grown.sum(1, keepdims=True)


@dataclass(frozen=True)
class Held:
    """How well answers held still, each over samples and offsets; None where it cannot be said.

    Args:
        invariance: mean squared change of the outputs under shift over that between samples; 0 is perfect.
        consistency: probability that two shifts of a sample win the same class; 1 is perfect.
        flip_1px: probability that a move by one position changes the winning class.
        wobble: largest minus smallest probability of the class that wins unmoved, mean over samples.
        probability_change: mean absolute change of that probability.
        accuracy: share of right answers over all offsets.
        worst_case_accuracy: share of samples that are right at every offset.
        fidelity: probability that two shifts of a sample both win the right class.
    """

    invariance: float | None
    consistency: float | None
    flip_1px: float | None
    wobble: float | None
    probability_change: float | None
    accuracy: float | None
    worst_case_accuracy: float | None
    fidelity: float | None


def held(found: Votes) -> Held:
    """Return the measures for the samples that were shown."""
    return _held(_parts(found), np.ones(len(found)))


def intervals(found: Votes, seed: int, draws: int = DRAWS) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals by bootstrap over samples, for every measure that has a value.

    Args:
        found: the answers.
        seed: of the resampling.
        draws: how many resamples.
    """
    rows = [_held(parts, weights) for parts, weights in _resampled(found, seed, draws)]
    return _ends({name: [getattr(row, name) for row in rows] for name in Held.__dataclass_fields__})


def change_intervals(
    before: Votes, after: Votes, seed: int = 0, draws: int = DRAWS
) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals of the change of every measure, resampling the same samples on both sides.

    Args:
        before: the answers of one network.
        after: those of another for the same samples at the same offsets; none are returned for others.
        seed: of the resampling.
        draws: how many resamples.
    """
    if before.tops.shape != after.tops.shape or before.offsets.places != after.offsets.places:
        return {}
    pairs = zip(_resampled(before, seed, draws), _resampled(after, seed, draws), strict=True)
    rows = [(_held(*one), _held(*other)) for one, other in pairs]
    changes: dict[str, list[float | None]] = {}
    for name in Held.__dataclass_fields__:
        values = [(getattr(old, name), getattr(new, name)) for old, new in rows]
        changes[name] = [None if o is None or n is None else n - o for o, n in values]
    return _ends(changes)


def _resampled(
    found: Votes, seed: int, draws: int
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Yield how often each sample was drawn, with what samples contribute; nothing of fewer than two samples."""
    generator, count = np.random.default_rng(seed), len(found)
    parts = _parts(found)
    for _ in range(draws if count > 1 else 0):
        drawn = np.bincount(generator.integers(0, count, count), minlength=count)
        yield parts, drawn.astype(float)


def _ends(values: Mapping[str, Sequence[float | None]]) -> dict[str, tuple[float, float]]:
    ends = {}
    for name, drawn in values.items():
        kept = [value for value in drawn if value is not None]
        if kept:
            low, high = np.percentile(kept, [2.5, 97.5])
            ends[name] = (float(low), float(high))
    return ends


def flips(found: Votes) -> np.ndarray:
    """Return the share of samples whose winning class differs from that unmoved, at each offset ``(M,)``."""
    return (found.tops != found.tops[:, :1]).mean(0)


def _held(parts: dict[str, np.ndarray], weights: np.ndarray) -> Held:
    total = weights.sum()
    mean = {
        name: float((weights * values).sum() / total)
        for name, values in parts.items()
        if values.ndim == 1
    }
    between = parts["between"]
    pairs = np.outer(weights, weights)
    np.fill_diagonal(pairs, 0)
    spread = float((pairs * between).sum() / pairs.sum()) if pairs.sum() else 0.0
    return Held(
        invariance=mean["change"] / spread if spread else None,
        consistency=mean.get("consistency"),
        flip_1px=mean.get("flip"),
        wobble=mean.get("wobble"),
        probability_change=mean.get("probability"),
        accuracy=mean.get("right"),
        worst_case_accuracy=mean.get("always"),
        fidelity=mean.get("faithful"),
    )


def _parts(found: Votes) -> dict[str, np.ndarray]:
    """Return what each sample contributes, ``(N,)``, and the squared distances between samples ``(N, N)``."""
    # The first offset is what the others are compared with.
    moved = found.changes[:, 1:] if found.changes.shape[1] > 1 else found.changes
    flat = found.outputs.astype(np.float64)
    squares = np.square(flat).sum(1)
    between = np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0)
    parts = {"change": moved.mean(1), "between": between}
    chosen = found.offsets.independent
    parts["consistency"] = np.array(
        [agreement(row[chosen], found.offsets.of, found.offsets.whole) for row in found.tops]
    )
    pairs = found.offsets.neighbours
    if len(pairs):
        parts["flip"] = (found.tops[:, pairs[:, 0]] != found.tops[:, pairs[:, 1]]).mean(1)
    parts["wobble"] = found.shares.max(1) - found.shares.min(1)
    parts["probability"] = np.abs(found.shares - found.shares[:, :1])[:, 1:].mean(1)
    if found.labels is not None:
        right = found.tops == found.labels[:, None]
        parts["right"] = right[:, chosen].mean(1)
        parts["always"] = right.all(1).astype(float)
        parts["faithful"] = np.array(
            [both(row[chosen], found.offsets.of, found.offsets.whole) for row in right]
        )
    return parts


def agreement(tops: np.ndarray, of: int, whole: bool) -> float:
    """Return the probability that two of ``of`` offsets, drawn with replacement, win the same class.

    ``sum_c q_c^2`` where all offsets were seen. Of fewer, drawn at random, an unbiased estimate:
    pairs of different offsets that were seen, and the pairs of an offset with itself.

    Args:
        tops: the winning class at the offsets seen, ``(M,)``.
        of: how many offsets there are.
        whole: whether all were seen.

    >>> agreement(np.array([3, 3, 3, 5]), 4, True)
    0.625
    """
    counts = np.unique(tops, return_counts=True)[1]
    return _pairs(counts, len(tops), of, whole)


def both(right: np.ndarray, of: int, whole: bool) -> float:
    """Return the probability that two of ``of`` offsets, drawn with replacement, are both right.

    Args:
        right: whether the answer at each offset seen is right, ``(M,)``.
        of: how many offsets there are.
        whole: whether all were seen.
    """
    n, hits = len(right), int(right.sum())
    if whole or n < 2:
        return (hits / n) ** 2
    return (1 - 1 / of) * hits * (hits - 1) / (n * (n - 1)) + hits / n / of


def _pairs(counts: np.ndarray, seen: int, of: int, whole: bool) -> float:
    if whole or seen < 2:
        return float(np.square(counts / seen).sum())
    different = float((counts * (counts - 1)).sum() / (seen * (seen - 1)))
    return (1 - 1 / of) * different + 1 / of
