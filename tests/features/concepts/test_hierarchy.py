"""The hierarchy score is Spearman's correlation, 1 on a ladder and about 0 where there is none."""

import numpy as np
import pytest
from scipy.stats import rankdata

from convscope.features.concepts import Label, hierarchy

Counts = dict[str, list[int]]


def labels(counts: Counts) -> dict[str, list[Label]]:
    """Return labels of layers, of which so many units are on each level; the first number has none."""
    return {
        name: [
            Label("thing" if level else "unknown", level or None, "overlap", bits=1.5)
            for level, n in enumerate(numbers)
            for _ in range(n)
        ]
        for name, numbers in counts.items()
    }


LADDER: Counts = {
    "a": [0, 20, 0, 0, 0],
    "b": [0, 0, 20, 0, 0],
    "c": [0, 0, 0, 20, 0],
    "d": [0, 0, 0, 0, 20],
}


def test_a_ladder_made_by_hand_scores_one() -> None:
    found = hierarchy(labels(LADDER))
    assert found.rho == 1
    assert found.interval == (1, 1)
    assert found.labelled == 80
    backwards = dict(reversed(list(LADDER.items())))
    assert hierarchy(labels(backwards)).rho == -1


def test_the_score_is_spearmans_and_unknown_units_do_not_count() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        counts = {name: rng.integers(0, 9, 5).tolist() for name in "abcdef"}
        pairs = [
            (depth, level)
            for depth, numbers in enumerate(counts.values())
            for level in (1, 2, 3, 4)
            for _ in range(numbers[level])
        ]
        depths, levels = np.array(pairs).T
        expected = np.corrcoef(rankdata(depths), rankdata(levels))[0, 1]
        assert hierarchy(labels(counts)).rho == pytest.approx(expected, abs=1e-9)


def test_the_interval_covers_zero_where_level_and_depth_have_nothing_to_do_with_each_other() -> (
    None
):
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(40):
        drawn = rng.multinomial(30, [0.4, 0.3, 0.2, 0.1], 5)
        counts = {name: [0, *row.tolist()] for name, row in zip("abcde", drawn, strict=True)}
        interval = hierarchy(labels(counts)).interval
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
    assert covered >= 34  # 95 % of 40, less chance


def test_the_control_is_scored_on_the_same_layers() -> None:
    flat = {name: [10, 10, 0, 0, 0] for name in LADDER}
    found = hierarchy(labels(LADDER), labels(flat))
    assert (found.rho, found.control_rho, found.control_interval) == (1, 0, None)
    assert found.control_labelled == 40
    assert found.levels is not None
    assert found.levels["c"] == (0, 0, 20, 0)
    assert found.document()["control_rho"] == 0


def test_depth_can_be_given_and_few_labels_give_no_score() -> None:
    turned = {name: -place for place, name in enumerate(LADDER)}
    assert hierarchy(labels(LADDER), depth=turned).rho == -1
    few = {"a": [5, 2, 0, 0, 0], "b": [5, 0, 2, 0, 0]}
    assert hierarchy(labels(few)).rho is None
    one_layer = {"a": [0, 20, 20, 0, 0], "b": [9, 0, 0, 0, 0]}
    assert hierarchy(labels(one_layer)).interval is None


def test_labels_that_are_not_sure_do_not_count() -> None:
    known = labels(LADDER)
    unsure = {
        name: [*units, *[Label("thing", 1, "overlap", bits=0.7)] * 50]
        for name, units in known.items()
    }
    assert hierarchy(unsure) == hierarchy(known)
