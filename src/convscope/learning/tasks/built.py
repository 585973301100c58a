"""Tasks that are made to show one thing: where a prior pays, and where it costs."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from convscope.data.objects import OBJECTS
from convscope.data.parts import Parts
from convscope.data.scene import Position
from convscope.data.world import World
from convscope.learning.tasks.task import Task
from convscope.learning.twins.geometry import reference
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
    kinds: Sequence[str] | None = None,
    name: str = "parts",
    side: int = 32,
    width: int | None = None,
    pool: int = 9000,
    tests: int = 2000,
    progress: Progress = silent,
) -> Task:
    """Return the built-in world as a task: what is it, or where is it?

    What a thing is takes units that see all of it, so the twins that are asked for it go on until a map is 2
    wide. Where it is must not reach the head by another way than the map: twins of the reference geometry.

    Args:
        position: where objects are in training and validation; tests have them anywhere, but for ``"centred"``,
            which is tested centred too.
        label: ``"position"`` asks in which of eight cells the object is: the prior that the answer does not
            depend on the place is then wrong.
        kinds: of the eight, those that are asked for; None takes all. With ``label="object"`` only.
        name: of the task.
        side: of the pictures in pixels.
        width: channels of the first layer of twins that are asked what it is; None takes those of the reference.
        pool: pictures that training subsets are drawn from.
        tests: pictures that are tested on.
        progress: told of pictures drawn.
    """
    held = max(500, pool // 6)
    # Every class is as common as the others, so a share of the world is of the kinds that are asked for.
    times = 1 if kinds is None else len(OBJECTS) / len(kinds)
    learned = Parts(round(times * (pool + held)), 1, size=side, position=position, label=label)
    rest: Position = "centred" if position == "centred" else "anywhere"
    tested = Parts(round(times * tests), 0, size=side, position=rest, label=label)
    x, y = _drawn(learned, kinds, progress)
    x_test, y_test = _drawn(tested, kinds, progress)
    classes = learned.classes if kinds is None else kinds
    assert classes is not None
    notes = (f"pictures are drawn at {side}×{side}",)
    if kinds is not None:
        notes += (f"of the eight kinds, what is asked is: {' or '.join(kinds)}?",)
    return Task(
        name,
        x[:pool], y[:pool], x[pool:], y[pool:], x_test, y_test,
        tuple(classes),
        geometry=reference(x.shape[1:], len(classes), width=width, last=2)
        if label == "object"
        else None,
        notes=notes,
    )  # fmt: skip


def _drawn(
    world: World, kinds: Sequence[str] | None, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return all pictures of some kinds as 8-bit numbers, and which of the kinds each is of."""
    assert world.classes is not None
    labels = np.asarray(world.labels)
    if kinds is None:
        chosen = np.arange(len(world))
    else:
        wanted = [world.classes.index(kind) for kind in kinds]
        chosen = np.flatnonzero(np.isin(labels, wanted))
        labels = np.array([wanted.index(label) if label in wanted else -1 for label in labels])
    pictures = np.empty((len(chosen), *(world.shape or ())), np.uint8)
    for k, at in enumerate(chosen.tolist()):
        if k % 256 == 0:
            progress("drawing pictures", k, len(chosen))
        pictures[k] = np.rint(world[at].array * 255)
    progress("drawing pictures", len(chosen), len(chosen))
    return pictures, labels[chosen]


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
