"""One writer at a time: a lock that dies with its process.

A lock file that merely exists outlives a killed process, and the process id in it may since belong
to another one. The operating system's own lock on an open file has neither fault: it ends with
the process, however that ends. The id in the file is there for the message only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convscope.atlas.files import explained
from convscope.errors import WorkError

try:
    import fcntl
except ImportError:  # Windows: it refuses to replace a file that another process has open
    fcntl = None

LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock while the block runs.

    Raises:
        WorkError: another process, named in the message, is writing there.
    """
    path = folder / LOCK
    descriptor = _acquire(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise explained(error, path.parent) from error
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
                os.close(descriptor)
                raise WorkError(
                    f"Another convscope (process {holder}) is writing to {path.parent}: "
                    "wait until it is done, or name another folder with -o."
                ) from error
        # The holder before us deletes the file as it leaves: our lock may be on one that is gone.
        if _is_same_file(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
            return descriptor
        os.close(descriptor)


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)
