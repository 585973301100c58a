"""Verdicts of studies whose truth is known, Holm's correction, and claims that cannot be decided."""

from typing import Any

import pytest
from tests.learning.analysis.planted import DENSE, POOLED, everything, planted

from convscope.learning.analysis import Claim, claims, holm, resampled


def judged(truth: Any, **settings: Any) -> dict[str, Claim]:
    return {claim.id: claim for claim in claims(resampled(planted(truth, **settings)))}


def test_true_claims_are_supported() -> None:
    found = judged(everything(), items=4000, seeds=8)
    assert {name: claim.verdict for name, claim in found.items()} == dict.fromkeys(
        ("C1", "C2", "C3", "C4", "C5"), "supported"
    )
    c1 = sum(p - d for p, d in zip(POOLED, DENSE, strict=True)) / len(DENSE)
    assert found["C1"].estimate == pytest.approx(c1, abs=0.01)
    assert found["C4"].estimate == pytest.approx(0.04, abs=0.01)
    assert found["C1"].interval[0] < c1 < found["C1"].interval[1]


def test_nets_that_are_equal_support_only_what_says_equal() -> None:
    found = judged(everything(advantage=False), items=4000, seeds=8)
    assert found["C2"].verdict == found["C5"].verdict == "supported"
    assert {found[name].verdict for name in ("C1", "C3", "C4")} == {"undecided"}


def test_the_opposite_is_not_supported() -> None:
    truth = everything() | {
        ("conv+pool", "intact"): DENSE,
        ("conv+pool", "permuted"): DENSE,
        ("conv+pool", "shifted:4"): tuple(a - 0.05 for a in DENSE),
        ("dense", "intact"): POOLED,  # so intact is better for the dense net too
        ("dense", "shifted:4"): POOLED,
    }
    found = judged(truth, items=4000, seeds=8)
    assert {found[name].verdict for name in ("C1", "C3", "C4", "C5")} == {"not supported"}


def test_permuted_pixels_that_still_help_refute_the_second_claim() -> None:
    for net in ("conv", "conv+pool"):
        truth = everything() | {(net, "permuted"): tuple(a + 0.06 for a in DENSE)}
        assert judged(truth, items=4000, seeds=8)["C2"].verdict == "not supported"


def test_few_noisy_seeds_decide_nothing_about_equality() -> None:
    found = judged(everything(), seeds=3, items=200, spread=0.03)
    assert found["C2"].verdict == found["C5"].verdict == "undecided"


def test_equality_is_not_the_lack_of_a_difference() -> None:
    """A difference that is significant and small is equal; a large one that is not significant is not."""
    small = everything() | {("dense", "permuted"): tuple(a - 0.008 for a in DENSE)}
    claim = judged(small, items=20_000, seeds=8, spread=0.001)["C5"]
    assert claim.interval[0] > 0
    assert claim.verdict == "supported"


def test_claims_that_need_what_was_not_trained_are_left_out() -> None:
    truth = {key: curve for key, curve in everything().items() if key[1] == "intact"}
    assert set(judged(truth)) == {"C1"}
    truth = {key: curve for key, curve in everything().items() if "shifted" not in key[1]}
    assert set(judged(truth)) == {"C1", "C2", "C3", "C5"}


def test_holm_is_the_published_procedure() -> None:
    assert holm([0.005, 0.011, 0.02, 0.04, 0.13]) == pytest.approx([0.025, 0.044, 0.06, 0.08, 0.13])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_where_nothing_holds_few_studies_find_something() -> None:
    """Family-wise: of studies in which all nets are equal, at most about 5 % claim a superiority."""
    wrong = 0
    for trial in range(100):
        runs = planted(dict.fromkeys(everything(), (0.65,)), (64,), seeds=4, items=200, seed=trial)
        found = claims(resampled(runs, draws=500, seed=trial))
        wrong += any(
            claim.verdict == "supported" for claim in found if claim.id in ("C1", "C3", "C4")
        )
    assert wrong <= 11  # 5 expected at most; 99 % of binomial draws are at or below 11


def test_documents_hold_the_contract() -> None:
    claim = judged(everything())["C2"].document()
    assert {"id", "statement", "estimate", "interval", "verdict"} <= set(claim)
    assert len(claim["parts"]) == 2
    assert [row["n"] for row in claim["parts"][0]["by_size"]] == [32, 128, 512, 2048, 8192]


def test_sizes_at_which_a_net_was_refused_are_named() -> None:
    runs = [
        run
        for run in planted(everything(), items=2000)
        if (run.net, run.condition) != ("dense", "intact") or run.n > 128
    ]
    found = {claim.id: claim for claim in claims(resampled(runs))}
    (part,) = found["C1"].parts
    assert part.left_out == (32, 128)
    assert [n for n, *_ in part.by_size] == [512, 2048, 8192]
    assert part.document()["left_out"] == [32, 128]
    assert all(not part.left_out for part in found["C2"].parts)
