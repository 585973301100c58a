"""Idea 3: what the units of each layer stand for, by depth."""

import re
from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import Document, Width, finished, layer_axis

if TYPE_CHECKING:
    import altair as alt

LADDERS = {
    1: ("1 tone, click, onset", "2 chirp", "3 harmonic, pattern", "4 whole"),
    2: (
        "1 edge, colour",
        "2 corner, junction, simple texture",
        "3 shape, texture, part",
        "4 whole",
    ),
    3: ("1 surface, edge, spot", "2 corner, end, grating", "3 shape, part", "4 whole"),
}
"""The levels of the ladder of complexity in words, by the axes of the input."""

REST = ("unknown", "dead on data")
"""What a unit may be instead: without a label, or the same on every sample."""

_LABELS = 24  # rows, at most: the most common ones
_DEGREES = re.compile(r"( \d+(\.\d+)?)+$")
_HUES = (*palette.LEVELS, palette.QUIET, palette.GONE)


def features(document: Document, width: Width = 560) -> "alt.Chart | None":
    """Return the share of each layer's units that stand on each level of the ladder.

    Args:
        document: the document of ``features``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    rows = measured(document)
    if not rows:
        return None
    names, ladder = [row["name"] for row in rows], ladder_of(rows)
    return finished(
        _bars(rows, ladder).encode(
            x=alt.X(
                "layer:N",
                sort=None,
                title=None,
                axis=layer_axis(names),
                scale=alt.Scale(paddingInner=0.12, paddingOuter=0.06),
            ),
            y=alt.Y(
                "from:Q",
                title="share of units",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            y2="to:Q",
            color=alt.Color(
                "stands for:N",
                title=None,
                scale=_scale(ladder),
                legend=alt.Legend(orient="top", columns=2 if width == "container" else 3),
            ),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("stands for:N"),
                alt.Tooltip("units:Q"),
                alt.Tooltip("share:Q", format=".0%"),
            ],
        ),
        width,
        240,
    )


def features_mix(document: Document) -> "alt.Chart | None":
    """Return the same without words, for a card."""
    import altair as alt

    rows = measured(document)
    if not rows:
        return None
    ladder = ladder_of(rows)
    return _bars(rows, ladder).encode(
        x=alt.X("layer:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.12)),
        y=alt.Y(
            "from:Q",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", tickCount=2, title=None, grid=False),
        ),
        y2="to:Q",
        color=alt.Color("stands for:N", legend=None, scale=_scale(ladder)),
    )


def features_labels(document: Document, width: Width = 560) -> "alt.Chart | None":
    """Return which labels the units of each layer carry: shallow ones above, deep ones below.

    Labels that differ in degrees alone are one row; a row stands where, on the average, its units do.

    Args:
        document: the document of ``features``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    rows = measured(document)
    cells = _label_shares(rows)
    if not cells:
        return None
    depth = {row["name"]: place for place, row in enumerate(rows)}
    units: dict[str, int] = {}
    deep: dict[str, float] = {}
    for cell in cells:
        units[cell["label"]] = units.get(cell["label"], 0) + cell["units"]
        deep[cell["label"]] = deep.get(cell["label"], 0) + cell["units"] * depth[cell["layer"]]
    common = sorted(units, key=lambda name: -units[name])[:_LABELS]
    common.sort(key=lambda name: deep[name] / units[name])
    names = list(depth)
    return finished(
        alt.Chart(alt.Data(values=[cell for cell in cells if cell["label"] in common]))
        .mark_rect()
        .encode(
            x=alt.X(
                "layer:N",
                title=None,
                axis=layer_axis(names),
                scale=alt.Scale(domain=names, paddingInner=0.06),
            ),
            y=alt.Y(
                "label:N",
                title=None,
                scale=alt.Scale(domain=common, paddingInner=0.1),
                axis=alt.Axis(ticks=False, labelLimit=160),
            ),
            color=alt.value(palette.SIMPLE),
            opacity=alt.Opacity(
                "share:Q",
                title="share of the layer’s units",
                scale=alt.Scale(type="sqrt", range=[0.06, 1], domainMin=0),
                legend=alt.Legend(orient="top", format="%", tickCount=4),
            ),
            tooltip=[
                alt.Tooltip("label:N"),
                alt.Tooltip("layer:N"),
                alt.Tooltip("units:Q"),
                alt.Tooltip("share:Q", format=".0%"),
            ],
        ),
        width,
        18 * len(common),
    )


def plain(name: str) -> str:
    """Return a label without the degrees that tell it from others of its kind.

    >>> plain("bright line 22.5"), plain("edge 270 0"), plain("cat")
    ('bright line', 'edge', 'cat')
    """
    return _DEGREES.sub("", name)


def measured(document: Document) -> list[Document]:
    """Return the layers of ``features`` of which units were measured, in their order."""
    return [row for row in document["layers"] if row["measured"]]


def ladder_of(rows: list[Document]) -> tuple[str, ...]:
    """Return the words for the levels, by the axes that the layers' receptive fields have."""
    return LADDERS.get(max((len(row.get("field") or ()) for row in rows), default=2), LADDERS[2])


def counts(row: Document, ladder: tuple[str, ...] = LADDERS[2]) -> dict[str, int]:
    """Return how many units of a layer stand on each level, are unknown, or are dead on the data.

    Args:
        row: the layer.
        ladder: the words for the levels.

    >>> counts({"measured": 9, "levels": {"1": 5, "3": 1}, "unknown": 2, "dead": 1})["1 edge, colour"]
    5
    """
    on = {text: row["levels"].get(str(level), 0) for level, text in enumerate(ladder, start=1)}
    dead = min(row["dead"], row["measured"] - sum(on.values()))
    # A dead unit has no label either: it is counted once.
    return on | {"unknown": row["measured"] - sum(on.values()) - dead, "dead on data": dead}


def _label_shares(rows: list[Document]) -> list[dict[str, Any]]:
    cells = []
    for row in rows:
        units: dict[str, int] = {}
        for label in row["labels"]:
            if label["name"] != "unknown":
                name = plain(label["name"])
                units[name] = units.get(name, 0) + label["units"]
        cells += [
            {"layer": row["name"], "label": name, "units": n, "share": n / row["measured"]}
            for name, n in units.items()
        ]
    return cells


def _bars(rows: list[Document], ladder: tuple[str, ...]) -> "alt.Chart":
    import altair as alt

    pieces: list[dict[str, Any]] = []
    for row in rows:
        low = 0.0
        for text, units in counts(row, ladder).items():
            share = units / row["measured"]
            if units:
                pieces.append(
                    {"layer": row["name"], "stands for": text, "units": units, "share": share}
                    | {"from": low, "to": low + share}
                )
            low += share
    return alt.Chart(alt.Data(values=pieces)).mark_bar()


def _scale(ladder: tuple[str, ...]) -> "alt.Scale":
    import altair as alt

    return alt.Scale(domain=[*ladder, *REST], range=list(_HUES))
