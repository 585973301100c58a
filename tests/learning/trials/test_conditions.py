"""What is done to samples: positions permuted, blocks permuted, the test moved."""

import numpy as np
import pytest

from convscope.errors import SpecError
from convscope.learning.trials.conditions import moved, permutation, trained_under, understood

SHAPES = [(1, 12), (2, 6, 8), (1, 4, 6, 4)]


def samples(shape):
    return np.random.default_rng(0).standard_normal((5, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_permutation_keeps_every_number_and_is_the_same_for_all(shape):
    x = samples(shape)
    y = moved(x, "permuted", 1)
    assert not np.array_equal(x, y)
    flat, permuted = (one.reshape(5, shape[0], -1) for one in (x, y))
    order = [flat[0, 0].tolist().index(value) for value in permuted[0, 0]]
    assert np.array_equal(flat[:, :, order], permuted)
    assert np.array_equal(y, moved(x, "permuted", 1))
    assert not np.array_equal(y, moved(x, "permuted", 2))


def test_blocks_stay_whole_and_what_fills_none_stays_in_place():
    order = permutation((7, 4), 2, 3).reshape(7, 4)
    assert sorted(order.reshape(-1).tolist()) == list(range(28))
    for row in range(0, 6, 2):
        for column in range(0, 4, 2):
            corner = order[row, column]
            assert order[row : row + 2, column : column + 2].tolist() == [
                [corner, corner + 1],
                [corner + 4, corner + 5],
            ]
    assert order[6].tolist() == [24, 25, 26, 27]


def test_one_block_over_everything_changes_nothing():
    assert permutation((6, 6), 6, 0).tolist() == list(range(36))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shift_goes_round_by_so_much_along_every_axis(shape):
    x = samples(shape)
    y = moved(x, "shifted:1", 0)
    axes = len(shape) - 1
    for before, after in zip(x, y, strict=True):
        ways = [
            np.roll(before, signs, tuple(range(1, axes + 1)))
            for signs in np.stack(np.meshgrid(*[[1, -1]] * axes), -1).reshape(-1, axes)
        ]
        assert any(np.array_equal(after, way) for way in ways)


def test_intact_is_untouched_and_shifts_are_trained_intact():
    x = samples((1, 12))
    assert moved(x, "intact", 0) is x
    assert trained_under("shifted:2") == "intact"
    assert trained_under("block-permuted:2") == "block-permuted:2"


@pytest.mark.parametrize(
    "condition", ["upside", "shifted", "shifted:0", "block-permuted:-1", "permuted:2"]
)
def test_misspelt_conditions_are_refused(condition):
    with pytest.raises(SpecError, match="There is no condition"):
        understood(condition, (1, 12))


def test_conditions_must_fit():
    assert understood("block-permuted:6", (1, 12)) == "block-permuted:6"
    with pytest.raises(SpecError, match="at most 6"):
        understood("block-permuted:7", (1, 12))
