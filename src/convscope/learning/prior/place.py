"""Is the answer in *where* something is, rather than in *what* it is? Labels against absolute position.

Convolution with pooling forgets where a thing was found. That is wrong where the label says where it
is, or where an axis has a meaning of its own (a frequency, a wavelength). So a linear rule is asked
for the label twice, from a coarse map of each sample: as it is, and shifted around along the axis so
that its centre of energy comes to the middle, which takes away the absolute position along that axis
and nothing else.

``share = (accuracy as it is - accuracy re-centred) / (accuracy as it is - chance)``

1: all that the coarse map says of the label is where; 0: nothing is. Limit: it is a linear rule on a
coarse map, so it speaks of what such a rule can see, and where that is nothing, it says nothing.
"""

from dataclasses import dataclass

import numpy as np

FOLDS = 5
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)
"""Of the ridge, in units of one sample of standardised values; the best on held-out folds is taken."""

_BINS = {1: 32, 2: 8, 3: 5}
_DRAWS = 1000
_NULLS = 40
_LEAST = 50  # samples with labels


@dataclass(frozen=True)
class Place:
    """How much of what can be told of the labels is absolute position along one axis.

    Args:
        share: of the accuracy above chance that is lost when samples are re-centred; None where the
            coarse map tells nothing of the labels.
        interval: 95 %, bootstrap over samples; None where the share is.
        accuracy: of the linear rule on held-out samples, as they are.
        recentred: the same, re-centred along the axis.
        chance: the share of the most common class.
        null99: what the loss of accuracy stays below in 99 % of permutations of the labels.
        together: lower end of the share's interval where samples are re-centred along all axes at once: an
            axis of several tells only its part of a position.
    """

    share: float | None
    interval: tuple[float, float] | None
    accuracy: float
    recentred: float
    chance: float
    null99: float
    together: float | None = None

    @property
    def lost(self) -> float:
        """Accuracy lost by re-centring."""
        return self.accuracy - self.recentred


def place(
    arrays: np.ndarray, labels: np.ndarray | None, rng: np.random.Generator
) -> tuple[Place | None, ...]:
    """Return how much of what can be told of the labels is absolute position, for each axis.

    Args:
        arrays: ``(N, C, *S)``.
        labels: ``(N,)``; None gives None for every axis, like fewer than 50 samples.
        rng: deals folds, permutes labels.
    """
    dims = arrays.ndim - 2
    if labels is None or len(labels) < _LEAST or len(np.unique(labels)) < 2:
        return (None,) * dims
    _, classes = np.unique(labels, return_inverse=True)
    dealt = rng.permutation(len(classes))
    maps, classes = coarse(arrays)[dealt], classes[dealt]
    chance = float(np.bincount(classes).max() / len(classes))
    permuted = [rng.permutation(classes) for _ in range(_NULLS)]
    whole = _Rule(maps, classes)
    nulls = whole.accuracies(permuted)
    centred = maps
    for axis in range(dims):
        centred = recentred(centred, axis)
    drawn = rng.integers(len(classes), size=(_DRAWS, len(classes)))
    _, ends = _share(whole.right, _Rule(centred, classes).right, chance, drawn)
    made = []
    for axis in range(dims):
        without = _Rule(recentred(maps, axis), classes)
        lost = nulls - without.accuracies(permuted)
        # The 99 % point of a normal distribution, as a few permutations give no percentile.
        null = float(lost.mean() + 2.326 * lost.std(ddof=1))
        share, interval = _share(whole.right, without.right, chance, drawn)
        rights = float(whole.right.mean()), float(without.right.mean())
        made.append(Place(share, interval, *rights, chance, null, ends and ends[0]))
    return tuple(made)


def _share(
    whole: np.ndarray, without: np.ndarray, chance: float, drawn: np.ndarray
) -> tuple[float | None, tuple[float, float] | None]:
    """Return the share of what is above chance that is lost, and its interval; None where nothing is above."""
    there, lost = whole[drawn].mean(1) - chance, (whole[drawn] - without[drawn]).mean(1)
    if np.percentile(there, 2.5) <= 0:
        return None, None
    low, high = np.percentile(np.clip(lost / np.maximum(there, 1e-9), 0, 1), [2.5, 97.5])
    share = (whole.mean() - without.mean()) / (whole.mean() - chance)
    return float(np.clip(share, 0, 1)), (float(low), float(high))


