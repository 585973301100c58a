"""What priors are worth, measured: the studies behind the numbers of the docs.

    python benchmarks/priors.py --list
    python benchmarks/priors.py planted mnist1d --work FOLDER [--data FOLDER] [--workers 2] [--draft]

Each grid of ``priors_parts/grids.py`` is a study with tuned learning rates and the
analysis of its runs, as ``convscope learn`` does it. FOLDER keeps every finished run, so the same
command goes on where it was stopped.
``--data`` is a folder with ``cifar10_train_webp``, ``mnist_t10k.npz`` and ``fsdd_8khz_1s.npz``; grids of
real data are left
out without it. ``--draft`` takes two sizes and two seeds, to see that everything runs. ``published`` trains the two
networks of the MNIST-1D paper by its own recipe. Results: ``results/priors-NAME.json`` with every run, and
``results/priors.md``, made anew from all of them.
"""

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from convscope.engine import run_jobs
from convscope.learning.learn import learn
from convscope.learning.tasks import open_task
from convscope.learning.tasks.mnist1d import PUBLISHED
from priors_parts.grids import GRIDS, Grid
from priors_parts.published import Published, trained
from priors_parts.report import page

RESULTS = Path(__file__).parent / "results"


def measured(name: str, grid: Grid, asked: argparse.Namespace) -> dict[str, Any]:
    """Run one grid, or what is missing of it, and return everything that is kept.

    Args:
        name: of the grid.
        grid: what is run.
        asked: the command line.
    """
    task = grid.opened(asked.data)
    found = learn(
        task,
        nets=grid.nets,
        sizes=grid.sizes[:2] if asked.draft else grid.sizes,
        seeds=2 if asked.draft else grid.seeds,
        conditions=grid.conditions,
        steps=40 if asked.draft else grid.steps,
        out=asked.work / name,
        workers=asked.workers,
        progress=_told(name),
    )
    document = found.document()
    del document["timeline"]  # pictures of filters, which the pages show
    return {**document, **machine()}


def published(seeds: int, workers: int | None) -> dict[str, Any]:
    """Return the accuracies of the published networks by the published recipe.

    Args:
        seeds: trainings of each.
        workers: processes.
    """
    task = open_task("mnist1d")
    jobs = [
        Published(net, permuted, seed)
        for seed in range(seeds)
        for net in ("dense", "conv")
        for permuted in (False, True)
    ]
    found = dict(run_jobs(trained, jobs, shared=task, workers=workers))
    cells: dict[str, list[float]] = {}
    for k, job in enumerate(jobs):
        cells.setdefault(job.net + (" permuted" if job.permuted else ""), []).append(found[k])
    rows = {
        cell: {
            "mean": mean(values),
            "deviation": stdev(values) if len(values) > 1 else None,
            "published": PUBLISHED[cell],
            "within_3_points": abs(mean(values) - PUBLISHED[cell]) <= 0.03,
            "values": values,
        }
        for cell, values in cells.items()
    }
    return {"task": "mnist1d as published", "cells": rows, **machine()}


def machine() -> dict[str, Any]:
    """Return what the numbers were made with."""
    return {
        "made_with": {
            "convscope": version("convscope"),
            "torch": version("torch"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
            "system": platform.system(),
            "machine": platform.machine(),
        }
    }


def _told(name: str) -> Any:
    began, said = time.monotonic(), [""]

    def progress(what: str, done: int, total: int | None) -> None:
        line = f"{name}: {what} {done} of {total}"
        if line != said[0] and (done == total or not done % 25):
            said[0] = line
            print(
                f"{(time.monotonic() - began) / 60:6.1f} min  {line}", file=sys.stderr, flush=True
            )

    return progress


def main() -> None:
    """Run the grids that were asked for, and write what they say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("grids", nargs="*", help="names of grids, 'published', or 'all'")
    parser.add_argument(
        "--list", action="store_true", help="name the grids and say how long they take"
    )
    parser.add_argument("--work", type=Path, default=Path("priors-runs"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--draft", action="store_true")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    if asked.list or not asked.grids:  # hours are not begun by accident
        for name, grid in GRIDS.items():
            print(f"{name:16} about {grid.minutes} minutes of one core")
        return
    names = [*GRIDS, "published"] if asked.grids == ["all"] else asked.grids
    unknown = set(names) - {*GRIDS, "published"}
    if unknown:
        sys.exit(f"no grid {', '.join(unknown)}; there are {', '.join(GRIDS)} and published")
    asked.results.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name != "published" and GRIDS[name].real and asked.data is None:
            print(f"{name}: left out, it needs --data", file=sys.stderr)
            continue
        began = time.monotonic()
        if name == "published":
            document = published(1 if asked.draft else 5, asked.workers)
        else:
            document = measured(name, GRIDS[name], asked)
        file = asked.results / f"priors-{name}.json"
        text = json.dumps(document, indent=1, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
        print(
            f"{name}: {(time.monotonic() - began) / 60:.1f} minutes, load {os.getloadavg()[0]:.1f}"
        )
        stored = {
            one.stem.removeprefix("priors-"): json.loads(one.read_text(encoding="utf-8"))
            for one in sorted(asked.results.glob("priors-*.json"))
        }
        (asked.results / "priors.md").write_text(page(stored), encoding="utf-8")


if __name__ == "__main__":
    main()
