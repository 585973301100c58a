"""Findings as tables on a terminal, made from their JSON documents."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from convscope.cli.numbers import count, factor, per_axis, shape
from convscope.finding import several

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from convscope.finding import Finding


_WEIGHTED = ("conv", "linear")  # kinds that use weights, also where an earlier row lists them
_NAMED = 4  # layers that a piece of advice names before it counts them


def sharing(finding: "Finding", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the layers that hold or use weights (or every one), the totals, and the summary."""
    document = finding.document()
    rows = [
        row
        for row in document["layers"]
        if every or row["weights"] or (row["kind"] in _WEIGHTED and row["macs"])
    ]
    table = empty(
        "layer", "kind", "output", "*weights", "*local", "*dense",
        "*locality", "*grouping", "*sharing", "*dense/shared", "*multiply-adds",
    )  # fmt: skip
    for row in rows:
        # A kernel that is no parameter, such as a blur's, has nothing that could be multiplied.
        stored = bool(row["dense_weights"])
        table.add_row(
            row["name"],
            row["kind"],
            shape(row["output"]),
            count(row["weights"]),
            count(row["local_weights"]),
            count(row["dense_weights"]),
            *(
                factor(row[name]) if stored else ""
                for name in ("locality_factor", "grouping_factor", "sharing_factor", "factor")
            ),
            count(row["macs"]),
        )
    totals = document["totals"]
    table.add_section()
    table.add_row(
        "total",
        several(len(document["layers"]), "row"),
        "",
        count(totals["weights"]),
        count(totals["local_weights"]),
        count(totals["dense_weights"]),
        factor(totals.get("locality_factor")),
        factor(totals.get("grouping_factor")),
        factor(totals.get("sharing_factor")),
        factor(totals["factor"]),
        count(totals["macs"]),
    )
    yield table
    hidden = len(document["layers"]) - len(rows)
    if hidden:
        verb = "is" if hidden == 1 else "are"
        yield f"{several(hidden, 'row')} without weights {verb} not listed; -v lists them."
    yield finding.summary()


def lesson(finding: "Finding") -> "Iterator[RenderableType]":
    """Yield the lesson's comparison."""
    document = finding.document()
    table = empty("reading", "*dense weights", "*convolution", "*times fewer")
    for reading, row in document["convolution"].items():
        table.add_row(
            reading.replace("_", " "),
            f"{document['dense_weights']:,}",
            f"{row['weights']:,}",
            f"{row['factor']:,.1f}",
        )
    yield table
    yield finding.summary()


def receptive(finding: "Finding", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the layers at which the field changes (or every one), and the summary."""
    document = finding.document()
    rows = document["layers"] if every else list(_changes(document["layers"]))
    seen = any(row["effective"] for row in rows)
    table = empty(
        "layer", "kind", "*field", "*stride", "*start", "*centre", "sees all",
        *(("*effective 95 %", "*share of field") if seen else ()), "beyond the input",
    )  # fmt: skip
    for row in rows:
        whole = any(row["global"])
        effective = row["effective"] or {}
        seen_cells = (
            per_axis(effective.get("box95")),
            f"{effective['area_ratio']:.1%}" if "area_ratio" in effective else "",
        )
        table.add_row(
            row["name"],
            row["kind"],
            per_axis(row["local_size"] if whole else row["size"]),
            per_axis(row["stride"]),
            per_axis(row["start"]),
            per_axis(row["center"]),
            "yes" if whole else "",
            *(seen_cells if seen else ()),
            "yes" if row["exceeds_input"] else "",
        )
    yield table
    hidden = len(document["layers"]) - len(rows)
    if hidden:
        verbs, above = (("sees", "is"), "it") if hidden == 1 else (("see", "are"), "them")
        yield (
            f"{several(hidden, 'layer')} that {verbs[0]} what the one above {above} sees "
            f"{verbs[1]} not listed; -v lists them."
        )
    yield finding.summary()
    for piece in document["advice"]:
        names = piece["layers"] if every else piece["layers"][:_NAMED]
        more = len(piece["layers"]) - len(names)
        limits = f" {piece['limits']}" if every else ""
        yield (
            f"{piece['title']}: {piece['text']}{limits} "
            f"[{', '.join(names)}{f' and {more} more' if more else ''}; "
            f"{count(piece['macs'])} multiply-adds]"
        )


def _changes(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    before = None
    for row in rows:
        now = (row["size"], row["local_size"], row["stride"], row["start"], row["global"])
        if now != before or row["effective"]:
            yield row
        before = now


def empty(*columns: str) -> "Table":
    """Return a table without rows; a column whose name starts with ``*`` is aligned to the right."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        right = name.startswith("*")
        made.add_column(
            name.removeprefix("*"), justify="right" if right else "left", overflow="fold"
        )
    return made
