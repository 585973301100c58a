"""Intervals hold what they promise: over many studies with a known truth, 95 % of them hold it."""

import numpy as np
import pytest
from tests.learning.analysis.planted import planted

from convscope.errors import SpecError
from convscope.learning.analysis import Cell, interval, resampled
from convscope.learning.analysis.resample import item_covariance

TRIALS = 300
TRUE_MEAN = float(
    np.clip(0.7 + np.random.default_rng(9).normal(0, np.hypot(0.15, 0.01), 10**6), 0, 1).mean()
)
"""The accuracy over all items: those that would be right with more than certainty count once."""


def _covered(seeds: int, *, spread: float, difficulty: float) -> float:
    """Return the share of intervals of a difference that hold the true one."""
    truth = {("conv+pool", "intact"): (0.70,), ("dense", "intact"): (0.65,)}
    inside = 0
    for trial in range(TRIALS):
        runs = planted(
            truth, (64,), seeds=seeds, items=300, spread=spread, difficulty=difficulty, seed=trial
        )
        means = resampled(runs, draws=400, seed=trial)
        _, draws = means.contrast(
            {Cell("conv+pool", "intact", 64): 1.0, Cell("dense", "intact", 64): -1.0}
        )
        low, high = interval(draws)
        inside += low <= 0.05 <= high
    return inside / TRIALS


@pytest.mark.parametrize(
    ("seeds", "spread", "difficulty"), [(3, 0.03, 0.05), (5, 0.03, 0.05), (10, 0.005, 0.1)]
)
def test_intervals_cover(seeds: int, spread: float, difficulty: float) -> None:
    # 300 trials tell 95 % to ±2.5 %.
    assert 0.92 <= _covered(seeds, spread=spread, difficulty=difficulty) <= 0.985


def test_a_mean_of_normal_values_has_students_interval() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.05, 6)
    runs = planted({("dense", "intact"): (0.5,)}, (8,), seeds=6, items=1)
    runs = [
        type(run)(**{**vars(run), "train_accuracy": value, "correct": np.ones(4, bool)})
        for run, value in zip(runs, values, strict=True)
    ]
    low, high = interval(resampled(runs, draws=40_000).train_draws[Cell("dense", "intact", 8)])
    half = 2.5706 * values.std(ddof=1) / np.sqrt(6)  # t of 5 degrees of freedom
    assert low == pytest.approx(values.mean() - half, abs=0.03 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.03 * half)


def test_what_all_runs_share_cancels_in_a_difference() -> None:
    truth = {("conv", "intact"): (0.7,), ("dense", "intact"): (0.7,)}
    runs = planted(truth, (8,), seeds=4, spread=0.0)
    runs = [type(run)(**{**vars(run), "correct": runs[run.seed].correct}) for run in runs]
    means = resampled(runs, draws=200)
    difference = means.draws[Cell("conv", "intact", 8)] - means.draws[Cell("dense", "intact", 8)]
    assert np.ptp(means.draws[Cell("conv", "intact", 8)]) > 0.01
    assert np.abs(difference).max() < 1e-6


def test_items_that_are_hard_for_every_run_widen_a_mean_and_noise_does_not() -> None:
    rng = np.random.default_rng(0)
    hard = np.broadcast_to(rng.random((1, 1, 400)) < 0.7, (2, 5, 400)).astype(float)
    assert item_covariance(hard)[0, 1] == pytest.approx(0.21 / 400, rel=0.15)
    noise = (rng.random((2, 5, 400)) < 0.7).astype(float)
    assert np.abs(item_covariance(noise)).max() < 0.15 * 0.21 / 400


def test_the_interval_of_one_mean_covers_other_seeds_and_other_items() -> None:
    inside = 0
    for trial in range(TRIALS):
        runs = planted(
            {("dense", "intact"): (0.7,)}, (64,), seeds=4, items=200, difficulty=0.15, seed=trial
        )
        means = resampled(runs, draws=400, seed=trial)
        low, high = interval(means.draws[Cell("dense", "intact", 64)])
        inside += low <= TRUE_MEAN <= high
    assert 0.92 <= inside / TRIALS <= 0.985


def test_seeds_that_a_cell_lacks_are_left_out() -> None:
    runs = planted({("conv", "intact"): (0.7,), ("dense", "intact"): (0.6,)}, (8,), seeds=4)
    means = resampled(runs[:-1], draws=50)
    assert means.seeds == (0, 1, 2)


def test_one_seed_is_refused() -> None:
    runs = planted({("conv", "intact"): (0.7,)}, (8,), seeds=1)
    with pytest.raises(SpecError, match="needs 2 or more"):
        resampled(runs)
    with pytest.raises(SpecError, match="0 seeds"):
        resampled([])


def test_runs_of_different_tests_are_refused() -> None:
    runs = planted({("conv", "intact"): (0.7,)}, (8,), items=10)
    other = planted({("dense", "intact"): (0.7,)}, (8,), items=20)
    with pytest.raises(SpecError, match="different numbers of items"):
        resampled(runs + other)
