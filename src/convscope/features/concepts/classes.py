"""Does a unit tell one class from the others? The area under its receiver operating curve, by samples.

The value is the chance that a sample of the class makes the unit respond more than a sample of another class
(Mann, Whitney 1947; ties count a half). The class is chosen on one half and graded on the other; the null shuffles
the labels. Precision is among as many samples as the class has, those of the largest responses; recall is then
the same number.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from convscope.features.concepts.grading import PERMUTATIONS, Grades, information

_FEWEST = 3  # samples of a class in a half, for it to be asked about
_PRIOR = 2.0  # samples that a precision is pulled by; samples are independent, places are not


@dataclass(frozen=True, eq=False)
class ClassChoice:
    """The class of each unit, as the first half has it.

    Args:
        best: (U,) class index.
        bits: (U,) what the unit's highest samples say about it.
    """

    best: np.ndarray
    bits: np.ndarray


def usable(classes: np.ndarray, graded: np.ndarray) -> np.ndarray:
    """Return the classes with enough samples, and enough others, in both halves.

    Args:
        classes: (N,) class index of each sample.
        graded: (N,) bool, which half it is in.
    """
    found = []
    for one in np.unique(classes[classes >= 0]):
        counts = [int((classes[graded == half] == one).sum()) for half in (False, True)]
        others = [
            int((graded == half).sum()) - n for half, n in zip((False, True), counts, strict=True)
        ]
        if min(*counts, *others) >= _FEWEST:
            found.append(one)
    return np.array(found, np.int64)


def auroc(responses: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Return the area under the curve for each group of samples and unit.

    Args:
        responses: (n, U).
        members: bool (K, n), the samples of each group.

    Returns:
        (K, U), 0.5 where the unit tells nothing.

    >>> auroc(np.array([[0.1], [0.9], [0.4]]), np.array([[False, True, False]]))
    array([[1.]])
    """
    return _area(rankdata(responses, axis=0), members)


def _area(ranks: np.ndarray, members: np.ndarray) -> np.ndarray:
    inside = members.sum(1, keepdims=True)
    outside = members.shape[1] - inside
    return (members.astype(np.float64) @ ranks - inside * (inside + 1) / 2) / (inside * outside)


def choose_class(responses: np.ndarray, classes: np.ndarray, asked: np.ndarray) -> ClassChoice:
    """Choose the class that each unit tells best.

    Args:
        responses: (n, U).
        classes: (n,).
        asked: the classes that are asked about.
    """
    areas = auroc(responses, asked[:, None] == classes)
    best = asked[areas.argmax(0)]
    hits, size = _highest(responses, classes, best)
    return ClassChoice(best, information(hits, size, size / len(classes), _PRIOR))


def grade_class(
    responses: np.ndarray, classes: np.ndarray, chosen: np.ndarray, seed: int = 0
) -> Grades:
    """Grade one class for each unit, on samples that had no part in choosing.

    Args:
        responses: (n, U).
        classes: (n,).
        chosen: (U,) class of each unit.
        seed: of the null.
    """
    rng = np.random.default_rng(seed)
    ranks = rankdata(responses, axis=0)
    score, null = np.zeros(len(chosen)), np.zeros(len(chosen))
    for one in np.unique(chosen):
        units = np.flatnonzero(chosen == one)
        members = classes == one
        score[units] = _area(ranks[:, units], members[None])[0]
        shuffled = rng.permuted(np.tile(members, (PERMUTATIONS, 1)), axis=1)
        null[units] = np.quantile(_area(ranks[:, units], shuffled), 0.99, axis=0, method="higher")
    hits, size = _highest(responses, classes, chosen)
    precision = hits / size
    low, high = _wilson(precision, size)
    constant = responses.max(0) == responses.min(0)
    precision = np.where(constant, np.nan, precision)
    return Grades(precision, precision, score, null, low, high, size / len(classes))


def _highest(
    responses: np.ndarray, classes: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of the highest samples are in the class, and how many that are, for each unit."""
    size = (classes[:, None] == chosen).sum(0)
    order = np.argsort(-responses, axis=0, kind="stable")
    right = (classes[order] == chosen).cumsum(0)
    return right[size - 1, np.arange(len(chosen))].astype(np.float64), size.astype(np.float64)


def _wilson(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    z = 1.959964
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return middle - half, middle + half
