"""The atlas of the built-in network: made once, kept in the user's cache."""

import hashlib
import os
import sys
from pathlib import Path

import convscope
from convscope.atlas import Atlas
from convscope.atlas.schema import IDEAS
from convscope.atlas.writer import check_place
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

DATA = "parts:240"
_WEIGHTS = Path(convscope.__file__).parent / "network" / "weights" / "demo.safetensors"


def demo_atlas(out: Path | None, terminal: Terminal) -> Path:
    """Return the folder of the built-in network's atlas; measure it where it is not there yet.

    Args:
        out: where to keep it; None keeps it in the user's cache.
        terminal: where progress goes.

    Raises:
        SpecError: ``out`` holds something else.
        WorkError: the disk failed.
    """
    folder = out or kept_at()
    if out is None and _is_whole(folder):
        return folder
    check_place(folder)
    terminal.note(f"Looking at the built-in network; what is found is kept in {folder}.")
    from convscope.atlas.looking import look
    from convscope.data import open_source
    from convscope.network import load
    from convscope.site import build

    look(
        load("demo"),
        open_source(DATA),
        out=folder,
        command="convscope demo",
        progress=terminal.progress,
    )
    terminal.progress("making the pages", 0, None)
    build(folder)
    return folder


def kept_at() -> Path:
    """Return where the atlas is kept: one folder per version and weights, in the user's cache."""
    weights = hashlib.sha256(_WEIGHTS.read_bytes()).hexdigest()[:8]
    return cache_folder() / f"demo-{convscope.__version__}-{weights}"


def cache_folder() -> Path:
    """Return where convscope may keep what it can make again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "convscope"


def _is_whole(folder: Path) -> bool:
    try:
        atlas = Atlas.open(folder)
    except SpecError:
        return False
    return all(idea in atlas for idea in IDEAS) and not atlas.manifest.left
