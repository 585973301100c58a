"""Is a detector worth the same everywhere? How much of the local structure is common to all positions.

What a small patch looks like is told by the correlations between its places. They are measured in
bands along an axis; what is the same in different samples is reproducible, and what is the same in
different bands is common:

``score = mean over b ≠ b', g ≠ g' of <u_bg, u_b'g'>  /  mean over b, g ≠ g' of <u_bg, u_bg'>``

with u_bg the centred correlations of band b in group g of the samples. Products of different groups
are free of sampling noise on the average, so a small data set does not look less stationary than a
large one. 1: all structure is common; 0: nothing is, as after a permutation of the pixels. White noise
has no local structure, and no score.

Limit: patches are a few places wide; what differs only at a larger scale, or in the mean, is not seen.
"""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from convscope.learning.prior.pairs import Places, jackknife, products

BANDS = 8
"""Bands along an axis, at most."""

_SIDE = {1: 8, 2: 3, 3: 3}  # places of a patch along each axis
_STARTS = {1: 64, 2: 16, 3: 8}  # patches along each axis, at most
_NULLS = 24
_NULL_SAMPLES = 12  # of each group: enough for a null, which is wider for it
CLEAR = 3.0
"""Reproducible structure stands out from zero by more standard errors than this."""
FAINT = 0.05
"""Correlations inside patches that are weaker than this (root mean square) are too faint to be judged."""


@dataclass(frozen=True)
class Stationarity:
    """How stationary one axis is.

    Args:
        score: share of the reproducible local structure that is common to all positions, 0 to 1; None where there
            is none to speak of.
        interval: 95 %, jackknife over samples; likewise.
        null99: what it stays below in 99 % of permutations of the places.
        structured: whether there is reproducible local structure to speak of.
        strength: of it: the correlations inside a patch, root mean square.
        structure: how much of the correlations is reproducible: the score's denominator.
        error: its standard error, jackknife over samples.
    """

    score: float | None
    interval: tuple[float, float] | None
    null99: float
    structured: bool
    strength: float
    structure: float
    error: float


def stationarity(found: Places, rng: np.random.Generator) -> tuple[Stationarity | None, ...]:
    """Return how stationary each axis is; None where too few bands of it change.

    Args:
        found: the data.
        rng: permutes places for the null.
    """
    corners, inside = _patches(found.space)
    cells = corners[:, None] + inside[None]  # (patches, places)
    kept = found.alive[cells].all(1)
    bands = [_bands(found.space, axis)[kept] for axis in range(len(found.space))]
    patches = cells[kept]
    if not len(patches):
        return (None,) * len(found.space)
    observed = _structure(found, patches)
    few = Places(found.values[:, :_NULL_SAMPLES], found.alive, found.space)
    alive = np.flatnonzero(found.alive)
    shares = [_shares(observed, band) for band in bands]
    nulls: list[list[float]] = [[] for _ in bands]
    for _ in range(_NULLS):
        order = np.arange(len(found.alive))
        order[alive] = rng.permutation(alive)
        shuffled = _structure(few, order[patches])
        for axis, (band, real) in enumerate(zip(bands, shares, strict=True)):
            made = _shares(shuffled, band)
            if made is not None and real is not None:
                # What is common by chance, as a share of the structure there is with places in order.
                share, whole = made[0][0], made[1][0]
                nulls[axis].append(share * whole / max(whole, real[1][0], 1e-12))
    strength = _strength(observed)
    return tuple(_judged(*both, strength) for both in zip(shares, nulls, strict=True))


