"""The grids of the benchmark: which task, nets, sizes, seeds and conditions, and about how long it takes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from convscope.learning.tasks import Task, open_task, split

_CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class Grid:
    """One study of the benchmark.

    Args:
        about: what is asked, in a sentence.
        opened: opens the task, given the folder of real data.
        nets: the twins; None takes all five.
        sizes: training samples.
        seeds: how many.
        conditions: of samples and test.
        minutes: of one core, about, on a quiet machine.
        steps: of each training.
        real: whether it needs the folder of real data.
    """

    about: str
    opened: Callable[[Path], Task]
    sizes: tuple[int, ...]
    seeds: int
    conditions: tuple[str, ...]
    minutes: int
    nets: tuple[str, ...] | None = None
    steps: int = 600
    real: bool = False


def cifar(folder: Path) -> Task:
    """Return CIFAR-10 from mosaics of a thousand pictures: 45,000 to learn from, 2,000 and 3,000 apart.

    Args:
        folder: holds ``cifar10_train_webp``.
    """
    place = folder / "cifar10_train_webp"
    with np.load(place / "labels.npz") as stored:
        labels = stored["labels"].astype(np.int64)
    pictures = np.concatenate([_mosaic(file) for file in sorted(place.glob("train_*.webp"))])
    return split("CIFAR-10", pictures, labels, _CIFAR, test=0.06, most_test=3000)


def _file(folder: Path, name: str, view: str = "") -> Task:
    """Return the task of a file, named without the folder, which is another one on every machine."""
    return replace(open_task(f"{view}{folder / name}"), name=f"{view}{name}")


def _mosaic(file: Path) -> np.ndarray:
    """Return a thousand pictures ``(1000, 3, 32, 32)`` from 25 rows of 40."""
    with Image.open(file) as opened:
        whole = np.asarray(opened.convert("RGB"))
    cut = whole.reshape(25, 32, 40, 32, 3).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(cut.reshape(1000, 3, 32, 32))


GRIDS: dict[str, Grid] = {
    "planted": Grid(
        "One of 16 patches holds the sign of a known pattern, the others noise. Blocks of 12 are patches, those of "
        "48 are four of them: moving them about takes nothing from a network of one convolution and a pool.",
        lambda _: open_task("planted"),
        (32, 128, 512, 2048, 8192),
        10,
        ("intact", "permuted", "block-permuted:12", "block-permuted:48"),
        35,
    ),
    "planted-half": Grid(
        "To learn from, the pattern is in the first half of the patches only; the test has it anywhere.",
        lambda _: open_task("planted-half"),
        (512, 2048, 8192),
        10,
        ("intact",),
        5,
    ),
    "planted-2d": Grid(
        "The same in a square of 4×4 patches.",
        lambda _: open_task("planted:2"),
        (128, 512, 2048),
        5,
        ("intact", "permuted"),
        7,
    ),
    "planted-3d": Grid(
        "The same in a cube of 3×3×3 patches.",
        lambda _: open_task("planted:3"),
        (128, 512, 2048),
        5,
        ("intact", "permuted"),
        10,
    ),
    "mnist1d": Grid(
        "MNIST-1D, made anew from its published recipe; the published networks are below.",
        lambda _: open_task("mnist1d"),
        (250, 1000, 4000),
        5,
        ("intact", "permuted", "shifted:5"),
        65,
        steps=2000,
    ),
    "norm-compare": Grid(
        "Is the first channel of noise longer than the second? All pixels are alike, and neighbours do not matter.",
        lambda _: open_task("norm-compare"),
        (128, 512, 2048, 8192),
        5,
        ("intact", "permuted"),
        45,
        nets=("conv+pool", "conv", "dense"),
    ),
    "spectra": Grid(
        "In which of eight bands is the highest peak of a spectrum? Where it is, is the answer.",
        lambda _: open_task("spectra"),
        (32, 128, 512, 2048),
        5,
        ("intact", "permuted", "shifted:8"),
        42,
        nets=("conv+pool", "conv", "dense"),
    ),
    "parts-position": Grid(
        "The built-in world, asked in which of eight cells the thing is.",
        lambda _: open_task("parts-position"),
        (512, 2048),
        5,
        ("intact", "permuted"),
        71,
        nets=("conv+pool", "conv", "dense"),
    ),
    "fsdd": Grid(
        "Spoken digits, one second at 8 kHz; speakers that are tested are not learned from.",
        lambda folder: _file(folder, "fsdd_8khz_1s.npz"),
        (75, 300, 1200),
        5,
        ("intact", "permuted", "shifted:8"),
        44,
        nets=("conv+pool", "conv", "dense"),
        real=True,
    ),
    "fsdd-spectra": Grid(
        "The same as power spectra: the axis is frequency.",
        lambda folder: _file(folder, "fsdd_8khz_1s.npz", "spectra:"),
        (75, 300, 1200),
        5,
        ("intact", "permuted"),
        31,
        nets=("conv+pool", "conv", "dense"),
        real=True,
    ),
    "mnist": Grid(
        "The 10,000 test pictures of MNIST, split.",
        lambda folder: _file(folder, "mnist_t10k.npz"),
        (75, 300, 1200, 4800),
        5,
        ("intact", "permuted", "shifted:3"),
        71,
        nets=("conv+pool", "conv", "dense"),
        real=True,
    ),
    "cifar10": Grid(
        "The training pictures of CIFAR-10, split.",
        cifar,
        (600, 2400, 9600),
        5,
        ("intact", "permuted", "shifted:4"),
        107,
        nets=("conv+pool", "conv", "dense"),
        real=True,
    ),
}
