"""MNIST-1D, rebuilt from its published recipe: ten digits drawn in one dimension (Greydanus, 2020).

A template of 12 points is padded, stretched, scaled and moved; correlated noise fills the padding, and
everything gets a little noise and a slope before it is sampled at 40 points. 4,000 samples to learn
from and 1,000 to be tested on, drawn from seed 42 in the order of the original, so that the samples are
the published ones up to rounding. Samples to choose learning rates on are drawn from another seed.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from convscope.learning.tasks.task import Task
from convscope.learning.twins.geometry import Geometry, Stage

PUBLISHED = {"dense": 0.68, "conv": 0.94, "dense permuted": 0.68, "conv permuted": 0.56}
"""Accuracies of the paper's multilayer perceptron and convolutional network."""

_TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
_PADDING = (36, 60)
_LENGTH = 40
_STRETCHED = 12 + _PADDING[1]
_COUNT = 5000


def mnist1d() -> Task:
    """Return the task, with the geometry of the paper's convolutional network."""
    x, y = _made(42)
    x_valid, y_valid = _made(43)
    stages = (Stage(25, 5, 2, 1), Stage(25, 3, 2, 1), Stage(25, 3, 2, 1))
    return Task(
        "mnist1d",
        x[:4000], y[:4000], x_valid[:1000], y_valid[:1000], x[4000:], y[4000:],
        tuple(map(str, range(10))),
        geometry=Geometry((1, _LENGTH), 10, stages),
    )  # fmt: skip


def _made(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all samples ``(5000, 1, 40)`` in their published order, and their labels."""
    draw = np.random.RandomState(seed)
    templates = np.array(_TEMPLATES)
    templates -= templates.mean(1, keepdims=True)
    templates /= templates.std(1, keepdims=True)
    templates -= templates[:, :1]
    each = _COUNT // len(templates)
    x = np.stack([_sample(template / 6, draw) for template in templates for _ in range(each)])
    y = np.repeat(np.arange(len(templates)), each)
    order = draw.permutation(_COUNT)
    x = x[order]
    x = (x - x.mean()) / x.std()
    return x[:, None].astype(np.float32), y[order].astype(np.int64)


def _sample(template: np.ndarray, draw: np.random.RandomState) -> np.ndarray:
    """Return one sample ``(40,)``; the draws are made in the published order."""
    low, high = _PADDING
    silence = np.zeros(low + int(draw.rand() * (high - low + 1)))
    x = _stretched(np.concatenate([template + 1e-8, silence]), _STRETCHED)
    x = x * (1 + 0.4 * (draw.rand() - 0.5))
    x = np.roll(x, draw.choice(48))
    noise = gaussian_filter1d(0.25 * draw.randn(len(x)), 2)
    x = np.where(x != 0, x, noise)
    x = x + 0.02 * draw.randn(len(x))
    x = x - 0.75 * (draw.rand() - 0.5) * np.linspace(-0.5, 0.5, len(x))
    return _stretched(x, _LENGTH)


def _stretched(x: np.ndarray, length: int) -> np.ndarray:
    return np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(x)), x)
