"""A planted signal: one patch of many holds the sign of a known pattern, and the others hold noise.

The Dynamic Signal Distribution of Lahoti, Karp, Winston, Singh and Li (2024): of ``k`` patches of ``d``
numbers one, anywhere, holds ``y·w`` and all have noise of standard deviation ``sigma`` on every number;
``y`` is to be told. Patches lie along one axis, in a square or in a cube.
"""

import numpy as np

from convscope.learning.tasks.task import Task
from convscope.learning.twins.geometry import Geometry, Stage

FILTERS = 16
_PATCHES = {1: (16,), 2: (4, 4), 3: (3, 3, 3)}
_SIDES = {1: (12,), 2: (4, 4), 3: (3, 3, 3)}
_SIGMA = {1: 0.35, 2: 0.35, 3: 0.3}


def planted(
    axes: int = 1,
    *,
    sigma: float | None = None,
    half: bool = False,
    pool: int = 32_768,
    tests: int = 4000,
    seed: int = 0,
) -> Task:
    """Draw the task.

    Args:
        axes: 1, 2 or 3.
        sigma: of the noise, where the pattern has length 1; None takes 0.35 (0.3 in a cube).
        half: whether pool and validation have the signal in the first half of the patches only; the test
            has it anywhere.
        pool: samples that training subsets are drawn from.
        tests: samples that are tested on.
        seed: of everything.

    Raises:
        ValueError: another number of axes.
    """
    if axes not in _PATCHES:
        raise ValueError(f"{axes} axes")
    sigma = sigma or _SIGMA[axes]
    patches, side = _PATCHES[axes], _SIDES[axes]
    draw = np.random.default_rng([seed, 21, axes])
    pattern = draw.standard_normal(int(np.prod(side)))
    pattern /= np.linalg.norm(pattern)
    x, y = _drawn(draw, pattern, patches, side, sigma, pool + 2000, half)
    x_test, y_test = _drawn(draw, pattern, patches, side, sigma, tests, False)
    best = bayes(int(np.prod(patches)), sigma, draw)
    shape = tuple(p * s for p, s in zip(patches, side, strict=True))
    return Task(
        f"planted{'-half' if half else ''}:{axes}",
        x[:pool], y[:pool], x[pool:], y[pool:], x_test, y_test,
        ("minus", "plus"),
        bayes=best,
        geometry=Geometry((1, *shape), 2, (Stage(FILTERS, side, side),)),
    )  # fmt: skip


def _drawn(
    draw: np.random.Generator,
    pattern: np.ndarray,
    patches: tuple[int, ...],
    side: tuple[int, ...],
    sigma: float,
    count: int,
    half: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples ``(N, 1, *S)`` and their labels."""
    places = int(np.prod(patches))
    y = draw.integers(0, 2, count)
    at = draw.integers(0, places // 2 if half else places, count)
    x = draw.standard_normal((count, places, len(pattern)), np.float32) * np.float32(sigma)
    x[np.arange(count), at] += ((2 * y - 1)[:, None] * pattern).astype(np.float32)
    axes = len(patches)
    x = x.reshape(count, *patches, *side)
    order = [0, *(axis for k in range(axes) for axis in (1 + k, 1 + axes + k))]
    whole = [p * s for p, s in zip(patches, side, strict=True)]
    return np.ascontiguousarray(x.transpose(order).reshape(count, 1, *whole)), y.astype(np.int64)


def bayes(places: int, sigma: float, draw: np.random.Generator, count: int = 100_000) -> float:
    """Return the accuracy of the best rule, from so many draws.

    Only the products of pattern and patches matter: normal around 0, and around ``y`` where the
    signal is. The rule names the sign for which ``sum exp(± product / sigma²)`` is larger.

    Args:
        places: patches.
        sigma: of the noise.
        draw: what is drawn from.
        count: draws.
    """
    products = draw.standard_normal((count, places)) * sigma
    products[:, 0] += 1
    plus, minus = (np.logaddexp.reduce(sign * products / sigma**2, axis=1) for sign in (1, -1))
    return float(np.mean(plus > minus))
