"""Labelled samples of any data spec as a task: in a form and size that small networks are made for."""

import re
from pathlib import Path

import numpy as np

from convscope.data.sample import Source
from convscope.errors import SpecError
from convscope.learning.tasks.sounds import spectrogram, spectrum
from convscope.learning.tasks.task import Task, split
from convscope.progress import Progress, silent

SIDE = {2: 32, 3: 24}
"""Larger pictures and volumes are fitted to this side."""
QUICK_SIDE = {2: 16, 3: 12}
MOST = 60_000
"""More samples than this are not read."""
LONGEST = 1024
"""Longer sounds are learned as what is in each band of frequencies."""

_GROUPS = ("speakers", "speaker", "groups", "group", "subjects", "subject", "patients")
_SPOKEN = re.compile(r"(?:.*/)?([^/_]+)_([^/_]+)_(\d+)\.\w+")


def from_source(
    source: Source, *, view: str = "", quick: bool = False, progress: Progress = silent
) -> Task:
    """Return a task of the samples of a source.

    Args:
        source: labelled samples.
        view: of sounds: ``"spectra"``, ``"spectrogram"`` (one channel, frequency and time as axes) or ``""``:
            as they are, or where they are long, one channel for each band of frequencies, over time.
        quick: whether pictures and volumes are fitted to a smaller size.
        progress: told of samples read.

    Raises:
        SpecError: the source has no labels, or is no sound where a view of sounds is asked for.
    """
    if source.labels is None or source.classes is None:
        raise SpecError(
            f"{source.spec!r} has no labels, so there is nothing to learn. Sort the files into one folder per class, "
            "or add labels.csv (columns file,label) or an array labels."
        )
    if view and source.kind != "sound":
        raise SpecError(
            f"{view}:{source.spec} asks for the {view} of {source.kind} data; give sounds, or leave it out."
        )
    shape = _fitted(source, quick)
    x, indices = _read(source, shape, progress)
    notes = source.notes
    if shape != source.shape:
        notes += (f"samples are fitted to {'×'.join(map(str, shape))}",)
    if view == "spectra":
        x, notes = spectrum(x), (*notes, "of each sound, its mean spectrum: one axis, frequency")
    elif view or (source.kind == "sound" and shape[-1] > LONGEST):
        x = spectrogram(x)
        notes += (
            ("sounds are spectrograms: two axes, frequency and time",)
            if view
            else (
                f"sounds are spectrograms: {x.shape[1]} bands of frequency as channels, one axis, time",
            )
        )
        x = x[:, None] if view else x
    groups = _groups(source)
    if groups is not None:
        notes += ("split by speaker: nobody is in more than one part",)
    return split(
        f"{view}:{source.spec}" if view else source.spec,
        x,
        source.labels[indices],
        source.classes,
        groups=None if groups is None else groups[indices].tolist(),
        notes=notes,
    )


def _fitted(source: Source, quick: bool) -> tuple[int, ...]:
    """Return the shape that samples are read at."""
    shape = source.shape or source[0].array.shape
    axes = len(shape) - 1
    side = (QUICK_SIDE if quick else SIDE).get(axes)
    if source.shape is not None and (side is None or max(shape[1:]) <= side):
        return shape
    return (shape[0], *(side or source.rate or 8000 for _ in range(axes)))


def _read(
    source: Source, shape: tuple[int, ...], progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return all samples, as 8-bit numbers where that is exact, and their indices."""
    arrays, indices = [], []
    total, done = min(len(source), MOST), 0
    for batch in source.batches(256, None if shape == source.shape else shape, limit=MOST):
        progress("reading samples", done, total)
        whole = np.rint(batch.arrays * 255)
        exact = source.kind == "image" and np.allclose(whole / 255, batch.arrays, atol=1e-6)
        arrays.append(whole.astype(np.uint8) if exact else batch.arrays)
        indices.append(batch.indices)
        done += len(batch.indices)
    progress("reading samples", total, total)
    if len({array.dtype for array in arrays}) > 1:
        arrays = [a.astype(np.float32) / (255 if a.dtype == np.uint8 else 1) for a in arrays]
    return np.concatenate(arrays), np.concatenate(indices)


def _groups(source: Source) -> np.ndarray | None:
    """Return who each sample comes from: an array of an ``.npz``, or the middle of ``digit_speaker_index.wav``."""
    path = Path(source.spec).expanduser()
    if path.suffix.lower() == ".npz" and path.is_file():
        with np.load(path, allow_pickle=False) as opened:
            for name in _GROUPS:
                if name in opened.files and opened[name].shape == (len(source),):
                    return opened[name].astype(str)
        return None
    if source.kind != "sound" or not path.is_dir():
        return None
    found = [_SPOKEN.fullmatch(source[k].name) for k in range(len(source))]
    if None in found:
        return None
    return np.array([one[2] for one in found if one is not None])
