"""The charts, each a Vega-Lite specification made with Altair from an idea's document.

One definition serves the notebook (``Finding.chart()``), the pages and the report. A chart of a
document that measured nothing is not made: callers get None and say so in words.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from convscope.finding import Finding
from convscope.site.charts.audit import past, prior
from convscope.site.charts.fields import local_layers, receptive, receptive_line
from convscope.site.charts.frame import Document, Width, height, small, spec, svg
from convscope.site.charts.learning import conditions, learn, learn_claims, learn_small
from convscope.site.charts.mix import counts, features, features_labels, features_mix, measured
from convscope.site.charts.shift import shift, shift_causes, shift_invariance, shift_small
from convscope.site.charts.weights import sharing, sharing_whole

if TYPE_CHECKING:
    from convscope.site.charts.frame import Chart

__all__ = [
    "CHARTS",
    "chart",
    "conditions",
    "counts",
    "drawn",
    "features",
    "features_labels",
    "features_mix",
    "height",
    "learn",
    "learn_claims",
    "learn_small",
    "local_layers",
    "measured",
    "past",
    "prior",
    "receptive",
    "receptive_line",
    "sharing",
    "sharing_whole",
    "shift",
    "shift_causes",
    "shift_invariance",
    "shift_small",
    "small",
    "spec",
    "specs",
    "svg",
]

CHARTS = {
    "sharing": sharing,
    "receptive": receptive,
    "features": features,
    "shift": shift,
    "learn": learn,
    "prior": prior,
}


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
    if "features" in documents:
        made["features"] = features(documents["features"], width)
        made["features-labels"] = features_labels(documents["features"], width)
    if "shift" in documents:
        made["shift"] = shift(documents["shift"], width)
        made["shift-invariance"] = shift_invariance(documents["shift"], width)
        made["shift-causes"] = shift_causes(documents["shift"], width)
    if "learn" in documents:
        for number, condition in enumerate(conditions(documents["learn"])):
            made[f"learn-{number}"] = learn(documents["learn"], width, condition)
        made["learn-claims"] = learn_claims(documents["learn"], width)
    if "prior" in documents:
        made["prior"] = prior(documents["prior"], width)
    timeline = documents.get("timeline") or documents.get("learn", {}).get("timeline")
    if timeline:
        made["past"] = past(timeline, width)
    return made


def specs(documents: Mapping[str, Document]) -> dict[str, dict[str, Any]]:
    """Return the charts of all documents that have one, as Vega-Lite for the pages."""
    made = drawn(documents, "container")
    return {name: spec(chart) for name, chart in made.items() if chart is not None}
