"""CIFAR's python batches: pickles, read without running what may be in them.

A pickle is a program. These files need four names from numpy to be rebuilt; any other name in a
file is refused before it is looked up, so a file with code in it gives an error and never runs.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from convscope.data.arrays import ArraySource, Scale
from convscope.errors import SpecError

_TEST = ("test_batch", "test")
_TRAIN = (*(f"data_batch_{n}" for n in range(1, 6)), "train")
_META = ("batches.meta", "meta")


def is_cifar(path: Path) -> bool:
    """Tell whether a path is a folder of CIFAR batches, or one of them, by the names."""
    if path.is_file():
        return path.name in (*_TEST, *_TRAIN) and path.read_bytes()[:1] == b"\x80"
    return any((path / name).is_file() for name in ("test_batch", "data_batch_1")) or (
        (path / "meta").is_file() and (path / "test").is_file()
    )


def open_cifar(spec: str, path: Path) -> ArraySource:
    """Open CIFAR-10 or CIFAR-100 in its python version.

    Args:
        spec: what the user typed.
        path: the folder, of which the test set is opened (the training set where there is no
            other), or one batch file.

    Raises:
        SpecError: a batch is broken, has code in it, or is no CIFAR batch.
    """
    notes: tuple[str, ...] = ()
    if path.is_dir():
        folder = path
        test = [path / name for name in _TEST if (path / name).is_file()]
        train = [path / name for name in _TRAIN if (path / name).is_file()]
        files = test or train
        if test and train:
            notes = (f"opened {test[0].name}; give {train[0]} to open training pictures",)
    else:
        folder, files = path.parent, [path]
    batches = [_batch(file) for file in files]
    meta = next((folder / name for name in _META if (folder / name).is_file()), None)
    return ArraySource(
        spec,
        np.concatenate([pictures for pictures, _, _ in batches]),
        Scale(255),
        labels=np.concatenate([labels for _, labels, _ in batches]),
        classes=None if meta is None else _classes(meta),
        names=[name for _, _, names in batches for name in names],
        notes=notes,
    )


def _batch(path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    held = unpickled(path)
    pictures = held.get("data")
    labels = held.get("fine_labels", held.get("labels"))
    if not isinstance(pictures, np.ndarray) or pictures.dtype != np.uint8 or pictures.size % 3072:
        raise SpecError(f"{path} is no CIFAR batch: 'data' should be uint8 of shape (N, 3072).")
    pictures = pictures.reshape(-1, 3, 32, 32)
    if not isinstance(labels, list) or len(labels) != len(pictures):
        raise SpecError(f"{path} is no CIFAR batch: it needs one label for each picture.")
    names = held.get("filenames") or [f"{path.name} {n}" for n in range(len(pictures))]
    return pictures, np.asarray(labels, np.int64), [str(name) for name in names]


def _classes(path: Path) -> list[str] | None:
    held = unpickled(path)
    names = held.get("fine_label_names", held.get("label_names"))
    return [str(name) for name in names] if isinstance(names, list) else None


def unpickled(path: Path) -> dict[str, Any]:
    """Return a pickled dictionary of numbers, text, lists and arrays; nothing in the file is run.

    Raises:
        SpecError: the file is broken, or asks for anything but numpy's arrays.
    """
    try:
        with path.open("rb") as file:
            held = _DataOnly(file, encoding="bytes").load()
    except _Refused as reason:
        raise SpecError(
            f"{path} is a pickle that asks for {reason}, which data do not need and convscope does "
            "not run. "
            "Save the pictures as an .npz file: numpy.savez(file, images=..., labels=...)."
        ) from reason
    except Exception as reason:  # a broken pickle may raise anything
        raise SpecError(
            f"{path} is not a CIFAR batch that can be read ({type(reason).__name__}: {reason}). "
            "Fetch the file again."
        ) from reason
    if not isinstance(held, dict):
        raise SpecError(f"{path} holds a {type(held).__name__}; expected CIFAR's dictionary.")
    return {_text(key): _decoded(value) for key, value in held.items()}


class _Refused(Exception):
    """A pickle asked for a name that is not allowed."""


class _DataOnly(pickle.Unpickler):
    """Rebuilds arrays, numbers, bytes, text, lists and dictionaries, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the few names that arrays are made of."""
        found = _ALLOWED.get((module, name))
        if found is None:
            raise _Refused(f"{module}.{name}")
        return found


def _encode(text: str, encoding: str) -> bytes:
    """Stand in for ``codecs.encode``, by which bytes are pickled for Python 2: Latin-1 only."""
    if encoding != "latin1":
        raise _Refused(f"the encoding {encoding!r}")
    return text.encode("latin1")


def _reconstruct(subtype: type, shape: tuple[int, ...], typecode: Any) -> np.ndarray:
    """Stand in for numpy's own, for plain arrays only."""
    if subtype is not np.ndarray:
        raise _Refused(f"an array of type {subtype}")
    return np.ndarray.__new__(np.ndarray, shape, typecode)


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("_codecs", "encode"): _encode,
}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _decoded(value: Any) -> Any:
    return (
        [_text(v) if isinstance(v, bytes) else v for v in value]
        if isinstance(value, list)
        else value
    )
