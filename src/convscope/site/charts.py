"""The charts, each a Vega-Lite specification made with Altair from an idea's document.

One definition serves the notebook (``Finding.chart()``), the pages and the report. A chart of a
document that measured nothing is not made: callers get None and say so in words.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from convscope.finding import Finding
from convscope.site import palette
from convscope.site.numbers import times

if TYPE_CHECKING:
    import altair as alt

    Layered = alt.LayerChart | alt.FacetChart
    Chart = alt.Chart | Layered

Document = Mapping[str, Any]
Width = int | Literal["container"]

PARTS = ("weights of the convolution", "saved by sharing", "saved by groups", "saved by locality")
"""What a bar of ``sharing`` is made of, from its left end."""

_SPOKEN = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
# The end of a layer's name tells it from its neighbours, not the beginning.
_SHORT = "length(datum.label) > 26 ? '…' + slice(datum.label, -25) : datum.label"
_NAMED = 30  # layers named along an axis, at most
_AXES = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def chart(finding: Finding, width: Width = 560) -> "Chart":
    """Return the chart of a Finding.

    Args:
        finding: what an idea found.
        width: pixels; ``"container"`` fills the element it is drawn into.

    Raises:
        ValueError: the Finding's idea has no chart, or it holds nothing to draw.
    """
    make = CHARTS.get(finding.idea)
    made = make(finding.document(), width) if make else None
    if made is None:
        raise ValueError(f"a Finding of {finding.idea!r} has nothing to draw; print its table()")
    return made


def sharing(document: Document, width: Width = 560) -> "alt.Chart | None":
    """Return the bars of a network's layers: from their own weights to those of a dense layer.

    On a logarithmic axis factors add, so each bar is exactly its weights, then its factors of
    sharing, grouping and locality.
    """
    import altair as alt

    rows = [row for row in document["layers"] if row["kind"] in ("conv", "linear")]
    pieces = [piece for row in rows if row["weights"] for piece in _pieces(row)]
    if not pieces:
        return None
    names = list(dict.fromkeys(piece["layer"] for piece in pieces))
    return _finished(
        alt.Chart(alt.Data(values=pieces))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=alt.Y("layer:N", sort=names, title=None, axis=alt.Axis(labelExpr=_SHORT)),
            x=alt.X(
                "from:Q",
                scale=alt.Scale(type="log", domainMin=1, nice=False),
                title="weights, on a logarithmic scale",
                axis=alt.Axis(format="~s", tickCount=6),
            ),
            x2="to:Q",
            color=alt.Color(
                "part:N",
                title=None,
                scale=_parts_scale({piece["part"] for piece in pieces}),
                legend=alt.Legend(orient="top", columns=2 if width == "container" else 4),
            ),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("value:N", title="is"),
                alt.Tooltip("to:Q", title="weights up to here", format=",.0f"),
            ],
        ),
        width,
        len(names) * (20 if len(names) <= 40 else 14),
    )


def receptive(document: Document, width: Width = 560, side: int | None = None) -> "Layered | None":
    """Return how far a unit sees, by depth: its theoretical field, and 95 % of the effective.

    Args:
        document: the document of ``receptive``.
        width: of the plot, in pixels, or ``"container"``.
        side: the input's longest side, drawn as a dashed line where it is known.
    """
    import altair as alt

    rows = local_layers(document)
    points = [point for row in rows for point in _sizes(row)]
    if not points:
        return None
    names = [row["name"] for row in rows]
    unit = {1: "samples", 2: "pixels", 3: "voxels"}.get(len(rows[0]["size"]), "inputs")
    series = list(dict.fromkeys(point["field"] for point in points))
    colours = [palette.ACCENT if "95 %" not in name else palette.WEIGHTS for name in series]
    named = names[:: -(-len(names) // _NAMED)]  # labels are slow to place, and unread in crowds
    angled = alt.Axis(values=named, labelAngle=-40, labelOverlap=True, labelExpr=_SHORT, grid=False)
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("layer:N", sort=None, title=None, axis=angled, scale=alt.Scale(padding=0.3)),
        y=alt.Y("size:Q", title=f"{unit} seen", axis=alt.Axis(tickCount=5)),
        color=alt.Color(
            "field:N",
            title=None,
            scale=alt.Scale(domain=series, range=colours),
            legend=alt.Legend(orient="top", direction="vertical"),
        ),
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=1.5, opacity=0.7).encode(
        strokeDash=alt.StrokeDash("field:N", legend=None)
        if len(set(colours)) < len(colours)
        else alt.Undefined
    )
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("kind:N"),
            alt.Tooltip("field:N"),
            alt.Tooltip("size:Q", title=unit, format=",.4~f"),
        ]
    )
    drawn = line + dots if side is None else _whole(side) + line + dots
    return _finished(drawn, width, 260)


def sharing_whole(sums: Document) -> "alt.Chart":
    """Return one bar for many layers: their weights, and what each prior saves.

    Args:
        sums: a total of the document of ``sharing``.
    """
    import altair as alt

    low = sums["local_weights"]
    ends = (1, sums["weights"], low, low * sums["grouping_factor"], sums["dense_weights"])
    bars = [
        {"part": part, "from": low, "to": max(low, high)}
        for part, low, high in zip(PARTS, ends, ends[1:], strict=False)
    ]
    return (
        alt.Chart(alt.Data(values=[bar for bar in bars if bar["to"] > bar["from"]]))
        .mark_bar(height=22)
        .encode(
            x=alt.X(
                "from:Q",
                scale=alt.Scale(type="log", domain=[1, ends[-1]], nice=False),
                axis=alt.Axis(format="~s", tickCount=4, title=None, grid=False),
            ),
            x2="to:Q",
            color=alt.Color("part:N", legend=None, scale=_parts_scale(set(PARTS))),
        )
    )


def receptive_line(document: Document, shape: Sequence[int]) -> "Layered":
    """Return the growth of the widest side of the field, beside the input's.

    Args:
        document: the document of ``receptive``.
        shape: the network's input, channels first.
    """
    import altair as alt

    side = max(shape[1:], default=1)
    rows = [
        {"depth": i, "size": max(row.get("local_size") or row["size"])}
        for i, row in enumerate(local_layers(document), 1)
    ]
    rows += [last | {"depth": last["depth"] + 1} for last in rows[-1:]]  # its step has a width too
    axis = alt.Axis(title=None, grid=False, tickCount=3)
    line = (
        alt.Chart(alt.Data(values=rows))
        .mark_area(interpolate="step-after", opacity=0.18, line={"opacity": 1, "strokeWidth": 2})
        .encode(
            x=alt.X("depth:Q", axis=None),
            y=alt.Y("size:Q", axis=axis),
            color=alt.value(palette.ACCENT),
        )
    )
    return line + _whole(side)


CHARTS = {"sharing": sharing, "receptive": receptive}


def small(made: "Chart") -> str:
    """Return a chart as an SVG that fits a card."""
    return svg(_finished(made, 360, 60))


def spec(made: "Chart") -> dict[str, Any]:
    """Return a chart as Vega-Lite for the pages, its colours those of the theme."""
    return json.loads(palette.for_page(made.to_json(indent=None)))


def drawn(documents: Mapping[str, Document], width: Width) -> dict[str, "Chart | None"]:
    """Return the charts of all documents that can have one.

    Args:
        documents: the atlas's, by name; that of the network adds what the ideas do not know.
        width: of the plots, in pixels, or ``"container"``.
    """
    side = max(documents.get("network", {}).get("input", ())[1:], default=None)
    made: dict[str, Chart | None] = {}
    if "sharing" in documents:
        made["sharing"] = sharing(documents["sharing"], width)
    if "receptive" in documents:
        made["receptive"] = receptive(documents["receptive"], width, side)
    return made


def specs(documents: Mapping[str, Document]) -> dict[str, dict[str, Any]]:
    """Return the charts of all documents that have one, as Vega-Lite for the pages."""
    made = drawn(documents, "container")
    return {name: spec(chart) for name, chart in made.items() if chart is not None}


def height(page_spec: Mapping[str, Any]) -> int:
    """Return the pixels a page keeps free for a chart: its plot, and its axis and legend."""
    return page_spec["height"] + 100


def svg(made: "Chart") -> str:
    """Return a chart of a fixed width as SVG, its colours those of the theme.

    It says nothing to a screen reader: whoever shows it says what it shows, once.
    """
    import altair as alt
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    drawn = vl_convert.vegalite_to_svg(made.to_json(indent=None), vl_version=version)
    return palette.for_page(_SPOKEN.sub("", drawn))


def _whole(side: int) -> "alt.Chart":
    """Return the input's side as a dashed line."""
    import altair as alt

    return (
        alt.Chart(alt.Data(values=[{"size": side}]))
        .mark_rule(strokeDash=[4, 3])
        .encode(y="size:Q", color=alt.value(palette.MUTED))
    )


