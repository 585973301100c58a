"""One pass for all default layers must cost little more than running the network, in bounded memory.

    python benchmarks/exemplars.py [--images 64] [--rounds 5] [--threads 1] [--repeats 2]

Speed: the same pictures, already in memory, go through the network alone and through a harvest of all
default layers (as a part of a study of 500), by turns, in one process; the network alone runs at several
batch sizes, and the fastest counts. Of each the shortest turn is taken. Memory: the peaks of fresh processes
after 500, 2,000 and 5,000 pictures; several of each, since the same run differs from time to time by what
the memory allocator does. Up to 2,000 samples every response is kept, so 500 may be below the others by what
``kept_mb`` says; beyond that nothing grows. Networks: ResNet-18 and SqueezeNet at 224 pixels with weights as
drawn; what they compute does not change with what they know.
Memory is read as Linux reports it.
Results: ``results/exemplars.json``.
"""

import argparse
import json
import multiprocessing
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
import torch

from convscope.data.parts import Parts
from convscope.data.sample import Sample, Source
from convscope.features.chosen import default_layers
from convscope.features.exemplars import harvest
from convscope.features.exemplars.passing import KEPT
from convscope.network import Network, load

NETWORKS = ("torchvision:resnet18", "torchvision:squeezenet1_0")
BATCHES = (1, 4, 16)
LENGTHS = (500, 2000, 5000)
WANTED = 0.85


class InMemory(Source):
    """A few pictures again and again, without the cost of reading them.

    Args:
        length: how many samples it says it has.
    """

    kind = "image"
    shape = (3, 224, 224)

    def __init__(self, length: int):
        self.spec = f"{length} pictures in memory"
        pictures = Parts(16, size=224)
        self._pictures = np.stack([pictures[i].array for i in range(len(pictures))])
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        return Sample(self._pictures[index % len(self._pictures)], None, str(index))

    def _hashed(self) -> str:
        return self.spec


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall-clock and processor seconds that some work takes."""
    began, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - busy


def speed(spec: str, images: int, rounds: int, threads: int) -> dict:
    """Compare a harvest with the network alone.

    Args:
        spec: of the network.
        images: pictures in one turn.
        rounds: turns of each.
        threads: that torch may use.

    Returns:
        Milliseconds per picture, and the ratio of pictures per second to those of the network alone.
    """
    torch.set_num_threads(threads)
    net = load(spec)
    few, study = InMemory(images), InMemory(LENGTHS[0])
    layers = [layer.name for layer in default_layers(net)]

    turns: dict[str, Callable[[], object]] = {
        f"alone, batch {size}": bare(net, few, size) for size in BATCHES
    }
    turns["harvest"] = lambda: harvest(net, study, layers, indices=range(images))
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
    for turn in range(rounds + 1):
        for name, work in turns.items():
            found = seconds(work)
            if turn:  # the first warms up
                taken[name].append(found)
    # Another process can only make a turn longer, so the shortest says most about the work itself.
    wall = {name: min(t for t, _ in times) for name, times in taken.items()}
    busy = {name: min(t for _, t in times) for name, times in taken.items()}
    ours = "harvest"
    units = sum(net.layer(name).output[0] for name in layers)
    return {
        "layers": len(layers),
        "units": units,
        # A response and its place, four bytes each.
        "kept_mb": {str(n): round(min(n, KEPT) * units * 8 / 2**20, 1) for n in LENGTHS},
        "values_per_image": int(sum(np.prod(net.layer(name).output) for name in layers)),
        "ms_per_image": {name: round(1000 * t / images, 2) for name, t in wall.items()},
        "ratio": round(min(t for name, t in wall.items() if name != ours) / wall[ours], 3),
        "ratio_of_processor_time": round(
            min(t for name, t in busy.items() if name != ours) / busy[ours], 3
        ),
    }


def bare(net: Network, source: Source, size: int) -> Callable[[], None]:
    """Return the work of running the network alone over a source."""

    def run() -> None:
        with torch.inference_mode():
            for batch in source.batches(size):
                net.graph(torch.from_numpy(batch.arrays))

    return run


def peak(spec: str, images: int, threads: int) -> float:
    """Return the peak memory of this process in megabytes after a harvest of so many pictures."""
    torch.set_num_threads(threads)
    net = load(spec)
    harvest(net, InMemory(images), [layer.name for layer in default_layers(net)])
    # Not getrusage: a process begins with the peak of the one that started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return round(kilobytes / 2**10, 1)


def fresh_peak(spec: str, images: int, threads: int) -> float:
    """Return the peak memory of a process that does nothing else."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(peak, spec, images, threads).result()


def main() -> None:
    """Measure both networks, print and keep the results, and fail where a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--repeats", type=int, default=2, help="of the memory; 0 keeps what is there"
    )
    asked = parser.parse_args()
    document = {
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "threads": asked.threads,
        "networks": {},
    }
    networks = document["networks"]
    for spec in NETWORKS:  # first, while nothing has warmed the machine
        networks[spec] = speed(spec, asked.images, asked.rounds, asked.threads)
        print(json.dumps({spec: networks[spec]}, indent=1), flush=True)
    for spec, images in product(NETWORKS, LENGTHS):
        found = [fresh_peak(spec, images, asked.threads) for _ in range(asked.repeats)]
        if found:
            networks[spec].setdefault("peak_mb", {})[str(images)] = found
            print(f"{spec}, {images} pictures: {found} MB", flush=True)
    path = Path(__file__).parent / "results" / "exemplars.json"
    if not asked.repeats and path.exists():
        kept = json.loads(path.read_text())["networks"]
        for spec in NETWORKS:
            networks[spec]["peak_mb"] = kept[spec].get("peak_mb", {})
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    if any(found["ratio"] < WANTED for found in document["networks"].values()):
        sys.exit(f"a harvest ran at less than {WANTED} of the network's own speed")


if __name__ == "__main__":
    main()
