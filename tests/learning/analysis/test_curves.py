"""Curves, the data-equivalence factor and the power law, on curves whose answer is known."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from tests.learning.analysis.planted import SIZES, everything, planted

from convscope.learning.analysis import (
    Cell,
    curves,
    equivalence,
    needed,
    power_law,
    resampled,
    rising,
)


def test_rising_is_isotonic_regression() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 5, 9):
        values = rng.normal(size=(20, count))
        for row, made in zip(values, rising(values), strict=True):
            expected = IsotonicRegression().fit_transform(np.arange(count), row)
            assert made == pytest.approx(expected)


def test_needed_is_straight_in_the_logarithm() -> None:
    sizes, curve = np.array([10.0, 1000.0]), np.array([0.5, 0.7])
    low, high = needed(sizes, curve, 0.6)
    assert low == high == pytest.approx(100)
    assert [float(bound) for bound in needed(sizes, curve, 0.9)] == [1000, np.inf]
    assert [float(bound) for bound in needed(sizes, curve, 0.4)] == [0, 10]
    assert [float(bound) for bound in needed(sizes, curve, 0.5)] == [10, 10]


def test_needed_takes_the_first_size_that_reaches_a_plateau() -> None:
    low, _ = needed(np.array([10.0, 100.0, 1000.0]), np.array([0.5, 0.7, 0.7]), 0.7)
    assert low == pytest.approx(100)


def shifted_curves(
    factor: int, sizes: tuple[int, ...] = SIZES
) -> dict[tuple[str, str], list[float]]:
    """Return two curves of one form, of which the dense net's needs ``factor`` times more samples."""
    rise = [0.5 + 0.05 * np.log2(n / 32) / 2 for n in sizes]
    late = [0.5 + 0.05 * (np.log2(n / 32) - np.log2(factor)) / 2 for n in sizes]
    return {("conv+pool", "intact"): rise, ("dense", "intact"): late}


@pytest.mark.parametrize("factor", [1, 4, 16])
def test_a_known_factor_is_found(factor: int) -> None:
    means = resampled(planted(shifted_curves(factor), items=4000, seeds=6, spread=0.002))
    found = equivalence(means)
    assert found is not None
    assert found.censored is None
    low, high = found.interval
    assert low is not None
    assert high is not None
    assert low < factor < high
    assert found.factor == pytest.approx(factor, rel=0.35)


def test_the_interval_of_the_factor_covers() -> None:
    inside = known = 0
    for trial in range(100):
        runs = planted(shifted_curves(8), items=500, seeds=5, seed=trial)
        found = equivalence(resampled(runs, draws=300, seed=trial))
        assert found is not None
        low, high = found.interval
        inside += (low or 0) <= 8 <= (high or np.inf)
        known += low is not None and high is not None
    assert inside >= 90  # of 100; 0.1 % of binomial draws of 95 % are below 88
    assert known >= 90  # an end that is open covers everything


def test_a_factor_is_told_at_three_accuracies_and_curves_that_cross_are_named() -> None:
    found = equivalence(resampled(planted(shifted_curves(4), items=20_000, seeds=8, spread=0.001)))
    assert found is not None
    lower, higher = found.elsewhere
    assert lower.at_accuracy < found.at_accuracy < higher.at_accuracy
    assert [one.factor for one in found.elsewhere] == pytest.approx([4, 4], rel=0.2)
    assert not found.turns
    crossed = {
        ("conv+pool", "intact"): [0.5, 0.52, 0.55, 0.7, 0.9],
        ("dense", "intact"): [0.5, 0.56, 0.62, 0.68, 0.74],
    }
    found = equivalence(
        resampled(planted(crossed, items=20_000, seeds=8, spread=0.001, difficulty=0.0))
    )
    assert found is not None
    assert found.turns
    assert found.elsewhere[0].factor < 1 < found.elsewhere[1].factor
    assert found.document()["elsewhere"][1]["factor"] == found.elsewhere[1].factor


def test_a_factor_beyond_the_grid_is_a_bound() -> None:
    truth = {("conv+pool", "intact"): [0.9] * 5, ("dense", "intact"): [0.5, 0.52, 0.54, 0.56, 0.58]}
    found = equivalence(resampled(planted(truth)))
    assert found is not None
    assert found.censored == ">="
    assert found.factor == pytest.approx(8192 / 32)
    assert found.interval[0] == pytest.approx(8192 / 32)
    assert found.interval[1] is None
    back = equivalence(resampled(planted(truth)), "dense", "conv+pool")
    assert back is not None
    assert (back.censored, back.interval[0]) == ("<=", None)
    assert back.factor == pytest.approx(32 / 8192)


def test_an_end_that_only_some_draws_reach_is_open() -> None:
    truth = shifted_curves(1)
    found = equivalence(resampled(planted(truth)), at=truth["dense", "intact"][-1])
    assert found is not None
    assert found.interval[1] is None or found.interval[0] is None


def test_one_size_gives_no_factor() -> None:
    truth = {key: curve[:1] for key, curve in shifted_curves(4).items()}
    assert equivalence(resampled(planted(truth, SIZES[:1]))) is None


def test_a_known_power_law_is_found() -> None:
    sizes = (16, 64, 256, 1024, 4096, 16384)
    truth = {("dense", "intact"): [1 - (1.2 * n**-0.4 + 0.1) for n in sizes]}
    means = resampled(planted(truth, sizes, items=20_000, seeds=6, spread=0.001, difficulty=0.0))
    found = power_law(means, "dense")
    assert found is not None
    assert not found.at_edge
    assert found.beta == pytest.approx(0.4, abs=0.05)
    assert found.gamma == pytest.approx(0.1, abs=0.02)
    assert found.beta_interval[0] <= 0.4 <= found.beta_interval[1]
    assert found.residual < 0.005


def test_a_curve_that_does_not_fall_says_that_its_pace_is_not_known() -> None:
    truth = {("dense", "intact"): [0.5] * 5}
    means = resampled(planted(truth, spread=0.0, difficulty=0.0, items=20_000))
    found = power_law(means, "dense")
    assert found is not None
    assert found.at_edge
    assert found.gamma + found.alpha == pytest.approx(0.5, abs=0.03)
    assert power_law(means, "conv") is None


def test_points_hold_mean_gap_and_steps() -> None:
    runs = planted(everything(), seeds=4)
    means = resampled(runs)
    points = {(p.net, p.condition, p.n): p for p in curves(runs, means)}
    assert len(points) == len(means.accuracy)
    point = points["conv+pool", "intact", 32]
    assert point.mean == pytest.approx(0.65, abs=0.03)
    assert point.interval[0] < point.mean < point.interval[1]
    assert point.gap == pytest.approx(point.train - point.mean)
    assert point.steps == 101  # the lower median of 100 to 103
    assert points["dense", "intact", 32].steps is None
    assert points["dense", "intact", 32].reached == 0
    assert means.sizes("dense") == SIZES
    assert means.accuracy[Cell("dense", "intact", 512)] == pytest.approx(0.678, abs=0.03)
