"""What all charts share: typography, colours of the theme, and the forms they leave in."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from convscope.site import palette

if TYPE_CHECKING:
    import altair as alt

    Layered = alt.LayerChart | alt.FacetChart
    Chart = alt.Chart | Layered

Document = Mapping[str, Any]
Width = int | Literal["container"]

# The end of a layer's name tells it from its neighbours, not the beginning.
SHORT = "length(datum.label) > 26 ? '…' + slice(datum.label, -25) : datum.label"
"""Vega expression for a layer's name along an axis."""

_NAMED = 30  # layers named along an axis, at most
_SPOKEN = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def layer_axis(names: list[str]) -> "alt.Axis":
    """Return an axis of layers in their order; in crowds not all are named."""
    import altair as alt

    named = names[:: -(-len(names) // _NAMED)]  # labels are slow to place, and unread in crowds
    return alt.Axis(values=named, labelAngle=-40, labelOverlap=True, labelExpr=SHORT, grid=False)


def finished(made: Any, width: Width, height: int) -> Any:
    """Return the chart in the pages' typography.

    Args:
        made: the chart, or layers of charts.
        width: of the plot in pixels; ``"container"`` fills the element it is drawn into.
        height: of the plot in pixels.
    """
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
        .configure_legend(
            labelColor=palette.INK,
            titleColor=palette.MUTED,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=320,
            symbolType="square",
        )
    )


def small(made: "Chart") -> str:
    """Return a chart as an SVG that fits a card."""
    return svg(finished(made, 360, 60))


def spec(made: "Chart") -> dict[str, Any]:
    """Return a chart as Vega-Lite for the pages, its colours those of the theme."""
    return json.loads(palette.for_page(made.to_json(indent=None)))


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
