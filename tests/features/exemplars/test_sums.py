"""Sums that are exact, and rankings that are total."""

from fractions import Fraction
from math import fsum

import numpy as np
import pytest

from convscope.features.exemplars import histogram, ranking, sums


@pytest.mark.parametrize("seed", range(5))
def test_sums_are_exact_over_the_whole_range_of_doubles(seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(200, 3)) * 2.0 ** rng.integers(-1070, 1000, (200, 3))
    values[rng.random((200, 3)) < 0.1] = 0
    values[0] = [5e-324, -5e-324, np.finfo(float).tiny]
    digits = np.zeros((3, sums.DIGITS), np.int64)
    sums.add(digits, values)
    for unit, total in enumerate(sums.exact(digits)):
        assert total == sum(map(Fraction, values[:, unit]))
        assert float(total) == fsum(values[:, unit])


def test_sums_of_parts_are_the_sum_of_the_whole_to_the_bit():
    values = np.random.default_rng(0).lognormal(0, 20, (1000, 2))
    one, other = np.zeros((2, 2, sums.DIGITS), np.int64)
    sums.add(one, values)
    for part in np.array_split(values[::-1], 17):
        sums.add(other, part)
    assert (one == other).all()
    assert sum(values[:, 0]) != sum(values[::-1, 0])  # what floating point would have given


def test_keys_order_by_value_then_by_sample():
    rng = np.random.default_rng(0)
    values = rng.choice([-np.inf, -1e30, -1, -1e-40, -0.0, 0.0, 1e-40, 1, np.inf], 500).astype(
        np.float32
    )
    samples = rng.permutation(500)
    found = np.argsort(ranking.keys(values, samples))[::-1]
    assert found.tolist() == sorted(range(500), key=lambda i: (-values[i], samples[i]))
    keys = ranking.keys(values, samples)
    assert (ranking.values_of(keys) == values).all()
    assert (ranking.samples_of(keys) == samples).all()


def test_nobody_is_ranked_last():
    keys = ranking.keys(
        np.array([np.nan, -np.inf], np.float32), np.array([0, ranking.MOST_SAMPLES - 1])
    )
    assert keys[0] < keys[1]
    assert np.isnan(ranking.values_of(keys))[0]
    assert ranking.samples_of(keys)[0] == -1


def test_bins_are_those_of_their_edges():
    rng = np.random.default_rng(0)
    values = (rng.normal(size=20_000) * 2.0 ** rng.integers(-20, 24, 20_000)).astype(np.float32)
    edges = histogram.edges()
    bins = histogram.bins_of(values)
    positive = values > 0
    assert (bins[positive] == np.searchsorted(edges, values[positive], "right") - 1).all()
    assert (bins[~positive] == np.searchsorted(edges, values[~positive], "left") - 1).all()


def test_a_quantile_stays_within_what_was_seen():
    counts = np.zeros((2, histogram.BINS), np.int64)
    counts[0, histogram.bins_of(np.array([3.0], np.float32))] = 100
    found = histogram.quantile(counts, 0.99, np.array([3.0, 0]), np.array([3.0, 0]))
    assert found[0] == 3.0
    assert np.isnan(found[1])
