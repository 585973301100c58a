"""Tasks that are made to show one thing: where a prior pays, and where it costs."""

from typing import Literal

import numpy as np

from convscope.data.parts import Parts
from convscope.data.scene import Position
from convscope.data.world import World
from convscope.learning.tasks.task import Task
from convscope.progress import Progress, silent

_BANDS = 8
_BINS = 64


def norm_compare(pool: int = 20_000, tests: int = 4000, seed: int = 0) -> Task:
    """Return a task of noise: is the first channel's norm larger than the second's? (Li, Zhang and Arora, 2021).

    Pictures of 3 channels and 16×16 independent normal numbers. Sharing weights pays without end, since
    every pixel is treated alike; that neighbours are neighbours does not matter.

    Args:
        pool: samples that training subsets are drawn from.
        tests: samples that are tested on.
        seed: of everything.
    """
    draw = np.random.default_rng([seed, 22])
    total = pool + 2000 + tests
    x = draw.standard_normal((total, 3, 16, 16), np.float32)
    norms = np.square(x).sum((2, 3))
    y = (norms[:, 0] > norms[:, 1]).astype(np.int64)
    return _cut("norm-compare", x, y, pool, 2000, ("second", "first"), bayes=1.0)


def spectra(pool: int = 12_000, tests: int = 3000, seed: int = 0) -> Task:
    """Return a task of spectra: in which of eight bands is the strongest peak?

    64 frequencies with a sloping background, noise, a peak and two weaker ones anywhere. The same peak means
    something else at another frequency, so a network that answers alike wherever things are cannot do it.

    Args:
        pool: samples that training subsets are drawn from.
        tests: samples that are tested on.
        seed: of everything.
    """
    draw = np.random.default_rng([seed, 23])
    total = pool + 2000 + tests
    y = draw.integers(0, _BANDS, total)
    width = _BINS / _BANDS
    bins = np.arange(_BINS)
    slope = draw.uniform(-0.4, 0.4, (total, 1)) * np.linspace(-1, 1, _BINS)
    x = slope + 0.25 * draw.standard_normal((total, _BINS))
    centres = (y + draw.uniform(0.1, 0.9, total)) * width
    for at, low, high in (
        (centres, 1.2, 2.0),
        (draw.uniform(0, _BINS, total), 0.4, 0.9),
        (draw.uniform(0, _BINS, total), 0.4, 0.9),
    ):
        height = draw.uniform(low, high, (total, 1))
        spread = draw.uniform(0.8, 2.0, (total, 1))
        x += height * np.exp(-0.5 * np.square((bins - at[:, None]) / spread))
    names = tuple(f"band {k + 1}" for k in range(_BANDS))
    return _cut("spectra", x[:, None].astype(np.float32), y.astype(np.int64), pool, 2000, names)


def parts(
    *,
    position: Position = "anywhere",
    label: Literal["object", "position"] = "object",
    name: str = "parts",
    side: int = 32,
    pool: int = 9000,
    tests: int = 2000,
    progress: Progress = silent,
) -> Task:
    """Return the built-in world as a task: what is it, or where is it?

    Args:
        position: where objects are in training and validation; tests have them anywhere, but for ``"centred"``,
            which is tested centred too.
        label: ``"position"`` asks in which of eight cells the object is: the prior that the answer does not
            depend on the place is then wrong.
        name: of the task.
        side: of the pictures in pixels.
        pool: pictures that training subsets are drawn from.
        tests: pictures that are tested on.
        progress: told of pictures drawn.
    """
    held = max(500, pool // 6)
    anywhere = Parts(tests, 0, size=side, label=label)
    learned = Parts(pool + held, 1, size=side, position=position, label=label)
    tested = Parts(tests, 0, size=side, position=position) if position == "centred" else anywhere
    x = _drawn(learned, progress)
    y = np.asarray(learned.labels)
    assert learned.classes is not None
    return Task(
        name,
        x[:pool], y[:pool], x[pool:], y[pool:],
        _drawn(tested, progress), np.asarray(tested.labels),
        learned.classes,
        notes=(f"pictures are drawn at {side}×{side}",),
    )  # fmt: skip


def _drawn(world: World, progress: Progress) -> np.ndarray:
    """Return all pictures as 8-bit numbers."""
    pictures = np.empty((len(world), *(world.shape or ())), np.uint8)
    for k in range(len(world)):
        if k % 256 == 0:
            progress("drawing pictures", k, len(world))
        pictures[k] = np.rint(world[k].array * 255)
    progress("drawing pictures", len(world), len(world))
    return pictures


def _cut(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    pool: int,
    held: int,
    classes: tuple[str, ...],
    bayes: float | None = None,
) -> Task:
    """Return a task of samples that are independent, so that any cut is a fair one."""
    a, b = pool, pool + held
    return Task(name, x[:a], y[:a], x[a:b], y[a:b], x[b:], y[b:], classes, bayes=bayes)