def coarse(arrays: np.ndarray) -> np.ndarray:
    """Return coarse maps: in each of a few bins per axis the mean of each channel, and the spread.

    Args:
        arrays: ``(N, C, *S)``.

    Returns:
        ``(N, C + 1, *B)``; the last is the standard deviation inside the bin, all channels together.
    """
    dims = arrays.ndim - 2
    means, squares = arrays.astype(np.float64), arrays.astype(np.float64) ** 2
    for axis, side in enumerate(arrays.shape[2:], 2):
        edges = np.linspace(0, side, min(_BINS[dims], side) + 1).round().astype(int)
        widths = np.diff(edges).reshape([-1 if a == axis else 1 for a in range(arrays.ndim)])
        means = np.add.reduceat(means, edges[:-1], axis) / widths
        squares = np.add.reduceat(squares, edges[:-1], axis) / widths
    spread = np.sqrt(np.maximum(squares - means**2, 0).mean(1, keepdims=True))
    return np.concatenate([means, spread], 1)


def recentred(maps: np.ndarray, axis: int) -> np.ndarray:
    """Return maps, each shifted around along an axis so that its centre of energy is in the middle.

    The centre is that of a circle, so a map that was shifted around before comes out the same.

    Args:
        maps: ``(N, C, *B)``.
        axis: which of its axes of space.
    """
    side = maps.shape[2 + axis]
    others = tuple(a for a in range(1, maps.ndim) if a != 2 + axis)
    middle = np.median(maps, axis=tuple(range(2, maps.ndim)), keepdims=True)
    energy = np.abs(maps - middle).sum(others)  # (N, side)
    turn = np.exp(2j * np.pi * np.arange(side) / side)
    centre = np.angle(energy @ turn) / (2 * np.pi) * side
    shift = (side // 2 - np.round(centre).astype(int)) % side
    places = (np.arange(side)[None] - shift[:, None]) % side
    shape = [len(maps)] + [1] * (maps.ndim - 1)
    shape[2 + axis] = side
    return np.take_along_axis(maps, places.reshape(shape), 2 + axis)


class _Rule:
    """A ridge classifier on held-out folds; its answers are linear in the labels, so many are cheap."""

    def __init__(self, maps: np.ndarray, classes: np.ndarray) -> None:
        flat = maps.reshape(len(maps), -1).astype(np.float32)
        flat = flat - flat.mean(0)
        deviation = flat.std(0)
        flat = flat / np.where(deviation > 1e-9, deviation, 1)
        self._fold = np.arange(len(flat)) % FOLDS
        self._targets = np.eye(classes.max() + 1, dtype=np.float32)
        best: tuple[float, list[np.ndarray]] = (-1.0, [])
        for strength in STRENGTHS:
            hats = [self._hat(flat, fold, strength) for fold in range(FOLDS)]
            right = self._right(hats, classes[None])[0]
            if right.mean() > best[0]:
                best = (float(right.mean()), hats)
                self.right = right
        self._hats = best[1]

    def accuracies(self, labelings: list[np.ndarray]) -> np.ndarray:
        """Return the accuracy for each labeling of the same samples."""
        return self._right(self._hats, np.stack(labelings)).mean(1)

    def _hat(self, flat: np.ndarray, fold: int, strength: float) -> np.ndarray:
        """Return the matrix that turns targets of the other folds into answers for this one."""
        known, asked = flat[self._fold != fold], flat[self._fold == fold]
        gram = known.T @ known
        gram[np.diag_indices_from(gram)] += strength
        return asked @ np.linalg.solve(gram, known.T)

    def _right(self, hats: list[np.ndarray], labelings: np.ndarray) -> np.ndarray:
        """Return whether each sample is told right under each labeling, ``(labelings, N)``."""
        right = np.empty(labelings.shape)
        for fold, hat in enumerate(hats):
            known, asked = self._fold != fold, self._fold == fold
            targets = self._targets[labelings[:, known]]  # (labelings, n, K)
            mean = targets.mean(1, keepdims=True)
            columns = (targets - mean).transpose(1, 0, 2).reshape(known.sum(), -1)
            answers = (hat @ columns).reshape(asked.sum(), *mean[:, 0].shape) + mean[:, 0]
            right[:, asked] = labelings[:, asked] == answers.argmax(2).T
        return right
