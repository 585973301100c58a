"""A moved sample and a map of it, as it stands: the first look at what the page lets you drag."""

import base64
import io
from collections.abc import Mapping
from html import escape
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Document = Mapping[str, Any]

_SIDE = 8  # positions of a map that can be recognised, at least
_WIDE = 160  # pixels of a picture, at least


def stills(document: Document, data: Document | None, folder: Path) -> str:
    """Return a picture, unmoved and moved, above a map of the network as it is; empty where none was kept.

    Args:
        document: of ``shift``.
        data: of the data.
        folder: the atlas.
    """
    native = document.get("native") or {}
    layers = [
        row
        for row in native.get("layers", ())
        if len(row["size"]) == 2 and min(row["size"]) >= _SIDE
    ]
    samples = {row["index"]: row for row in (data or {}).get("samples", ())}
    if not layers or native["samples"][0]["index"] not in samples:
        return ""
    sample, layer = samples[native["samples"][0]["index"]], layers[-1]
    with Image.open(folder / sample["picture"]) as opened:
        picture = np.asarray(opened.convert("RGB"))
    every = _maps(folder / layer["pictures"][0], layer, len(native["moves"]))
    unit = int(every[0].max((1, 2)).argmax())
    figures = []
    for said, far in _moves(native, layer, sample["shape"][-1]):
        across = round(far * picture.shape[1] / sample["shape"][-1])
        values = every[native["moves"].index([0.0, far]), unit]
        figures.append(
            f'<figure><img src="{_address(np.roll(picture, across, 1))}" alt="The sample, {said}">'
            f'<img src="{_address(values)}" alt="Its map, {said}">'
            f"<figcaption>{escape(said)}</figcaption></figure>"
        )
    name = escape(f"{layer['name']}, unit {layer['units'][unit]}")
    return (
        f'<div class="stills">{"".join(figures)}</div><p class="note">A sample, and below it the map of {name}, '
        "of the network as it is. On the pages it can be dragged.</p>"
    )


def _moves(native: Document, layer: Document, side: int) -> list[tuple[str, float]]:
    """Return moves to the right that were kept: none, some whole steps of a map, half a step."""
    step = layer["stride"][-1]
    kept = [move[-1] for move in native["moves"] if move[0] == 0 and 0 < move[-1] <= side / 4]
    whole = max((far for far in kept if far % step == 0), default=None)
    half = next((far for far in kept if 2 * far == step and far % 1 == 0), None)
    told = [("not moved", 0.0)]
    if whole is not None:
        steps = "a step" if whole == step else f"{whole / step:g} steps"
        told.append((f"by {whole:g}: {steps} of the map", whole))
    if half is not None:
        told.append((f"by {half:g}: half a step", half))
    return told


def _maps(place: Path, layer: Document, moves: int) -> np.ndarray:
    """Return levels ``(moves, units, rows, columns)``; they lie in one picture, row by row."""
    with Image.open(place) as opened:
        levels = np.asarray(opened.convert("L")).reshape(-1)
    shape = (moves, len(layer["units"]), *layer["size"])
    return levels[: prod(shape)].reshape(shape)


def _address(levels: np.ndarray) -> str:
    times = -(-_WIDE // max(levels.shape[:2]))
    large = levels.repeat(times, axis=0).repeat(times, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(large)).save(buffer, "WEBP", lossless=True)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
