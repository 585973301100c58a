"""Overlap and classes: planted truths are found whole, chance is told from them at its stated rate."""

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import jaccard_score, roc_auc_score

from convscope.features.concepts.bits import Bits
from convscope.features.concepts.classes import auroc, choose_class, grade_class, usable
from convscope.features.concepts.grading import choose, grade, information

SAMPLES, PLACES, CONCEPTS = 80, 36, 12
HALF = np.arange(SAMPLES // 2)
OTHER = np.arange(SAMPLES // 2, SAMPLES)


def blobs(rng: np.random.Generator, rows: int, share: float = 0.1) -> np.ndarray:
    """Return facts (N, R, P) that come in stretches within few samples, as real ones do."""
    there = rng.random((SAMPLES, rows, 1)) < 0.3
    wave = rng.normal(size=(SAMPLES, rows, PLACES)).cumsum(2)
    wave -= wave.mean(2, keepdims=True)
    return there & (wave > np.quantile(wave, 1 - share / 0.3, axis=(0, 2), keepdims=True))


def test_bits_return_what_was_packed() -> None:
    facts = np.random.default_rng(0).random((5, 3, 13)) < 0.5
    bits = Bits.of(facts)
    assert (bits.unpacked(np.array([4, 1]), slice(1, 3)) == facts[[4, 1], 1:]).all()
    joined = Bits.joined([bits, bits])
    assert joined.rows == 3
    assert (joined.unpacked(np.arange(10)) == np.concatenate([facts, facts])).all()


def test_a_unit_that_equals_a_mask_has_an_overlap_of_one() -> None:
    masks = blobs(np.random.default_rng(1), CONCEPTS)
    firing, present = Bits.of(masks[:, [7, 2]]), Bits.of(masks)
    best = choose(firing, present, HALF).best()
    assert best.tolist() == [7, 2]
    found = grade(firing, present, OTHER, best)
    for values in (found.precision, found.recall, found.score, found.low, found.high):
        assert np.allclose(values, 1)
    assert (found.null99 < 0.6).all()
    assert np.allclose(found.share, masks[OTHER][:, [7, 2]].mean((0, 2)))


def test_grades_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(2)
    units, masks = blobs(rng, 5), blobs(rng, CONCEPTS)
    concept = np.array([3, 0, 3, 11, 5])
    found = grade(Bits.of(units), Bits.of(masks), OTHER, concept)
    for u, k in enumerate(concept):
        fires, there = units[OTHER, u].ravel(), masks[OTHER, k].ravel()
        assert found.score[u] == pytest.approx(jaccard_score(there, fires), abs=1e-6)
        assert found.precision[u] == pytest.approx(there[fires].mean(), abs=1e-6)
        assert found.recall[u] == pytest.approx(fires[there].mean(), abs=1e-6)


def test_chance_is_labelled_at_its_rate_however_many_concepts_there_are() -> None:
    rng = np.random.default_rng(3)
    masks = Bits.of(blobs(rng, 200))
    units = Bits.of(blobs(rng, 800))
    best = choose(units, masks, HALF).best()
    found = grade(units, masks, OTHER, best)
    assert (found.score > found.null99).mean() <= 0.02


def test_where_in_the_frame_things_are_is_no_evidence() -> None:
    """A unit that fires at the border, whatever is there, does not get the name of what is often there."""
    rng = np.random.default_rng(4)
    place = np.arange(PLACES) < 6
    border = place & (rng.random((SAMPLES, 300, PLACES)) < 0.5)
    masks = place & (rng.random((SAMPLES, 4, PLACES)) < 0.5)
    firing, present = Bits.of(border), Bits.of(masks)
    best = choose(firing, present, HALF).best()
    found = grade(firing, present, OTHER, best)
    assert np.nanmean(found.precision) > 2 * masks.mean()  # overlap by position alone
    assert (found.score > found.null99).mean() <= 0.03


def test_a_unit_that_never_fires_is_not_above_chance() -> None:
    masks = blobs(np.random.default_rng(5), CONCEPTS)
    silent = Bits.of(np.zeros((SAMPLES, 2, PLACES), bool))
    choice = choose(silent, Bits.of(masks), HALF)
    assert (choice.bits == 0).all()
    found = grade(silent, Bits.of(masks), OTHER, choice.best())
    assert np.isnan(found.precision).all()
    assert not (found.score > found.null99).any()


def test_information_weighs_rare_things_against_common_ones() -> None:
    wheel, car = np.array([50.0, 90.0]), np.array([0.02, 0.5])
    bits = information(wheel, np.array([100.0, 100.0]), car, 0.0)
    assert bits[0] > bits[1] > 0
    assert information(np.array(1.0), np.array(100.0), np.array(0.02)) == 0  # rarer than everywhere
    # -log2 of the share where the unit is never wrong
    certain = information(np.array(1e9), np.array(1e9), np.array(0.125))
    assert certain == pytest.approx(3, abs=1e-3)


def responses_of(classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.random((len(classes), 400))
    noise[:, 0] += 2 * (classes == 3)
    return noise


def test_a_class_unit_has_an_area_of_one() -> None:
    rng = np.random.default_rng(6)
    classes = np.tile(np.arange(5), 16)
    responses = responses_of(classes, rng)
    graded = np.arange(80) % 2 == 1
    asked = usable(classes, graded)
    assert asked.tolist() == [0, 1, 2, 3, 4]
    choice = choose_class(responses[~graded], classes[~graded], asked)
    assert choice.best[0] == 3
    found = grade_class(responses[graded], classes[graded], choice.best)
    assert found.score[0] == found.precision[0] == found.recall[0] == 1
    assert found.low[0] > 0.6
    assert (found.score > found.null99)[1:].mean() <= 0.02  # shuffled: the other units are noise


def test_areas_are_those_of_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(7)
    responses = rng.integers(0, 4, (60, 6)).astype(np.float64)
    members = rng.random((3, 60)) < 0.3
    found = auroc(responses, members)
    expected = [[roc_auc_score(m, responses[:, u]) for u in range(6)] for m in members]
    assert np.allclose(found, expected)
    assert np.allclose(auroc(rankdata(responses, axis=0), members), expected)


def test_classes_with_too_few_samples_are_not_asked_about() -> None:
    classes = np.array([0] * 20 + [1] * 20 + [2] * 4 + [-1] * 4)
    graded = np.arange(48) % 2 == 0
    assert usable(classes, graded).tolist() == [0, 1]
    assert usable(np.arange(40), np.arange(40) % 2 == 0).tolist() == []


def test_a_constant_unit_tells_no_class() -> None:
    classes = np.tile([0, 1], 20)
    found = grade_class(np.ones((40, 1)), classes, np.array([1]))
    assert found.score[0] == 0.5
    assert not found.score[0] > found.null99[0]
    assert np.isnan(found.precision[0])
