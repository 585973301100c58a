"""Reading one picture file into an array, whatever it holds, or saying why not.

Files come from cameras, scanners and strangers. What a viewer would show is what is read: the first
frame, turned as the camera says, on white where it is transparent, 16-bit greys scaled and not
clipped.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from convscope.errors import WorkError

SUFFIXES = frozenset(
    [
        ".avif",
        ".bmp",
        ".gif",
        ".jfif",
        ".jp2",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
"""File name endings that are taken for pictures."""

MOST_PIXELS = 80_000_000
"""A picture with more pixels is skipped unread: decoded it would fill a gigabyte."""

_DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")  # PIL's modes with more than 8 bits of grey
_TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange rows and columns
# What PIL's decoders raise on broken files:
_BROKEN = (
    *(OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, ArithmeticError),
    *(struct.error, zlib.error, RuntimeError),
)


def read(path: Path) -> np.ndarray:
    """Return a picture file's contents.

    Returns:
        float32 in [0, 1]; ``(1, H, W)`` for grey files, ``(3, H, W)`` for all others.

    Raises:
        WorkError: the file is empty, broken, too large or no picture; the message is the reason
            alone.
    """
    with _opened(path) as image:
        image.load()
        return _array(_upright(image))


def shape_of(path: Path) -> tuple[int, int, int]:
    """Return the shape that ``read`` would give, from the header alone.

    Raises:
        WorkError: as for ``read``, for what the header already shows.
    """
    with _opened(path) as image:
        columns, rows = image.size
        if _orientation(image) in _TURNED:
            columns, rows = rows, columns
        return (1 if _is_grey(image) else 3, rows, columns)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture file far enough to know its size; a failure is a WorkError."""
    # PIL warns of what is skipped, counted and named here, or of what does no harm (odd EXIF,
    # palettes).
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if path.stat().st_size == 0:
                raise WorkError("empty file")
            with Image.open(path) as image:
                columns, rows = image.size
                if rows * columns > MOST_PIXELS:
                    raise WorkError(f"{columns:,}×{rows:,} pixels, more than {MOST_PIXELS:,}")
                yield image
        except Image.DecompressionBombError as reason:
            raise WorkError(f"more than {MOST_PIXELS:,} pixels") from reason
        except _BROKEN as reason:
            raise WorkError(_said(reason)) from reason


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except _BROKEN:
        return 1  # a broken note on how the camera was held is no reason to lose the picture


def _upright(image: Image.Image) -> Image.Image:
    if _orientation(image) == 1:
        return image
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "F", *_DEEP) and "transparency" not in image.info


def _array(image: Image.Image) -> np.ndarray:
    if image.mode in _DEEP and "transparency" not in image.info:
        return (np.asarray(image).astype(np.float32) / 65535).clip(0, 1)[None]
    if image.mode == "F":
        return _unit_range(np.asarray(image, np.float32))[None]
    if _is_grey(image):
        return np.asarray(image.convert("L"), np.float32)[None] / 255
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    rgb = np.asarray(image.convert("RGB"))
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)).astype(np.float32) / 255


def _unit_range(values: np.ndarray) -> np.ndarray:
    """Scale float pictures, which have no agreed range, by their largest value if over 1."""
    values = np.nan_to_num(values)
    top = float(values.max(initial=0))
    return np.clip(values / top if top > 1 else values, 0, 1)


def _said(reason: BaseException) -> str:
    """Return why a file could not be read, without PIL's paths and object addresses."""
    if isinstance(reason, Image.UnidentifiedImageError):
        return "not a picture that can be read"
    return f"broken: {str(reason).splitlines()[0] if str(reason) else type(reason).__name__}"
