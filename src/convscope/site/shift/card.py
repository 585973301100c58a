"""The fourth idea's verdict: do answers hold still when the input moves?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from convscope.site import charts
from convscope.site.card import Card

Document = Mapping[str, Any]

STILL = 0.05
"""Supported where a move by one position changes the class of fewer samples than this, in both protocols."""


def measured(card: Card, document: Document, network: Document) -> Card:
    """Return the card with what was found.

    Supported where the interval of the share of classes that one position changes lies below ``STILL``,
    moved round and cropped elsewhere; not supported where either lies above; undecided otherwise.

    Args:
        card: the idea.
        document: of ``shift``.
        network: of the network; not asked here.
    """
    del network
    ways = [one for one in (document["output"], document["crops"]) if one]
    known = [one for one in ways if one["flip_1px"] is not None and one["interval"].get("flip_1px")]
    if not known:
        return replace(
            card,
            text=f"{_layers(document)} Its answers are no scores of classes, so none change.".strip(),
        )
    flips = [one["flip_1px"] for one in known]
    ends = [one["interval"]["flip_1px"] for one in known]
    made = charts.shift_small(document)
    exact = "" if document["testable"] is True else " It cannot be tested exactly at this size."
    return replace(
        card,
        number=" and ".join(_percent(value) for value in dict.fromkeys(flips)),
        text=f"of classes change when the input moves by one position ({', '.join(_between(e) for e in ends)}), "
        f"{'moved round and cropped elsewhere' if len(known) == 2 else 'moved round'}, over "
        f"{known[0]['samples']:,} samples.{_layers(document)}{exact}",
        verdict=verdict(ends),
        threshold=f"fewer than {100 * STILL:.0f} % in each, with the whole interval",
        floor=f"0 % for a network that is exact; of maps {_floor(document)}",
        chart=charts.small(made) if made else "",
        caption="How much maps change in place when the input moves, from the first layer to the last",
    )


def verdict(ends: list[list[float]]) -> str:
    """Return the word for the intervals of one quantity that must lie below ``STILL`` in each protocol.

    >>> verdict([[0.0, 0.01], [0.01, 0.03]]), verdict([[0.0, 0.01], [0.01, 0.08]]), verdict([[0.06, 0.1]])
    ('supported', 'undecided', 'not supported')
    """
    if any(low >= STILL for low, _ in ends):
        return "not supported"
    return "supported" if all(high < STILL for _, high in ends) else "undecided"


def _layers(document: Document) -> str:
    row = next((row for row in document["layers"] if row["name"] == document["last"]), None)
    if row is None or row["unaligned_error"] is None:
        return ""
    aligned = row["aligned_error"]
    told = "" if aligned is None else f", {aligned:.2g} by multiples of it"
    return (
        f" The map of {row['name']} is off by {row['unaligned_error']:.2g} of its energy under moves below its "
        f"stride{told}."
    )


def _floor(document: Document) -> str:
    floor = document["protocol"]["floor"]
    return "not measured" if floor is None else f"{floor:.1g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _between(ends: list[float]) -> str:
    return f"{_percent(ends[0])} to {_percent(ends[1])}"
