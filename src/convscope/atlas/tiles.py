"""Many small pictures in a few files: a page with a thousand units asks for one picture, not a thousand."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from PIL import Image

_QUALITY = 88
_LOSSLESS_BELOW = 33  # pixels a side: small enough that each pixel is worth seeing


@dataclass(frozen=True)
class Sheets:
    """Tiles of one size, numbered row by row, and from one picture to the next.

    Args:
        tile: height and width of a tile, in pixels.
        columns: tiles side by side.
        per: tiles in one picture; the last may hold fewer.
        files: the pictures, by name.
    """

    tile: tuple[int, int]
    columns: int
    per: int
    files: dict[str, bytes]

    def at(self, number: int) -> tuple[str, list[int]]:
        """Return the picture of a tile, and its ``[left, top, width, height]`` there."""
        picture, place = divmod(number, self.per)
        row, column = divmod(place, self.columns)
        height, width = self.tile
        return list(self.files)[picture], [column * width, row * height, width, height]

    def document(self) -> dict[str, Any]:
        """Return where the tiles are, for a page."""
        return {
            "picture": f"pictures/{next(iter(self.files))}",
            "pictures": [f"pictures/{name}" for name in self.files],
            "tile": self.tile,
            "columns": self.columns,
            "per": self.per,
        }


def sheets(
    name: str,
    pictures: Sequence[np.ndarray | None],
    side: int,
    per: int | None = None,
    *,
    lossless: bool | None = None,
) -> Sheets | None:
    """Return pictures laid out as tiles; None where there is not one.

    Args:
        name: names the files: ``name.webp``, or ``name-00.webp`` and so on where there are several.
        pictures: ``(C, H, W)`` in [0, 1], three channels or one; None leaves its tile empty.
        side: longer side of a tile at most, in pixels. Small pictures stay as small as they are.
        per: tiles in one file; None puts all into one.
        lossless: whether every pixel is kept as it is; None keeps it so in small tiles.
    """
    shapes = [picture.shape[1:] for picture in pictures if picture is not None]
    if not shapes:
        return None
    tile = _tile(shapes, side)
    count = len(pictures) if per is None else min(per, len(pictures))
    columns = ceil(count**0.5)
    lossless = max(tile) < _LOSSLESS_BELOW if lossless is None else lossless
    files: dict[str, bytes] = {}
    groups = range(0, len(pictures), count)
    for number, start in enumerate(groups):
        part = pictures[start : start + count]
        file = f"{name}.webp" if len(groups) == 1 else f"{name}-{number:02d}.webp"
        files[file] = _drawn(part, tile, columns, lossless)
    return Sheets(tile, columns, count, files)


def _tile(shapes: Sequence[tuple[int, ...]], side: int) -> tuple[int, int]:
    height, width = (max(shape[axis] for shape in shapes) for axis in (0, 1))
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _drawn(
    pictures: Sequence[np.ndarray | None], tile: tuple[int, int], columns: int, lossless: bool
) -> bytes:
    rows = ceil(len(pictures) / columns)
    sheet = Image.new("RGBA", (columns * tile[1], rows * tile[0]), (0, 0, 0, 0))
    for number, picture in enumerate(pictures):
        if picture is not None:
            drawn = _fitted(picture, tile)
            left = (number % columns) * tile[1] + (tile[1] - drawn.width) // 2
            top = (number // columns) * tile[0] + (tile[0] - drawn.height) // 2
            sheet.paste(drawn, (left, top))
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", lossless=lossless, quality=_QUALITY)
    return buffer.getvalue()


def _fitted(picture: np.ndarray, tile: tuple[int, int]) -> Image.Image:
    """Return a picture scaled down until it fits into a tile; its proportions stay."""
    levels = np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)
    levels = np.repeat(levels, 3, axis=0) if len(levels) == 1 else levels
    drawn = Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))
    scale = min(1.0, tile[0] / drawn.height, tile[1] / drawn.width)
    if scale < 1:
        size = (max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale)))
        drawn = drawn.resize(size, Image.Resampling.LANCZOS)
    return drawn
