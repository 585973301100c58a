"""From the answers of ``structure.py`` to a page: who was right, and how long it took."""

from statistics import geometric_mean, median
from typing import Any, NamedTuple

TOOLS = ("convscope", "torchinfo", "torchlens", "rfa-toolbox")


def verdicts(row: dict[str, Any], tool: str) -> dict[str, str]:
    """Judge a tool's answers to the three questions.

    Args:
        row: one network's truth and answers.
        tool: whose answers.

    Returns:
        For ``parameters``, ``macs`` and ``field``: exact, close (within 0.1 %), none, or what was said instead.
    """
    said, true = row["tools"][tool], row["truth"]
    found = {}
    for what in ("parameters", "macs"):
        value = said.get(what)
        if value is None:
            found[what] = "none"
        elif value == true[what]:
            found[what] = "exact"
        else:
            off = value / true[what] - 1
            found[what] = "close" if abs(off) <= 1e-3 else f"{off:+.1%}"
    field = said.get("field")
    if field is None or any(size is None for size in field):
        found["field"] = "none"
    else:
        found["field"] = "exact" if field == true["field"] else "x".join(map(str, field))
    return found


def _seconds(said: dict[str, Any], *stages: str) -> float | None:
    """Return the median time of some stages together; None where one was not reached."""
    if any(not said["seconds"].get(stage) for stage in stages):
        return None
    return sum(median(said["seconds"][stage]) for stage in stages)


def report(document: dict[str, Any]) -> str:
    """Return the results as a page of Markdown."""
    rows: dict[str, dict[str, Any]] = document["networks"]
    machine, settings = document["machine"], document["settings"]
    lines = [
        "# Structure: who answers exactly, and how fast",
        "",
        f"{len(rows)} networks. {machine['processor']}, {machine['cores']} cores, {settings['threads']} thread, "
        f"torch {machine['torch']}, torchvision {machine['torchvision']}, timm {machine['timm']}, Python "
        f"{machine['python']}; processor "
        f"seconds, medians of {settings['repeats']}. Written by `benchmarks/structure.py`.",
        "",
        "Answered exactly, of " + str(len(rows)) + " (in brackets: multiply-adds within 0.1 %):",
        "",
        "| tool | receptive field | parameters | multiply-adds | all three | failed |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for tool in TOOLS:
        asked = [row for row in rows.values() if tool in row["tools"]]
        judged = [verdicts(row, tool) for row in asked]
        counts = {
            what: sum(v[what] == "exact" for v in judged)
            for what in ("field", "parameters", "macs")
        }
        close = sum(v["macs"] in ("exact", "close") for v in judged)
        every = sum(set(v.values()) == {"exact"} for v in judged)
        failed = sum(bool(row["tools"][tool].get("error")) for row in asked)
        versions = [row["tools"][tool].get("version") for row in asked]
        name = f"{tool} {next(filter(None, versions), '')}"
        lines.append(
            f"| {name} | {counts['field']} | {counts['parameters']} | {counts['macs']} ({close}) | {every} | {failed} |"
        )
    lines += ["", *_notes(document), "", *_speed(rows), "", *_fields(rows)]
    return "\n".join(lines) + "\n"


def _notes(document: dict[str, Any]) -> list[str]:
    published = document.get("rfa_toolbox_as_published", {})
    return [
        f"- rfa-toolbox declares Python < 3.11 and as published fails on every network here (Python "
        f"{published.get('python')}): `{published.get('error')}`. It was measured with one line added: "
        "`collections.Sequence = collections.abc.Sequence`.",
        "- The truth is found without any tool: a NaN pushed through the network for fields (gates taken out), "
        "`sum(p.numel())`, and half of torch's `FlopCounterMode`.",
        "- Where squeeze-excitation gates make every unit read the whole image, convscope gives both answers, "
        "and its local field is compared. A tool that only says `whole input` is right, but has no local field.",
        "- TorchLens and rfa-toolbox are given the benefit of the doubt: a right number counts whatever status it "
        "carries, and for rfa-toolbox the largest finite number in its graph is taken.",
    ]


class Times(NamedTuple):
    """Median seconds on one network: convscope's three stages, and TorchLens's."""

    export: float
    fields: float
    analysis: float
    trace: float
    table: float
    each: float


def _speed(rows: dict[str, dict[str, Any]]) -> list[str]:
    every = []
    for row in rows.values():
        ours, theirs = (
            row["tools"].get(tool, {"seconds": {}}) for tool in ("convscope", "torchlens")
        )
        taken = [_seconds(ours, "prepare"), _seconds(ours, "fields")]
        taken += [_seconds(ours, "layers", "fields", "sharing")]
        taken += [_seconds(theirs, stage) for stage in ("prepare", "fields", "each")]
        known = [seconds for seconds in taken if seconds is not None]
        if len(known) == len(taken):
            every.append(Times(*known))
    if not every:
        return []
    ratios = {
        "layers, fields and sharing after export, against TorchLens's trace and fields": [
            (t.trace + t.table) / t.analysis for t in every
        ],
        "fields alone, against TorchLens's trace and fields": [
            (t.trace + t.table) / t.fields for t in every
        ],
        "fields alone, against TorchLens asked operation by operation, its trace not counted": [
            t.each / t.fields for t in every
        ],
        "fields alone, against TorchLens's table, its trace not counted": [
            t.table / t.fields for t in every
        ],
        "everything, export included, against TorchLens's trace and fields": [
            (t.trace + t.table) / (t.export + t.analysis) for t in every
        ],
    }
    middle = Times(*(median(column) for column in zip(*every, strict=True)))
    return [
        f"Time on {len(every)} networks, medians. convscope: export {middle.export:.2f} s, then layers, fields and "
        f"sharing {middle.analysis * 1e3:.0f} ms, of which fields {middle.fields * 1e3:.0f} ms. TorchLens: trace "
        f"{middle.trace:.2f} s, then its table of fields {middle.table * 1e3:.0f} ms, or each operation asked for its "
        f"field {middle.each:.2f} s.",
        "",
        "| how many times faster is convscope | geometric mean | least | most |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {what} | {geometric_mean(r):.3g} | {min(r):.3g} | {max(r):.3g} |"
            for what, r in ratios.items()
        ),
    ]


def _fields(rows: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "Receptive field of the last local map (statuses in brackets), and multiply-adds where they are not exact:",
        "",
        "| network | truth | " + " | ".join(TOOLS) + " |",
        "| --- | --- |" + " --- |" * len(TOOLS),
    ]
    for spec, row in rows.items():
        cells = [spec, "x".join(map(str, row["truth"]["field"]))]
        for tool in TOOLS:
            said = row["tools"].get(tool)
            cells.append("not asked" if said is None else _cell(said, verdicts(row, tool)))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _cell(said: dict[str, Any], verdict: dict[str, str]) -> str:
    if said.get("error"):
        return str(said["error"])[:60].replace("|", "/")
    macs = "" if verdict["macs"] in ("exact", "none") else f"; MACs {verdict['macs']}"
    return f"{verdict['field']} ({said.get('status')}){macs}"
