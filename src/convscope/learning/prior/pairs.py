"""Correlations between places of a data set, over its samples, with one part of the samples left out in turn.

Samples are dealt to groups. Sums of each group are kept, so that every statistic is known for all
samples and without each group (the jackknife), at the price of one pass.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

GROUPS = 20
"""Parts of the samples that are left out in turn; even and odd ones are the two halves."""

_CHUNK = 2_000_000  # products worked on at once


@dataclass(frozen=True)
class Places:
    """A data set as places with values, standardised over its samples.

    Args:
        values: float32 ``(G, N/G, C, P)``: every place has mean 0 and variance 1 over all samples, or
            is 0 throughout where it never changes.
        alive: whether a place changes, in every channel, bool ``(P,)``.
        space: the sizes of the axes whose product is P.
    """

    values: np.ndarray
    alive: np.ndarray
    space: tuple[int, ...]


def places(arrays: np.ndarray, rng: np.random.Generator) -> Places:
    """Return samples as places, dealt to groups at random.

    Args:
        arrays: ``(N, C, *S)``, at least 40 samples.
        rng: deals them.
    """
    count = len(arrays) // GROUPS * GROUPS
    dealt = rng.permutation(len(arrays))[:count]
    flat = arrays[dealt].reshape(count, arrays.shape[1], -1).astype(np.float32)
    flat -= flat.mean(0)
    deviation = flat.std(0)
    alive = deviation > 1e-6 * max(float(deviation.max()), 1e-12)
    flat /= np.where(alive, deviation, 1)
    flat *= alive
    values = flat.reshape(GROUPS, count // GROUPS, *flat.shape[1:])
    return Places(values, alive.all(0), tuple(arrays.shape[2:]))


def products(found: Places, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the mean product of pairs of places in each group, ``(G, C, M)``.

    Args:
        found: the data.
        first: indices of places, ``(M,)``.
        second: as many.
    """
    groups, per, channels, _ = found.values.shape
    made = np.empty((groups, channels, len(first)))
    step = max(1, _CHUNK // (per * channels))
    for group in range(groups):
        for start in range(0, len(first), step):
            part = slice(start, start + step)
            one = found.values[group][:, :, first[part]]
            two = found.values[group][:, :, second[part]]
            made[group, :, part] = np.einsum("ncm,ncm->cm", one, two) / per
    return made


def strengths(found: Places, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how strongly pairs of places go together, with all samples and without each group.

    The mean over channels of |correlation|, its sign taken from the other half of the samples:
    ``(sign(r_A) r_B + sign(r_B) r_A) / 2``. The plain |r| of two places that have nothing to do with each
    other is √(2/πN) on average; this is 0.

    Args:
        found: the data.
        first: indices of places, ``(M,)``.
        second: as many.

    Returns:
        ``(1 + G, M)``.
    """
    made = products(found, first, second)
    halves = np.stack([made[0::2].sum(0), made[1::2].sum(0)])
    each = GROUPS // 2
    rows = [_crossed(halves[0] / each, halves[1] / each)]
    for group in range(GROUPS):
        left = halves.copy()
        left[group % 2] -= made[group]
        counts = [each - (group % 2 == half) for half in (0, 1)]
        rows.append(_crossed(left[0] / counts[0], left[1] / counts[1]))
    return np.stack(rows)


def jackknife(values: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Return a statistic and its 95 % interval from its values without each group.

    ``θ ± t √((G-1)/G Σ (θ_g - mean)²)`` (Tukey, 1958), t of G - 1 degrees of freedom.

    Args:
        values: ``(1 + G,)``: with all samples, then without each group.
    """
    left = values[1:]
    groups = len(left)
    error = np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum())
    half = float(stdtrit(groups - 1, 0.975)) * float(error)
    return float(values[0]), (float(values[0]) - half, float(values[0]) + half)


def _crossed(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return ((np.sign(one) * two + np.sign(two) * one) / 2).mean(0)
