"""Pictures of a made-up atlas: drawn, so that a page that shows the wrong one looks wrong."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

TILE = 32  # pixels of a picture in a sheet
COLUMNS = 16
HUES = np.array([[200, 60, 40], [40, 140, 60], [50, 80, 190], [220, 170, 40]], float)


def sheet(count: int, draw: Callable[[int], np.ndarray], side: int = TILE) -> bytes:
    """Return ``count`` tiles in rows of ``COLUMNS`` as a WebP."""
    rows = -(-count // COLUMNS)
    out = np.full((rows * side, COLUMNS * side, 3), 127, np.uint8)
    for i in range(count):
        y, x = divmod(i, COLUMNS)
        out[y * side : (y + 1) * side, x * side : (x + 1) * side] = draw(i)
    buffer = io.BytesIO()
    Image.fromarray(out).save(buffer, "WEBP", quality=80, method=0)
    return buffer.getvalue()


def lossless(levels: np.ndarray) -> bytes:
    """Return a picture as a lossless WebP."""
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "WEBP", lossless=True, method=0)
    return buffer.getvalue()


def described(places: list[str], per: int, side: int = TILE) -> dict[str, Any]:
    """Return what a document says of sheets of ``per`` tiles each."""
    pictures = [f"pictures/{place}" for place in places]
    return {
        "picture": pictures[0], "pictures": pictures, "per": per,
        "tile": [side, side], "columns": COLUMNS,
    }  # fmt: skip


@cache
def drawn(family: str, turn: float, shade: int, side: int = TILE) -> np.ndarray:
    """Return a family's picture in a window: stripes along ``turn`` degrees, a disc, or a hue."""
    rows, columns = np.mgrid[0:side, 0:side] * (2 / (side - 1)) - 1
    far = np.hypot(rows, columns)
    # Degrees anticlockwise from the horizontal, along the stripe; rows count downwards.
    across = columns * np.sin(np.radians(turn)) + rows * np.cos(np.radians(turn))
    if family == "circle":
        value = np.cos(9 * far)
    elif family == "colour":
        value = np.where(far < 0.55, 1.0, -1.0)
    elif family == "corner":
        value = np.where((rows > 0) & (across > 0), 1.0, -1.0)
    elif family == "edge":
        value = np.tanh(6 * across)
    else:
        value = np.sin(11 * across)
    window = np.clip(1.6 - 1.6 * far, 0, 1)[..., None]
    hue = HUES[shade % len(HUES)] if family == "colour" else np.array([245.0, 245, 245])
    return (127 + window * value[..., None] * (hue - 127)).clip(0, 255).astype(np.uint8)


def bump(side: int, at: tuple[float, float], peak: float) -> np.ndarray:
    """Return a grey activation map with one bump at a share of height and width."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    far = (rows - at[0]) ** 2 + (columns - at[1]) ** 2
    return (255 * peak * np.exp(-30 * far))[..., None].repeat(3, 2).astype(np.uint8)
