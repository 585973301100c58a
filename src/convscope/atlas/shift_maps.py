"""The maps of a few units at all places of a sample, kept small enough to be dragged about on a page.

The naive way keeps a picture of each map for each move: a network of total stride 16 has 1,024 moves by
half pixels before they repeat, and a map for each of them. But on a torus a layer of total stride ``r``
looks at one fine map, on every r-th position of it:

    z(T_d x)[n] = fine[r n - d]

So one fine map holds a layer at every move, and a page finds the moved map by sampling it. What a
move by a part of a pixel does is in it as well: the fine map then has two positions for each pixel.

Limit: it holds on a torus only, with circular padding in place of zeros; so that is what is kept, and each
layer is compared with itself, moved by its stride. What the border does is measured, not shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import lcm, prod
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.shift.fourier import moved

Form = Literal["plane", "lines"]
PLANS: tuple[tuple[Form, int], ...] = (("plane", 2), ("plane", 1), ("lines", 2), ("lines", 1))
"""What may be kept, most first: moves in all directions or along each axis, and steps per pixel."""

UNITS = 3
LAYERS = 5
CLASSES = 5
MACS = 4e11
"""Multiply-adds that the passes may cost; what is kept is chosen by it."""
VALUES = 3_000_000
"""Values of fine maps, at most; each is a byte before it is compressed."""
SAME = 1e-3
"""A map differs from itself moved by no more than this share of its deviation, or it is left out."""


@dataclass(frozen=True)
class Fine:
    """The fine maps of some units of a layer.

    Args:
        name: the layer.
        stride: its total stride per axis.
        size: positions of its map per axis.
        units: which units.
        maps: one array, or one per axis where moves go along axes: ``(samples, units, *fine)``.
        differs: how much the map differs from itself after a move by the stride, as a share of its deviation.
    """

    name: str
    stride: tuple[int, ...]
    size: tuple[int, ...]
    units: tuple[int, ...]
    maps: tuple[np.ndarray, ...]
    differs: float


@dataclass(frozen=True)
class Moving:
    """What a page needs to move samples about.

    Args:
        form: ``"plane"`` for moves in all directions, ``"lines"`` for moves along one axis at a time.
        per: steps per input position.
        stride: after a move by this many positions along an axis, answers repeat.
        layers: the fine maps.
        scores: probabilities ``(samples, *phases, classes)``, one array or one per axis as the maps; None
            where the network does not answer with class scores that repeat.
        classes: per sample the classes whose scores are kept.
    """

    form: Form
    per: int
    stride: tuple[int, ...]
    layers: tuple[Fine, ...]
    scores: tuple[np.ndarray, ...] | None
    classes: tuple[tuple[int, ...], ...]


def moving(net: Network, x: Tensor, *, progress: Progress = silent) -> Moving | None:
    """Return the maps and the answers of a network on a torus, at every move of some samples.

    Args:
        net: the network, with circular padding.
        x: the samples ``(B, C, *S)``.
        progress: told of each pass.

    Returns:
        None where no layer's map follows the input, or the passes would cost too much.
    """
    with torch.no_grad():
        strides = _strides(net)
        names = evenly([*dict.fromkeys({s: name for name, s in strides.items()}.values())], LAYERS)
        checked = _checked(net, x, {name: strides[name] for name in names})
        if not checked:
            return None
        whole = tuple(
            lcm(*(checked[name][0][axis] for name in checked)) for axis in range(net.dims)
        )
        plan = _plan(net, x, checked, whole)
        if plan is None:
            return None
        return _run(net, x, checked, whole, *plan, progress)


def _strides(net: Network) -> dict[str, tuple[int, ...]]:
    """Return the total stride of each layer whose positions divide those of the input."""
    space = net.input.shape[1:]
    found = {}
    for layer in net.layers:
        size = layer.output[1:]
        if len(size) == len(space) and all(
            n > 1 and whole % n == 0 for n, whole in zip(size, space, strict=True)
        ):
            found[layer.name] = tuple(whole // n for n, whole in zip(size, space, strict=True))
    return found


def evenly(names: Sequence[str], most: int) -> list[str]:
    """Return at most so many names, evenly from the first to the last."""
    last = len(names) - 1
    places = (
        range(len(names)) if last < most else [round(i * last / (most - 1)) for i in range(most)]
    )
    return [names[place] for place in places]


Checked = Mapping[str, tuple[tuple[int, ...], float, Tensor]]


def _checked(net: Network, x: Tensor, strides: Mapping[str, tuple[int, ...]]) -> Checked:
    """Return the layers that follow a move by their stride: stride, difference, and the unmoved map."""
    found = {}
    for name, stride in strides.items():
        taps = net.taps([name])
        before, after = taps(x)[name], taps(moved(x, stride))[name]
        wrong = (
            (after - before.roll((1,) * net.dims, tuple(range(2, 2 + net.dims)))).square().mean()
        )
        flat = before.flatten(2)
        spread = (flat - flat.mean(2, keepdim=True)).square().mean()
        differs = float((wrong / spread).sqrt()) if spread > 0 else float("inf")
        if differs < SAME:
            found[name] = (stride, differs, before)
    return found


def _plan(
    net: Network, x: Tensor, checked: Checked, whole: Sequence[int]
) -> tuple[Form, int, int] | None:
    """Return the first plan that is cheap enough: its form, its steps per position, and how many samples."""
    cost = sum(layer.macs or 0 for layer in net.layers)
    space = net.input.shape[1:]
    for count in dict.fromkeys((len(x), 1)):
        for form, per in PLANS:
            steps = [per * r for r in whole]
            passes = prod(steps) if form == "plane" else sum(steps)
            values = sum(
                sum(prod(shape) for shape in _fine_shapes(form, per, space, stride))
                for stride, _, _ in checked.values()
            )
            if passes * cost * count <= MACS and values * count * UNITS <= VALUES:
                return form, per, count
    return None


def _fine_shapes(
    form: Form, per: int, space: Sequence[int], stride: Sequence[int]
) -> list[tuple[int, ...]]:
    fine = tuple(per * n for n in space)
    if form == "plane":
        return [fine]
    coarse = tuple(n // r for n, r in zip(space, stride, strict=True))
    return [(*coarse[:axis], fine[axis], *coarse[axis + 1 :]) for axis in range(len(space))]


def _moves(form: Form, steps: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield the moves in steps, and which array each belongs to."""
    if form == "plane":
        yield from ((0, place) for place in product(*map(range, steps)))
        return
    for axis, count in enumerate(steps):
        for step in range(count):
            yield axis, (*(0,) * axis, step, *(0,) * (len(steps) - axis - 1))


