"""What each repair gives and costs on a trained network, without and with a short fine-tuning.

    python benchmarks/repair.py MODEL --weights FILE --data DATA --train DATA
        [--input CxHxW] [--mean A,B,C] [--std A,B,C] [--samples 300] [--graded 10000] [--steps 300]

The network as it is and fine-tuned on the same budget is the control: what it gains is the training's, not a
repair's. All rows are measured on the same samples at the same offsets: crops at every offset of a canvas larger
by 8/7, and 64 drawn moves on a torus. Changes are against the network as it is, with paired 95 % intervals.
Results: ``results/repair.md`` and ``results/repair.json``.
"""

import argparse
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convscope.data import Source, open_source
from convscope.network import Network, load
from convscope.network.rewriting import total_stride
from convscope.shift.answers import answered, cropped
from convscope.shift.repairing import Budget, finetune, repair
from convscope.shift.votes import change_intervals

REPAIRS = ("", "mirror", "blur", "mirror,blur", "circular", "circular,blur", "polyphase", "average")
DRAWN = 64


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("model")
    for name in ("weights", "data", "train", "input", "mean", "std"):
        parser.add_argument(f"--{name}")
    for name, number in (("samples", 300), ("graded", 10_000), ("steps", 300), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=number)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    net = load(
        given.model,
        weights=given.weights,
        input=given.input and tuple(map(int, given.input.split("x"))),
        mean=_numbers(given.mean),
        std=_numbers(given.std),
    )
    data, train = open_source(given.data), open_source(given.train)
    budget = Budget(steps=given.steps)
    first: dict[str, Any] | None = None
    rows = []
    for name in REPAIRS:
        for tuned in (False, True):
            made = repair(net, name.split(",")) if name else net
            began = time.perf_counter()
            if tuned:
                made = finetune(made, train, budget)
            seconds = time.perf_counter() - began
            found = measured(net, made, data, given.samples, given.graded)
            first = first or found
            rows.append(
                {
                    "repair": name or "none",
                    "finetuned": tuned,
                    "tuning_s": seconds,
                    **against(first, found),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
            write(given, net, data, train, budget, rows)


def measured(
    net: Network, made: Network, data: Source, samples: int, graded: int
) -> dict[str, Any]:
    """Return the votes under both kinds of moves, and which samples are right."""
    told: dict[str, Any] = {"seed": 0, "batch": 32, "progress": _silent}
    total = total_stride(net)
    rolls = answered(
        made, data, net.input.shape, total, samples=samples, draw=DRAWN, torus="wrap", **told
    )
    crops = cropped(made, data, samples=samples, draw=None, **told)
    right: list[np.ndarray] = []
    with torch.inference_mode():
        for part in data.batches(100, net.input.shape, min(graded, len(data))):
            right.append(made(torch.from_numpy(part.arrays)).argmax(1).numpy() == part.labels)
    return {"rolls": rolls, "crops": crops, "right": np.concatenate(right)}


def against(first: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of a row, and their changes against the first."""
    row: dict[str, Any] = {}
    for kind in ("crops", "rolls"):
        before, after = first[kind], found[kind]
        ends = change_intervals(before.votes, after.votes)
        for what in ("consistency", "flip_1px", "worst_case_accuracy"):
            new, old = getattr(after.held, what), getattr(before.held, what)
            row[f"{kind}_{what}"] = {
                "value": new,
                "interval": after.intervals.get(what),
                "change": new - old,
                "change_interval": ends.get(what),
            }
    change = found["right"].astype(float) - first["right"]
    half = 1.96 * change.std(ddof=1) / len(change) ** 0.5
    middle = float(change.mean())
    row["accuracy"] = {
        "value": float(found["right"].mean()),
        "change": middle,
        "change_interval": (middle - half, middle + half),
    }
    return row


def write(
    given: argparse.Namespace,
    net: Network,
    data: Source,
    train: Source,
    budget: Budget,
    rows: list[dict[str, Any]],
) -> None:
    """Write what is known so far."""
    about = {
        "network": Path(given.model).name,
        "data": Path(given.data).name,
        "train": Path(given.train).name,
        "samples": given.samples,
        "graded": min(given.graded, len(data)),
        "budget": vars(budget),
        "total_stride": total_stride(net),
        "machine": f"{platform.machine()}, {platform.system()}",
        "threads": given.threads,
        "versions": {"python": platform.python_version(), "torch": version("torch")},
    }
    place = Path(__file__).parent / "results"
    document = json.dumps({**about, "rows": rows}, indent=1) + "\n"
    (place / "repair.json").write_text(document, encoding="utf-8")
    lines = [
        "# Repairs",
        "",
        f"`python benchmarks/repair.py`: {about['network']} on {about['data']}; answers on {given.samples} "
        f"samples (crops at every offset, {DRAWN} drawn moves round a torus), accuracy on {about['graded']:,}; "
        f"fine-tuning: {budget.steps} steps of {budget.batch} on {about['train']}, rate {budget.rate}. "
        "Percent, with the change in points against the first row and its 95 % interval.",
        "",
        "| repair | fine-tuned | accuracy | crops agree | one-pixel flips, crops | round a torus agree | "
        "right at every crop |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    columns = (
        "accuracy",
        "crops_consistency",
        "crops_flip_1px",
        "rolls_consistency",
        "crops_worst_case_accuracy",
    )
    for row in rows:
        cells = [
            row["repair"],
            "yes" if row["finetuned"] else "no",
            *(_cell(row[name]) for name in columns),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    (place / "repair.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(number: dict[str, Any]) -> str:
    text = f"{100 * number['value']:.2f}"
    if number["change_interval"] is None or not any(number["change_interval"]):
        return text
    low, high = (100 * end for end in number["change_interval"])
    return f"{text} ({100 * number['change']:+.2f}: {low:+.2f} to {high:+.2f})"


def _numbers(text: str | None) -> tuple[float, ...] | None:
    return None if text is None else tuple(map(float, text.split(",")))


def _silent(what: str, done: int, total: int | None) -> None:
    """Say nothing."""


if __name__ == "__main__":
    main()
