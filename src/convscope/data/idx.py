"""MNIST's IDX files: a magic number, the axes' lengths, then the numbers; often gzipped."""

import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from convscope.data.arrays import ArraySource, arranged, scale_of
from convscope.errors import SpecError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(r"idx(\d)-ubyte(\.gz)?$")
_MOST_BYTES = 8 * 2**30  # a gzip file's header may promise anything


def is_idx(path: Path) -> bool:
    """Tell whether a file is in IDX format, by its first bytes."""
    try:
        with _opened(path) as file:
            magic = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _TYPES and 1 <= magic[3] <= 5


def idx_files(folder: Path) -> list[Path]:
    """Return the IDX files of samples (not of labels) in a folder, the test set's first."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if (match := _NAME.search(path.name)) and match[1] != "1" and is_idx(path)
    ]
    return sorted(found, key=lambda path: not path.name.startswith("t10k"))


def open_idx(spec: str, path: Path) -> ArraySource:
    """Open an IDX file of samples, or a folder of them, with the labels that lie beside.

    Args:
        spec: what the user typed.
        path: a file such as ``t10k-images-idx3-ubyte.gz``, or a folder; of a folder with training
            and test set the test set is opened, and the note says how to open the other.

    Raises:
        SpecError: a file is cut short, or samples and labels do not match.
    """
    notes: tuple[str, ...] = ()
    if path.is_dir():
        path, *others = idx_files(path)
        notes = tuple(f"opened {path.name}; give {other} to open that one" for other in others)
    stored, assumed = arranged(_read(path), kind=None, where=path.name)
    scale, scaled = scale_of(stored, "image" if stored.ndim == 4 else "sound")
    labels = _labels_beside(path)
    if labels is not None and labels.shape != (len(stored),):
        raise SpecError(
            f"{path} holds {len(stored)} samples and the labels beside it have the shape "
            f"{labels.shape}. "
            "Put the label file that belongs to it into the folder."
        )
    return ArraySource(spec, stored, scale, labels=labels, notes=notes + assumed + scaled)


def _labels_beside(path: Path) -> np.ndarray | None:
    stem = _NAME.sub("", path.name)
    for ending in ("idx1-ubyte", "idx1-ubyte.gz"):
        beside = path.with_name(stem.replace("images", "labels") + ending)
        if beside != path and beside.is_file():
            return _read(beside).astype(np.int64)
    return None


def _opened(path: Path):
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _read(path: Path) -> np.ndarray:
    try:
        with _opened(path) as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
                raise SpecError(f"{path} is not an IDX file: it begins with {magic.hex(' ')}.")
            shape = tuple(int(n) for n in np.frombuffer(file.read(4 * magic[3]), ">u4"))
            dtype = np.dtype(_TYPES[magic[2]])
            wanted = math.prod(shape) * dtype.itemsize
            if len(shape) != magic[3] or wanted > _MOST_BYTES:
                raise SpecError(
                    f"{path} is damaged: it promises an array of shape {shape}. "
                    "Fetch the file again."
                )
            data = file.read(wanted)
    except (OSError, EOFError, zlib.error) as reason:
        raise SpecError(f"{path} cannot be read ({reason}). Fetch the file again.") from reason
    if len(data) < wanted:
        raise SpecError(
            f"{path} is cut short: {len(data):,} of {wanted:,} bytes. Fetch the file again."
        )
    return np.frombuffer(data, dtype).reshape(shape)
