"""Locality against its known value: autoregressive signals, noise, permuted places; in one, two and three axes."""

import numpy as np
import pytest
from tests.learning.prior.planted import autoregressive, permuted, smooth

from convscope.learning.prior import Locality, locality, places
from convscope.learning.prior.pairs import jackknife, strengths


def measured(arrays: np.ndarray, axis: int = 0) -> Locality:
    rng = np.random.default_rng(1)
    found = locality(places(arrays, rng), axis, rng)
    assert found is not None
    return found


@pytest.mark.parametrize("rho", [0.5, 0.9, -0.8])
def test_autoregressive_signals_have_the_score_of_theory(rho: float) -> None:
    found = measured(autoregressive(1000, 64, rho))
    far = np.mean([abs(rho) ** d for d in range(33, 64)])
    assert found.score == pytest.approx(abs(rho) - far, abs=0.03)
    assert found.interval[0] <= abs(rho) - far <= found.interval[1]
    assert found.score > found.null99
    assert found.length == pytest.approx(1 + np.log(2) / -np.log(abs(rho)), rel=0.12)


def test_the_interval_of_the_score_covers() -> None:
    inside = 0
    for seed in range(60):
        found = measured(autoregressive(200, 40, 0.7, seed))
        inside += found.interval[0] <= 0.7 <= found.interval[1]
    assert inside >= 53  # 95 % of 60 is 57; 1 % of binomial draws are below 53


@pytest.mark.parametrize("space", [(64,), (12, 16), (6, 7, 8)])
def test_noise_and_permuted_places_score_zero(space: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).normal(size=(400, 2, *space))
    for arrays in (noise, permuted(smooth(400, space))):
        for axis in range(len(space)):
            found = measured(arrays, axis)
            assert abs(found.score) < 0.05
            assert found.interval[0] <= found.null99
            assert found.length is None


@pytest.mark.parametrize("space", [(64,), (12, 16), (6, 7, 8)])
def test_smooth_data_are_local_along_every_axis(space: tuple[int, ...]) -> None:
    for axis in range(len(space)):
        found = measured(smooth(400, space), axis)
        assert found.score == pytest.approx(2 / 3, abs=0.08)
        assert found.score > found.null99


def test_the_two_axes_are_told_apart() -> None:
    rows = np.repeat(np.random.default_rng(0).normal(size=(400, 1, 20, 1)), 20, 3)
    arrays = rows + 0.01 * np.random.default_rng(1).normal(size=(400, 1, 20, 20))
    along, across = measured(arrays, 0), measured(arrays, 1)
    assert abs(along.score) < 0.05  # rows have nothing to do with each other
    assert abs(across.score) < 0.05  # and within a row far places are as alike as near ones
    assert across.profile[0][1] < 0.05


def test_an_axis_along_which_things_go_together_is_told_from_one_where_they_do_not() -> None:
    rows = np.stack([autoregressive(400, 40, 0.8, seed)[:, 0] for seed in range(12)], 1)[:, None]
    across, along = measured(rows, 0), measured(rows, 1)
    assert along.score == pytest.approx(0.8, abs=0.05)
    assert abs(across.score) < 0.05
    turned = rows.swapaxes(2, 3)
    assert measured(turned, 0).score == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("side", [1, 2])
def test_an_axis_without_places_far_apart_is_not_judged(side: int) -> None:
    rng = np.random.default_rng(0)
    assert locality(places(rng.normal(size=(80, 1, side, 12)), rng), 0, rng) is None


def test_brightness_that_all_places_share_cancels() -> None:
    noise = np.random.default_rng(0).normal(size=(600, 1, 64))
    bright = noise + 2 * np.random.default_rng(1).normal(size=(600, 1, 1))
    assert measured(bright).score == pytest.approx(0, abs=0.03)


def test_strengths_of_what_is_unrelated_are_zero_and_not_the_mean_of_an_absolute_value() -> None:
    rng = np.random.default_rng(0)
    found = places(rng.normal(size=(100, 1, 200)), rng)
    one, two = rng.permutation(200)[:100], rng.permutation(200)[:100]
    keep = one != two
    values = strengths(found, one[keep], two[keep])[0]
    assert abs(values.mean()) < 0.03  # the mean of |r| would be sqrt(2 / (pi 100)) = 0.08


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=20)
    left = [(values.sum() - value) / 19 for value in values]
    estimate, (low, high) = jackknife(np.array([values.mean(), *left]))
    assert estimate == pytest.approx(values.mean())
    assert (high - low) / 2 == pytest.approx(2.0930 * values.std(ddof=1) / np.sqrt(20), rel=1e-3)
