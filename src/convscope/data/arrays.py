"""Sources that are one array in memory: ``.npz``, MNIST's and CIFAR's formats, digits.

The array is kept as it was stored and each sample is converted when asked for, so that sixty
thousand 8-bit pictures take the room of sixty thousand 8-bit pictures.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convscope.data.fit import fit
from convscope.data.sample import Batch, Kind, Sample, Source
from convscope.errors import SpecError

_OVERSHOT = 1.5
"""Pictures in [0, 1] that were resized or decoded reach a little above 1, and never this far."""

_MOST_CLASSES = 100_000

_KINDS: dict[int, Kind] = {1: "sound", 2: "image", 3: "volume"}


@dataclass(frozen=True)
class Scale:
    """How stored numbers become values: ``(stored - zero) / one``, at most ``top``."""

    one: float
    zero: float = 0.0
    top: float | None = None

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """Return the values, float32."""
        values = stored.astype(np.float32)
        if self.zero:
            values -= np.float32(self.zero)
        if self.top is not None:
            values = np.minimum(values, np.float32(self.top))
        return values if self.one == 1 else values / np.float32(self.one)


class ArraySource(Source):
    """Samples that are rows of one array.

    Args:
        spec: the spec it was opened from.
        stored: ``(N, C, *S)`` of any number type.
        scale: how its numbers become values.
        labels: int ``(N,)``.
        classes: names that labels index.
        names: what each sample is called.
        rate: of sound, in hertz.
        notes: what to tell a person.
    """

    def __init__(
        self,
        spec: str,
        stored: np.ndarray,
        scale: Scale,
        *,
        labels: np.ndarray | None = None,
        classes: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        rate: int | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.spec = spec
        self.kind = _KINDS[stored.ndim - 2]
        self.shape = tuple(stored.shape[1:])
        self.labels = None if labels is None else np.asarray(labels, np.int64)
        self.classes = class_names(self.labels, classes)
        self.rate = rate
        self.notes = notes
        self._stored = stored
        self._scale = scale
        self._names = names

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, index: int) -> Sample:
        at = self._at(index)
        return Sample(
            array=self._scale(self._stored[at]),
            label=None if self.labels is None else int(self.labels[at]),
            name=str(at) if self._names is None else str(self._names[at]),
        )

    def take(self, indices: np.ndarray, shape: tuple[int, ...] | None = None) -> Batch:
        arrays = self._scale(self._stored[indices])
        if shape is not None and shape != self.shape:
            arrays = np.stack([fit(array, shape) for array in arrays])
        return Batch(indices, arrays, None if self.labels is None else self.labels[indices])

    def _hashed(self) -> str:
        """Hash shape, numbers and labels."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self._stored, self.labels):
            if part is not None:
                digest.update(f"{part.dtype.str}{part.shape}".encode())
                for start in range(0, len(part), 1024):
                    digest.update(np.ascontiguousarray(part[start : start + 1024]).tobytes())
        return digest.hexdigest()


def class_names(
    labels: np.ndarray | None, names: Sequence[str] | None = None
) -> tuple[str, ...] | None:
    """Return a name for every label from 0 to the largest: the given one, or the number.

    Raises:
        SpecError: the labels go up so far that they are no numbers of classes.
    """
    if labels is None or not len(labels):
        return None
    largest = int(labels.max())
    if largest >= _MOST_CLASSES:
        raise SpecError(
            f"The labels go up to {largest:,}, and {len(np.unique(labels)):,} of them occur; numbers of classes "
            f"count from 0, and end below {_MOST_CLASSES:,}. Number the classes that occur: "
            "classes, labels = numpy.unique(labels, return_inverse=True)."
        )
    known = () if names is None else tuple(str(name) for name in names)
    return known + tuple(str(label) for label in range(len(known), largest + 1))


def arranged(
    stored: np.ndarray, *, kind: Kind | None, where: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the array as ``(N, C, *S)``, and what had to be assumed.

    Args:
        stored: ``(N, L)`` sound; ``(N, C, L)`` sound or ``(N, H, W)`` pictures; ``(N, H, W, C)``,
            ``(N, C, H, W)`` or ``(N, D, H, W)``; ``(N, D, H, W, C)`` or ``(N, C, D, H, W)``.
        kind: what they are known to be; None decides by the number of axes.
        where: the file and the array's name, for errors.
    """
    axes = stored.ndim - 1
    if stored.dtype.kind not in "buif":
        raise SpecError(
            f"{where} holds {stored.dtype} and no numbers. Store samples as uint8, int16 or "
            "float32."
        )
    if not 1 <= axes <= 4 or 0 in stored.shape:
        raise SpecError(
            f"{where} has the shape {stored.shape}. Expected samples along the first axis: sound "
            "(N, L) or "
            "(N, C, L), pictures (N, H, W), (N, H, W, C) or (N, C, H, W), volumes (N, D, H, W) or "
            "(N, C, D, H, W), none of them empty."
        )
    dims = {"sound": 1, "image": 2, "volume": 3}[kind] if kind else {1: 1, 2: 2, 3: 2, 4: 3}[axes]
    if axes == dims:
        return stored[:, None], ()
    if axes != dims + 1:
        raise SpecError(
            f"{where} has the shape {stored.shape}, which is not {kind} data: expected {dims} axes "
            "after the "
            f"first, or {dims + 1} with channels."
        )
    first, last = stored.shape[1], stored.shape[-1]
    if dims > 1 and last in (1, 3, 4) and (first not in (1, 3) or last == first):
        return np.moveaxis(stored, -1, 1), ()
    if dims > 1 and first > 4 and last > 4:
        note = (
            f"{where} has the shape {stored.shape}: read as {first} channels of {stored.shape[2:]}."
        )
        return stored, (note,)
    return stored, ()


def scale_of(stored: np.ndarray, kind: Kind) -> tuple[Scale, tuple[str, ...]]:
    """Return how the numbers become values, from their type or, failing that, their range."""
    if stored.dtype.kind == "b":
        return Scale(1), ()
    if kind == "sound":
        return _sound_scale(stored)
    if stored.dtype.kind in "ui" and stored.dtype.itemsize <= 2:
        return Scale(float(np.iinfo(stored.dtype).max)), ()
    low, high = _range(stored)
    if low >= 0 and high <= 1:
        return Scale(1), ()
    if low >= 0 and high <= _OVERSHOT:
        return Scale(1, top=1), (f"values above 1, up to {high:.9g}, were cut off at 1",)
    if low >= 0 and high <= 255:
        return Scale(255), (f"values up to {high:.9g} were divided by 255",)
    return Scale(1), (f"values from {low:.3g} to {high:.3g} are kept as they are, outside [0, 1]",)


def _sound_scale(stored: np.ndarray) -> tuple[Scale, tuple[str, ...]]:
    if stored.dtype == np.uint8:  # 8-bit sound is unsigned, its silence 128
        return Scale(128, zero=128), ()
    if stored.dtype.kind == "i":
        return Scale(float(-int(np.iinfo(stored.dtype).min))), ()
    low, high = _range(stored)
    if low >= -1 and high <= 1:
        return Scale(1), ()
    return Scale(1), (f"values from {low:.3g} to {high:.3g} are kept as they are, outside [-1, 1]",)


def _range(stored: np.ndarray) -> tuple[float, float]:
    low, high = float(stored.min()), float(stored.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise SpecError(
            "The samples contain values that are not finite (NaN or infinity). "
            "Clean them first, for instance with numpy.nan_to_num."
        )
    return low, high
