"""A repair in the report: what moves do to the answers before and after it, and what it costs in accuracy."""

from collections.abc import Mapping
from html import escape
from typing import Any

from convscope.site.shift.report import ANSWERS
from convscope.site.table import table

Document = Mapping[str, Any]


def section(document: Document | None) -> str:
    """Return the report's section on a repair; nothing where none was made.

    Args:
        document: of ``repair``.
    """
    if not document:
        return ""
    accuracy = document["accuracy"]
    rows = [
        (kind, *_row(ANSWERS[row["what"]], row, row["verdict"] or "–"))
        for kind, found in document["comparison"]["answers"].items()
        for row in found
        if row["what"] in ANSWERS and None not in (row["before"], row["after"])
    ]
    if accuracy:
        rows.insert(0, ("not moved", *_row(("right", True), accuracy, _verdict(accuracy))))
    tuned = "" if document["finetuned"] else ", and not trained after it"
    told = f"Repaired with {', '.join(document['steps'])}{tuned}."
    if accuracy and accuracy["interval"][1] < 0:
        told += f" It is right on fewer of the {accuracy['samples']:,} samples that were not moved."
        told += "" if document["finetuned"] else " This repair fails without fine-tuning."
    head = ("samples", "answers", "before", "after", "change", "verdict")
    return (
        f'<h3>Before and after a repair</h3><p class="prose">{escape(told)}</p>{table(head, rows)}'
        '<p class="note">In brackets 95 % intervals of the change, over the same samples. No gain is claimed '
        "inside the interval.</p>"
    )


def _row(answer: tuple[str, bool], found: Document, verdict: str) -> tuple[str, ...]:
    name, share = answer
    before, after, ends = found["before"], found["after"], found["interval"]
    digits, unit, times = (1, " points", 100) if share else (3, "", 1)
    change = f"{times * (after - before):+.{digits}f}"
    between = " to ".join(f"{times * end:+.{digits}f}" for end in ends) if ends else ""
    said = f"{change}{f' ({between})' if between else ''}{unit}".replace("-", "−")
    sides = (f"{times * one:.{digits}f}{' %' if share else ''}" for one in (before, after))
    return (name, *sides, said, verdict)


def _verdict(accuracy: Document) -> str:
    low, high = accuracy["interval"]
    return "better" if low > 0 else "worse" if high < 0 else "within the interval"
