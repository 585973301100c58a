import numpy as np
import pytest

from convscope.learning.intervals import wilson


def test_the_published_example():
    """81 of 263: 0.2553 to 0.3662 (Newcombe 1998, table I, method 3)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_it_covers_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    for truth in (0.5, 0.97):
        hits = rng.binomial(500, truth, 4000)
        covered = [low <= truth <= high for low, high in (wilson(int(h), 500) for h in hits)]
        assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("hits", "tries"), [(1, 0), (3, 2), (-1, 2)])
def test_impossible_counts(hits, tries):
    with pytest.raises(ValueError, match="hits in"):
        wilson(hits, tries)
