"""Idea 5: learning curves under each condition, and the claims as intervals."""

from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import Document, Width, finished

if TYPE_CHECKING:
    import altair as alt

    from convscope.site.charts.frame import Layered

NETS = {
    "conv+pool": palette.ACCENT,
    "conv": palette.LOCALITY,
    "local+pool": palette.GROUPING,
    "local": palette.SHARING,
    "dense": palette.INK,
}
"""The twins and their hues."""

_VERDICTS = {
    "supported": palette.WEIGHTS,
    "not supported": palette.ENTIRE,
    "undecided": palette.MUTED,
}
_TOLD = 1.5  # a factor nearer to 1 has no room for its words between the curves
_BELOW = 0.08  # of all accuracies: room for a word below chance, where few curves are
_OTHERS = palette.VIOLET  # a net of one's own


def conditions(document: Document) -> list[str]:
    """Return the conditions of a study, in order."""
    return list(dict.fromkeys(row["condition"] for row in document["curves"]))


def learn(
    document: Document, width: Width = 560, condition: str = "intact"
) -> "Layered | alt.Chart | None":
    """Return learning curves: accuracy by training size, one line a net, 95 % intervals as bands.

    The y axis is the same for every condition of a study, from chance to the best.

    Args:
        document: the document of ``learn``.
        width: of the plot, in pixels, or ``"container"``.
        condition: which curves.
    """
    import altair as alt

    rows = [_point(row) for row in document["curves"] if row["condition"] == condition]
    if not rows:
        return None
    nets = list(dict.fromkeys(row["net"] for row in rows))
    sizes = sorted({row["n"] for row in document["curves"]})
    scale = alt.Scale(domain=nets, range=[NETS.get(net, _OTHERS) for net in nets])
    # A page that shows several conditions side by side has one legend for all of them.
    legend = None if width == "container" else alt.Legend(orient="top", title=None)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "n:Q",
            title="training samples",
            scale=alt.Scale(type="log", domain=[sizes[0] / 1.15, sizes[-1] * 1.15], nice=False),
            axis=alt.Axis(values=sizes, format=",d", grid=False, labelOverlap=True),
        ),
        color=alt.Color("net:N", scale=scale, legend=legend),
    )
    low, high = _range(document)
    y = alt.Scale(domain=[low, high], nice=False, clamp=True)
    axis = alt.Axis(format="%", tickCount=5, title="accuracy on the test")
    band = base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", scale=y, axis=axis), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("mean:Q", scale=y, axis=axis))
    dots = base.mark_point(filled=True, size=42, opacity=1).encode(
        y=alt.Y("mean:Q", scale=y, axis=axis),
        shape=alt.Shape("net:N", legend=None, scale=_shapes(nets)),
        tooltip=[
            alt.Tooltip("net:N"),
            alt.Tooltip("n:Q", title="training samples", format=",d"),
            alt.Tooltip("mean:Q", title="accuracy", format=".1%"),
            alt.Tooltip("between:N", title="95 % interval"),
            alt.Tooltip("train:Q", title="on the training samples", format=".1%"),
        ],
    )
    layers: list[Any] = [_levels(document, y), band, line, dots]
    found = document["data_equivalence"]
    if (
        condition == "intact"
        and found
        and not found["censored"]
        and max(found["factor"], 1 / found["factor"]) >= _TOLD
    ):
        layers.append(_apart(found, y))
    return finished(alt.layer(*layers), width, 250)


def learn_claims(document: Document, width: Width = 560) -> "Layered | None":
    """Return the differences that claims are about, with their intervals, beside ±2 points.

    Args:
        document: the document of ``learn``.
        width: of the plot, in pixels, or ``"container"``.
    """
    import altair as alt

    delta = 100 * document["protocol"]["settings"]["delta"]
    rows = [
        {
            "row": f"{claim['id']}{'ab'[i] if len(claim['parts']) > 1 else ''}",
            "what": part["what"],
            "estimate": 100 * part["estimate"],
            "low": 100 * part["interval"][0],
            "high": 100 * part["interval"][1],
            "verdict": claim["verdict"],
        }
        for claim in document["claims"]
        for i, part in enumerate(claim["parts"])
    ]
    if not rows:
        return None
    names = [row["row"] for row in rows]
    y = alt.Y(
        "row:N", sort=names, title=None, axis=alt.Axis(ticks=False, grid=False, labelPadding=6)
    )
    color = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(_VERDICTS), range=list(_VERDICTS.values())),
        legend=alt.Legend(orient="top", title=None),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(y=y, color=color)
    band = (
        alt.Chart(alt.Data(values=[{"low": -delta, "high": delta}]))
        .mark_rect(opacity=0.5)
        .encode(
            x=alt.X(
                "low:Q",
                title="difference, percentage points",
                axis=alt.Axis(tickCount=8, format="+d"),
            ),
            x2="high:Q",
            color=alt.value(palette.RULE),
        )
    )
    zero = (
        alt.Chart(alt.Data(values=[{"x": 0}]))
        .mark_rule()
        .encode(x="x:Q", color=alt.value(palette.MUTED))
    )
    bars = base.mark_rule(strokeWidth=3).encode(x="low:Q", x2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="estimate:Q",
        tooltip=[
            alt.Tooltip("row:N", title="claim"),
            alt.Tooltip("what:N", title="difference"),
            alt.Tooltip("estimate:Q", format="+.1f", title="points"),
            alt.Tooltip("low:Q", format="+.1f", title="from"),
            alt.Tooltip("high:Q", format="+.1f", title="to"),
            alt.Tooltip("verdict:N"),
        ],
    )
    return finished(alt.layer(band, zero, bars, dots), width, 26 * len(rows))


