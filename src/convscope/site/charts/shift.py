"""Idea 4: how far each layer follows a move, why it does not, and how invariance adds up."""

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import Document, Width, finished, layer_axis

if TYPE_CHECKING:
    import altair as alt

    from convscope.site.charts.frame import Layered

ERRORS = {
    "unaligned_error": ("other whole moves: everything", palette.ACCENT),
    "circular_error": ("on a torus: strides, nonlinearities", palette.WEIGHTS),
    "aligned_error": ("multiples of its own stride: the border", palette.LOCALITY),
    "subpixel_error": ("parts of a position", palette.GROUPING),
}
CAUSES = {
    "padding": palette.LOCALITY,
    "stride": palette.WEIGHTS,
    "nonlinearity": palette.GROUPING,
}
LEAST = 1e-8
"""Smaller errors are rounding, and drawn as none."""


def shift(document: Document, width: Width = 560) -> "Layered | None":
    """Return the error of each layer under each kind of move, by depth.

    Args:
        document: the document of ``shift``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    rows = [row for row in document["layers"] if row["total_stride"]]
    points: list[dict[str, Any]] = [
        {"layer": row["name"], "move": said, "measured": row[name]}
        for row in rows
        for name, (said, _) in ERRORS.items()
        if row.get(name) is not None
    ]
    if not points:
        return None
    told = [point["measured"] for point in points if point["measured"] > LEAST]
    exact = len(told) < len(points)
    # What is exact lies on the lower edge, a little below the rest: a logarithmic axis has no zero.
    ticks = _ticks([*told, min(told, default=1.0) / (3 if exact else 1)])
    for point in points:
        point["error"] = max(point["measured"], ticks[0])
    seen = {point["move"] for point in points}
    series = [(said, colour) for said, colour in ERRORS.values() if said in seen]
    base = alt.Chart(alt.Data(values=points)).encode(
        x=_layers([row["name"] for row in rows]),
        y=alt.Y(
            "error:Q",
            title="error, share of the energy",
            scale=alt.Scale(type="log", domain=[ticks[0], ticks[-1]], nice=False, clamp=True),
            axis=alt.Axis(format="~g", values=ticks),
        ),
        color=alt.Color(
            "move:N",
            title=None,
            scale=alt.Scale(
                domain=[said for said, _ in series], range=[colour for _, colour in series]
            ),
            legend=alt.Legend(orient="top", direction="vertical"),
        ),
    )
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("move:N"),
            alt.Tooltip("measured:Q", title="error", format=".3~g"),
        ]
    )
    return finished(base.mark_line(strokeWidth=1.5, opacity=0.7) + dots, width, 280)


def _ticks(values: list[float]) -> list[float]:
    """Return where a logarithmic axis is marked: at powers of ten, and of few also at three times them.

    >>> _ticks([0.04, 0.9])
    [0.03, 0.1, 0.3, 1.0]
    """
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    marks = (1, 3) if high - low < 4 else (1,)
    every = [mark * 10.0**power for power in range(low, high + 1) for mark in marks]
    least = max((one for one in every if one <= min(values)), default=every[0])
    most = min((one for one in every if one >= max(values)), default=every[-1])
    found = [float(f"{one:.3g}") for one in every if least <= one <= most]
    return found if len(found) > 1 else [found[0] / 10, *found]  # an axis has two ends


def shift_causes(document: Document, width: Width = 560) -> "alt.Chart | None":
    """Return the error of each layer split by cause.

    Args:
        document: the document of ``shift``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    rows = [row for row in document["layers"] if row.get("causes")]
    if len(rows) < 2:
        return None
    values = [
        {"layer": row["name"], "cause": cause, "error": row["causes"][cause]}
        for row in rows
        for cause in CAUSES
    ]
    made = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=_layers([row["name"] for row in rows]),
            y=alt.Y("error:Q", title="error by cause", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "cause:N",
                title=None,
                scale=alt.Scale(domain=list(CAUSES), range=list(CAUSES.values())),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("cause:N"),
                alt.Tooltip("error:Q", format=".3~g"),
            ],
        )
    )
    return finished(made, width, 240)


def shift_invariance(document: Document, width: Width = 560) -> "Layered | None":
    """Return how much maps change in place under moves, by depth; what pools or strides is marked.

    Args:
        document: the document of ``shift``.
        width: of the plot, in pixels, or ``"container"``.
    """
    line = _in_place(document)
    return None if line is None else finished(line, width, 220)


def shift_small(document: Document) -> "Layered | None":
    """Return the same for a card."""
    return _in_place(document, axes=False)


def _in_place(document: Document, *, axes: bool = True) -> "Layered | None":
    import altair as alt

    rows = [row for row in document["layers"] if row.get("invariance") is not None]
    if len(rows) < 2:
        return None
    values: list[dict[str, Any]] = []
    before: list[float] | None = None
    for depth, row in enumerate(rows):
        stride = row["total_stride"]
        coarser = stride != (before or [1] * len(stride))  # the input has a stride of 1
        values.append(
            {
                "layer": row["name"],
                "depth": depth,
                "change": row["invariance"],
                "kind": row["kind"],
                "what": "pools or strides" if coarser else "keeps the resolution",
            }
        )
        before = stride
    x: Any = _layers([row["name"] for row in rows]) if axes else alt.X("depth:Q", axis=None)
    title = "change in place" if axes else None
    base = alt.Chart(alt.Data(values=values)).encode(
        x=x,
        y=alt.Y(
            "change:Q",
            title=title,
            scale=alt.Scale(zero=True),
            axis=alt.Axis(tickCount=4 if axes else 3, grid=axes),
        ),
    )
    line = base.mark_line(strokeWidth=2, color=palette.ACCENT)
    dots = base.mark_point(filled=True, opacity=1, size=40 if axes else 14).encode(
        color=alt.Color(
            "what:N",
            title=None,
            scale=alt.Scale(
                domain=["pools or strides", "keeps the resolution"],
                range=[palette.ACCENT, palette.QUIET],
            ),
            legend=alt.Legend(orient="top") if axes else None,
        ),
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("kind:N"),
            alt.Tooltip("change:Q", format=".3~g"),
        ],
    )
    return line + dots


def _layers(names: list[str]) -> "alt.X":
    import altair as alt

    scale = alt.Scale(padding=0.3)
    return alt.X("layer:N", sort=None, title=None, axis=layer_axis(names), scale=scale)
