"""The atlas of the built-in network: made once, kept in the user's cache."""

import os
import sys
from pathlib import Path

import convscope
from convscope.cli.terminal import Terminal

DATA = "parts:240"


def demo_atlas(out: Path | None, terminal: Terminal) -> Path:
    """Return the folder of the built-in network's atlas; measure it where it is not there yet.

    Args:
        out: where to keep it; None keeps it in the user's cache, one folder per version.
        terminal: where progress goes.

    Raises:
        SpecError: ``out`` holds something else.
        WorkError: the disk failed.
    """
    from convscope.atlas.looking import look
    from convscope.atlas.writer import check_place
    from convscope.data import open_source
    from convscope.network import load
    from convscope.site import build

    folder = out or cache_folder() / f"demo-{convscope.__version__}"
    check_place(folder)
    terminal.note(f"Looking at the built-in network; the atlas is kept in {folder}.")
    network = load("demo")
    look(
        network,
        open_source(DATA),
        out=folder,
        command="convscope demo",
        progress=terminal.progress,
    )
    build(folder)
    return folder


def cache_folder() -> Path:
    """Return where convscope may keep what it can make again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "convscope"
