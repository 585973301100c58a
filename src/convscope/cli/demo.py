"""The atlas of a built-in network: made once, kept in the user's cache."""

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import convscope
from convscope.atlas import Atlas
from convscope.atlas.schema import IDEAS
from convscope.atlas.writer import check_place
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from convscope.cli.options import DemoKind
    from convscope.network.demo import Design

SHOWN = 240
"""Samples that the built-in networks look at."""


def demo_atlas(kind: "DemoKind", out: Path | None, terminal: Terminal) -> Path:
    """Return the folder of a built-in network's atlas; measure it where it is not there yet.

    Args:
        kind: what the network looks at.
        out: where to keep it; None keeps it in the user's cache.
        terminal: where progress goes.

    Raises:
        SpecError: ``out`` holds something else.
        WorkError: the disk failed.
    """
    from convscope.network.demo import design_of

    design = design_of(kind)
    folder = out or kept_at(design)
    if out is None and _is_whole(folder):
        return folder
    check_place(folder)
    terminal.note(
        f"Looking at the built-in network for {kind}s; what is found is kept in {folder}."
    )
    from convscope.atlas.looking import look
    from convscope.data import open_source
    from convscope.network import load
    from convscope.site import build

    look(
        load(design.spec),
        open_source(f"{design.data}:{SHOWN}"),
        out=folder,
        command=f"convscope demo --kind {kind}",
        progress=terminal.progress,
    )
    terminal.progress("making the pages", 0, None)
    build(folder)
    return folder


def kept_at(design: "Design") -> Path:
    """Return where the atlas is kept: one folder per version and weights, in the user's cache."""
    weights = hashlib.sha256(design.weights.read_bytes()).hexdigest()[:8]
    return cache_folder() / f"{design.weights.stem}-{convscope.__version__}-{weights}"


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
