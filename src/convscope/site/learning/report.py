"""Idea 5 in the report: curves, claims and factors, as they stand."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from convscope.site.table import table

Document = Mapping[str, Any]


def without(sizes: Sequence[int]) -> str:
    """Return the sizes that a difference is not about, in words; nothing where it is about all.

    >>> without([32, 2048]), without([])
    (' (without n = 32, 2,048)', '')
    """
    return f" (without n = {', '.join(f'{n:,}' for n in sizes)})" if sizes else ""


def section(document: Document | None, drawn: Mapping[str, str]) -> str:
    """Return the report's section on learning; nothing where nothing was trained.

    Args:
        document: of ``learn``.
        drawn: the charts as figures, by name.
    """
    if not document:
        return ""
    conditions = list(dict.fromkeys(row["condition"] for row in document["curves"]))
    curves = "".join(
        f"<h3>{escape(condition)}</h3>{drawn.get(f'learn-{i}', '')}"
        for i, condition in enumerate(conditions)
    )
    claims = table(
        ("claim", "decided by", "points", "95 % interval", "p, corrected", "verdict"),
        [
            (
                "" if number else f"{claim['id']} {claim['statement']}",
                (part["what"] if len(claim["parts"]) > 1 else claim["threshold"])
                + without(part.get("left_out", ())),
                f"{100 * part['estimate']:+.1f}",
                f"{100 * part['interval'][0]:+.1f} to {100 * part['interval'][1]:+.1f}",
                "" if number else f"{claim['p_holm']:.3f}",
                "" if number else claim["verdict"],
            )
            for claim in document["claims"]
            for number, part in enumerate(claim["parts"])
        ],
    )
    said = document["agreement"]
    audit = f'<p class="prose">{escape(said)}</p>' if said else ""
    return (
        f"<h2>Learning curves: {escape(document['task']['name'])}</h2>{curves}"
        f"<h3>Claims, decided beforehand</h3>{drawn.get('learn-claims', '')}{claims}{audit}"
    )
