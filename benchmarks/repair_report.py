"""What ``repair.py`` found, as a page."""

from typing import Any

COLUMNS = {
    "accuracy": "accuracy",
    "crops_consistency": "crops agree",
    "crops_flip_1px": "one-pixel flips, crops",
    "crops_worst_case_accuracy": "right at every crop",
    "rolls_consistency": "round a torus agree",
    "rolls_flip_1px": "one-pixel flips, torus",
}
CAUSES = ("padding", "stride", "nonlinearity")


def report(kept: dict[str, Any]) -> str:
    """Return the page of all networks.

    Args:
        kept: by name, what was measured.
    """
    parts = [
        "# Repairs",
        "",
        "Written by `benchmarks/repair.py`. Percent; behind each number its 95 % interval over samples, or, below "
        "the first row, the change in points against it with the paired interval.",
    ]
    for name, about in kept.items():
        parts += ["", *_network(name, about)]
    return "\n".join(parts) + "\n"


def _network(name: str, about: dict[str, Any]) -> list[str]:
    budget = about["budget"]
    tuning = (
        f" Fine-tuning: {budget['steps']} steps of {budget['batch']} on {about['train']}, rate {budget['rate']}."
        if about["train"]
        else ""
    )
    first = about["rows"][0]
    lines = [
        f"## {name}, {'x'.join(map(str, about['input']))}",
        "",
        f"{about['network']} on {about['data']}: answers on {about['samples']} samples (protocols "
        f"`{first['crops_protocol']}`, `{first['rolls_protocol']}`), accuracy on {about['graded']:,}; total stride "
        f"{'x'.join(map(str, about['total_stride']))}.{tuning} {about['machine']}, threads {about['threads']}, "
        f"torch {about['versions']['torch']}.",
        "",
        f"| repair | fine-tuned | {' | '.join(COLUMNS.values())} |",
        f"| --- | --- |{' --- |' * len(COLUMNS)}",
    ]
    for row in about["rows"]:
        head = f"| {row['repair'].replace('+', ', ')} | {'yes' if row['finetuned'] else 'no'} | "
        if "error" in row:
            lines.append(f"{head}{row['error']} |" + " |" * (len(COLUMNS) - 1))
        else:
            lines.append(head + " | ".join(_cell(row[column]) for column in COLUMNS) + " |")
    return [*lines, *_causes(about["rows"]), *_layers(first.get("layers") or [])]


def _causes(rows: list[dict[str, Any]]) -> list[str]:
    told = [row for row in rows if row.get("last")]
    if not told:
        return []
    lines = [
        "",
        "How far the last map with place is off, as a share of its energy, and why (Shapley values):",
        "",
        f"| repair | map | unaligned moves | aligned moves | {' | '.join(CAUSES)} |",
        f"| --- | --- | --- | --- |{' --- |' * len(CAUSES)}",
    ]
    for row in told:
        lines.append(
            f"| {row['repair'].replace('+', ', ')} | {row['last']['name']} | "
            f"{_share(row['last']['unaligned_error'])} | {_share(row['last']['aligned_error'])} | "
            f"{_split(row['last'])} |"
        )
    reasons = {row["untestable"] for row in told if row["untestable"]}
    return [*lines, *(f"\nNot tested exactly: {reason}." for reason in sorted(reasons))]


def _layers(layers: list[dict[str, Any]]) -> list[str]:
    if not layers:
        return []
    lines = [
        "",
        "Every layer of the network as it is:",
        "",
        f"| layer | stride | unaligned | aligned | floor | invariance | {' | '.join(CAUSES)} |",
        f"| --- | --- | --- | --- | --- | --- |{' --- |' * len(CAUSES)}",
    ]
    for row in layers:
        numbers = (
            row.get(key) for key in ("unaligned_error", "aligned_error", "floor", "invariance")
        )
        stride = "x".join(f"{step:g}" for step in row["stride"])
        lines.append(
            f"| {row['name']} | {stride} | {' | '.join(map(_share, numbers))} | {_split(row)} |"
        )
    return lines


def _split(row: dict[str, Any]) -> str:
    causes = row["causes"] or {}
    return " | ".join(_share(causes.get(cause)) for cause in CAUSES)


def _share(number: float | None) -> str:
    return (
        ""
        if number is None
        else f"{number:.3f}"
        if number >= 1e-3 or number == 0
        else f"{number:.1e}"
    )


def _cell(number: dict[str, Any]) -> str:
    text = f"{100 * number['value']:.2f}"
    change = number["change_interval"]
    if change is not None and any(change):
        low, high = (100 * end for end in change)
        return f"{text} ({100 * number['change']:+.2f}: {low:+.2f} to {high:+.2f})"
    ends = number.get("interval")
    return text if ends is None else f"{text} ({100 * ends[0]:.2f} to {100 * ends[1]:.2f})"
