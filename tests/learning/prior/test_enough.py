"""What an undecided audit asks for: a number that then decides, and none where no number would."""

import numpy as np
import pytest
from tests.learning.prior.planted import autoregressive, smooth

from convscope.data import Source
from convscope.learning.prior import Locality, Stationarity, prior
from convscope.learning.prior.enough import LEAST, needed
from convscope.learning.prior.finding import Axis
from convscope.learning.tasks.task import Task, split


def task(arrays: np.ndarray) -> Task:
    """Return samples with labels that mean nothing; half of them are audited."""
    return split("made up", arrays, np.arange(len(arrays)) % 2, ("a", "b"))


@pytest.mark.parametrize("seed", [0, 1])
def test_too_few_pictures_are_undecided_and_as_many_as_are_asked_for_decide(seed: int) -> None:
    few = prior(f"parts:60:{seed}")
    assert few.verdict == "undecided"
    assert few.samples_needed is not None
    assert 100 <= few.samples_needed <= 1000
    assert f"about {few.samples_needed:,} would" in few.summary()
    assert few.document()["samples_needed"] == few.samples_needed
    then = prior(f"parts:{few.samples_needed}:{seed}")
    if then.verdict == "undecided":  # an estimate from sixty may fall short once
        then = prior(f"parts:{then.samples_needed}:{seed}")
    assert then.verdict == "fits"
    assert then.samples_needed is None
    assert {axis.local for axis in then.axes} == {axis.stationary for axis in then.axes} == {"yes"}


def test_where_there_are_more_samples_it_says_to_look_at_them() -> None:
    audited = prior("parts:2000", samples=60)
    assert f"--samples {audited.samples_needed}" in audited.summary()


def test_no_number_decides_where_places_hardly_go_together() -> None:
    noise = np.random.default_rng(0).normal(size=(600, 1, 64)).astype(np.float32)
    found = prior(task(noise))
    assert found.verdict == "undecided"
    assert found.samples_needed is None
    assert "too little to judge" in found.summary()


def test_what_is_a_little_above_chance_needs_little_more() -> None:
    """A middle between chance and what counts: a narrower interval rises above chance."""
    near = Locality(0.046, (0.004, 0.088), 0.005, None, ((1, 0.046),), 0.02)
    alike = Stationarity(1.0, (0.9, 1.0), 0.1, True, 0.3, 0.2, 0.01)
    assert (
        needed(Axis("time", 64, near, alike, None), 1000) == 2000
    )  # half as many again, rounded up


def test_an_axis_too_short_to_compare_places_says_so() -> None:
    found = prior(task(smooth(600, (6,)).astype(np.float32)))
    assert found["time"].stationarity is None
    assert found.samples_needed is None
    assert "too few places change" in found.summary()


def test_an_estimate_asks_for_more_than_there_are() -> None:
    faint = autoregressive(120, 64, 0.15).astype(np.float32)
    found = prior(task(faint))
    (axis,) = found.axes
    assert axis.share == "undecided"
    asked = needed(axis, 60)
    assert asked is not None
    assert asked >= LEAST * 60
    assert needed(axis, 600) == 10 * asked  # of the same evidence from ten times as many


def test_a_spec_and_its_source_are_audited_alike() -> None:
    import convscope as cs

    opened = cs.data("parts:60")
    assert isinstance(opened, Source)
    assert prior(opened).document() == prior("parts:60").document()
