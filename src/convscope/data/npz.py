"""``.npz`` files: arrays by name. Never unpickled: an ``.npz`` is data and not a program."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from convscope.data.arrays import ArraySource, arranged, scale_of
from convscope.data.sample import Kind
from convscope.errors import SpecError

SAMPLES: dict[str, Kind | None] = {
    "images": "image",
    "waveforms": "sound",
    "volumes": "volume",
    "frames": "sound",
    "features": "sound",
    "x": None,
    "data": None,
}
"""The names under which samples are looked for, in this order, and what each says they are."""

_LABELS = ("labels", "label", "y", "targets")
_CLASSES = ("classes", "class_names")
_RATES = ("rate", "sample_rate", "sr")


def open_npz(spec: str, path: Path) -> ArraySource:
    """Open an ``.npz`` file.

    Args:
        spec: what the user typed.
        path: the file. Samples are looked for as ``images``, ``waveforms``, ``x`` and the other
            names of ``SAMPLES``; ``labels``, ``names``, ``classes`` and ``rate`` are used where
            they are there.

    Raises:
        SpecError: no ``.npz`` file, no samples in it, or labels that do not fit them.
    """
    arrays = _read(path)
    key = next((key for wanted in SAMPLES for key in arrays if key.lower() == wanted), None)
    if key is None:
        listed = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"
        raise SpecError(
            f"{path} has no array called images, waveforms or x; it holds {listed}. "
            "Save the samples under one of these names: numpy.savez(file, images=..., labels=...)."
        )
    stored, assumed = arranged(
        arrays[key], kind=SAMPLES[key.lower()], where=f"{key!r} in {path.name}"
    )
    kind: Kind = {3: "sound", 4: "image", 5: "volume"}[stored.ndim]  # type: ignore[assignment]
    scale, scaled = scale_of(stored, kind)
    labels, classes = _labels(arrays, len(stored), path)
    names = arrays.get("names")
    rate = next((arrays[name] for name in _RATES if name in arrays), None)
    return ArraySource(
        spec,
        stored,
        scale,
        labels=labels,
        classes=classes,
        names=names.tolist() if names is not None and len(names) == len(stored) else None,
        rate=int(rate) if rate is not None and rate.ndim == 0 else None,
        notes=assumed + scaled,
    )


def _labels(
    arrays: Mapping[str, np.ndarray], count: int, path: Path
) -> tuple[np.ndarray | None, list[str] | None]:
    """Return the labels and the names of classes; labels may be names themselves."""
    key = next((name for name in _LABELS if name in arrays), None)
    classes = next((arrays[name].tolist() for name in _CLASSES if name in arrays), None)
    if key is None:
        return None, None
    labels = arrays[key]
    if labels.dtype.kind == "U" and labels.shape == (count,):
        names, labels = np.unique(labels, return_inverse=True)
        return labels.astype(np.int64), names.tolist()
    if labels.shape != (count,) or labels.dtype.kind not in "ui" or (count and labels.min() < 0):
        raise SpecError(
            f"{key!r} in {path} has the shape {labels.shape} and type {labels.dtype}; expected one "
            f"whole number from 0, or one name, per sample, so the shape ({count},)."
        )
    return labels.astype(np.int64), classes


def _read(path: Path) -> dict[str, np.ndarray]:
    """Read every array that is not an object array, having first seen that they fit into memory."""
    try:
        with zipfile.ZipFile(path) as parts:
            declared = sum(part.file_size for part in parts.infolist())
        if declared > _memory():
            raise SpecError(
                f"{path} unpacks to {declared / 2**30:.1f} GiB, more than this machine's memory. "
                "Store fewer samples in a file, or as a folder of files, which is read one by one."
            )
        with np.load(path, allow_pickle=False) as opened:
            arrays = {}
            for name in opened.files:
                try:
                    arrays[name] = opened[name]
                except ValueError:  # object arrays are pickles: left alone
                    continue
            return arrays
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as reason:
        raise SpecError(
            f"{path} is not an .npz file that can be read ({reason}). "
            "Make one with numpy.savez(file, images=..., labels=...)."
        ) from reason


def _memory() -> int:
    """Return the machine's memory in bytes, or no limit where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2**63