def learn_small(document: Document) -> "Layered":
    """Return the intact curves without words, for a card."""
    import altair as alt

    rows = [_point(row) for row in document["curves"] if row["condition"] == "intact"]
    nets = list(dict.fromkeys(row["net"] for row in rows))
    scale = alt.Scale(domain=nets, range=[NETS.get(net, _OTHERS) for net in nets])
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("n:Q", axis=None, scale=alt.Scale(type="log", nice=False)),
        color=alt.Color("net:N", legend=None, scale=scale),
    )
    low, high = _range(document)
    axis = alt.Axis(title=None, format="%", grid=False, tickCount=3)
    y = alt.Scale(domain=[low, high], nice=False, clamp=True)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", scale=y, axis=axis), y2="high:Q")
    return alt.layer(
        band, base.mark_line(strokeWidth=2).encode(y=alt.Y("mean:Q", scale=y, axis=axis))
    )


def _point(row: Document) -> dict[str, Any]:
    low, high = row["interval"]
    return {
        "net": row["net"],
        "n": row["n"],
        "mean": row["mean"],
        "low": low,
        "high": high,
        "between": f"{100 * low:.1f} to {100 * high:.1f} %",
        "train": row["train_mean"],
    }


def _range(document: Document) -> tuple[float, float]:
    """Return the accuracies that all curves of a study lie between, chance included."""
    ends = [end for row in document["curves"] for end in row["interval"]]
    low = min(document["task"]["chance"], *ends)
    high = max(ends)
    whole = high - low
    return low - _BELOW * whole, min(1.0, high + 0.04 * whole)


def _levels(document: Document, y: "alt.Scale") -> "Layered":
    """Return chance, and where it is known the accuracy that nobody exceeds, as dashed lines."""
    import altair as alt

    task = document["task"]
    muted = alt.value(palette.MUTED)

    def level(at: float, name: str, end: int | str, **place: Any) -> "Layered":
        base = alt.Chart(alt.Data(values=[{"at": at, "name": name}])).encode(
            y=alt.Y("at:Q", scale=y), color=muted
        )
        text = base.mark_text(fontSize=11, **place).encode(text="name:N", x=alt.value(end))
        return base.mark_rule(strokeDash=[3, 3]) + text

    # Curves begin near chance and rise, so that they leave room below its end and above the start of the other.
    made = level(task["chance"], "chance", "width", align="right", baseline="top", dx=-3, dy=3)
    if task["bayes"] and task["bayes"] <= _range(document)[1]:
        place = {"align": "left", "baseline": "bottom", "dx": 3, "dy": -2}
        made += level(task["bayes"], "nobody can do better", 0, **place)
    return made


def _apart(found: Document, y: "alt.Scale") -> "Layered":
    """Return the data-equivalence factor: how far apart two curves are, at one accuracy."""
    import altair as alt

    few, many = found["samples"]
    row = {
        "few": few,
        "many": many,
        "at": found["at_accuracy"],
        "middle": (few * many) ** 0.5,
        "text": f"×{found['factor']:.2g} samples",
    }
    base = alt.Chart(alt.Data(values=[row])).encode(y=alt.Y("at:Q", scale=y))
    rule = base.mark_rule(strokeWidth=1.4).encode(
        x="few:Q", x2="many:Q", color=alt.value(palette.INK)
    )
    ends = base.mark_tick(orient="vertical", size=9, thickness=1.4)
    ink = alt.value(palette.INK)
    text = base.mark_text(dy=13, fontSize=12).encode(x="middle:Q", text="text:N", color=ink)
    return rule + ends.encode(x="few:Q", color=ink) + ends.encode(x="many:Q", color=ink) + text


def _shapes(nets: list[str]) -> "alt.Scale":
    import altair as alt

    marks = ["circle", "square", "triangle-up", "diamond", "cross"]
    return alt.Scale(domain=nets, range=[marks[i % len(marks)] for i in range(len(nets))])
