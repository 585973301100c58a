"""Cut the documents of ``features`` into what the pages load, each part when it is opened."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convscope.atlas import Atlas
from convscope.site.features.traces import trace

Document = Mapping[str, Any]

CHUNK = 32
"""Units whose details share a file."""


def files(atlas: Atlas, document: Document) -> Iterator[tuple[str, Any]]:
    """Yield what the pages read of ``features``: the name in ``data/`` and the content.

    Args:
        atlas: holds the documents of the layers.
        document: the document of ``features``.

    Raises:
        WorkError: a layer's document is missing or damaged.
    """
    yield "features-samples", document.get("samples") or {}
    layers = []
    for row in document["layers"]:
        entry = name_of(row)
        if entry not in atlas:
            layers.append(dict(row))
            continue
        layer = atlas.document(entry)
        detail = layer["detail"]
        units = [unit["unit"] for unit in detail]
        listed = {} if units == list(range(row["units"])) else {"listed": units}
        shown = {"sheets": layer.get("sheets") or {}, "kinds": layer.get("kinds") or []}
        layers.append(dict(row) | {"data": entry} | shown | listed)
        yield entry, columns(layer, atlas)
        for start in range(0, len(detail), CHUNK):
            part = [_short(unit) for unit in detail[start : start + CHUNK]]
            yield f"{entry}-{start // CHUNK:02d}", {"detail": part}
    kept = {key: value for key, value in document.items() if key not in ("units", "samples")}
    yield "features", kept | {"layers": layers}


def name_of(row: Document) -> str:
    """Return the name of the entry that holds a layer's units.

    >>> name_of({"index": 12})
    'features-0012'
    """
    return f"features-{row['index']:04d}"


def columns(layer: Document, atlas: Atlas) -> dict[str, Any]:
    """Return a layer's units as columns, one value a unit in the order of the detail.

    A column in which every value is None is left out.

    Args:
        layer: the document of a layer's units.
        atlas: holds the waveforms that the units of a sound's network show.
    """
    found: dict[str, list[Any]] = {
        "unit": [unit["unit"] for unit in layer["detail"]],
        "status": [unit["status"] for unit in layer["detail"]],
        "label": [_in(unit, "label", "name") for unit in layer["detail"]],
        "level": [_in(unit, "label", "level") for unit in layer["detail"]],
        "source": [_in(unit, "label", "source") for unit in layer["detail"]],
        "family": [_in(unit, "tuning", "family") for unit in layer["detail"]],
        "density": [_rounded(unit.get("density")) for unit in layer["detail"]],
        "natural_max": [_rounded(unit.get("natural_max")) for unit in layer["detail"]],
        "percent": [_percent(unit) for unit in layer["detail"]],
        "group": [unit.get("group") for unit in layer["detail"]],
        "trace": [trace(unit, atlas.path) for unit in layer["detail"]],
    }
    kept = {name: values for name, values in found.items() if any(v is not None for v in values)}
    head = {
        key: layer.get(key)
        for key in ("layer", "index", "units", "map", "field", "stride", "assumed")
    }
    return head | {"chunk": CHUNK, "columns": kept}


def levels(weights: Sequence[float]) -> list[int]:
    """Return a kernel as a page draws it: in 127ths of its own largest weight.

    >>> levels([0.5, -0.25, 0.0])
    [127, -64, 0]
    """
    most = max(map(abs, weights), default=0.0) or 1.0
    return [round(127 * weight / most) for weight in weights]


def _in(unit: Document, part: str, key: str) -> Any:
    return (unit.get(part) or {}).get(key)


def _percent(unit: Document) -> float | None:
    """Return what the positive picture reaches, in per cent of the natural maximum."""
    made = (one for one in unit.get("synthesis") or () if one["kind"] == "positive")
    return _rounded(next((one["percent_of_natural"] for one in made), None))


def _short(value: Any) -> Any:
    """Return the same with the digits that a page can show: a third of the bytes."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict) and value.keys() == {"shape", "values"}:
        return {"shape": value["shape"], "values": levels(value["values"])}
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return value


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
