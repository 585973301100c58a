"""Stationarity against its known value, in one, two and three axes."""

import numpy as np
import pytest
from tests.learning.prior.planted import autoregressive, permuted, smooth

from convscope.learning.prior import Stationarity, places, stationarity


def measured(arrays: np.ndarray) -> tuple[Stationarity | None, ...]:
    rng = np.random.default_rng(1)
    return stationarity(places(arrays, rng), rng)


@pytest.mark.parametrize("space", [(64,), (16, 16), (8, 8, 8)])
def test_what_is_the_same_everywhere_scores_one(space: tuple[int, ...]) -> None:
    for found in measured(smooth(300, space)):
        assert found is not None
        assert found.score is not None
        assert found.interval is not None
        assert found.score > 0.9
        assert found.interval[0] > found.null99


@pytest.mark.parametrize("space", [(64,), (16, 16), (8, 8, 8)])
def test_permuted_places_score_zero_and_noise_has_no_score(space: tuple[int, ...]) -> None:
    for found in measured(permuted(smooth(300, space))):
        assert found is not None
        assert found.score is None or found.score < 0.25
    for found in measured(np.random.default_rng(0).normal(size=(300, 1, *space))):
        assert found is not None
        assert (found.score, found.interval, found.structured) == (None, None, False)


def test_two_halves_that_differ_are_found() -> None:
    """One half goes up and down slowly, the other from place to place: less than half is common."""
    arrays = autoregressive(600, 64, 0.9)
    arrays[:, :, 32:] = autoregressive(600, 64, -0.9, seed=1)[:, :, 32:]
    (found,) = measured(arrays)
    assert found is not None
    assert found.structured
    assert found.interval is not None
    assert found.interval[1] < 0.5


def test_an_axis_of_frequencies_is_not_stationary_and_time_is() -> None:
    """Low bands change slowly, high ones fast: share along time, not along frequency."""
    bands = [
        autoregressive(400, 48, rho, seed=k) for k, rho in enumerate(np.linspace(0.95, -0.95, 16))
    ]
    found = measured(np.stack([band[:, 0] for band in bands], 1)[:, None])
    frequency, time = found
    assert frequency is not None
    assert time is not None
    assert frequency.score is not None
    assert time.score is not None
    assert frequency.score < 0.5 < time.score


def test_places_that_never_change_are_left_out() -> None:
    arrays = np.zeros((300, 1, 24, 24))
    arrays[:, :, 4:20, 4:20] = smooth(300, (16, 16))
    for found in measured(arrays):
        assert found is not None
        assert found.score is not None
        assert found.score > 0.9


def test_too_short_an_axis_is_not_judged() -> None:
    assert measured(smooth(300, (16, 4)))[1] is None