def _run(
    net: Network,
    x: Tensor,
    checked: Checked,
    whole: tuple[int, ...],
    form: Form,
    per: int,
    count: int,
    progress: Progress,
) -> Moving:
    x = x[:count]
    space = net.input.shape[1:]
    units = {name: liveliest(before[:count]) for name, (_, _, before) in checked.items()}
    fine = {
        name: [
            np.zeros((count, len(units[name]), *shape), np.float32)
            for shape in _fine_shapes(form, per, space, stride)
        ]
        for name, (stride, _, _) in checked.items()
    }
    answer = _answer(net, x, whole)
    steps = [per * r for r in whole]
    places = list(_moves(form, steps))
    answers: list[np.ndarray] = []
    for done, (array, place) in enumerate(places):
        progress("moving samples about", done, len(places))
        turned = moved(x, [Fraction(step, per) for step in place])
        wanted = [
            name
            for name, (stride, _, _) in checked.items()
            if all(step < per * r for step, r in zip(place, stride, strict=True))
        ]
        maps = net.taps(wanted)(turned) if wanted else {}
        for name in wanted:
            stride = checked[name][0]
            at = [
                (per * r * np.arange(n // r) - step) % (per * n)
                if form == "plane" or axis == array
                else np.arange(n // r)
                for axis, (step, r, n) in enumerate(zip(place, stride, space, strict=True))
            ]
            seen = maps[name][:, list(units[name])].cpu().numpy()
            window = np.ix_(np.arange(count), np.arange(len(units[name])), *at)
            fine[name][array][window] = seen
        if answer is not None:
            answers.append(answer(turned))
    layers = tuple(
        Fine(name, stride, tuple(before.shape[2:]), units[name], tuple(fine[name]), differs)
        for name, (stride, differs, before) in checked.items()
    )
    scores, classes = best_scores(answers, form, steps) if answers else (None, ())
    return Moving(form, per, whole, layers, scores, classes)


def liveliest(maps: Tensor) -> tuple[int, ...]:
    """Return the units whose maps differ most from place to place, beside what they are on average."""
    flat = maps.flatten(2)
    spread = (flat - flat.mean(2, keepdim=True)).square().mean((0, 2))
    best = spread.argsort(descending=True, stable=True)[:UNITS]
    return tuple(sorted(int(unit) for unit in best if spread[unit] > 0)) or (0,)


def _answer(net: Network, x: Tensor, whole: Sequence[int]) -> Callable[[Tensor], np.ndarray] | None:
    """Return what gives class probabilities ``(B, K)``; None of other networks, and where they do not repeat."""

    def answer(samples: Tensor) -> np.ndarray:
        return probabilities(net(samples)).cpu().numpy()

    first = net(x)
    if not isinstance(first, Tensor) or first.ndim != 2 or first.shape[1] < 2:
        return None
    wrong = np.abs(answer(moved(x, whole)) - answer(x)).max(initial=0)
    return answer if wrong < SAME else None


def probabilities(found: Tensor) -> Tensor:
    """Return class scores ``(B, K)`` as probabilities; as they are where they are that already."""
    given = bool((found >= 0).all() and torch.allclose(found.sum(1), found.new_ones(len(found))))
    return found if given else found.softmax(1)


def best_scores(
    answers: Sequence[np.ndarray], form: Form, steps: Sequence[int]
) -> tuple[tuple[np.ndarray, ...], tuple[tuple[int, ...], ...]]:
    """Return the probabilities of the likeliest classes, and last which class wins."""
    every = np.stack(answers, axis=1)  # samples, moves, classes
    classes = []
    most = min(CLASSES, every.shape[2])
    kept = np.zeros((len(every), len(answers), most + 1), np.float32)
    for number, sample in enumerate(every):
        # Whatever wins at some place is kept before what merely comes near.
        wins = np.bincount(sample.argmax(1), minlength=sample.shape[1])
        best = np.lexsort((-sample.max(0), -wins))[:most]
        classes.append(tuple(int(one) for one in best))
        kept[number, :, :-1] = sample[:, best]
        kept[number, :, -1] = sample.argmax(1)
    if form == "plane":
        return (kept.reshape(len(kept), *steps, -1),), tuple(classes)
    ends = np.cumsum(steps)[:-1].tolist()
    return tuple(np.split(kept, ends, axis=1)), tuple(classes)
