"""Files that are whole or absent: written beside their place, flushed, then renamed into it.

A process can be killed at any moment, and a disk can fill up. The naive way, opening the file and
writing into it, leaves half a file in both cases. A rename within one folder is atomic, so a reader
sees the old file or the new one. What a killed process leaves behind is a file whose name starts
with a dot and ends in ``.tmp``; the next writer sweeps those away.
"""

import errno
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convscope.errors import ConvscopeError, SpecError, WorkError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def write(path: Path, content: bytes) -> None:
    """Write a whole file, or none.

    Args:
        path: the file; its folder exists.
        content: all of its bytes.

    Raises:
        SpecError: the folder may not be written to.
        WorkError: the disk is full, or the file system failed otherwise.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise explained(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; existing ones are left as they are.

    Raises:
        SpecError: a file stands in the way, or the place may not be written to.
        WorkError: the disk is full, or the file system failed otherwise.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise SpecError(
            f"{path} cannot be a folder, because a file of that name, or above it, exists: "
            "name another folder."
        ) from error
    except OSError as error:
        raise explained(error, path) from error


def sweep(folder: Path) -> None:
    """Delete what killed writers left under a folder; call it while holding the folder's lock."""
    for leftover in folder.rglob(".*.tmp"):
        leftover.unlink(missing_ok=True)


def explained(error: OSError, path: Path) -> ConvscopeError:
    """Return the error a person can act on, for what the operating system said about a path."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    if error.errno in _FULL:
        return WorkError(
            f"The disk is full: {path} could not be written ({reason}). What was finished is kept; "
            "free some space and run the same command again, it goes on where it stopped."
        )
    if error.errno in _CLOSED:
        return SpecError(
            f"{path} may not be written to ({reason}): name a folder that is yours, or change its "
            "permissions."
        )
    return WorkError(f"{path} could not be written ({reason}): name another folder.")


def as_json(document: Mapping[str, Any], *, indent: int | None = None) -> str:
    """Return strict JSON in ASCII; numbers that JSON cannot say (NaN, infinities) become null.

    >>> as_json({"size": (3, 3), "ratio": float("nan")})
    '{"size": [3, 3], "ratio": null}'
    """
    return json.dumps(_plain(document), indent=indent, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "tolist"):  # numpy and torch scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")


def _sync_folder(folder: Path) -> None:
    """Flush the rename itself; a power cut could undo it otherwise."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
