"""A task: samples to learn from, samples to be tested on, and what is known of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from convscope.errors import SpecError
from convscope.learning.twins.geometry import Geometry

VALIDATION = 0.2
"""Share of the pool that is kept apart to choose learning rates on, up to ``MOST_VALIDATION`` samples."""
MOST_VALIDATION = 2000
LEAST = 60
"""Samples that can be split into something to learn from, to choose on and to be tested on."""


@dataclass(frozen=True, eq=False)
class Task:
    """Labelled samples, split so that nothing is tested on what it has seen.

    Arrays may be kept as 8-bit numbers; ``samples`` gives what networks see, float32 of mean 0 and variance 1
    in each channel of the training pool.

    Args:
        name: the spec it was opened from.
        x_train: pool that training subsets are drawn from, ``(N, C, *S)``.
        y_train: labels, int64 ``(N,)``.
        x_valid: samples that learning rates are chosen on, ``(V, C, *S)``.
        y_valid: their labels.
        x_test: samples that every run is tested on, ``(T, C, *S)``.
        y_test: their labels.
        classes: names that labels index.
        bayes: the accuracy that no classifier exceeds; None where it is not known.
        groups: of the pool, what it was split by (such as speakers); None where samples stand alone.
        geometry: of the twins that belong to the task; None takes the reference for its shape.
        notes: what to tell a person once.
    """

    name: str
    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_valid: np.ndarray = field(repr=False)
    y_valid: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    bayes: float | None = None
    groups: tuple[str, ...] | None = None
    geometry: Geometry | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """``(C, *S)`` of a sample."""
        return tuple(self.x_train.shape[1:])

    @property
    def chance(self) -> float:
        """The accuracy of always naming the class that is most common in the test."""
        return float(np.bincount(self.y_test).max() / len(self.y_test))

    @cached_property
    def standard(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation per channel of the pool, float32 ``(C, 1, ...)``."""
        some = self.x_train[:: max(1, len(self.x_train) // 4096)].astype(np.float64)
        axes = (0, *range(2, some.ndim))
        mean = some.mean(axes, keepdims=True)[0]
        deviation = some.std(axes, keepdims=True)[0]
        return mean.astype(np.float32), np.maximum(deviation, 1e-6).astype(np.float32)

    def samples(self, stored: np.ndarray) -> np.ndarray:
        """Return rows of one of the arrays as networks see them, float32."""
        mean, deviation = self.standard
        return (stored.astype(np.float32) - mean) / deviation

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all arrays: runs of equal data are equal runs."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (
            self.x_train, self.y_train, self.x_valid, self.y_valid, self.x_test, self.y_test,
        ):  # fmt: skip
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            for start in range(0, len(array), 4096):
                digest.update(np.ascontiguousarray(array[start : start + 4096]).tobytes())
        return digest.hexdigest()


def split(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    classes: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    test: float = 0.3,
    most_test: int = 4000,
    seed: int = 0,
    notes: tuple[str, ...] = (),
    geometry: Geometry | None = None,
) -> Task:
    """Split samples into pool, validation and test, whole groups at a time where there are any.

    Args:
        name: the spec.
        x: ``(N, C, *S)``.
        y: labels ``(N,)``.
        classes: names that labels index.
        groups: what each sample belongs to; samples of one group stay together.
        test: share of the samples that are tested on.
        most_test: and at most so many.
        seed: of the draw.
        notes: what to tell a person.
        geometry: of the task's twins.

    Raises:
        SpecError: too few samples, classes or groups to split.
    """
    kinds = np.unique(y)
    if len(kinds) < 2:
        raise SpecError(
            f"All {len(x):,} samples of {name!r} have the same label, so there is nothing to tell apart. Give samples "
            "of two classes or more: one folder per class, labels.csv (columns file,label) or an array labels."
        )
    if len(x) < LEAST:
        raise SpecError(
            f"{name!r} has {len(x)} labelled samples of {len(kinds)} classes: too few to learn from and be tested "
            f"on. At least {LEAST} are needed."
        )
    draw = np.random.default_rng([seed, 11])
    if groups is None:
        order = draw.permutation(len(x))
        tested = min(round(test * len(x)), most_test)
        held = min(round(VALIDATION * len(x)), MOST_VALIDATION)
        parts = order[tested + held :], order[tested : tested + held], order[:tested]
    else:
        parts = _by_group(name, np.asarray(groups), draw)
        _check(name, [y[part] for part in parts])
    pool, valid, tests = (np.sort(part) for part in parts)
    return Task(
        name,
        x[pool], y[pool], x[valid], y[valid], x[tests], y[tests],
        tuple(classes),
        groups=None if groups is None else tuple(np.asarray(groups)[pool].tolist()),
        geometry=geometry,
        notes=notes,
    )  # fmt: skip


def _by_group(
    name: str, groups: np.ndarray, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices of pool, validation and test, each of other groups: about half, one fifth, the rest."""
    names = np.unique(groups)
    if len(names) < 3:
        raise SpecError(
            f"{name!r} comes from {len(names)} speakers or groups: too few to learn from some, choose the learning "
            "rate on others and be tested on others again. At least 3 are needed."
        )
    order = draw.permutation(names)
    held = max(1, round(len(names) * VALIDATION))
    tested = max(1, round(len(names) * 0.3))
    kinds = order[tested + held :], order[tested : tested + held], order[:tested]
    pool, valid, tests = (np.flatnonzero(np.isin(groups, kind)) for kind in kinds)
    return pool, valid, tests


def _check(name: str, parts: Sequence[np.ndarray]) -> None:
    """Refuse groups so unequal that a part of the samples is too small, or is not of two classes that are learned.

    Args:
        name: the spec.
        parts: the labels of the pool, the validation and the test samples.
    """
    least = LEAST // 6
    words = ("to learn from", "to choose learning rates on", "to be tested on")
    for what, labels in zip(words, parts, strict=True):
        kinds = set(labels.tolist()) & set(parts[0].tolist())
        if len(labels) < least or len(kinds) < 2:
            raise SpecError(
                f"Split by its speakers or groups, {name!r} leaves {len(labels):,} samples of {len(kinds)} classes "
                f"{what}: at least {least}, of two classes that are learned, are needed. Give more groups, or "
                "groups that each have several classes."
            )
