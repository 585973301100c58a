"""The known answers of the whole audit: what fits, and each kind of mismatch by its name."""

import numpy as np
import pytest
from tests.learning.prior.planted import anywhere, autoregressive, permuted, smooth, spectra

from convscope.learning.prior import Prior, prior
from convscope.learning.tasks.task import split
from convscope.site import charts


def audited(arrays: np.ndarray, labels: np.ndarray | None = None) -> Prior:
    """Return the audit of made-up samples, half of which are the pool that is looked at."""
    known = np.arange(len(arrays)) % 2 if labels is None else labels
    return prior(split("made up", arrays.astype(np.float32), known, tuple("abcd")))


def test_things_that_may_be_anywhere_fit() -> None:
    found = audited(*anywhere(1200))
    assert found.verdict == "fits"
    assert found["time"].positioned == "no"
    assert "share weights" in found.summary()


def test_the_same_with_places_permuted_do_not_fit() -> None:
    found = audited(permuted(smooth(800, (64,))))
    assert found.verdict == "does not fit"
    assert "gains nothing over a dense layer" in found.summary()


def test_lines_of_a_spectrum_do_not_fit_and_position_is_the_answer() -> None:
    found = audited(*spectra(1200))
    assert found.positioned == ("time",)
    assert found.verdict == "does not fit"
    assert "do not pool it away" in found.summary()


def test_along_frequency_weights_are_not_shared_and_along_time_they_are() -> None:
    rhos = np.linspace(0.95, -0.95, 16)
    bands = [autoregressive(800, 48, rho, seed=k)[:, 0] for k, rho in enumerate(rhos)]
    shared = smooth(800, (16, 48))[:, 0]  # so that neighbouring bands go together, too
    found = audited((np.stack(bands, 1) + 0.2 * shared)[:, None])
    frequency, time = found.axes
    assert frequency.share == "no"
    assert time.share == "yes"
    assert found.verdict == "fits in part"
    assert f"share weights along {time.name} only" in found.summary()


def test_signals_that_are_aligned_are_not_stationary() -> None:
    """A sharp wave always here and a slow one always there, as in heart beats cut around their peak."""
    rng = np.random.default_rng(0)
    at = np.arange(96)
    sharp = np.cos(np.pi * (at - 24)) * np.exp(-0.5 * ((at - 24) / 5) ** 2)
    slow = np.exp(-0.5 * ((at - 68) / 9) ** 2)
    heights = rng.normal(size=(2, 1200, 1))
    made = 2 * heights[0] * sharp + 2 * heights[1] * slow + 0.3 * rng.normal(size=(1200, 96))
    found = audited(made[:, None])
    assert found["time"].local == "yes"
    assert found["time"].stationary == "no"
    assert found.verdict == "does not fit"
    assert "not stationary" in found.summary()
    moved = np.stack([np.roll(one, rng.integers(96)) for one in made])
    assert audited(moved[:, None])["time"].stationary == "yes"


@pytest.mark.parametrize("seed", range(5))
def test_few_samples_of_local_data_are_never_said_not_to_fit(seed: int) -> None:
    """What is shared by all places and what neighbours share: the second is faint, and forty samples do not show it."""
    rng = np.random.default_rng(seed)
    bright = rng.normal(size=(400, 1, 1))
    arrays = (bright + autoregressive(400, 48, 0.1, seed)).astype(np.float32)
    words = [
        prior(split("made up", x, np.arange(len(x)) % 2, ("a", "b"))).verdict
        for x in (arrays[:80], arrays)
    ]
    assert "does not fit" not in words


@pytest.mark.parametrize("shape", [(80, 1, 2, 2), (80, 1, 1, 30), (80, 3, 2, 30)])
def test_axes_without_places_far_apart_are_undecided_and_say_so(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=shape).astype(np.float32)
    found = prior(split("made up", arrays, np.arange(80) % 2, ("a", "b")))
    assert found["height"].locality is None
    assert found["height"].local == "undecided"
    assert "none of them far apart" in found.summary()
    assert found.document()["axes"][0]["locality"] is None
    assert found.table().num_rows == 2
    chart = charts.prior(found.document())
    assert (chart is None) == (found["width"].locality is None)
