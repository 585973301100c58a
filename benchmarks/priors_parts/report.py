"""The results of all grids as one page of tables."""

from collections.abc import Mapping
from typing import Any

from convscope.site.learning.report import without
from priors_parts.grids import GRIDS


def page(stored: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page.

    Args:
        stored: the document of each grid by its name.
    """
    parts = [
        "# What priors are worth\n",
        "Made by `python benchmarks/priors.py`; every run is in the JSON beside this page. Accuracy in % with 95 % "
        "intervals over seeds and test items; learning rate and weight decay chosen for every net, size and "
        "condition on other samples and other seeds.\n",
    ]
    for name, document in stored.items():
        parts.append(f"## {name}\n")
        if name in GRIDS:
            parts.append(f"{GRIDS[name].about}\n")
        parts.append(_cells(document) if "cells" in document else _study(document))
        made = document["made_with"]
        parts.append(
            f"convscope {made['convscope']}, torch {made['torch']}, Python {made['python']}, {made['machine']}.\n"
        )
    return "\n".join(parts)


def _cells(document: Mapping[str, Any]) -> str:
    """Return the table of the published networks."""
    rows = [
        f"| {cell} | {100 * one['mean']:.1f} | {_points(one['deviation'])} | {100 * one['published']:.0f} | "
        f"{'yes' if one['within_3_points'] else 'no'} |"
        for cell, one in document["cells"].items()
    ]
    head = [
        "| net | accuracy | SD over seeds | published | within 3 points |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _points(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _study(document: Mapping[str, Any]) -> str:
    task, settings = document["task"], document["protocol"]["settings"]
    best = "" if task["bayes"] is None else f"; the best rule reaches {100 * task['bayes']:.1f} %"
    lines = [
        f"Samples {'×'.join(map(str, task['shape']))}, {len(task['classes'])} classes, chance "
        f"{100 * task['chance']:.1f} %{best}. {len(settings['seeds'])} seeds, {settings['steps']} steps of "
        f"{settings['batch']}, {settings['test']} test items.\n",
        *_nets(document),
        "",
        *_curves(document["curves"]),
        "",
        "| claim | difference | points | 95 % interval | verdict |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {one['id'] + ' ' + one['statement'] if part is one['parts'][0] else ''} | "
            f"{part['what']}{without(part['left_out'])} | "
            f"{100 * part['estimate']:+.1f} | {100 * part['interval'][0]:+.1f} to {100 * part['interval'][1]:+.1f} | "
            f"{one['verdict'] if part is one['parts'][0] else ''} |"
            for one in document["claims"]
            for part in one["parts"]
        ),
        "",
        *(_factor(one) for row in document["equivalences"] for one in (row, *row["elsewhere"])),
        "",
        f"The audit, from the data alone: {document['prior']['verdict']}. "
        f"{' '.join(document['prior']['advice'])} {document['agreement']}\n",
    ]
    lines += [f"Noted: {note}\n" for note in document["notes"]]
    if document["refused"]:
        cells = ", ".join(f"{net} at {n} {condition}" for net, n, condition in document["refused"])
        lines.append(f"Refused, since the best learning rate is at the end of all: {cells}.\n")
    return "\n".join(lines)


def _nets(document: Mapping[str, Any]) -> list[str]:
    """Return what the nets have in common, and the size of each."""
    geometry = next(iter(document["nets"].values())).partition(": ")[2]
    sizes = (
        f"{net} {cost['units']:,} units, {cost['parameters']:,} weights, {cost['macs']:,} multiply-adds"
        for net, cost in document["costs"].items()
    )
    return [f"Stages: {geometry}.\n", f"{'; '.join(sizes)}."]


def _curves(points: list[Mapping[str, Any]]) -> list[str]:
    """Return one row for each net and condition, one column for each size."""
    sizes = sorted({point["n"] for point in points})
    rows: dict[tuple[str, str], dict[int, str]] = {}
    for point in points:
        low, high = point["interval"]
        text = f"{100 * point['mean']:.1f} ({100 * low:.1f} to {100 * high:.1f})"
        rows.setdefault((point["net"], point["condition"]), {})[point["n"]] = text
    head = f"| net | condition | {' | '.join(f'n = {n}' for n in sizes)} |"
    return [
        head,
        "| --- " * (len(sizes) + 2) + "|",
        *(
            f"| {net} | {condition} | {' | '.join(row.get(n, '') for n in sizes)} |"
            for (net, condition), row in rows.items()
        ),
    ]


def _factor(one: Mapping[str, Any]) -> str:
    low, high = one["interval"]
    ends = " to ".join("?" if end is None else f"{end:.2g}" for end in (low, high))
    bound = {">=": "at least ", "<=": "at most "}.get(one.get("censored") or "", "")
    return (
        f"- {one.get('condition', 'intact')}: for {100 * one['at_accuracy']:.1f} % {one['than']} needs {bound}"
        f"{one['factor']:.2g} times the samples of {one['net']} (interval {ends})"
    )