def _parts_scale(present: set[str]) -> "alt.Scale":
    import altair as alt

    hues = (palette.WEIGHTS, palette.SHARING, palette.GROUPING, palette.LOCALITY)
    shown = {part: hue for part, hue in zip(PARTS, hues, strict=True) if part in present}
    return alt.Scale(domain=list(shown), range=list(shown.values()))


def _pieces(row: Document) -> list[dict[str, Any]]:
    factors = (row["sharing_factor"], row["grouping_factor"], row["locality_factor"])
    pieces, low = [], 1.0
    for part, factor in zip(PARTS, (row["weights"], *factors), strict=True):
        if factor != 1 or part == PARTS[0]:
            value = f"{factor:,}" if part == PARTS[0] else times(factor)
            pieces.append(
                {
                    "layer": row["name"],
                    "part": part,
                    "from": low,
                    "to": low * factor,
                    "value": value,
                }
            )
        low *= factor
    return pieces


def local_layers(document: Document) -> list[Document]:
    """Return the layers of ``receptive`` whose units have places: a step from one to the next."""
    return [row for row in document["layers"] if any(row["stride"])]


def _sizes(row: Document) -> list[dict[str, Any]]:
    """Return the points of one layer: one a field, or one an axis where axes differ."""
    found = row.get("effective")
    kinds = [("theoretical field", row.get("local_size") or row["size"])]
    if found and found.get("box95"):
        kinds.append(("95 % of the effective field", found["box95"]))
    points = []
    for field, sizes in kinds:
        same = len(set(sizes)) <= 1
        axes = ("",) if same else _AXES.get(len(sizes), ())
        for axis, size in zip(axes, sizes, strict=False):
            name = f"{field}, {axis}" if axis else field
            points.append(
                {
                    "layer": row["name"],
                    "kind": row["kind"],
                    "size": size,
                    "field": name,
                }
            )
    return points


def _finished(made: Any, width: Width, height: int) -> Any:
    """Return the chart in the pages' typography."""
    import altair as alt

    # Said, because Vega-Lite warns where it has to choose "fit-x" itself.
    if width == "container":
        fit = alt.AutoSizeParams(type="fit-x", contains="padding")
        made = made.properties(autosize=fit)
    return (
        made.properties(width=width, height=height, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.MUTED,
            titleColor=palette.MUTED,
            gridColor=palette.RULE,
            domainColor=palette.RULE,
            tickColor=palette.RULE,
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
        )
        .configure_legend(labelColor=palette.INK, labelFontSize=12, symbolType="square")
    )
