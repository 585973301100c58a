"""What is done to the samples: nothing, their positions permuted, or the test moved.

A permutation takes away what neighbours know of each other and leaves every number in place in the
sample; a network without priors cannot notice. Permuting blocks leaves what is inside them.
"""

import re
from itertools import product

import numpy as np

from convscope.errors import SpecError

INTACT = "intact"
_FORM = re.compile(r"intact|permuted|(?:block-permuted|shifted):([1-9]\d*)")


def understood(condition: str, shape: tuple[int, ...]) -> str:
    """Return the condition if it makes sense for samples of a shape.

    Raises:
        SpecError: it is misspelt, or its blocks or its shift do not fit.
    """
    found = _FORM.fullmatch(condition)
    if not found:
        raise SpecError(
            f"There is no condition {condition!r}. Expected intact, permuted, block-permuted:B (whole blocks of side "
            "B change places) or shifted:D (the test is moved by D), such as shifted:2."
        )
    if found[1] is not None:
        most = min(shape[1:]) // 2
        if int(found[1]) > most:
            raise SpecError(
                f"{condition!r} does not fit samples of {'×'.join(map(str, shape))}: give at most {most}, half of the "
                "shortest axis."
            )
    return condition


def trained_under(condition: str) -> str:
    """Return the condition of the training samples: a shift is only in the test."""
    return INTACT if condition.startswith("shifted") else condition


def moved(x: np.ndarray, condition: str, seed: int) -> np.ndarray:
    """Return samples ``(N, C, *S)`` under a condition.

    Args:
        x: as they are.
        condition: ``permuted`` and ``block-permuted:B`` put positions, or blocks of side B, in an order that
            ``seed`` gives, the same for all samples and channels; what does not fill a block stays where it
            is. ``shifted:D`` moves each sample by D along every axis, forward or back as its number
            decides; what leaves at one end enters at the other.
        seed: of the permutation.
    """
    kind, _, number = condition.partition(":")
    if kind == INTACT:
        return x
    if kind == "shifted":
        return _shifted(x, int(number))
    order = permutation(x.shape[2:], int(number or 1), seed)
    flat = x.reshape(*x.shape[:2], -1)
    return np.ascontiguousarray(flat[:, :, order]).reshape(x.shape)


def permutation(size: tuple[int, ...], block: int, seed: int) -> np.ndarray:
    """Return for each position, counted along the last axis first, the position whose number it gets.

    >>> sorted(permutation((2, 3), 1, 0).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    positions = np.arange(int(np.prod(size))).reshape(size)
    counts = tuple(n // block for n in size)
    order = np.random.default_rng([seed, 41]).permutation(int(np.prod(counts)))
    result = positions.copy()
    corners = list(product(*(range(0, c * block, block) for c in counts)))
    cut = [tuple(slice(at, at + block) for at in corner) for corner in corners]
    for to, came in enumerate(order.tolist()):
        result[cut[to]] = positions[cut[came]]
    return result.reshape(-1)


def _shifted(x: np.ndarray, by: int) -> np.ndarray:
    """Return each sample moved; the directions repeat with the number of samples, so every one is used."""
    axes = tuple(range(1, x.ndim - 1))  # of one sample, without channels
    result = np.empty_like(x)
    for k, signs in enumerate(product((1, -1), repeat=len(axes))):
        chosen = slice(k, None, 2 ** len(axes))
        result[chosen] = np.roll(x[chosen], [s * by for s in signs], [a + 1 for a in axes])
    return result
