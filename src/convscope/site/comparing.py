"""Two atlases side by side, as one HTML file that needs nothing else: what both hold, and what changed."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from convscope.atlas import Atlas
from convscope.atlas.files import write
from convscope.features.comparing import STATUSES, Comparison, UnitPair
from convscope.site.features.data import name_of
from convscope.site.features.report import tiles_of
from convscope.site.pages import ASSETS
from convscope.site.table import table

_SHOWN = 24
"""Pairs, or units, that each part shows."""
_STYLES = (
    *(ASSETS / "base" / f"{name}.css" for name in ("tokens", "type", "parts")),
    Path(__file__).parent / "report.css",
)


def comparison(found: Comparison, atlas: Atlas, other: Atlas, out: str | Path) -> Path:
    """Write a comparison as one self-contained HTML file.

    Args:
        found: the comparison.
        atlas: of the first network.
        other: of the second.
        out: the file; its folder exists.

    Returns:
        The place of the file.

    Raises:
        SpecError: ``out`` may not be written to.
        WorkError: an atlas is damaged, or the disk failed.
    """
    faces = (_Faces(atlas), _Faces(other))
    one, two = map(escape, found.names)
    changed = found.most_changed(_SHOWN)
    gone, new = (_unmatched(found, network) for network in (0, 1))
    parts = [
        f"<h1>{one}, beside {two}</h1>",
        f'<p class="lead">{escape(found.summary())}</p>',
        f"<h2>Layer by layer</h2>{_layers(found)}",
        _part(
            f"The same in both, and least alike: {one}, then {two}",
            [_pair(row, faces) for row in changed],
        ),
        _part(f"Only in {one}", [_alone(row, faces[0]) for row in gone[:_SHOWN]], len(gone)),
        _part(f"Only in {two}", [_alone(row, faces[1]) for row in new[:_SHOWN]], len(new)),
        f'<p class="note">{escape(found.protocol.id)}, on {found.protocol.samples} samples that both were shown. '
        "A unit has a counterpart where each is the other’s best match and their correlation is more than 99 % of "
        "what shuffled samples give.</p>",
    ]
    styles = "\n".join(path.read_text(encoding="utf-8") for path in _STYLES)
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{one}, beside {two} · convscope</title><style>{styles}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )
    place = Path(out)
    write(place, page.encode())
    return place


class _Faces:
    """The pictures by which the units of an atlas are known.

    Args:
        atlas: the atlas.
    """

    def __init__(self, atlas: Atlas):
        self._atlas = atlas
        self._layers: dict[str, tuple[Mapping[str, Any] | None, dict[int, int]]] = {}
        for row in atlas.document("features")["layers"]:
            layer = atlas.document(name_of(row))
            sheets = layer.get("sheets") or {}
            places = {unit["unit"]: i for i, unit in enumerate(layer["detail"])}
            self._layers[row["name"]] = (sheets.get("synthesis") or sheets.get("exemplars"), places)

    def of(self, layer: str, unit: int) -> str:
        """Return the picture of a unit as an image element; empty where there is none."""
        sheet, places = self._layers[layer]
        if sheet is None:
            return ""
        (tile,) = tiles_of(self._atlas, sheet, [places[unit]])
        return tile


def _layers(found: Comparison) -> str:
    head = (
        *("network", "layer", "looked for in", "units"),
        *STATUSES,
        *("mean correlation", "by chance", "relabelled"),
    )
    rows = [
        (
            found.names[row.network],
            row.layer,
            row.other_layer,
            f"{row.units:,}",
            *(f"{row.counts[status]:,}" for status in STATUSES),
            "–" if row.similarity is None else f"{row.similarity:.2f}",
            "–" if row.null99 is None else f"{row.null99:.2f}",
            f"{row.relabelled:,}",
        )
        for row in found.layers
    ]
    return table(head, rows)


def _part(title: str, figures: Sequence[str], every: int | None = None) -> str:
    if not figures:
        return ""
    more = f" ({len(figures)} of {every:,})" if every and every > len(figures) else ""
    return f'<h2>{title}{more}</h2><div class="units">{"".join(figures)}</div>'


def _pair(row: UnitPair, faces: tuple[_Faces, _Faces]) -> str:
    assert row.other_unit is not None
    pictures = faces[0].of(row.layer, row.unit) + faces[1].of(row.other_layer, row.other_unit)
    labels = [label or "not labelled" for label in (row.label, row.other_label)]
    told = labels[0] if labels[0] == labels[1] else " → ".join(labels)
    caption = f"{row.layer}:{row.unit}, {row.other_layer}:{row.other_unit}: correlation {row.correlation:.2f}; {told}"
    return f"<figure>{pictures}<figcaption>{escape(caption)}</figcaption></figure>"


def _unmatched(found: Comparison, network: int) -> list[UnitPair]:
    return [row for row in found.units if row.network == network and row.status == "unmatched"]


def _alone(row: UnitPair, faces: _Faces) -> str:
    caption = f"{row.layer}:{row.unit}: {row.label or 'not labelled'}"
    return f"<figure>{faces.of(row.layer, row.unit)}<figcaption>{escape(caption)}</figcaption></figure>"
