"""Write the pages beside an atlas: its documents in the form that pages load, and the assets.

Pages are static modules that read ``data/*.json``. What the first page needs is in ``site.json``;
what others need is in files of their own, loaded when they are opened.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import convscope
from convscope.atlas import Atlas
from convscope.atlas.files import make_folder, write
from convscope.finding import SCHEMA
from convscope.site import charts
from convscope.site.cards import IDEAS, cards
from convscope.site.commands import GRADED, named
from convscope.site.features.data import files as features
from convscope.site.learning.data import files as learning
from convscope.site.numbers import short_name

ASSETS = Path(__file__).parent / "assets"
DOCUMENTS = ("network", "data", *(card.idea for card in IDEAS), "prior", "repair")


def build(atlas: str | Path) -> Path:
    """Write ``index.html``, ``assets/`` and ``data/`` into an atlas's folder.

    Args:
        atlas: the folder that ``convscope look`` wrote.

    Returns:
        The place of ``index.html``.

    Raises:
        SpecError: the folder is no atlas.
        WorkError: the atlas is damaged, or the disk failed.
    """
    opened = Atlas.open(atlas)
    documents = documents_of(opened)
    extra = dict(learning(documents, opened.manifest.network["spec"]))
    specs = charts.specs(documents | {k: extra[k] for k in ("timeline",) if k in extra})
    make_folder(opened.path / "data")
    for name, spec in specs.items():
        _write_json(opened.path / "data" / f"chart-{name}.json", spec)
    filters = documents["network"].pop("filters", None) if "network" in documents else None
    if filters:
        _write_json(opened.path / "data" / "filters.json", filters)
    for name, document in documents.items():
        parts = features(opened, document) if name == "features" else [(name, document)]
        for part, content in parts:
            _write_json(opened.path / "data" / f"{part}.json", extra.pop(part, content))
    for name, content in extra.items():
        _write_json(opened.path / "data" / f"{name}.json", content)
    summary = _summary(opened, documents) | {
        "charts": {name: charts.height(spec) for name, spec in specs.items()},
        "filters": bool(filters),
        "timeline": "timeline" in extra,
    }
    _write_json(opened.path / "data" / "site.json", summary)
    for source in _assets():
        target = opened.path / "assets" / source.relative_to(ASSETS)
        make_folder(target.parent)
        write(target, source.read_bytes())
    write(opened.path / "assets" / "vega.js", _vega())
    index = opened.path / "index.html"
    write(index, _index(summary).encode())
    return index


def documents_of(atlas: Atlas) -> dict[str, dict[str, Any]]:
    """Return the documents that pages and report show, by entry."""
    return {name: atlas.document(name) for name in DOCUMENTS if name in atlas}


def measurements(
    atlas: Atlas, documents: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield what was measured and by which protocol; effective fields, which are sampled, after the exact ones.

    Args:
        atlas: the atlas.
        documents: its documents, by entry.
    """
    for entry in atlas:
        if entry.name not in DOCUMENTS:
            continue  # what one entry tells in parts is listed once
        told = {
            "name": entry.name,
            "summary": entry.summary,
            "protocol": entry.protocol,
            "written": entry.written,
            "document": entry.document,
            "table": entry.table,
        }
        yield told
        layers = documents.get(entry.name, {}).get("layers", ())
        used = next((row["effective"] for row in layers if row.get("effective")), None)
        if used is not None:
            yield told | {"name": "effective fields", "protocol": used["protocol"], "table": None}


def _summary(atlas: Atlas, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what every page needs, and nothing that only one of them does."""
    manifest = atlas.manifest
    network = {k: v for k, v in documents.get("network", {}).items() if k != "layers"}
    spec, command = manifest.network["spec"], network.get("command")
    return {
        "convscope": convscope.__version__,
        "schema": SCHEMA,
        "network": network
        | {"spec": spec, "fingerprint": manifest.network["fingerprint"]}
        | {"name": short_name(spec), "model": named(spec, command)}
        | {"graded": named(spec, command, GRADED), "served": named(spec, command, ["--weights"])},
        "data": documents.get("data"),
        "cards": [asdict(card) for card in cards(documents)],
        "documents": list(documents),
        "entries": list(measurements(atlas, documents)),
        "left": manifest.left,
        "created": manifest.created,
        "measured_with": manifest.convscope,
    }


def _index(summary: Mapping[str, Any]) -> str:
    """Return the page's HTML: every module is named in its head, so that they load side by side."""
    modules = [source for source in _assets() if source.suffix == ".js"]
    preloads = "\n".join(
        f'<link rel="modulepreload" href="assets/{source.relative_to(ASSETS).as_posix()}">'
        for source in modules
    )
    page = (Path(__file__).parent / "index.html").read_text(encoding="utf-8")
    title = escape(summary["network"]["name"])
    return page.replace("<!-- preloads -->", preloads).replace("<!-- network -->", title)


def _assets() -> list[Path]:
    """Return what pages load; ``types.js`` is for the type checker alone."""
    kinds = (".js", ".css", ".svg")
    found = (path for path in ASSETS.rglob("*") if path.suffix in kinds and path.name != "types.js")
    return sorted(found)


@cache
def _vega() -> bytes:
    """Return Vega and all it needs as one module, of the version the charts are made for."""
    import altair as alt
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", version).encode()


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    write(path, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
