"""The fifth idea's verdict: is there an advantage on these data, and do the priors explain it?"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from convscope.site import charts
from convscope.site.card import Card

Document = Mapping[str, Any]

_FIRST, _REASON = "C1", "C3"


def measured(card: Card, document: Document, network: Document) -> Card:
    """Return the card with what was found.

    Supported where the convolution beats the dense twin on intact data and the more so than on permuted
    ones: then the priors are the reason. Not supported where either is refuted.

    Args:
        card: the idea.
        document: of ``learn``.
        network: of the network; the study is about twins, not about it.
    """
    del network
    found = {claim["id"]: claim for claim in document["claims"]}
    if _FIRST not in found:
        return replace(card, text="This study trained no pair of nets that could decide it.")
    wanted = [
        found[name]["verdict"] if name in found else "undecided" for name in (_FIRST, _REASON)
    ]
    control = (
        ""
        if _REASON in found
        else " Nothing was trained on permuted pixels, so what the reason is stays open."
    )
    others = [f"{claim['id']} {claim['verdict']}" for claim in document["claims"]]
    return replace(
        card,
        number=headline(document),
        text=f"{_meaning(document)} {_difference(found[_FIRST])} On {document['task']['name']}: "
        f"{', '.join(others)}.{control}",
        verdict=verdict(wanted),
        threshold="conv+pool beats dense on intact data, by more than on permuted pixels; "
        + (f"{len(others)} claims corrected by Holm" if len(others) > 1 else "one claim judged"),
        floor="0, the same nets on permuted pixels"
        if _REASON in found
        else "0, no control was trained",
        chart=charts.small(charts.learn_small(document)),
        caption="Accuracy by training size, with 95 % intervals",
    )


def verdict(words: list[str]) -> str:
    """Return one word for several claims that must all hold.

    >>> verdict(["supported", "supported"]), verdict(["supported", "undecided"])
    ('supported', 'undecided')
    >>> verdict(["undecided", "not supported"])
    'not supported'
    """
    if "not supported" in words:
        return "not supported"
    return "supported" if set(words) == {"supported"} else "undecided"


def headline(document: Document) -> str:
    """Return the data-equivalence factor as a headline, or the difference in points."""
    found = document["data_equivalence"]
    if found is None:
        return f"{100 * document['claims'][0]['estimate']:+.1f} points"
    bound = {">=": "≥ ", "<=": "≤ ", None: ""}[found["censored"]]
    factor = found["factor"]
    return f"{bound}×{factor:.2g}" if factor < 100 else f"{bound}×{factor:,.0f}"


def _meaning(document: Document) -> str:
    found = document["data_equivalence"]
    if found is None:
        return "between convolution and its dense twin, averaged over training sizes."
    return (
        f"as many samples are needed by the dense twin for {100 * found['at_accuracy']:.0f} % accuracy "
        f"({bounds(found['interval'])})."
    )


def _difference(claim: Document) -> str:
    low, high = claim["interval"]
    better = "better" if claim["estimate"] >= 0 else "worse"
    return (
        f"Over {_sizes(claim['parts'][0])} convolution with pooling is {100 * abs(claim['estimate']):.1f} points "
        f"{better} ({_points(low)} to {_points(high)})."
    )


def _sizes(part: Document) -> str:
    sizes = ", ".join(f"{row['n']:,}" for row in part["by_size"])
    return f"n = {sizes}" if part.get("left_out") else "all sizes"


def bounds(interval: list[float | None]) -> str:
    """Return the ends of an interval, of which some may not be known.

    >>> bounds([5.8, None]), bounds([2.0, 8.0]), bounds([None, None])
    ('5.8 or more', '2 to 8', 'not bounded by these sizes')
    """
    low, high = interval
    if low is None:
        return "not bounded by these sizes" if high is None else f"{high:.2g} or less"
    return f"{low:.2g} or more" if high is None else f"{low:.2g} to {high:.2g}"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")
