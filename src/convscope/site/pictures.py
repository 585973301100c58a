"""Pictures of a report, each a string that stands in the page: SVG, or a data address."""

import base64
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convscope.site.numbers import shape

Document = Mapping[str, Any]

_SHOWN = 4  # depths at which a field is drawn
_TILE = 24  # pixels that a filter is drawn across, at least


def fields(document: Document, data: Document | None, folder: Path) -> list[str]:
    """Return a sample with the field of a central unit, at a few depths.

    Args:
        document: the document of ``receptive``.
        data: the document of the data; None leaves the pictures out.
        folder: the atlas.
    """
    samples = (data or {}).get("samples") or []
    source = samples[0].get("picture") if samples else None
    rows = [row for row in document["layers"] if row["kind"] == "conv" and len(row["size"]) == 2]
    if not source or not rows:
        return []
    high, wide = samples[0]["shape"][1:]
    image = _address((folder / source).read_bytes(), "webp")
    chosen = [rows[round(i * (len(rows) - 1) / max(1, _SHOWN - 1))] for i in range(_SHOWN)]
    return [_field(row, image, high, wide) for row in {row["name"]: row for row in chosen}.values()]


def filters(document: Document) -> str | None:
    """Return a sheet of a first layer's filters; None where they have no picture.

    Args:
        document: ``filters`` of the network's document: ``shape`` (C_out, C_in, *K), ``shown``,
            ``values`` (base64 of float32).
    """
    channels, *kernel = document["shape"][1:]
    if len(kernel) != 2:
        return None
    raw = np.frombuffer(base64.b64decode(document["values"]), "<f4")
    bank_NCHW = raw.reshape(document["shown"], channels, *kernel)
    if channels != 3:
        heaviest = (bank_NCHW**2).sum((2, 3)).argmax(1)
        bank_NCHW = np.repeat(bank_NCHW[np.arange(len(bank_NCHW)), heaviest][:, None], 3, axis=1)
    most = np.abs(bank_NCHW).max((1, 2, 3), keepdims=True)
    levels = (127.5 + 127.5 * bank_NCHW / np.maximum(most, 1e-12)).astype(np.uint8)
    return _address(_sheet(levels.transpose(0, 2, 3, 1)), "png")


def _field(row: Document, image: str, high: int, wide: int) -> str:
    size = row.get("local_size") or row["size"]
    middle = [
        start + round(((n - 1) / 2 - (start + (side - 1) / 2)) / (step or 1)) * step
        for start, side, step, n in zip(
            row["start"], size, row["stride"], (high, wide), strict=True
        )
    ]
    line = max(high, wide) / 120
    name = escape(row["name"])
    return (
        f'<figure><svg viewBox="0 0 {wide} {high}" role="img" aria-label="Field of {name}">'
        f'<image href="{image}" width="{wide}" height="{high}"/>'
        f'<rect x="{middle[1]}" y="{middle[0]}" width="{size[1]}" height="{size[0]}" fill="none" '
        f'stroke="#fff" stroke-width="{2 * line:.3g}"/>'
        f'<rect x="{middle[1]}" y="{middle[0]}" width="{size[1]}" height="{size[0]}" fill="none" '
        f'stroke="var(--accent)" stroke-width="{line:.3g}"/></svg>'
        f"<figcaption>{name}: {shape(size)}</figcaption></figure>"
    )


def _sheet(tiles_NHWC: np.ndarray) -> bytes:
    count, high, wide, _ = tiles_NHWC.shape
    scale = max(1, -(-_TILE // max(high, wide)))
    large = tiles_NHWC.repeat(scale, axis=1).repeat(scale, axis=2)
    columns = min(16, count)
    step = (high * scale + 4, wide * scale + 4)
    sheet = np.full((-(-count // columns) * step[0], columns * step[1], 4), 0, np.uint8)
    for i, tile in enumerate(large):
        y, x = (i // columns) * step[0], (i % columns) * step[1]
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = np.dstack(
            [tile, np.full(tile.shape[:2], 255, np.uint8)]
        )
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _address(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
