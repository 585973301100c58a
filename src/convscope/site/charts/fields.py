"""Idea 2: how far a unit sees, by depth."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import Document, Width, finished, layer_axis

if TYPE_CHECKING:
    import altair as alt

    from convscope.site.charts.frame import Layered

_AXES = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}


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
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X(
            "layer:N", sort=None, title=None, axis=layer_axis(names), scale=alt.Scale(padding=0.3)
        ),
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
    return finished(drawn, width, 260)


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


def local_layers(document: Document) -> list[Document]:
    """Return the layers of ``receptive`` whose units have places: a step from one to the next."""
    return [row for row in document["layers"] if any(row["stride"])]


def _whole(side: int) -> "alt.Chart":
    """Return the input's side as a dashed line."""
    import altair as alt

    return (
        alt.Chart(alt.Data(values=[{"size": side}]))
        .mark_rule(strokeDash=[4, 3])
        .encode(y="size:Q", color=alt.value(palette.MUTED))
    )


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
