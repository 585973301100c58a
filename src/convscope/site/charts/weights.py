"""Idea 1: what a layer's weights would be without its priors."""

from typing import TYPE_CHECKING, Any

from convscope.site import palette
from convscope.site.charts.frame import SHORT, Document, Width, finished
from convscope.site.numbers import times

if TYPE_CHECKING:
    import altair as alt

PARTS = ("weights of the convolution", "saved by sharing", "saved by groups", "saved by locality")
"""What a bar of ``sharing`` is made of, from its left end."""


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
    return finished(
        alt.Chart(alt.Data(values=pieces))
        .mark_bar(height={"band": 0.72})
        .encode(
            y=alt.Y("layer:N", sort=names, title=None, axis=alt.Axis(labelExpr=SHORT)),
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
