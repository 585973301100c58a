"""The answers to all shifts from one pass with all phases in the batch, against one pass for each phase.

    python benchmarks/shift.py [--rounds 3] [--threads 1]

Networks of the shape of ResNet-18 and VGG-16 (convolutions; an average and a linear layer at the end), with
weights as drawn and circular padding, total stride 32. Both ways give the answers to all 32 x 32 phases of one
picture, which are the answers to all its shifts. Explicit passes run in batches of several sizes, and the
fastest counts. By turns in one process; of each the shortest turn is taken, in processor seconds. By counting
multiplications ResNet-18 can gain no more than 3.3 times: its last quarter of the work is behind the last
stride, where nothing is shared. Results: ``results/shift.json``.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from convscope.network import Network, load
from convscope.network.rewriting import all_phases, circular, total_stride
from convscope.network.rewriting.phases import every_shift

WANTED = {"ResNet-18": 3.0, "VGG-16": 10.0}
SIZES = {"ResNet-18": (64, 128, 224), "VGG-16": (64, 128)}
BATCHES = (8, 32, 128)


def vgg(size: int) -> Network:
    """Return the convolutions of VGG-16, with an average and a linear layer behind them."""
    layers: list[nn.Module] = []
    before = 3
    for channels, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(times):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        layers.append(nn.MaxPool2d(2))
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)]
    return Network(nn.Sequential(*layers).eval(), input=(3, size, size))


def explicit(net: Network, x: Tensor, batch: int) -> Tensor:
    """Return the answers to all phases, each from a pass of its own."""
    total = total_stride(net)
    answers, waiting = [], []
    for shifted in every_shift(x, total):
        waiting.append(shifted)
        if len(waiting) == batch:
            answers.append(net(torch.cat(waiting)))
            waiting = []
    if waiting:
        answers.append(net(torch.cat(waiting)))
    return torch.cat(answers).reshape(*total, 1, -1)


def timed(work: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Return how many seconds some work takes, and what it returns."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def measured(name: str, size: int, rounds: int) -> dict[str, Any]:
    """Return the seconds that both ways take, and how far their answers are apart.

    Args:
        name: of the network.
        size: of the picture, in pixels.
        rounds: turns of each way.
    """
    shape = (3, size, size)
    net = circular(load("torchvision:resnet18", input=shape) if name == "ResNet-18" else vgg(size))
    x = torch.rand(1, *shape)
    ways: dict[str, Callable[[], Tensor]] = {"dense": lambda: all_phases(net, x)}
    for batch in BATCHES:
        ways[f"explicit, batch {batch}"] = lambda batch=batch: explicit(net, x, batch)
    shortest = dict.fromkeys(ways, float("inf"))
    answers = {}
    with torch.inference_mode():
        for turn in range(rounds):
            for way, work in ways.items():
                if turn and way != "dense" and shortest[way] > 1.15 * min(_explicit(shortest)):
                    continue  # it will not be the fastest
                seconds, answers[way] = timed(work)
                shortest[way] = min(shortest[way], seconds)
                print(f"{name}, {size} x {size}, {way}: {seconds:.2f} s", flush=True)
    scale = answers["dense"].abs().max()
    return {
        "phases": prod(total_stride(net)),
        "seconds": {way: round(seconds, 3) for way, seconds in shortest.items()},
        "times_faster": round(min(_explicit(shortest)) / shortest["dense"], 2),
        "wanted": WANTED[name],
        "largest_relative_difference": max(
            float((one - answers["dense"]).abs().max() / scale) for one in answers.values()
        ),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    rows = {
        f"{name}, {size} x {size}": measured(name, size, given.rounds)
        for name, sizes in SIZES.items()
        for size in sizes
    }
    document = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "threads": given.threads,
        "rounds": given.rounds,
        "networks": rows,
    }
    place = Path(__file__).parent / "results" / "shift.json"
    place.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(document, indent=1))


def _explicit(shortest: dict[str, float]) -> list[float]:
    return [seconds for way, seconds in shortest.items() if way != "dense"]


if __name__ == "__main__":
    main()
