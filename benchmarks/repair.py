"""How answers hold still on a trained network, and what each repair gives, without and with a short fine-tuning.

    python benchmarks/repair.py MODEL --weights FILE --data DATA [--train DATA]
        [--input CxHxW] [--mean A,B,C] [--std A,B,C] [--samples 300] [--graded 10000] [--steps 300]
        [--crops 0] [--rolls 64] [--causes 16] [--only none,blur] [--name NAME]

With ``--train``, each row is there twice: as rewritten, and fine-tuned. The network as it is, fine-tuned on the same
budget, is the control: what it gains is the training's, not a repair's. All rows are measured on the same samples
at the same offsets: crops of a canvas larger by 8/7, and moves on a torus (0 takes all of them; those beyond the
total stride only where the input is small). Changes are against the network as it is, with paired 95 % intervals.
``--causes`` samples say how far the last map with place is off, and why. Rows that are there are kept; results:
``results/repair.md`` and ``results/repair.json``, a section for each name.
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
from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.rewriting import testability, total_stride
from convscope.shift.answers import answered, at_once, cropped
from convscope.shift.grids import grids, last_with_place
from convscope.shift.repairing import Budget, finetune, repair
from convscope.shift.survey import Survey, surveyed
from convscope.shift.votes import change_intervals
from repair_report import report

REPAIRS = (
    "none",
    "mirror",
    "blur",
    "mirror+blur",
    "circular",
    "circular+blur",
    "polyphase",
    "average",
)
RESULTS = Path(__file__).parent / "results" / "repair.json"


def main() -> None:
    """Measure, print and write."""
    given = _given()
    torch.set_num_threads(given.threads)
    net = load(
        given.model,
        weights=given.weights,
        input=given.input and tuple(map(int, given.input.split("x"))),
        mean=_numbers(given.mean),
        std=_numbers(given.std),
    )
    data = open_source(given.data)
    train = given.train and open_source(given.train)
    budget = Budget(steps=given.steps)
    about = _about(given, net, data, budget)
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    before = kept.get(given.name, {})
    rows = before.get("rows", []) if _same(before, about) else []
    first: dict[str, Any] | None = None
    for name in given.only.split(","):
        steps = [] if name == "none" else name.split("+")
        for tuned in (False, True) if train else (False,):
            there = any(row["repair"] == name and row["finetuned"] == tuned for row in rows)
            if there and first is not None:
                continue
            began = time.perf_counter()
            try:
                made = repair(net, steps) if steps else net
            except SpecError as error:
                rows.append({"repair": name, "finetuned": tuned, "error": str(error)})
                continue
            if tuned:
                made = finetune(made, train, budget)
            seconds = time.perf_counter() - began
            found = measured(net, made, data, given)
            first = first or found
            if there:
                continue
            row = {
                "repair": name,
                "finetuned": tuned,
                "made_in_s": seconds,
                **against(first, found),
            }
            seen = {} if tuned else by_layer(made, data, given.causes)
            if steps:
                seen.pop("layers", None)
            rows.append(row | seen)
            print(json.dumps(rows[-1]), flush=True)
            kept[given.name] = {**about, "rows": rows}
            write(kept)


def measured(
    net: Network, made: Network, data: Source, given: argparse.Namespace
) -> dict[str, Any]:
    """Return the votes under both kinds of moves, and which samples are right."""
    told: dict[str, Any] = {"samples": given.samples, "seed": 0, "batch": 32, "progress": _silent}
    rolls = answered(
        made,
        data,
        net.input.shape,
        total_stride(net),
        draw=given.rolls or None,
        torus="wrap",
        **told,
    )
    crops = cropped(made, data, draw=given.crops or None, **told)
    right: list[np.ndarray] = []
    with torch.inference_mode():
        for part in data.batches(at_once(made, 50), net.input.shape, min(given.graded, len(data))):
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
        row[f"{kind}_protocol"] = after.protocol
    change = found["right"].astype(float) - first["right"]
    half = 1.96 * change.std(ddof=1) / len(change) ** 0.5
    middle = float(change.mean())
    row["accuracy"] = {
        "value": float(found["right"].mean()),
        "change": middle,
        "change_interval": (middle - half, middle + half),
    }
    return row


def by_layer(made: Network, data: Source, samples: int) -> dict[str, Any]:
    """Return the errors of every layer with their causes, and of the last one with place."""
    if not samples:
        return {}
    said = testability(made)
    exact = isinstance(said, bool)
    how = Survey(made.input.shape, samples, True, "wrap", 0, exact=exact)
    rows = surveyed(made, data, how, None, progress=_silent).rows
    last = last_with_place(made, grids(made))
    layers = [
        {
            "name": row.name,
            "stride": [float(step) for step in row.total_stride],
            **row.errors(),
            "causes": row.causes and dict(row.causes.parts),
        }
        for row in rows
    ]
    return {
        "last": next((row for row in layers if row["name"] == last), None),
        "untestable": None if exact else said[0],
        "layers": layers,
    }


def write(kept: dict[str, Any]) -> None:
    """Write what is known so far."""
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    RESULTS.with_suffix(".md").write_text(report(kept), encoding="utf-8")


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("model")
    for name in ("weights", "data", "train", "input", "mean", "std", "name"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--only", default=",".join(REPAIRS))
    for name, number in (
        ("samples", 300), ("graded", 10_000), ("steps", 300), ("threads", 2),
        ("crops", 0), ("rolls", 64), ("causes", 16),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=number)
    given = parser.parse_args()
    given.name = given.name or given.model.rpartition(":")[2]
    return given


def _about(given: argparse.Namespace, net: Network, data: Source, budget: Budget) -> dict[str, Any]:
    return {
        "network": Path(given.model).name,
        "input": list(net.input.shape),
        "data": Path(given.data).name,
        "train": given.train and Path(given.train).name,
        "samples": given.samples,
        "graded": min(given.graded, len(data)),
        "crops": given.crops,
        "rolls": given.rolls,
        "budget": vars(budget),
        "total_stride": list(total_stride(net)),
        "machine": f"{platform.machine()}, {platform.system()}",
        "threads": given.threads,
        "versions": {"python": platform.python_version(), "torch": version("torch")},
    }


def _same(before: dict[str, Any], about: dict[str, Any]) -> bool:
    left_out = ("threads", "machine", "versions")
    return bool(before) and all(
        before.get(key) == value
        for key, value in json.loads(json.dumps(about)).items()
        if key not in left_out
    )


def _numbers(text: str | None) -> tuple[float, ...] | None:
    return None if text is None else tuple(map(float, text.split(",")))


def _silent(what: str, done: int, total: int | None) -> None:
    """Say nothing."""


if __name__ == "__main__":
    main()
