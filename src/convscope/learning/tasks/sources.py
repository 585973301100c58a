"""Labelled samples of any data spec as a task: fitted to a size that small networks are made for."""

import numpy as np

from convscope.data.sample import Source
from convscope.errors import SpecError
from convscope.learning.tasks.task import Task, split
from convscope.progress import Progress, silent

SIDE = {2: 32, 3: 24}
"""Larger pictures and volumes are fitted to this side."""
MOST = 60_000


def from_source(source: Source, *, progress: Progress = silent) -> Task:
    """Return a task of the samples of a source.

    Args:
        source: labelled samples.
        progress: told of samples read.

    Raises:
        SpecError: the source has no labels.
    """
    if source.labels is None or source.classes is None:
        raise SpecError(
            f"{source.spec!r} has no labels, so there is nothing to learn. Sort the files into one folder per class, "
            "or add labels.csv (columns file,label) or an array labels."
        )
    shape = _fitted(source)
    x, y = _read(source, shape, progress)
    notes = source.notes
    if shape != source.shape:
        notes += (f"samples are fitted to {'×'.join(map(str, shape))}",)
    return split(source.spec, x, y, source.classes, notes=notes)


def _fitted(source: Source) -> tuple[int, ...]:
    """Return the shape that samples are learned at."""
    shape = source.shape or source[0].array.shape
    side = SIDE.get(len(shape) - 1)
    if source.shape is not None and (side is None or max(shape[1:]) <= side):
        return shape
    return (shape[0], *(side or 1024 for _ in shape[1:]))


def _read(
    source: Source, shape: tuple[int, ...], progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return all samples, as 8-bit numbers where that is exact, and their labels."""
    arrays, labels = [], []
    done = 0
    for batch in source.batches(256, None if shape == source.shape else shape, limit=MOST):
        progress("reading samples", done, min(len(source), MOST))
        assert batch.labels is not None
        whole = np.rint(batch.arrays * 255)
        exact = source.kind == "image" and np.allclose(whole / 255, batch.arrays, atol=1e-6)
        arrays.append(whole.astype(np.uint8) if exact else batch.arrays)
        labels.append(batch.labels)
        done += len(batch.labels)
    progress("reading samples", done, done)
    if len({array.dtype for array in arrays}) > 1:
        arrays = [a.astype(np.float32) / (255 if a.dtype == np.uint8 else 1) for a in arrays]
    return np.concatenate(arrays), np.concatenate(labels).astype(np.int64)
