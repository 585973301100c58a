"""Do near things belong together? Correlation of neighbours against that of places far apart.

The score of an axis is the mean |correlation| of neighbours along it minus that of places more than
half the axis apart, over the samples of a data set. What all places share (brightness) is in both and
cancels. Its null is the same score where places are neighbours by chance, as after a permutation.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from convscope.learning.prior.pairs import Places, jackknife, strengths

PAIRS = 1000
"""Pairs of places that are looked at, at most, for each distance."""

SHORTEST = 3
"""Places along an axis, at least, of which some can be neighbours and others far apart."""

_NULLS = 2000


@dataclass(frozen=True)
class Locality:
    """How local one axis is.

    Args:
        score: mean |correlation| of neighbours minus that of places more than half the axis apart.
        interval: 95 %, jackknife over samples.
        null99: what the score stays below in 99 % of permutations.
        length: the distance at which the score, taken there in place of neighbours, is half; None where it
            does not fall to half within half the axis, or is not above its null.
        profile: ``(distance, score)`` up to half the axis.
        anywhere: lower end of the 95 % interval of the mean |correlation| of any two places; at 0 nothing goes
            together at all, so nothing can be said of neighbours.
    """

    score: float
    interval: tuple[float, float]
    null99: float
    length: float | None
    profile: tuple[tuple[int, float], ...]
    anywhere: float


def locality(found: Places, axis: int, rng: np.random.Generator) -> Locality | None:
    """Return how local an axis is; None for one of fewer than ``SHORTEST`` places, of which none are far apart.

    Args:
        found: the data.
        axis: which axis of its space.
        rng: chooses the pairs.
    """
    side = found.space[axis]
    if side < SHORTEST:
        return None
    far = _pairs(found, axis, np.arange(side // 2 + 1, side), rng)
    apart = strengths(found, *far).mean(1)
    distances = _distances(side)
    seen = [strengths(found, *_pairs(found, axis, np.array([d]), rng)) for d in distances]
    scores = np.stack([values.mean(1) - apart for values in seen])
    score, ends = jackknife(scores[0])
    null, anywhere = _any(found, min(PAIRS, seen[0].shape[1]), len(far[0]), rng)
    profile = tuple(zip(distances, scores[:, 0].tolist(), strict=True))
    length = _half(profile) if ends[0] > null else None
    return Locality(score, ends, null, length, profile, anywhere)


def _distances(side: int) -> list[int]:
    """Return distances from 1 to half the axis: each, then in steps of about a quarter."""
    made = [1]
    while made[-1] < side // 2:
        made.append(min(side // 2, max(made[-1] + 1, round(1.25 * made[-1]))))
    return made


def _pairs(
    found: Places, axis: int, distances: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of places so far apart along an axis and equal along the others."""
    space = found.space
    grid = np.arange(np.prod(space)).reshape(space)
    firsts, seconds = [], []
    each = -(-PAIRS // len(distances))
    for distance in rng.permutation(distances)[:PAIRS]:
        one = np.take(grid, np.arange(space[axis] - distance), axis).ravel()
        two = np.take(grid, np.arange(distance, space[axis]), axis).ravel()
        both = np.flatnonzero(found.alive[one] & found.alive[two])
        chosen = rng.permutation(both)[:each]
        firsts.append(one[chosen])
        seconds.append(two[chosen])
    return np.concatenate(firsts), np.concatenate(seconds)


def _any(found: Places, near: int, far: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 99th percentile of scores in which both kinds are any pairs, and how strong any pair is at least."""
    alive = np.flatnonzero(found.alive)
    one, two = rng.choice(alive, 4 * PAIRS), rng.choice(alive, 4 * PAIRS)
    pool = strengths(found, one[one != two], two[one != two])
    means = [
        pool[0, rng.integers(pool.shape[1], size=(_NULLS, count))].mean(1) for count in (near, far)
    ]
    _, (anywhere, _) = jackknife(pool.mean(1))
    return float(np.percentile(means[0] - means[1], 99)), anywhere


def _half(profile: tuple[tuple[int, float], ...]) -> float | None:
    """Return where a profile first falls to half of its first value, straight between distances."""
    goal = profile[0][1] / 2
    for (near, high), (far, low) in pairwise(profile):
        if low <= goal:
            return near + (far - near) * (high - goal) / (high - low)
    return None
