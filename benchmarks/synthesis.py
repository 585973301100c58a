"""A picture for a unit must cost a fraction of what torch-lucent takes, and drive the unit no less.

    python benchmarks/synthesis.py --lucent PATH/bin/python [--data FOLDER] [--weights FILE.safetensors]
        [--networks squeezenet1_0,resnet18] [--units 3] [--first 5] [--together 64] [--steps N] [--threads 1]
        [--long features.3,layer1.0]

Of some layers of SqueezeNet 1.0 and ResNet-18 the same units, with the same steps, device and threads: convscope in
this environment, torch-lucent in its own (see ``README.md``). Both climb the unit at the middle position of its
layer's map. Every picture is judged afterwards by one plain forward pass of the same network, at that position, here.
SqueezeNet has the weights of ``--weights``; ResNet-18 has weights as drawn.

A unit's time is the processor time of the whole call, divided by the units that it made: lucent makes one, convscope
``--together``, and one alone is timed too. (On one thread processor time is what a quiet machine takes; what else runs
beside does not count.) Steps are convscope's own for the field, unless given; with ``--long`` lucent also makes the
first unit of these layers with its own 512.
Results: ``results/synthesis.md`` and ``.json``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from synthesis_parts.builders import LAYERS, at_centre, built

HERE = Path(__file__).parent

LUCENT_STEPS = 512
BARS = ((64, 50.0), (128, 10.0), (10**9, 2.0))
"""Up to a field of so many pixels, how many times faster a unit must be made."""


def wanted(field: int) -> float:
    """Return how many times faster a unit of a field must be made.

    >>> wanted(64), wanted(65), wanted(200)
    (50.0, 10.0, 2.0)
    """
    return next(times for most, times in BARS if field <= most)


def run(python: str, worker: str, job: dict, folder: Path) -> dict:
    """Run a worker on a job in a fresh process; return what it measured, with its pictures."""
    pictures = folder / f"{worker}.npy"
    path = folder / "job.json"
    path.write_text(json.dumps(job | {"pictures": str(pictures)}))
    there = os.environ | {"OMP_NUM_THREADS": str(job["threads"])}
    script = str(HERE / "synthesis_parts" / f"{worker}.py")
    done = subprocess.run(
        [python, script, str(path)], capture_output=True, text=True, env=there, check=False
    )
    if done.returncode:
        sys.exit(f"{worker} on {job['network']} {job['layer']} failed:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found | {"pictures": torch.from_numpy(np.load(pictures))}


def layer(job: dict, lucent: str, together: int, folder: Path, *, long: bool) -> dict:
    """Compare both on some units of a layer.

    Args:
        job: network, weights, layer, units, steps, threads, seed, data.
        lucent: the python of its environment.
        together: units that convscope makes at once.
        folder: for what the workers write.
        long: whether lucent makes the first unit with its own number of steps, too.
    """
    ours = run(sys.executable, "own_worker", job | {"together": together}, folder)
    first = job | {"units": job["units"][:1], "together": 1}
    alone = run(sys.executable, "own_worker", first, folder)
    steps = job["steps"] or ours["steps"]
    theirs = run(lucent, "lucent_worker", job | {"steps": steps}, folder)
    made = {"ours": ours, "lucent": theirs}
    if long:
        made["lucent_512"] = run(lucent, "lucent_worker", first | {"steps": LUCENT_STEPS}, folder)
    model = built(job["network"], job["weights"])
    judged = {
        name: at_centre(model, job["layer"], found["pictures"])[
            torch.arange(len(found["pictures"])),
            torch.tensor(job["units"])[: len(found["pictures"])],
        ].tolist()
        for name, found in made.items()
    }
    per_unit = {
        name: found["busy_s"] / found["made"]
        for name, found in {**made, "ours_alone": alone}.items()
    }
    times = per_unit["lucent"] / per_unit["ours"]
    return {
        "network": job["network"], "layer": job["layer"], "field": ours["field"], "steps": steps,
        "units": job["units"], "together": ours["made"],
        "seconds_per_unit": {name: round(value, 4) for name, value in per_unit.items()},
        "wall_seconds": {"ours": round(ours["wall_s"], 3), "lucent": round(theirs["wall_s"], 3)},
        "times_faster": round(times, 1),
        "times_faster_alone": round(per_unit["lucent"] / per_unit["ours_alone"], 1),
        "wanted": wanted(ours["field"]),
        "activation": {name: [round(value, 4) for value in values] for name, values in judged.items()},
        "holds": times >= wanted(ours["field"])
        and all(a >= b for a, b in zip(judged["ours"], judged["lucent"], strict=True)),
    }  # fmt: skip


def table(document: dict) -> str:
    """Return the results as Markdown."""
    head = (
        "# Synthesis: convscope and torch-lucent, side by side\n\n"
        f"{document['system']}, Python {document['python']}, torch {document['torch']}, "
        f"{document['threads']} thread; torch-lucent {document['lucent']}. "
        "Convscope makes several units at once. "
        "Times are processor seconds of a unit. Activations are those of one plain forward pass of the same "
        "network, at the unit's middle position; of lucent 512, the first unit's alone.\n\n"
        "| network, layer | field | steps | at once | convscope | alone | lucent | times faster | wanted "
        "| activations: convscope | lucent | lucent 512: s | activation |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- | --- | --: | --- |\n"
    )
    rows = []
    for row in document["layers"]:
        cost, act = row["seconds_per_unit"], row["activation"]
        said = {name: ", ".join(f"{value:.3g}" for value in values) for name, values in act.items()}
        long = f"{cost['lucent_512']:.0f} | {said['lucent_512']}" if "lucent_512" in cost else "|"
        mark = "" if row["holds"] else " (missed)"
        rows.append(
            f"| {row['network']} {row['layer']} | {row['field']} | {row['steps']} "
            f"| {row['together']} | {cost['ours']:.3f} | {cost['ours_alone']:.2f} "
            f"| {cost['lucent']:.1f} | {row['times_faster']:.0f}{mark} "
            f"| {row['wanted']:.0f} | {said['ours']} | {said['lucent']} | {long} |"
        )
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """Measure, print and keep the results, and fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lucent", help="python of lucent's environment")
    parser.add_argument("--data", default="parts:200", help="pictures whose colours are used")
    parser.add_argument("--weights", help="of SqueezeNet 1.0; without it as drawn")
    parser.add_argument("--networks", default=",".join(LAYERS))
    parser.add_argument("--layers", help="of these modules only, joined by commas")
    parser.add_argument("--units", type=int, default=3, help="of each layer, every eighth")
    parser.add_argument("--first", type=int, default=5, help="number of the first of them")
    parser.add_argument("--together", type=int, default=64)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--long", default="", help="modules of which lucent takes its own steps")
    parser.add_argument("--out", default=str(HERE / "results"))
    asked = parser.parse_args()
    if asked.lucent is None:
        print(
            "Give --lucent, the python of torch-lucent's environment: alone there is nothing to compare."
        )
        return
    torch.set_num_threads(asked.threads)
    versions = "from importlib.metadata import version as v; print(v('torch-lucent'), v('torch'))"
    told = subprocess.run(
        [asked.lucent, "-c", versions], capture_output=True, text=True, check=True
    ).stdout.split()
    document = {
        "system": platform.system(), "python": platform.python_version(), "torch": version("torch"),
        "lucent": told[0], "lucent_torch": told[1], "threads": asked.threads, "together": asked.together, "layers": [],
    }  # fmt: skip
    out = Path(asked.out)
    out.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in asked.networks.split(","):
            weights = None
            if name.startswith("squeezenet") and asked.weights:
                weights = str(folder / "weights.pt")
                torch.save(load_file(asked.weights), weights)
            for path in LAYERS[name]:
                if asked.layers and path not in asked.layers.split(","):
                    continue
                job = {
                    "network": name, "weights": weights, "layer": path, "steps": asked.steps, "seed": 0,
                    "units": list(range(asked.first, asked.first + 8 * asked.units, 8)),
                    "threads": asked.threads, "data": asked.data,
                }  # fmt: skip
                long = path in asked.long.split(",")
                found = layer(job, asked.lucent, asked.together, folder, long=long)
                document["layers"].append(found)
                print(json.dumps(found), flush=True)
                (out / "synthesis.json").write_text(json.dumps(document, indent=1) + "\n")
                (out / "synthesis.md").write_text(table(document))
    if not all(row["holds"] for row in document["layers"]):
        sys.exit("a layer was made too slowly, or a picture drives its unit less than lucent's")


if __name__ == "__main__":
    main()
