"""The third idea's verdict: do units climb the ladder with depth, and did training make them?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from convscope.site import charts
from convscope.site.card import Card

Document = Mapping[str, Any]


def measured(card: Card, document: Document, network: Document) -> Card:
    """Return the card with what was found.

    Supported where the interval of the hierarchy score lies above zero and above that of the same
    network with fresh weights; not supported where it lies below; undecided where they overlap.

    Args:
        card: the idea.
        document: of ``features``.
        network: of the network; not asked here.
    """
    del network
    rows = charts.measured(document)
    units = sum(row["measured"] for row in rows)
    found = document.get("hierarchy")
    if not found or found["rho"] is None or not found.get("interval"):
        text = f"{units:,} units of {len(rows)} layers were measured, "
        few = "too few of them with a sure label for a score of the hierarchy."
        flat = "and all that have a sure label are on one level, so none goes with depth."
        return replace(card, text=text + (flat if found and found["rho"] == 0 else few))
    control = found.get("control_interval")
    one_level = control is None and found["control_rho"] == 0
    unknown = sum(row["unknown"] for row in rows)
    made = charts.features_mix(document)
    return replace(
        card,
        number=f"ρ = {_signed(found['rho'])}",
        text=f"{_between(found['interval'])} between a layer’s depth and how complex a thing its "
        f"units stand for, over {units:,} units of {len(rows)} layers; {unknown:,} of them are "
        f"unknown.{_held_out(document)}",
        verdict=verdict(found["interval"], [0.0, 0.0] if one_level else control),
        threshold="the interval lies above 0 and above the untrained network’s",
        floor=_floor(found, control),
        chart=charts.small(made) if made else "",
        caption="What the units of each layer stand for, from the first to the last",
    )


def _floor(found: Document, control: list[float] | None) -> str:
    if control:
        return f"the same network with fresh weights, {_signed(found['control_rho'])} {_between(control)}"
    if found["control_rho"] == 0:
        return f"the same network with fresh weights: all {found['control_labelled']:,} sure labels on one level"
    return "not measured, so there is nothing to be above"


def verdict(interval: list[float], control: list[float] | None) -> str:
    """Return the word for a score's interval beside that of its control.

    >>> verdict([0.3, 0.4], [-0.1, 0.1]), verdict([-0.2, -0.1], [-0.1, 0.1])
    ('supported', 'not supported')
    >>> verdict([0.05, 0.4], [-0.1, 0.1]), verdict([0.3, 0.4], None)
    ('undecided', 'undecided')
    """
    low, high = interval
    if high <= 0 or (control and high <= control[0]):
        return "not supported"
    if control and low > max(0.0, control[1]):
        return "supported"
    return "undecided"


def _held_out(document: Document) -> str:
    found = document.get("precision")
    if not found or found["mean"] is None:
        return ""
    return f" On held-out samples a label is right {100 * found['mean']:.0f} % of the time."


def _between(interval: list[float]) -> str:
    return f"({_signed(interval[0])} to {_signed(interval[1])})"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
