"""The prior audit: does this data set fit a convolution? Nothing is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convscope.data import Source, spread
from convscope.errors import SpecError
from convscope.finding import NetworkId, Protocol
from convscope.learning.prior.advice import advised
from convscope.learning.prior.enough import needed
from convscope.learning.prior.finding import Axis, Prior
from convscope.learning.prior.locality import locality
from convscope.learning.prior.pairs import GROUPS, places
from convscope.learning.prior.place import place
from convscope.learning.prior.stationarity import stationarity
from convscope.learning.tasks import Task, open_whole
from convscope.progress import Progress, silent

SAMPLES = 1000
"""Samples that are looked at, at most."""

_VALUES = 60_000_000  # numbers held at once: 240 MB
_LARGEST = {1: 8192, 2: 128, 3: 32}  # sides to which samples of several sizes are fitted, at most
NAMES = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the axes of space are called, by their number."""


def prior(
    data: str | Path | Source | Task,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress = silent,
) -> Prior:
    """Audit a data set: is it local and stationary along each axis, and is position the answer?

    Args:
        data: at least 40 samples with one to three axes of space, or a task, of which the training pool is
            audited, or the spec of either; with labels, their relation to position is measured too.
        samples: how many to look at, at most.
        seed: of what is drawn at random.
        progress: told of each step.

    Returns:
        Locality, stationarity and place of each axis, a verdict, and advice in plain words.

    Raises:
        SpecError: the spec is not understood, fewer than 40 samples could be read, or they do not change.

    >>> prior("parts:400").verdict
    'fits'
    """
    if isinstance(data, str | Path):
        data = open_whole(data, progress=progress)
    about = _facts(data)
    arrays, labels = _read(data, samples, progress)
    rng = np.random.default_rng(seed)
    found = places(arrays, rng)
    if found.alive.sum() < 3:
        raise SpecError(
            f"The samples of {about['spec']!r} are the same at almost every place, so nothing can be said of "
            "neighbours: give data that change."
        )
    dims = arrays.ndim - 2
    local = []
    for axis in range(dims):
        progress("asking whether near things belong together", axis, dims)
        local.append(locality(found, axis, rng))
    progress("asking whether all places are alike", 0, None)
    alike = stationarity(found, rng)
    progress("asking whether position is the answer", 0, None)
    where = place(arrays, labels, rng)
    axes = tuple(
        Axis(name, side, local[axis], alike[axis], where[axis])
        for axis, (name, side) in enumerate(zip(NAMES[dims], arrays.shape[2:], strict=True))
    )
    settings = {
        "pairs": "signed by the other half",
        "groups": GROUPS,
        "shape": list(arrays.shape[1:]),
    }
    return Prior(
        network=NetworkId("none", "none"),
        protocol=Protocol(
            "correlations over samples, jackknife of groups",
            seed=seed,
            samples=len(arrays),
            floor=0.0,
            settings=settings,
        ),
        data=about | {"used": len(arrays), "shape": list(arrays.shape[1:])},
        axes=axes,
        overall=_overall(axes),
        advice=advised(axes, len(arrays), about["samples"]),
        samples_needed=max(
            (enough for axis in axes if (enough := needed(axis, len(arrays)))), default=None
        ),
    )


def _facts(data: Source | Task) -> dict[str, Any]:
    if isinstance(data, Task):
        return {"spec": data.name, "fingerprint": data.fingerprint, "samples": len(data.x_train)}
    return {"spec": data.spec, "fingerprint": data.fingerprint, "samples": len(data)}


def _read(
    data: Source | Task, samples: int, progress: Progress
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return samples spread over the data, and their labels where there are any."""
    if isinstance(data, Task):
        chosen = spread(len(data.x_train), _limit(data.shape, samples))
        return _enough(data.name, data.samples(data.x_train[chosen])), data.y_train[chosen]
    shape = data.shape or _common(data)
    if not 2 <= len(shape) <= 4:
        raise SpecError(
            f"The samples of {data.spec!r} have the shape {'×'.join(map(str, shape))}; an audit needs "
            "channels and one to three axes of space."
        )
    arrays, labels = [], []
    limit = _limit(shape, samples)
    for batch in data.batches(64, shape, limit):
        progress("reading samples", sum(map(len, arrays)), limit)
        arrays.append(batch.arrays)
        labels.append(batch.labels)
    read = _enough(data.spec, np.concatenate(arrays) if arrays else np.empty((0, *shape)))
    known = [part for part in labels if part is not None]
    return read, np.concatenate(known) if len(known) == len(labels) else None


def _limit(shape: tuple[int, ...], samples: int) -> int:
    return max(2 * GROUPS, min(samples, _VALUES // int(np.prod(shape))))


def _enough(name: str, read: np.ndarray) -> np.ndarray:
    if len(read) < 2 * GROUPS:
        raise SpecError(
            f"{name!r} gives {len(read)} samples, and an audit needs {2 * GROUPS} or more to know chance "
            "from structure: give more data."
        )
    return read


def _common(data: Source) -> tuple[int, ...]:
    """Return the shape that samples of several sizes are fitted to: the smallest of the first ones."""
    shapes = [data[index].array.shape for index in range(min(32, len(data)))]
    most = _LARGEST.get(len(shapes[0]) - 1, 0)
    return (
        shapes[0][0],
        *(min(most, *sides) for sides in zip(*(s[1:] for s in shapes), strict=True)),
    )


def _overall(axes: Sequence[Axis]) -> dict[str, Any]:
    """Return locality and stationarity: means over the axes that have them, of the ends of intervals too."""
    near = [axis.locality for axis in axes if axis.locality is not None]
    alike = [axis.stationarity for axis in axes if axis.stationarity is not None]
    lengths = [one.length for one in near if one.length is not None]
    locality = _mean([(one.score, one.null99, *one.interval) for one in near])
    return {
        "locality": locality
        and locality | {"length": float(np.mean(lengths)) if lengths else None},
        "stationarity": _mean(
            [
                (one.score, one.null99, *one.interval)
                for one in alike
                if one.score is not None and one.interval is not None
            ]
        ),
    }


def _mean(rows: Sequence[tuple[float, ...]]) -> dict[str, Any] | None:
    if not rows:
        return None
    score, null, low, high = np.mean(rows, 0).tolist()
    return {"score": score, "null99": null, "interval": [low, high]}
