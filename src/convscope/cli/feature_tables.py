"""What units respond to, as tables on a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from convscope.cli.numbers import count
from convscope.cli.tables import empty

if TYPE_CHECKING:
    from rich.console import RenderableType

    from convscope.features import Features, Unit
    from convscope.features.comparing import Comparison

_NAMES = 4  # labels of a layer that are listed
_LINKS = 8


def features(finding: "Features", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the layers, with ``every`` the units too, and the summary."""
    document = finding.document()
    table = empty(
        "layer", "*units", "*edges, colours", "*corners, textures", "*shapes, parts", "*wholes",
        "*unknown", "*dead on data", "*weak or failed", "*told right", "most often",
    )  # fmt: skip
    for row in document["layers"]:
        poor = row["statuses"]["weak"] + row["statuses"]["failed"]
        most = ", ".join(f"{one['name']} ({one['units']})" for one in row["labels"][:_NAMES])
        table.add_row(
            row["name"],
            _of(row),
            *(count(row["levels"][level]) for level in "1234"),
            count(row["unknown"]),
            count(row["dead"]),
            count(poor),
            _right(row["trust"]),
            most,
        )
    yield table
    if every:
        yield _units(document["units"])
    yield finding.summary()


def unit(found: "Unit") -> "Iterator[RenderableType]":
    """Yield everything that is known of one unit."""
    document = found.details()
    label, tuning = document["label"], document["tuning"]
    yield (
        f"{document['layer']}:{document['unit']}: {label['name'] if label else 'no label'}, "
        f"status {document['status']}; "
        f"largest response {document['natural_max']}, active on {document['density']:.0%} of samples."
    )
    if label and label["precision"] is not None:
        yield (
            f"Label from {label['source']}: precision {label['precision']:.2f}, recall {label['recall']:.2f}, "
            f"score {label['score']:.2f} against {label['null99']:.2f} by chance (99th percentile)."
        )
    if tuning:
        preferred = ", ".join(f"{name} {value}" for name, value in tuning["preferred"].items())
        yield f"Of drawn stimuli it prefers {tuning['family']}{f' ({preferred})' if preferred else ''}."
    right = [
        f"{share:.0%} from its {word}"
        for kind, word in (("exemplars", "exemplars"), ("synthesis", "pictures"))
        if (share := (document["trust"] or {}).get(kind)) is not None
    ]
    if right:
        yield f"Which of two other samples drives it is told right {', '.join(right)} (chance 50%)."
    table = empty("*sample", "*value", "position", "sees")
    for one in document["exemplars"]:
        seen = " x ".join(f"{low} to {end - 1}" for low, end in one["box"])
        table.add_row(str(one["sample"]), str(one["value"]), str(one["position"]), seen)
    yield table
    for way, word in (("inputs", "it is fed by"), ("outputs", "it feeds")):
        if document[way]:
            yield f"Of the layers looked at and the input, {word} (activations between taken for straight lines):"
            yield _links(document[way][:_LINKS])
    for one in document["synthesis"]:
        percent = one["percent_of_natural"]
        reached = "" if percent is None else f", {percent:.0f} % of its largest response"
        yield f"Picture {one['kind']}: {one['status']}{reached}. {one['why']}".rstrip()


def comparison(finding: "Comparison", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the layers of both networks, the pairs that differ most, and the summary."""
    table = empty(
        "network", "layer", "looked for in", "*units", "*matched", "*shared", "*unmatched", "*silent",
        "*mean correlation", "*by chance", "*relabelled",
    )  # fmt: skip
    names = finding.names
    for row in finding.layers:
        table.add_row(
            names[row.network],
            row.layer,
            row.other_layer,
            count(row.units),
            *(count(row.counts[status]) for status in ("matched", "shared", "unmatched", "silent")),
            "" if row.similarity is None else f"{row.similarity:.2f}",
            "" if row.null99 is None else f"{row.null99:.2f}",
            count(row.relabelled),
        )
    yield table
    changed = finding.most_changed(50 if every else 10)
    if changed:
        yield "Of the units that have a counterpart, these differ most from it:"
        pairs = empty(
            f"unit of {names[0]}", f"of {names[1]}", "*correlation", "label", "its counterpart's"
        )
        for pair in changed:
            pairs.add_row(
                f"{pair.layer}:{pair.unit}",
                f"{pair.other_layer}:{pair.other_unit}",
                f"{pair.correlation:.2f}",
                pair.label or "",
                pair.other_label or "",
            )
        yield pairs
    yield finding.summary()


def _of(row: Mapping[str, Any]) -> str:
    """Return how many units were looked at, and of how many."""
    measured, units = count(row["measured"]), count(row["units"])
    return units if measured == units else f"{measured} of {units}"


def _right(trust: Mapping[str, Any] | None) -> str:
    """Return how often exemplars tell which of two samples drives a unit, and pictures."""
    found = [(trust or {}).get(kind) for kind in ("exemplars", "synthesis")]
    return ", ".join(f"{one['mean']:.0%}" for one in found if one)


def _units(rows: list[Mapping[str, Any]]) -> "RenderableType":
    table = empty(
        "unit", "status", "label", "*precision", "tuned to", "*largest response", "*active on"
    )
    for row in rows:
        label, tuning = row["label"] or {}, row["tuning"] or {}
        precision = label.get("precision")
        table.add_row(
            f"{row['layer']}:{row['unit']}",
            row["status"],
            label.get("name", ""),
            "" if precision is None else f"{precision:.2f}",
            tuning.get("family", ""),
            str(row["natural_max"]),
            "" if row["density"] is None else f"{row['density']:.0%}",
        )
    return table


def _links(rows: list[Mapping[str, Any]]) -> "RenderableType":
    table = empty("unit", "*strength", "*adds on average", "*if silenced")
    for row in rows:
        adds, silenced = row["contribution"], row["ablation"]
        table.add_row(
            f"{row['layer']}:{row['unit']}",
            f"{row['norm']:.3g}",
            "" if adds is None else f"{adds:.3g}",
            "" if silenced is None else f"{silenced:+.0%}",
        )
    return table
