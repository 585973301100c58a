"""The report: an atlas as one HTML file that needs nothing else, to mail, print and archive.

It holds what stands still: verdicts, charts as SVG, tables, a few pictures, and how each number was
measured. What has to be moved to be understood is left to the pages.
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import convscope
from convscope.atlas import Atlas
from convscope.atlas.files import write
from convscope.site import charts, pictures
from convscope.site.card import Card
from convscope.site.cards import cards
from convscope.site.commands import GRADED, LEFT_OUT, OPTIONS, named
from convscope.site.features.report import section as features
from convscope.site.learning.report import section as learning
from convscope.site.numbers import shape, short_name, times
from convscope.site.pages import ASSETS, documents_of, measurements
from convscope.site.shift.repaired import section as repaired
from convscope.site.shift.report import section as shift
from convscope.site.table import table

Document = Mapping[str, Any]

_WIDTH = 620  # pixels of a chart's plot: with its labels it fills a printed page
_STYLES = (*(ASSETS / "base" / f"{name}.css" for name in ("tokens", "type", "parts")),)


def report(atlas: str | Path, out: str | Path) -> Path:
    """Write an atlas as one self-contained HTML file.

    Args:
        atlas: the folder that ``convscope look`` wrote.
        out: the file; its folder exists.

    Returns:
        The place of the file.

    Raises:
        SpecError: the folder is no atlas, or ``out`` may not be written to.
        WorkError: the atlas is damaged, or the disk failed.
    """
    opened = Atlas.open(atlas)
    documents = documents_of(opened)
    network = documents.get("network", {}) | dict(opened.manifest.network)
    made = charts.drawn(documents, _WIDTH)
    drawn = {name: _figure(charts.svg(chart), name) for name, chart in made.items() if chart}
    styles = "\n".join(path.read_text(encoding="utf-8") for path in (*_STYLES, _own_style()))
    name = escape(short_name(network["spec"]))
    parts = [
        f"<h1>Why {name} works</h1>",
        f'<p class="lead">{escape(_lead(network, documents.get("data")))}</p>',
        *(_claim(card, network) for card in cards(documents)),
        _sharing(documents.get("sharing"), drawn.get("sharing")),
        _receptive(documents, drawn.get("receptive"), opened.path),
        _filters(network.get("filters")),
        features(
            documents.get("features"),
            drawn.get("features", "") + drawn.get("features-labels", ""),
            opened,
        ),
        shift(documents.get("shift"), documents.get("data"), drawn, opened.path),
        repaired(documents.get("repair")),
        learning(documents.get("learn"), drawn),
        _about(opened, documents, network),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name} · convscope</title><style>{styles}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )
    place = Path(out)
    write(place, page.encode())
    return place


def _figure(drawing: str, name: str) -> str:
    label = f"Chart of {name}; its numbers are in the atlas's tables"
    return f'<figure role="img" aria-label="{label}">{drawing}</figure>'


def _own_style() -> Path:
    return Path(__file__).parent / "report.css"


def _lead(network: Document, data: Document | None) -> str:
    on = f", with data of {data['count']:,} samples ({data['spec']})" if data else ""
    return (
        f"{network['parameters']:,} parameters reading an input of {shape(network['input'])}. "
        f"What convscope measured{on}, with the thresholds that decided each verdict."
    )


def _claim(card: Card, network: Document) -> str:
    heading = f'<h2>{escape(card.title)}</h2><p class="prose">{escape(card.sentence)}</p>'
    if card.text and not card.verdict:  # measured, and nothing to decide
        return f'<section class="claim">{heading}<p class="note">{escape(card.text)}</p></section>'
    if not card.verdict:
        options = GRADED if card.idea == "shift" else OPTIONS
        model = named(network["spec"], network.get("command"), options)
        command = escape(card.command.replace("MODEL", model))
        left = LEFT_OUT if "MODEL" in card.command and model.endswith("…") else ""
        when = "measures it" if card.available else "will measure it, in a later version"
        text = f'<p class="note">Not measured. <code>{command}</code>{left} {when}.</p>'
        return f'<section class="claim">{heading}{text}</section>'
    caption = escape(card.caption)
    return (
        f'<section class="claim">{heading}<p><strong>{escape(card.number)}</strong> '
        f'{escape(card.text)}</p><figure><div role="img" aria-label="{caption}">{card.chart}</div>'
        f"<figcaption>{caption}.</figcaption></figure>"
        f'<p><span class="verdict" data-word="{card.verdict}">{card.verdict}</span> '
        f'<span class="note">Threshold: {escape(card.threshold)}. Floor: {escape(card.floor)}.'
        "</span></p></section>"
    )


def _sharing(document: Document | None, chart: str | None) -> str:
    if not document:
        return ""
    rows = [row for row in document["layers"] if row["kind"] in ("conv", "linear")]
    told = table(
        ("layer", "weights", "not shared", "dense", "locality", "groups", "sharing"),
        [
            (
                row["name"],
                *(f"{row[form]:,}" for form in ("weights", "local_weights", "dense_weights")),
                *(times(row[f"{prior}_factor"]) for prior in ("locality", "grouping", "sharing")),
            )
            for row in rows
        ],
    )
    return f"<h2>Parameters, layer by layer</h2>{chart or ''}{told}"


def _receptive(documents: Mapping[str, Document], chart: str | None, folder: Path) -> str:
    document = documents.get("receptive")
    if not document:
        return ""
    shown = pictures.fields(document, documents.get("data"), folder)
    seen = f'<div class="pictures">{"".join(shown)}</div>' if shown else ""
    advice = "".join(
        f"<h3>{escape(item['title'])}</h3><p>{escape(item['text'])} "
        f"<span class='note'>{escape(', '.join(item.get('layers') or ()))}</span></p>"
        for item in document.get("advice") or ()
    )
    return f"<h2>What a unit can see</h2>{chart or ''}{seen}{advice}"


def _filters(document: Document | None) -> str:
    source = pictures.filters(document) if document else None
    if not document or not source:
        return ""
    return (
        f"<h2>The first filters: {escape(document['layer'])}</h2><figure>"
        f'<img class="tiles" src="{source}" alt="Filters of {escape(document["layer"])}">'
        "<figcaption>Each is scaled by its own largest weight; grey is zero.</figcaption></figure>"
    )


def _about(atlas: Atlas, documents: Mapping[str, Document], network: Document) -> str:
    keys = ("id", "dtype", "seed", "samples", "floor")
    rows = [
        (told["name"], *(_said(told["protocol"].get(key)) for key in keys))
        for told in measurements(atlas, documents)
    ]
    facts = {
        "network": network["spec"],
        "fingerprint": network["fingerprint"],
        "versions": ", ".join(f"{k} {v}" for k, v in (network.get("versions") or {}).items()),
        "device": network.get("device"),
        "command": network.get("command"),
        "begun": atlas.manifest.created,
        "written by": f"convscope {convscope.__version__}",
    }
    listed = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
        for name, value in facts.items()
        if value
    )
    told = table(("what", "protocol", "arithmetic", "seed", "samples", "floor"), rows)
    return f'<h2>How it was measured</h2>{told}<dl class="facts">{listed}</dl>'


def _said(value: object) -> str:
    return "–" if value is None else str(value)
