"""Two processes against one, and a locally connected layer against a loop and against a convolution.

    python benchmarks/learning.py [--rounds 3]

Trainings of the planted task are done in one process and in two that are started for it, in turns: 48, and
240, which is about what a quick study takes, since starting a process costs two seconds whatever it then
does; the machine should have two cores to spare. A local layer goes forward and backward beside a Python loop
over positions (one matrix product each) and beside the convolution of the same kernel, on one thread, in
turns; of each the shortest turn is taken. A loop over a few large windows is no slower than anything else, so not every
layer has to be three times faster, but the median of them. Results: ``results/learning.json``.
"""

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from convscope.engine import cores, run_jobs
from convscope.learning.tasks.planted import planted
from convscope.learning.trials.keeping import done
from convscope.learning.trials.trial import Trial
from convscope.learning.twins import Local, twins
from convscope.learning.twins.local import padded

WANTED_PROCESSES = 1.8
WANTED_LOOP = 3.0
WANTED_CONVOLUTION = 8.0

LAYERS: dict[str, dict[str, Any]] = {
    "1-D, 8→16 channels of 256, kernel 3": {
        "shape": (8, 256), "out": 16, "kernel": 3, "padding": 1, "batch": 128,
    },
    "1-D, 1→16 channels of 192, kernel 12, stride 12": {
        "shape": (1, 192), "out": 16, "kernel": 12, "stride": 12, "batch": 128,
    },
    "2-D, 3→16 channels of 32×32, kernel 9, stride 2": {
        "shape": (3, 32, 32), "out": 16, "kernel": 9, "stride": 2, "padding": 4, "batch": 128,
    },
    "2-D, 8→16 channels of 16×16, kernel 3": {
        "shape": (8, 16, 16), "out": 16, "kernel": 3, "padding": 1, "batch": 128,
    },
    "3-D, 4→8 channels of 12×12×12, kernel 3, stride 2": {
        "shape": (4, 12, 12, 12), "out": 8, "kernel": 3, "stride": 2, "padding": 1, "batch": 32,
    },
}  # fmt: skip


class Loop(nn.Module):
    """The local layer as one would write it first: the window of one position after the other.

    Args:
        local: the layer whose weights it takes; without groups.
    """

    def __init__(self, local: Local) -> None:
        super().__init__()
        self.windows = local.windows
        self.weight = nn.Parameter(local.weight.detach().clone())
        starts = (
            range(0, count * stride, stride)
            for count, stride in zip(local.windows.output, local.windows.stride, strict=True)
        )
        self.cuts = [
            tuple(slice(a, a + k) for a, k in zip(at, local.windows.kernel, strict=True))
            for at in product(*starts)
        ]

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, out, *P)``."""
        wide = padded(x, self.windows)
        answers = [
            wide[:, :, *cut].flatten(1) @ kernel
            for cut, kernel in zip(self.cuts, self.weight, strict=True)
        ]
        return torch.stack(answers, 2).reshape(len(x), -1, *self.windows.output)


def layer_times(rounds: int) -> dict[str, Any]:
    """Return milliseconds forward and backward of local layer, loop and convolution.

    Args:
        rounds: turns of each, after one to warm up.
    """
    torch.set_num_threads(1)
    found = {}
    for name, about in LAYERS.items():
        shape, batch = about["shape"], about["batch"]
        settings = {key: about[key] for key in ("stride", "padding") if key in about}
        local = Local(shape[1:], shape[0], about["out"], about["kernel"], **settings)
        kind = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(shape) - 1]
        conv = kind(shape[0], about["out"], about["kernel"], **settings)
        loop = Loop(local)
        x = torch.randn(batch, *shape, requires_grad=True)
        assert (local(x) - loop(x)).abs().max() < 1e-4
        best: dict[str, float] = dict.fromkeys(("local", "loop", "conv"), float("inf"))
        for turn in range(rounds + 1):
            for which, module in (("local", local), ("loop", loop), ("conv", conv)):
                began = time.perf_counter()
                module(x).square().sum().backward()
                taken = time.perf_counter() - began
                if turn:
                    best[which] = min(best[which], taken)
        found[name] = {f"{which}_ms": round(1000 * s, 2) for which, s in best.items()} | {
            "loop_over_local": round(best["loop"] / best["local"], 2),
            "local_over_conv": round(best["local"] / best["conv"], 2),
        }
    return found


def process_times(rounds: int, seeds: int) -> dict[str, Any]:
    """Return the seconds that the same trainings take in one process and in two.

    Args:
        rounds: turns of each.
        seeds: trainings of each of four nets.
    """
    task = planted()
    made = twins(task.shape, len(task.classes), geometry=task.geometry)
    trials = [
        Trial(made[net], 2048, seed, "intact", ("intact",), 0.003, 0.01, 600, 128, 2.0)
        for seed in range(seeds)
        for net in ("conv+pool", "conv", "local", "dense")
    ]
    best: dict[int, float] = {1: float("inf"), 2: float("inf")}
    for _ in range(rounds):
        for count in best:
            began = time.perf_counter()
            outcomes = list(run_jobs(done, trials, shared=(task, None), workers=count))
            best[count] = min(best[count], time.perf_counter() - began)
            assert len(outcomes) == len(trials)
    return {
        "trainings": len(trials),
        "one_process_s": round(best[1], 2),
        "two_processes_s": round(best[2], 2),
        "ratio": round(best[1] / best[2], 2),
    }


def main() -> None:
    """Measure, print and keep the results, and fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    busy = os.getloadavg()[0]
    document = {
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "cores": cores(),
        "load_before": round(busy, 2),
        "layers": layer_times(5 * asked.rounds),
        "processes": [process_times(asked.rounds, seeds) for seeds in (12, 60)],
    }
    print(json.dumps(document, indent=1, ensure_ascii=False))
    path = Path(__file__).parent / "results" / "learning.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    layers = document["layers"].values()
    faults = [
        said
        for missed, said in (
            (
                median(one["loop_over_local"] for one in layers) < WANTED_LOOP,
                "a loop is not 3x slower, in the median of the layers",
            ),
            (
                max(one["local_over_conv"] for one in layers) > WANTED_CONVOLUTION,
                "a local layer is more than 8x slower than the convolution",
            ),
            (
                document["processes"][-1]["ratio"] < WANTED_PROCESSES,
                "two processes gain less than 1.8x in a study of the usual length",
            ),
        )
        if missed
    ]
    if faults:
        sys.exit("; ".join(faults) + (" (the machine was busy)" if busy > 0.5 else ""))


if __name__ == "__main__":
    main()
