from itertools import product

import numpy as np
import pytest

from convscope.shift.offsets import offsets
from convscope.shift.votes import (
    Votes,
    agreement,
    both,
    change_intervals,
    flips,
    held,
    intervals,
    votes,
)


def made_up(tops: np.ndarray, labels: np.ndarray | None = None, *, wraps: bool = False) -> Votes:
    """Return votes with such winners, on a square of offsets."""
    side = int(tops.shape[1] ** 0.5)
    places = offsets((side, side), draw=None, wraps=wraps, seed=0)
    generator = np.random.default_rng(0)
    outputs = generator.normal(size=(len(tops), 3))
    return Votes(places, tops, np.ones(tops.shape), np.zeros(tops.shape), outputs, labels)


def test_consistency_is_the_probability_that_two_offsets_agree():
    tops = np.random.default_rng(1).integers(0, 3, (5, 16))
    pairs = [np.mean([a == b for a, b in product(row, row)]) for row in tops]
    assert held(made_up(tops)).consistency == pytest.approx(np.mean(pairs), abs=1e-12)


def test_drawn_offsets_estimate_the_same_without_bias():
    generator = np.random.default_rng(2)
    tops = generator.integers(0, 3, 25)
    right = tops == 0
    exact = agreement(tops, 25, True), both(right, 25, True)
    drawn = [generator.choice(25, 6, replace=False) for _ in range(20_000)]
    means = [
        np.mean([agreement(tops[some], 25, False) for some in drawn]),
        np.mean([both(right[some], 25, False) for some in drawn]),
    ]
    assert means == pytest.approx(exact, abs=0.005)
    plain = np.mean([agreement(tops[some], 6, True) for some in drawn])
    assert abs(plain - exact[0]) > 0.05  # which counting all pairs that were seen would not do


def test_flips_count_neighbours_along_every_axis():
    tops = np.zeros((1, 9), int)
    tops[0, 4] = 1  # the middle of three by three: all four of its neighbours differ
    assert held(made_up(tops)).flip_1px == pytest.approx(4 / 12)
    assert held(made_up(tops, wraps=True)).flip_1px == pytest.approx(4 / 18)
    assert flips(made_up(tops)).tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_accuracy_worst_case_and_fidelity():
    tops = np.array([[1, 1, 1, 1], [1, 1, 1, 0], [2, 2, 2, 2]])
    found = held(made_up(tops, np.array([1, 1, 1])))
    assert found.accuracy == pytest.approx(7 / 12)
    assert found.worst_case_accuracy == pytest.approx(1 / 3)
    assert found.fidelity == pytest.approx((1 + 9 / 16) / 3)


def test_invariance_compares_with_other_samples():
    """An answer that is a sample's mean, plus a tenth of where it is."""
    batches = [(np.arange(4.0)[:, None], None)]
    places = offsets((4,), draw=None, wraps=True, seed=0)
    found = votes(
        batches, places, lambda arrays, place: np.concatenate([arrays, 0 * arrays + place[0]], 1)
    )
    moved = np.mean([1, 4, 9])
    others = np.mean([(a - b) ** 2 for a, b in product(range(4), repeat=2) if a != b])
    assert held(found).invariance == pytest.approx(moved / others)
    # And scaling the answers changes nothing.
    scaled = votes(
        batches,
        places,
        lambda arrays, place: -9 * np.concatenate([arrays, 0 * arrays + place[0]], 1),
    )
    assert held(scaled).invariance == pytest.approx(moved / others)


def test_wobble_is_in_probabilities_whatever_the_answers_are():
    places = offsets((2,), draw=None, wraps=False, seed=0)
    logits = [[2.0, 0.0], [0.0, 0.0]]
    scores = votes(
        [(np.zeros((1, 1)), None)], places, lambda arrays, place: np.array([logits[place[0]]])
    )
    assert held(scores).wobble == pytest.approx(1 / (1 + np.exp(-2)) - 0.5)
    shares = [[0.9, 0.1], [0.4, 0.6]]
    given = votes(
        [(np.zeros((1, 1)), None)], places, lambda arrays, place: np.array([shares[place[0]]])
    )
    assert held(given).wobble == pytest.approx(0.5)


def test_intervals_cover_and_need_two_samples():
    tops = np.random.default_rng(3).integers(0, 2, (40, 9))
    found = made_up(tops)
    ends = intervals(found, seed=0, draws=200)
    value = held(found).consistency
    assert value is not None
    assert ends["consistency"][0] < value < ends["consistency"][1]
    assert intervals(made_up(tops[:1]), seed=0) == {}


def test_change_is_measured_on_the_same_samples():
    generator = np.random.default_rng(4)
    tops = generator.integers(0, 2, (30, 9))
    calm = np.where(generator.random((30, 1)) < 0.5, tops[:, :1], tops)
    low, _ = change_intervals(made_up(tops), made_up(calm), draws=200)["consistency"]
    assert low > 0
    same = change_intervals(made_up(tops), made_up(tops), draws=50)["consistency"]
    assert same == (0, 0)
    assert change_intervals(made_up(tops), made_up(tops[:20])) == {}


def test_offsets_that_are_drawn_begin_unmoved_and_bring_their_neighbours():
    some = offsets((32, 32), draw=24, wraps=False, seed=5)
    assert some.places[0] == (0, 0)
    assert len(set(some.places)) == len(some.places) <= 24
    assert not some.whole
    assert len(some.neighbours) >= len(some.independent) - 2
    for i, j in some.neighbours:
        assert sum(abs(a - b) for a, b in zip(some.places[i], some.places[j], strict=True)) == 1
    assert some.places == offsets((32, 32), draw=24, wraps=False, seed=5).places
    assert offsets((4, 4), draw=24, wraps=True, seed=5).whole
