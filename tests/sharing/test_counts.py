"""Counts of one window, against the matrix that the layer really is."""

import itertools
import random
from fractions import Fraction
from math import prod

import pytest
import torch
from torch.nn import functional as F

from convscope.sharing.counts import Window, real_taps

CONVOLVE = (F.conv1d, F.conv2d, F.conv3d)
TRANSPOSE = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)


def matrix_of(window: Window) -> torch.Tensor:
    """Return the layer as a matrix: one row per input element, found by passing every unit vector."""
    axes = len(window.kernel)
    elements = prod(window.input)
    basis = torch.eye(elements, dtype=torch.float64).reshape(elements, *window.input)
    first, second = window.input[0], window.output[0]
    shape = (
        (first, second // window.groups) if window.transposed else (second, first // window.groups)
    )
    # Positive weights: a sum of two taps on one element cannot cancel.
    weight = torch.rand(*shape, *window.kernel, dtype=torch.float64) + 0.5
    if window.transposed:
        span = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, (p, _), d, k in zip(
                window.input[1:],
                window.stride,
                window.padding,
                window.dilation,
                window.kernel,
                strict=True,
            )
        ]
        more = [n - m for n, m in zip(window.output[1:], span, strict=True)]
        out = TRANSPOSE[axes - 1](
            basis,
            weight,
            stride=window.stride,
            padding=[p for p, _ in window.padding],
            output_padding=more,
            groups=window.groups,
            dilation=window.dilation,
        )
    else:
        sides = [side for pair in reversed(window.padding) for side in pair]
        out = CONVOLVE[axes - 1](
            F.pad(basis, sides),
            weight,
            stride=window.stride,
            dilation=window.dilation,
            groups=window.groups,
        )
    assert out.shape[1:] == window.output
    return out.reshape(elements, -1)


def random_window(seed: int) -> Window:
    """Draw a small layer: 1 to 3 axes, uneven padding, dilation, groups, both directions."""
    draw = random.Random(seed)
    while True:
        axes = draw.choice((1, 1, 2, 2, 3))
        top = (14, 7, 4)[axes - 1]
        groups = draw.choice((1, 1, 2, 3))
        transposed = draw.random() < 0.4
        sizes = [draw.randint(1, top) for _ in range(axes)]
        kernel = tuple(draw.randint(1, 4) for _ in range(axes))
        stride = tuple(draw.randint(1, 3) for _ in range(axes))
        dilation = tuple(draw.randint(1, 3) for _ in range(axes))
        before = [draw.randint(0, 3) for _ in range(axes)]
        after = before if transposed else [draw.randint(0, 3) for _ in range(axes)]
        span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        if transposed:
            more = [draw.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)]
            output = [
                (n - 1) * s - 2 * p + k + m
                for n, s, p, k, m in zip(sizes, stride, before, span, more, strict=True)
            ]
        else:
            output = [
                (n + p + q - k) // s + 1
                for n, p, q, k, s in zip(sizes, before, after, span, stride, strict=True)
            ]
        if min(output) >= 1 and prod(output) * prod(sizes) < 20_000:
            first, second = groups * draw.randint(1, 2), groups * draw.randint(1, 2)
            padding = tuple(zip(before, after, strict=True))
            return Window(
                (first, *sizes),
                (second, *output),
                kernel,
                stride,
                padding,
                dilation,
                groups,
                transposed,
            )


@pytest.mark.parametrize("seed", range(120))
def test_links_are_the_non_zeros_of_the_true_matrix(seed: int) -> None:
    window = random_window(seed)
    matrix = matrix_of(window)
    assert window.links == int(matrix.count_nonzero())
    assert window.dense_weights == matrix.numel()
    assert window.links <= window.local_weights


def test_the_random_windows_cover_what_they_are_meant_to() -> None:
    windows = [random_window(seed) for seed in range(120)]
    for dims, transposed in itertools.product((1, 2, 3), (False, True)):
        assert any(len(w.kernel) == dims and w.transposed == transposed for w in windows)
    assert sum(w.links < w.local_weights for w in windows) > 40
    assert sum(w.groups > 1 for w in windows) > 20
    assert sum(any(a != b for a, b in w.padding) for w in windows) > 20


@pytest.mark.parametrize("seed", range(40))
def test_three_factors_multiply_exactly_to_dense_over_shared(seed: int) -> None:
    window = random_window(seed)
    factor = window.locality * window.groups * window.positions
    assert factor == Fraction(window.dense_weights, window.weights)
    assert window.positions == Fraction(window.local_weights, window.weights)


@pytest.mark.parametrize("seed", range(200))
def test_real_taps_equal_counting_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    positions, size, kernel = draw.randint(1, 9), draw.randint(1, 9), draw.randint(1, 5)
    stride, before, dilation = draw.randint(1, 4), draw.randint(-6, 6), draw.randint(1, 3)
    one_by_one = sum(
        0 <= o * stride - before + t * dilation < size
        for o in range(positions)
        for t in range(kernel)
    )
    assert real_taps(positions, size, kernel, stride, before, dilation) == one_by_one


def test_without_padding_every_tap_is_a_link() -> None:
    window = Window((3, 9, 8), (4, 7, 6), (3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1))
    assert window.links == window.local_weights == 7 * 6 * 4 * 3 * 9


def test_a_dense_twin_larger_than_any_memory_is_counted_at_once() -> None:
    side = 10**6
    window = Window((3, side, side), (64, side, side), (3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    assert window.dense_weights == 3 * 64 * side**4
    assert window.links == 3 * 64 * (3 * side - 2) ** 2
