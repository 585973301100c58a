"""Idea 3 in the report: what each layer's units stand for, and a few of them to look at."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PIL import Image

from convscope.atlas import Atlas
from convscope.site import charts
from convscope.site.features.data import name_of
from convscope.site.table import table

Document = Mapping[str, Any]

_DEPTHS = 5  # layers that are shown, from the first to the last
_UNITS = 6  # of each, the best graded
_TILE = 96  # pixels of a tile in the report
_COARSE = 64  # tiles smaller than this are shown with visible pixels


def section(document: Document | None, drawn: str, atlas: Atlas) -> str:
    """Return the part of the report that tells what units stand for; empty where none was looked at.

    Args:
        document: of ``features``.
        drawn: the charts of the mix by depth.
        atlas: holds the layers' documents and pictures.

    Raises:
        WorkError: the atlas is damaged.
    """
    rows = charts.measured(document) if document else []
    if not document or not rows:
        return ""
    told = any(_trust(row) for row in rows)
    head = ("layer", "units", "labelled", "unknown", "dead on data", "most common labels")
    lines = [_line(row, told=told) for row in rows]
    note = (
        '<p class="note">Told right: how often the exemplars of a layer’s units, and nothing else, tell which '
        "of two other samples drives a unit; half is chance."
        f"{_floor(rows)}</p>"
    )
    kept = table((*head, "told right"), lines) + note if told else table(head, lines)
    shown = "".join(_layer(row, atlas) for row in _spread(rows) if name_of(row) in atlas)
    return f"<h2>What units stand for, by depth</h2>{drawn}{kept}{shown}"


def _line(row: Document, *, told: bool) -> tuple[str, ...]:
    labelled = row["measured"] - row["unknown"]
    names = ", ".join(f"{label['name']} ({label['units']})" for label in _named(row)[:3])
    numbers = (row["measured"], labelled, row["unknown"], row["dead"])
    line = (row["name"], *(f"{n:,}" for n in numbers), names or "–")
    return (*line, _right(_trust(row))) if told else line


def _trust(row: Document) -> Document | None:
    return (row.get("trust") or {}).get("exemplars")


def _floor(rows: Sequence[Document]) -> str:
    """Return how often exemplars of the untrained network tell it, over layers; empty where not measured."""
    found = [row["trust"].get("untrained") for row in rows if row.get("trust")]
    known = [one for one in found if one]
    units = sum(one.get("units", 1) for one in known)
    if not units:
        return ""
    mean = sum(one["mean"] * one.get("units", 1) for one in known) / units
    return f" From exemplars of the same network untrained: {100 * mean:.0f} %."


def _right(trust: Document | None) -> str:
    if trust is None:
        return "–"
    low, high = trust["interval"]
    return f"{100 * trust['mean']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _named(row: Document) -> list[Document]:
    return [label for label in row["labels"] if label["name"] != "unknown"]


def _spread(rows: Sequence[Document]) -> list[Document]:
    """Return some of the rows, evenly from the first to the last."""
    last = max(1, min(_DEPTHS, len(rows)) - 1)
    places = {round(i * (len(rows) - 1) / last) for i in range(last + 1)}
    return [rows[place] for place in sorted(places)]


def _layer(row: Document, atlas: Atlas) -> str:
    """Return the best graded units of a layer: what was made for each, and what excites it most."""
    layer = atlas.document(name_of(row))
    sheets = layer.get("sheets") or {}
    kinds = [
        kind
        for kind in ("synthesis", "exemplars")
        if sheets.get(kind) and all((atlas.path / p).is_file() for p in sheets[kind]["pictures"])
    ]
    if not kinds:
        return ""
    best = sorted(range(len(layer["detail"])), key=lambda i: _grade(layer["detail"][i]))[:_UNITS]
    tiles = {kind: tiles_of(atlas, sheets[kind], best) for kind in kinds}
    figures = "".join(
        f"<figure>{''.join(tiles[kind][place] for kind in kinds)}<figcaption>"
        f"{_caption(layer['detail'][i])}</figcaption></figure>"
        for place, i in enumerate(best)
    )
    made = " and ".join({"synthesis": "made for it", "exemplars": "found for it"}[k] for k in kinds)
    return (
        f"<h3>{escape(row['name'])}: its best graded units, each with what was {made}</h3>"
        f'<div class="units">{figures}</div>'
    )


def _grade(unit: Document) -> tuple[bool, bool, float]:
    """Return what sorts units by their evidence: graded, alive, precise."""
    label = unit.get("label") or {}
    precision = label.get("precision")
    return (precision is None, unit["status"] != "ok", -(precision or 0.0))


def _caption(unit: Document) -> str:
    label = unit.get("label") or {}
    precision = label.get("precision")
    graded = f", precision {precision:.2f}" if precision is not None else ""
    status = "" if unit["status"] == "ok" else f", {unit['status']}"
    name = escape(str(label.get("name", "not labelled")))
    return f"{unit['unit']}: {name}{graded}{status}"


def tiles_of(atlas: Atlas, sheet: Document, places: Sequence[int]) -> list[str]:
    """Return tiles of a sheet, each as an image element that holds its picture.

    Args:
        atlas: holds the sheet.
        sheet: one of a layer's ``sheets``.
        places: of the tiles.
    """
    high, wide = sheet["tile"]
    pictures: dict[int, Image.Image] = {}
    found = []
    for place in places:
        number, within = divmod(place, sheet["per"])
        if number not in pictures:
            with Image.open(atlas.path / sheet["pictures"][number]) as opened:
                pictures[number] = opened.convert("RGB")
        row, column = divmod(within, sheet["columns"])
        left, top = column * wide, row * high
        part = pictures[number].crop((left, top, left + wide, top + high))
        part.thumbnail((_TILE, _TILE))
        buffer = io.BytesIO()
        part.save(buffer, "WEBP", quality=85)
        held = base64.b64encode(buffer.getvalue()).decode()
        coarse = ' class="coarse"' if max(high, wide) < _COARSE else ""
        found.append(f'<img{coarse} src="data:image/webp;base64,{held}" alt="">')
    return found
