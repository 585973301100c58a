"""What moves do, as tables on a terminal."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.cli.numbers import count, per_axis
from convscope.cli.tables import empty
from convscope.finding import several

if TYPE_CHECKING:
    from rich.console import RenderableType

    from convscope.shift import Shift
    from convscope.shift.repairing import Repair

ANSWERS = {
    "consistency": "same class at two offsets",
    "flip_1px": "class changed by one position",
    "accuracy": "right, over all offsets",
    "worst_case_accuracy": "right at every offset looked at",
    "fidelity": "right at both of two offsets",
    "wobble": "largest less smallest probability",
    "invariance": "change of the answers, over that between samples",
}
"""What is told of answers, in this order."""
_WAYS = (("output", "moved round"), ("crops", "cropped elsewhere"))


def shift(finding: "Shift", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the layers at which the error changes most (or every one), the answers, the causes, and the summary."""
    document = finding.document()
    rows = [row for row in document["layers"] if every or _told(row)]
    table = empty(
        "layer", "*stride", "*its own strides", "*other moves", "*on a torus", "*alias fraction",
        "*parts of one", "*starts", "*change in place",
    )  # fmt: skip
    for row in rows:
        numbers = ("aligned_error", "unaligned_error", "circular_error", "alias_fraction",
                   "subpixel_error", "started_error", "invariance")  # fmt: skip
        table.add_row(
            row["name"], per_axis(row["total_stride"]), *(_error(row[n]) for n in numbers)
        )
    yield table
    hidden = len(document["layers"]) - len(rows)
    if hidden:
        verb = "rectifies or scales is" if hidden == 1 else "rectify or scale are"
        yield f"{several(hidden, 'layer')} that only {verb} not listed; -v lists them."
    if document["output"] or document["crops"]:
        yield _answers(document)
    if document["causes"]:
        yield _causes(document["causes"])
    uneven = document["boundary"]["uneven"]
    if uneven:
        more = f" and {len(uneven) - 4} more" if len(uneven) > 4 and not every else ""
        names = uneven if every else uneven[:4]
        yield f"Windows that do not read both borders alike: {', '.join(names)}{more}."
    floor = document["protocol"]["floor"]
    if floor is not None:
        yield f"Floor of the errors, from a network known to be exact: {floor:.1g}."
    yield finding.summary()


def repair(finding: "Repair", out: Path, *, every: bool) -> "Iterator[RenderableType]":
    """Yield what was changed, what that did, and the summary."""
    document = finding.document()
    changes = document["changes"]
    listed = changes if every else changes[:6]
    for change in listed:
        yield f"{change['layer']}: {change['what']}"
    if len(changes) > len(listed):
        yield f"{several(len(changes) - len(listed), 'more change')}; -v lists them."
    table = empty("what", "*before", "*after", "*change, 95 %", "verdict")
    for kind, rows in document["comparison"]["answers"].items():
        for row in rows:
            if row["what"] in ANSWERS and row["before"] is not None and row["after"] is not None:
                table.add_row(f"{ANSWERS[row['what']]}, {kind}", *_change(row))
    if document["accuracy"]:
        table.add_row("right, unmoved", *_change(document["accuracy"]))
    for cause in document["comparison"]["causes"]:
        table.add_row(
            f"error by {cause['what']}" if cause["what"] != "total" else "error in all",
            *_change(cause),
        )
    macs, latency = document["macs"], document["latency"]
    if macs["before"] and macs["after"]:
        table.add_row(
            "multiply-adds",
            count(round(macs["before"])),
            count(round(macs["after"])),
            f"×{macs['ratio']:.2f}",
            "",
        )
    if latency["ratio"]:
        table.add_row(
            "milliseconds",
            f"{latency['before']:.1f}",
            f"{latency['after']:.1f}",
            f"×{latency['ratio']:.2f}",
            "",
        )
    yield table
    yield finding.summary()
    yield f"{out} is the repaired network: `convscope shift {out} --data DATA` measures it."


def _told(row: Mapping[str, Any]) -> bool:
    return row["kind"] not in ("activation", "norm", "dropout")


def _answers(document: Mapping[str, Any]) -> "RenderableType":
    ways = [(document[key], said) for key, said in _WAYS if document[key]]
    table = empty("answers", *(f"*{said}" for _, said in ways))
    for name, said in ANSWERS.items():
        if any(one[name] is not None for one, _ in ways):
            table.add_row(
                said, *(_measured(one[name], one["interval"].get(name)) for one, _ in ways)
            )
    return table


def _causes(causes: Mapping[str, Any]) -> "RenderableType":
    table = empty(f"error at {causes['layer']}", "*its own strides", "*other moves")
    cells = causes["cells"]
    for padding, said in (("native", "as it is"), ("circular", "circular padding")):
        table.add_row(
            said, _error(cells[f"{padding}_aligned"]), _error(cells[f"{padding}_unaligned"])
        )
    return table


def _change(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    before, after, ends = row["before"], row["after"], row.get("interval")
    if before is None or after is None:
        return "", "", "", ""
    change = f"{after - before:+.4f}"
    change += f" ({ends[0]:+.4f} to {ends[1]:+.4f})" if ends else ""
    return f"{before:.4f}", f"{after:.4f}", change, row.get("verdict") or ""


def _measured(value: float | None, ends: list[float] | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" + (f" ({ends[0]:.4f} to {ends[1]:.4f})" if ends else "")


def _error(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.1g}"
