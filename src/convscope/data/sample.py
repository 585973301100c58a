"""What a network looks at: one sample, a batch of them, and the Source that hands them out.

Shapes are written ``(C, *S)``: C channels, then one, two or three spatial axes (time; rows and
columns; depth, rows and columns). Pictures and volumes hold values in [0, 1], waveforms in [-1, 1],
always float32.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from convscope.data.fit import fit
from convscope.errors import SpecError, WorkError

Kind = Literal["image", "sound", "volume"]

LEVELS = {
    1: "edge, colour blob",
    2: "junction, simple texture",
    3: "shape, texture, part",
    4: "whole",
}
"""The ladder of complexity of the lesson, from what a first layer finds to what a last one does."""


@dataclass(frozen=True)
class Box:
    """Where one drawn thing is.

    Args:
        concept: what it is, such as ``"wheel"``.
        span: ``(low, high)`` per spatial axis in pixels, high not included.
    """

    concept: str
    span: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Contents:
    """What is in one sample.

    Args:
        masks: per concept a boolean array ``(*S)``.
        boxes: one per drawn thing that can be seen.
    """

    masks: Mapping[str, np.ndarray]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, eq=False)
class Sample:
    """One picture, sound or volume.

    Args:
        array: float32, ``(C, *S)``.
        label: the index of its class; None where the source has no labels.
        name: what a person would call it: a file's name, or the sample's number.
        contents: works out masks and boxes when first asked for; None where nothing is known of the
            contents.
    """

    array: np.ndarray
    label: int | None
    name: str
    contents: Callable[[], Contents] | None = field(default=None, repr=False)

    @cached_property
    def _known(self) -> Contents | None:
        return None if self.contents is None else self.contents()

    @property
    def masks(self) -> Mapping[str, np.ndarray] | None:
        """Per concept a boolean array ``(*S)``; None where nothing is known of the contents."""
        return None if self._known is None else self._known.masks

    @property
    def boxes(self) -> tuple[Box, ...]:
        """One per drawn thing that can be seen; empty where nothing is known of the contents."""
        return () if self._known is None else self._known.boxes


class Batch(NamedTuple):
    """Samples stacked: indices (B,), arrays (B, C, *S) float32, labels (B,) int64 or None."""

    indices: np.ndarray
    arrays: np.ndarray
    labels: np.ndarray | None


class Source(ABC):
    """Samples addressed by index.

    A sample that cannot be read raises WorkError when asked for by index; ``batches`` leaves it
    out, and either way it is named in ``skipped``. Reading is lazy: memory does not grow with the
    length.
    """

    spec: str
    kind: Kind
    shape: tuple[int, ...] | None
    """``(C, *S)`` of every sample, or None where they differ."""
    classes: tuple[str, ...] | None = None
    """Class names; a label is an index into them."""
    labels: np.ndarray | None = None
    """The label of every sample, int64; None where there are none."""
    rate: int | None = None
    """Samples per second of sound, in hertz; None where it is not known, or not sound."""
    notes: tuple[str, ...] = ()
    """What a person should be told once about how the data were read."""
    concepts: Mapping[str, int] = {}
    """The concepts that samples carry masks of, each with its level on the ladder (1 to 4)."""
    lazy: ClassVar[bool] = False
    """Whether samples come one by one from files, so that some may turn out to be unreadable."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many samples there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """Return one sample; negative indices count from the end."""

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the contents: equal data give equal fingerprints on every machine."""
        return self._hashed()

    @abstractmethod
    def _hashed(self) -> str:
        """Compute the fingerprint."""

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """What was left out so far: ``(name, reason)``."""
        return ()

    def batches(
        self, size: int, shape: tuple[int, ...] | None = None, limit: int | None = None
    ) -> Iterator[Batch]:
        """Yield the samples in order, stacked.

        Args:
            size: samples in a batch, at most.
            shape: ``(C, *S)`` that every sample is fitted to (see ``convscope.data.fit``); None
                keeps theirs.
            limit: use this many samples, spread evenly over the source, so that a folder sorted by
                class does not give one class only; None uses all.

        Raises:
            SpecError: where samples differ in shape and no shape is given, or a size or limit is no
                number of samples.
            WorkError: where no sample at all could be read.
        """
        if size < 1 or (limit is not None and limit < 0):
            raise SpecError(
                f"A batch of {size} and a limit of {limit} are no numbers of samples. "
                "Give a size of at least 1, and a limit of at least 0 or None."
            )
        if shape is None and self.shape is None:
            raise SpecError(
                f"The samples of {self.spec!r} differ in size, so they cannot be stacked as they "
                "are. "
                "Give the shape they should be fitted to, such as shape=(3, 224, 224)."
            )
        chosen = spread(len(self), limit)
        read = 0
        for start in range(0, len(chosen), size):
            batch = self.take(chosen[start : start + size], shape)
            read += len(batch.indices)
            if len(batch.indices):
                yield batch
        if len(chosen) and not read:
            raise self.unreadable(len(chosen))

    def unreadable(self, count: int) -> WorkError:
        """Return the error to raise where none of so many samples could be read.

        Args:
            count: samples that were asked for.
        """
        return WorkError(
            f"None of the {count} samples of {self.spec!r} could be read. The first: "
            + "; ".join(f"{name}: {reason}" for name, reason in self.skipped[:3])
        )

    def take(self, indices: np.ndarray, shape: tuple[int, ...] | None = None) -> Batch:
        """Return the samples of these indices, stacked; what cannot be read is left out.

        Args:
            indices: int64 ``(B,)``, in any order.
            shape: ``(C, *S)`` that every sample is fitted to; None keeps theirs.
        """
        kept: list[int] = []
        arrays: list[np.ndarray] = []
        for index in indices.tolist():
            try:
                array = self[index].array
            except WorkError:
                if not self.lazy:
                    raise
                continue
            kept.append(index)
            arrays.append(array if shape is None else fit(array, shape))
        labels = None if self.labels is None else self.labels[kept]
        stacked = np.stack(arrays) if arrays else np.empty((0, *(shape or self.shape or ())), "f4")
        return Batch(np.asarray(kept, dtype=np.int64), stacked, labels)

    def _at(self, index: int) -> int:
        """Return the index counted from the start."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"{self.spec!r} has {len(self)} samples; there is no sample {index}")
        return index % len(self)

    def __repr__(self) -> str:
        shape = "of several shapes" if self.shape is None else "×".join(map(str, self.shape))
        classes = "" if self.classes is None else f", {len(self.classes)} classes"
        return f"<Source {self.spec!r}: {len(self):,} {self.kind}s, {shape}{classes}>"


def spread(length: int, limit: int | None) -> np.ndarray:
    """Return ``limit`` different indices spread evenly over ``range(length)``, in order.

    >>> spread(10, 4).tolist()
    [0, 2, 5, 7]
    """
    if limit is None or limit >= length:
        return np.arange(length)
    return np.arange(limit) * length // max(limit, 1)
