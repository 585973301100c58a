"""Labels that are positions are told from labels of things that have positions."""

import numpy as np
import pytest
from tests.learning.prior.planted import anywhere, spectra

from convscope.learning.prior import place
from convscope.learning.prior.place import coarse, recentred


def test_lines_of_a_spectrum_are_told_by_where_they_are() -> None:
    (found,) = place(*spectra(600), np.random.default_rng(0))
    assert found is not None
    assert found.share is not None
    assert found.share > 0.9
    assert found.accuracy > 0.95
    assert found.recentred < 0.4
    assert found.lost > found.null99


def test_what_is_anywhere_is_not() -> None:
    (found,) = place(*anywhere(600), np.random.default_rng(0))
    assert found is not None
    assert found.share == 0
    assert found.recentred > found.accuracy


def test_one_axis_of_two_may_be_the_answer() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=600)
    arrays = rng.normal(0, 0.3, (600, 1, 24, 24))
    for k, side in enumerate(labels):
        row, column = rng.integers(16), rng.integers(6) + 11 * side
        arrays[k, :, row : row + 8, column : column + 7] += 1
    rows, columns = place(arrays, labels, np.random.default_rng(0))
    assert rows is not None
    assert rows.share is not None
    assert columns is not None
    assert columns.interval is not None
    assert rows.share < 0.2
    assert columns.interval[0] > 0.5
    assert columns.together is not None
    assert columns.together > 0.5


def test_labels_that_mean_nothing_tell_nothing() -> None:
    arrays, labels = spectra(300)
    shuffled = np.random.default_rng(1).permutation(labels)
    (found,) = place(arrays, shuffled, np.random.default_rng(0))
    assert found is not None
    assert found.share is None
    assert abs(found.lost) < 0.1


def test_no_labels_or_few_say_nothing() -> None:
    arrays, labels = spectra(60)
    assert place(arrays, None, np.random.default_rng(0)) == (None,)
    assert place(arrays[:40], labels[:40], np.random.default_rng(0)) == (None,)
    assert place(arrays, np.zeros(60, int), np.random.default_rng(0)) == (None,)


@pytest.mark.parametrize("axis", [0, 1])
def test_re_centring_forgets_a_circular_shift_and_nothing_else(axis: int) -> None:
    maps = np.random.default_rng(0).random((30, 2, 8, 8)) ** 4
    moved = np.roll(maps, 3, 2 + axis)
    assert np.array_equal(recentred(maps, axis), recentred(moved, axis))
    other = 1 - axis
    assert not np.array_equal(recentred(maps, axis), recentred(np.roll(maps, 3, 2 + other), axis))


def test_coarse_maps_are_means_and_spreads_of_bins() -> None:
    arrays = np.random.default_rng(0).normal(size=(5, 2, 16, 24))
    maps = coarse(arrays)
    assert maps.shape == (5, 3, 8, 8)
    assert maps[2, 1, 3, 4] == pytest.approx(arrays[2, 1, 6:8, 12:15].mean())
    spread = np.sqrt(arrays[2, :, 6:8, 12:15].var(axis=(1, 2)).mean())
    assert maps[2, 2, 3, 4] == pytest.approx(spread)
