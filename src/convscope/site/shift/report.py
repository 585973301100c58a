"""Idea 4 in the report: how far layers follow, how still answers hold, and what breaks both."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from convscope.site.numbers import shape
from convscope.site.shift.stills import stills
from convscope.site.table import table

Document = Mapping[str, Any]

_ROWS = 12  # layers that are listed, from the first to the last; all are in the atlas's tables
_ERRORS = ("aligned_error", "unaligned_error", "circular_error", "subpixel_error", "invariance")
ANSWERS = {
    "consistency": ("same class at two offsets", True),
    "flip_1px": ("class changed by one position", True),
    "accuracy": ("right, over all offsets", True),
    "worst_case_accuracy": ("right at every offset looked at", True),
    "fidelity": ("right at both of two offsets", True),
    "wobble": ("largest less smallest probability", False),
    "invariance": ("change of the answers, 1 as between samples", False),
}
"""What is told of answers: its name, and whether it is a share."""


def section(
    document: Document | None, data: Document | None, drawn: Mapping[str, str], folder: Path
) -> str:
    """Return the report's section on moves; nothing where they were not measured.

    Args:
        document: of ``shift``.
        data: of the data.
        drawn: the charts as figures, by name.
        folder: the atlas.
    """
    if not document:
        return ""
    parts = [
        "<h2>What follows a move, and what holds still</h2>",
        f'<p class="prose">{escape(_told(document))}</p>',
        stills(document, data, folder),
        drawn.get("shift", ""),
        _layers(document),
        "<h3>Changes in place, by depth</h3>" if "shift-invariance" in drawn else "",
        drawn.get("shift-invariance", ""),
        _answers(document),
        _causes(document, drawn.get("shift-causes", "")),
        _border(document["boundary"]),
    ]
    return "".join(parts)


def _told(document: Document) -> str:
    row = next((row for row in document["layers"] if row["name"] == document["last"]), None)
    head = (
        "The map of the moved input is compared with the moved map of the input; the difference is a share of "
        "the map’s energy: 0 is perfect, 2 is two maps that have nothing in common."
    )
    if row is None or row["unaligned_error"] is None:
        return head
    aligned = row["aligned_error"]
    also = "" if aligned is None else f", a move by a multiple of it {_number(aligned)}"
    return (
        f"{head} At {row['name']}, the last layer whose units have places, a move by less than the total stride "
        f"of {_once(row['total_stride'])} costs {_number(row['unaligned_error'])}{also}."
    )


def _layers(document: Document) -> str:
    rows = [row for row in document["layers"] if row["total_stride"]]
    if not rows:
        return ""
    last = min(_ROWS, len(rows)) - 1
    places = {round(i * (len(rows) - 1) / max(1, last)) for i in range(last + 1)}
    head = (
        "layer",
        "stride",
        "multiples of it",
        "other moves",
        "on a torus",
        "part of a position",
        "change in place",
    )
    told = table(
        head,
        [
            (
                rows[place]["name"],
                _once(rows[place]["total_stride"]),
                *(_number(rows[place][name]) for name in _ERRORS),
            )
            for place in sorted(places)
        ],
    )
    few = (
        f"{len(places)} of {len(rows)} layers; all are in the atlas’s tables. "
        if len(places) < len(rows)
        else ""
    )
    floor = document["protocol"]["floor"]
    exact = "" if floor is None else f" Floor, from a network known to be exact: {_number(floor)}."
    return (
        f'{told}<p class="note">{few}By multiples of its stride a layer could follow exactly: what is left there is '
        "the border’s doing. On a torus strides and nonlinearities are alone. Change in place: by one position, as "
        f"a share of that between samples.{exact}</p>"
    )


def _answers(document: Document) -> str:
    ways = [
        (name, document[key])
        for name, key in (("moved round", "output"), ("cropped elsewhere", "crops"))
        if document[key]
    ]
    if not ways:
        return ""
    known = [name for name in ANSWERS if any(way[name] is not None for _, way in ways)]
    rows = [
        (ANSWERS[name][0], *(_held(way, name, share=ANSWERS[name][1]) for _, way in ways))
        for name in known
    ]
    first = ways[0][1]
    offsets = first["offsets"]
    seen = f"{first['samples']:,} samples, each at {offsets['looked_at']:,} of {offsets['of']:,} offsets"
    return (
        f"<h3>What it answers</h3>{table(('answers', *(name for name, _ in ways)), rows)}"
        f'<p class="note">{seen}; in brackets 95 % intervals over samples. A network that is exact keeps every class '
        f"and changes nothing. Protocols: {escape('; '.join(way['protocol'] for _, way in ways))}.</p>"
    )


def _held(way: Document, name: str, *, share: bool) -> str:
    if way[name] is None:
        return "–"
    ends: Sequence[float] | None = way["interval"].get(name)
    if not share:
        return _number(way[name]) + (f" ({_number(ends[0])} to {_number(ends[1])})" if ends else "")
    told = f"{100 * way[name]:.1f} %"
    return told + (f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f} %)" if ends else "")


def _few(document: Document) -> str:
    some, every = document["causes"].get("samples"), document["protocol"]["samples"]
    if not some or not every or some >= every:
        return ""
    return f" The split was made on {some} of the {every} samples."


def _causes(document: Document, chart: str) -> str:
    testable, causes = document["testable"], document["causes"]
    if testable is not True:
        near = testable["nearest_input"]
        could = f" The nearest input that can: {shape(near)}." if near else ""
        text = f"Not testable exactly: {testable['reason'].rstrip('.')}. So the causes cannot be told apart.{could}"
        return f'<h3>What breaks it</h3><p class="prose">{escape(text)}</p>'
    if not causes:
        return ""
    parts = ", ".join(
        f"{name} {_number(causes[key])}"
        for name, key in (
            ("padding", "padding"),
            ("strides", "stride"),
            ("nonlinearities", "nonlinearity"),
        )
    )
    return (
        f'<h3>What breaks it</h3><p class="prose">At {escape(causes["layer"])}, by cause: {parts}; together '
        f"{_number(causes['total'])}, with {_number(causes['leftover'])} left when all three are taken out. Each is "
        f"the mean over all orders of taking the causes out, so they sum to the whole.{_few(document)}</p>{chart}"
    )


def _border(found: Document) -> str:
    said = []
    if found["reach"]:
        deep = found["reach"][-1]
        said.append(
            f"The border changes {deep['layer']} everywhere."
            if deep["reach"] is None
            else f"At {deep['layer']} the border is felt {deep['reach']:,} positions into the input; "
            f"{100 * deep['clear']:.1f} % of its units do not feel it."
        )
    if found["uneven"]:
        names = ", ".join(found["uneven"][:6]) + (" …" if len(found["uneven"]) > 6 else "")
        said.append(f"Borders are not read alike by {names}.")
    return f'<p class="prose">{escape(" ".join(said))}</p>' if said else ""


def _once(sizes: Sequence[int]) -> str:
    """Return sizes along axes, said once where all agree."""
    return shape(sizes[:1] if len(set(sizes)) == 1 else sizes)


def _number(value: float | None) -> str:
    """Return an error, also a very small one.

    >>> _number(0.0), _number(0.25), _number(3e-9), _number(None)
    ('0', '0.250', '3e-09', '–')
    """
    if value is None:
        return "–"
    return "0" if value == 0 else f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.1g}"
