"""Matching: known permutations are found, chance is not mistaken for a match, what does not vary is silent."""

import numpy as np
import pytest

from convscope.features.comparing import correlations, matched
from convscope.features.comparing.matching import similarity


def drawn(rows: int, units: int, seed: int) -> np.ndarray:
    """Return rectified responses, as layers give them."""
    return np.maximum(np.random.default_rng(seed).normal(size=(rows, units)), 0).astype(np.float32)


def test_correlations_are_pearsons() -> None:
    a, b = drawn(40, 5, 0), drawn(40, 3, 1) * 100 + 7
    truth = np.corrcoef(a.T.astype(float), b.T.astype(float))[:5, 5:]
    np.testing.assert_allclose(correlations(a, b), truth, atol=1e-6)


def test_a_permutation_is_found_and_all_are_matched() -> None:
    a = drawn(200, 30, 0)
    order = np.random.default_rng(5).permutation(30)
    forth, back = matched(a, a[:, order] * 3 + 1)
    assert forth.status == back.status == ("matched",) * 30
    np.testing.assert_array_equal(order[forth.best], np.arange(30))
    np.testing.assert_array_equal(forth.best[order], np.arange(30))
    np.testing.assert_allclose(forth.correlation, 1, atol=1e-5)
    assert forth.similarity == pytest.approx(1)


def test_what_is_independent_is_unmatched_but_for_one_in_a_hundred() -> None:
    found = [matched(drawn(200, 60, s), drawn(200, 60, 100 + s)) for s in range(10)]
    above = sum(60 - one.count("unmatched") for one, _ in found)
    assert above <= 0.03 * 600
    # The best of sixty is far above zero all the same: that is what the null is for.
    assert all(one.similarity > 0.12 for one, _ in found)
    assert all(0.15 < one.null99 < 0.35 for one, _ in found)


def test_exactly_the_units_that_were_replaced_are_unmatched() -> None:
    a = drawn(300, 20, 0)
    b = a + 0.3 * drawn(300, 20, 1)
    b[:, [3, 11]] = drawn(300, 2, 2)
    forth, back = matched(a, b)
    for side in (forth, back):
        assert [u for u, s in enumerate(side.status) if s == "unmatched"] == [3, 11]
        assert side.count("matched") == 18


def test_two_units_for_one_share_it() -> None:
    a = drawn(300, 4, 0)
    b = a[:, [0, 1, 2, 3, 3]] + 0.4 * drawn(300, 5, 1)
    forth, back = matched(a, b)
    assert forth.status == ("matched",) * 4
    assert sorted(back.status[3:]) == ["matched", "shared"]
    assert list(back.best) == [0, 1, 2, 3, 3]


def test_what_does_not_vary_is_silent_on_both_sides() -> None:
    a = drawn(50, 4, 0)
    a[:, 1] = 0
    a[:, 2] = 1e3 + 1e-5 * a[:, 2]
    forth, back = matched(a, a)
    assert forth.status == back.status == ("matched", "silent", "silent", "matched")
    assert list(forth.best) == [0, -1, -1, 3]
    assert np.isnan(forth.correlation[1:3]).all()


def test_a_response_that_is_not_finite_is_silent() -> None:
    a = drawn(50, 2, 0)
    a[7, 1] = np.nan
    assert matched(a, a)[0].status == ("matched", "silent")


def test_layers_that_never_vary_have_no_similarity() -> None:
    dead = np.zeros((30, 3), np.float32)
    assert np.isnan(similarity(dead, drawn(30, 2, 0)))
    assert matched(dead, drawn(30, 2, 0))[0].status == ("silent",) * 3
    assert matched(drawn(30, 2, 0), dead)[0].status == ("silent",) * 2
