"""Idea 5: how fast places become unrelated, and how a network came to what it does."""

from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import Document, Width, finished

if TYPE_CHECKING:
    from convscope.site.charts.frame import Layered


def prior(document: Document, width: Width = 560) -> "Layered | None":
    """Return how correlation falls with distance along each axis, above places far apart.

    Args:
        document: the document of ``prior``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    axes = {row["axis"]: row["locality"] for row in document["axes"] if row["locality"]}
    points = [
        {"axis": name, "distance": at["distance"], "score": at["score"]}
        for name, found in axes.items()
        for at in found["profile"]
    ]
    if not points:
        return None
    names = list(axes)
    hues = [palette.ACCENT, palette.WEIGHTS, palette.GROUPING][: len(names)]
    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X(
            "distance:Q",
            title="distance between two places",
            scale=alt.Scale(type="log", nice=False),
            axis=alt.Axis(format="~s", grid=False, tickCount=6),
        ),
        y=alt.Y(
            "score:Q", title="|correlation| beyond that of far places", axis=alt.Axis(tickCount=5)
        ),
        color=alt.Color(
            "axis:N",
            scale=alt.Scale(domain=names, range=hues),
            legend=alt.Legend(orient="top", title=None) if len(names) > 1 else None,
        ),
    )
    chance = (
        alt.Chart(alt.Data(values=[{"score": max(found["null99"] for found in axes.values())}]))
        .mark_rule(strokeDash=[4, 3])
        .encode(y="score:Q", color=alt.value(palette.MUTED))
    )
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        shape=alt.Shape("axis:N", legend=None),
        tooltip=[
            alt.Tooltip("axis:N"),
            alt.Tooltip("distance:Q"),
            alt.Tooltip("score:Q", format=".2f"),
        ],
    )
    return finished(alt.layer(chance, base.mark_line(strokeWidth=1.6), dots), width, 220)


def past(document: Document, width: Width = 560) -> "Layered | None":
    """Return how a network came to what it does: accuracy and hierarchy score over its training.

    Args:
        document: a timeline.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    rows: list[dict[str, Any]] = []
    for k, step in enumerate(document["steps"]):
        if document.get("correct"):
            share = document["correct"][k] / document["tested"]
            rows.append(
                {"step": step, "what": "accuracy", "value": share, "low": share, "high": share}
            )
        climb = document["hierarchy"][k] if document.get("hierarchy") else None
        if climb and climb["rho"] is not None:
            low, high = climb["interval"] or (climb["rho"], climb["rho"])
            rows.append(
                {
                    "step": step,
                    "what": "hierarchy score",
                    "value": climb["rho"],
                    "low": low,
                    "high": high,
                }
            )
    if not rows:
        return None
    hues = {"accuracy": palette.WEIGHTS, "hierarchy score": palette.ACCENT}
    present = [kind for kind in hues if any(row["what"] == kind for row in rows)]
    unit = document["unit"]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "step:Q",
            title=f"{unit} seen",
            scale=alt.Scale(type="symlog", constant=max(1, document["steps"][1]), nice=False),
            axis=alt.Axis(values=document["steps"], format="~s", grid=False, labelOverlap=True),
        ),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5, format=".1f")),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(domain=present, range=[hues[kind] for kind in present]),
            legend=alt.Legend(orient="top", title=None),
        ),
    )
    band = base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        shape=alt.Shape("what:N", legend=None),
        tooltip=[
            alt.Tooltip("step:Q", title=unit, format=",d"),
            alt.Tooltip("what:N", title="of"),
            alt.Tooltip("value:Q", format=".2f", title="is"),
        ],
    )
    return finished(alt.layer(band, base.mark_line(strokeWidth=1.8), dots), width, 180)