def _judged(
    made: tuple[np.ndarray, np.ndarray] | None, nulls: list[float], strength: float
) -> Stationarity | None:
    if made is None:
        return None
    shares, whole = made
    score, ends = jackknife(shares)
    _, (low, high) = jackknife(whole)
    error = (high - low) / 4.186  # twice t of 19 degrees of freedom
    structured = bool(whole[0] > CLEAR * error) and strength >= FAINT
    # The 99 % point of a normal distribution, as a few permutations give no percentile.
    null = float(np.mean(nulls) + 2.326 * np.std(nulls, ddof=1)) if len(nulls) > 1 else 0.0
    least, most = (_unit(end) for end in ends)
    seen = (_unit(score), (least, most)) if structured else (None, None)
    return Stationarity(*seen, _unit(null), structured, strength, float(whole[0]), float(error))


def _strength(structure: np.ndarray) -> float:
    """Return the correlations inside patches, root mean square, from products of different groups."""
    groups = len(structure)
    crossed = structure.sum(0) ** 2 - (structure**2).sum(0)
    return float(np.sqrt(max(crossed.mean() / (groups * (groups - 1)), 0.0)))


def _unit(value: float) -> float:
    return float(np.clip(value, 0, 1))


def _patches(space: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first place of each patch, and the places of a patch relative to it."""
    dims = len(space)
    steps = np.array([int(np.prod(space[axis + 1 :])) for axis in range(dims)])
    sides = [min(_SIDE[dims], side) for side in space]
    starts = [
        _starts(side, space_side, dims) for side, space_side in zip(sides, space, strict=True)
    ]
    corners = np.array(list(product(*starts))) @ steps
    inside = np.array(list(product(*(range(side) for side in sides)))) @ steps
    return corners, inside


def _starts(side: int, whole: int, dims: int) -> list[int]:
    count = min(_STARTS[dims], whole - side + 1)
    return np.unique(np.linspace(0, whole - side, count).round().astype(int)).tolist()


def _bands(space: tuple[int, ...], axis: int) -> np.ndarray:
    """Return the band of each patch along an axis."""
    dims = len(space)
    counts = [len(_starts(min(_SIDE[dims], side), side, dims)) for side in space]
    bands = min(BANDS, counts[axis])
    number = np.arange(counts[axis]) * bands // counts[axis]
    shape = [1] * dims
    shape[axis] = counts[axis]
    return np.broadcast_to(number.reshape(shape), counts).ravel()


def _structure(found: Places, patches: np.ndarray) -> np.ndarray:
    """Return the correlations inside each patch in each group, ``(G, patches, C * pairs)``."""
    pairs = np.array(list(combinations(range(patches.shape[1]), 2)))
    made = products(found, patches[:, pairs[:, 0]].ravel(), patches[:, pairs[:, 1]].ravel())
    groups, channels, _ = made.shape
    parted = made.reshape(groups, channels, len(patches), len(pairs))
    return parted.transpose(0, 2, 1, 3).reshape(groups, len(patches), -1)


def _shares(structure: np.ndarray, band: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the score and the reproducible structure, with all groups and without each: ``(1 + G,)`` each."""
    names = np.unique(band)
    if len(names) < 3:
        return None
    u = np.stack([structure[:, band == name].mean(1) for name in names], 1)  # (G, B, entries)
    u = u - u.mean(2, keepdims=True)
    groups = len(u)
    # <u_bg, u_b'g'> summed over pairs of different groups: all pairs, less those of one group.
    gram = np.einsum("gbe,hce->ghbc", u, u, optimize=True)
    rows = [np.ones(groups, bool)] + [np.arange(groups) != left for left in range(groups)]
    shares, wholes = [], []
    for keep in rows:
        part = gram[np.ix_(keep, keep)]
        crossed = part.sum((0, 1)) - np.einsum("ggbc->bc", part)
        crossed = crossed / (keep.sum() * (keep.sum() - 1))
        whole = float(np.trace(crossed)) / len(names)
        common = float(crossed.sum() - np.trace(crossed)) / (len(names) * (len(names) - 1))
        wholes.append(whole)
        shares.append(common / whole if whole > 0 else 0.0)
    return np.array(shares), np.array(wholes)
