"""Waveforms as a grid shows them: so few points that hundreds of them are a small file."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

POINTS = 48
"""Columns of a trace; each holds the least and the greatest value of its stretch."""


def trace(unit: Mapping[str, Any], folder: Path) -> list[int] | None:
    """Return a unit's synthesised waveform as least and greatest values, -100 to 100 over its range.

    Args:
        unit: what was found of the unit.
        folder: the atlas.

    Returns:
        ``2 * POINTS`` numbers, least before greatest; None where no waveform was made or kept.
    """
    made = next((one for one in unit.get("synthesis") or () if one.get("waveform")), None)
    place = folder / made["waveform"] if made else None
    if place is None or not place.is_file():
        return None
    return _ends(np.fromfile(place, "<f4"))


def _ends(wave: np.ndarray) -> list[int] | None:
    if not wave.size:
        return None
    if wave.size < POINTS:  # so few that they are joined by lines
        wave = np.interp(np.linspace(0, wave.size - 1, POINTS), np.arange(wave.size), wave)
    edges = np.linspace(0, wave.size, POINTS + 1).astype(int)
    ends = np.array([(part.min(), part.max()) for part in map(wave.__getitem__, _parts(edges))])
    low, high = float(ends.min()), float(ends.max())
    levels = 100 * (2 * ends - low - high) / max(high - low, 1e-12)
    return [round(level) for level in levels.ravel().tolist()]


def _parts(edges: np.ndarray) -> list[slice]:
    return [slice(low, high) for low, high in pairwise(edges.tolist())]
