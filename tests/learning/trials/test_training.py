"""One training: nested subsets, the same batches for all twins, the best rate found."""

import numpy as np
import pytest

from convscope.learning.tasks.built import spectra
from convscope.learning.tasks.planted import planted
from convscope.learning.trials import Answers, Outcome, Trial, train
from convscope.learning.trials.search import LADDER, RATES, best, searched
from convscope.learning.trials.training import order, subset
from convscope.learning.twins import twins

TASK = spectra(pool=500, tests=200)
TWIN = twins(TASK.shape, 8, names=["conv"])["conv"]


def trial(**changes):
    settings = {
        "twin": TWIN, "n": 64, "seed": 0, "condition": "intact", "tested": ("intact",), "lr": 0.01,
        "weight_decay": 0.01, "steps": 32, "batch": 16, "threshold": 0.3,
    }  # fmt: skip
    return Trial(**{**settings, **changes})


def test_a_smaller_subset_is_the_beginning_of_a_larger_one():
    large = subset(TASK, 256, 4)
    assert np.array_equal(subset(TASK, 32, 4), large[:32])
    assert len(np.unique(large)) == 256
    assert not np.array_equal(large, subset(TASK, 256, 5))


def test_every_round_sees_every_sample_once_and_the_steps_are_those_asked_for():
    batches = list(order(trial()))
    assert len(batches) == 32
    for start in range(0, 32, 4):
        seen = np.concatenate([b.numpy() for b in batches[start : start + 4]])
        assert sorted(seen.tolist()) == list(range(64))
    assert len(list(order(trial(n=10, batch=16, steps=5)))) == 5


def test_training_learns_and_repeats_to_the_last_bit():
    first, _ = train(TASK, trial(n=400, steps=100))
    again, _ = train(TASK, trial(n=400, steps=100))
    assert first.document() == again.document()
    answers = first.answers["intact"]
    assert answers.accuracy > 2 * TASK.chance
    assert answers.accuracy == answers.correct.mean()
    assert first.train_accuracy > 0.5
    other, _ = train(TASK, trial(n=400, steps=100, seed=1))
    assert other.document() != first.document()


def test_the_step_at_which_the_threshold_is_passed_is_a_power_of_two_or_the_last():
    outcome, _ = train(TASK, trial(n=400, steps=100))
    steps = outcome.answers["intact"].steps_to_threshold
    assert steps in {1, 2, 4, 8, 16, 32, 64, 100}
    never, _ = train(TASK, trial(n=400, steps=10, threshold=1.1))
    assert never.answers["intact"].steps_to_threshold is None


def test_an_outcome_is_read_as_it_was_written():
    correct = np.random.default_rng(0).random(37) < 0.5
    outcome = Outcome(0.5, 12, {"intact": Answers(float(correct.mean()), 1.5, None, correct)})
    read = Outcome.read(outcome.document())
    assert read.document() == outcome.document()
    assert np.array_equal(read.answers["intact"].correct, correct)


def test_a_key_is_of_everything_that_matters():
    base = trial()
    keys = {base.key("task")}
    keys |= {base.key("another")}
    for change in (
        {"n": 32}, {"seed": 1}, {"condition": "permuted"}, {"tested": ("intact", "shifted:1")},
        {"lr": 0.1}, {"weight_decay": 0.1}, {"steps": 33}, {"batch": 8}, {"threshold": 0.4},
        {"on": "valid"}, {"timeline": True}, {"twin": twins(TASK.shape, 8)["dense"]},
        {"twin": twins(TASK.shape, 8, width=4)["conv"]},
    ):  # fmt: skip
        keys.add(trial(**change).key("task"))
    assert len(keys) == 15
    assert trial().key("task") == base.key("task")


@pytest.mark.parametrize("peak", [*LADDER])
def test_a_search_finds_the_best_rate_wherever_it_is(peak):
    cell = ("conv", 64, "intact")

    def answered(trials):
        found = []
        for one in trials:
            distance = abs(LADDER.index(one.lr) - LADDER.index(peak))
            accuracy = 1 - 0.05 * distance - (0.01 if one.weight_decay > 0.1 else 0)
            answers = {"intact": Answers(accuracy, 1 - accuracy, None, np.ones(4, bool))}
            found.append(Outcome(1.0, 1, answers))
        return found

    def wanted(cell, lr, decay, seed):
        return trial(lr=lr, weight_decay=decay, seed=seed, on="valid")

    found = searched([cell], wanted, answered)[cell]
    assert (found.lr, found.weight_decay) == (peak, 0.01)
    assert found.settled == (peak not in (LADDER[0], LADDER[-1]))
    assert set(RATES) <= {one.lr for one in found.tried}
    assert best(found.tried).lr == peak


def test_no_network_is_better_than_the_best_rule():
    """Bayes accuracy is a bound, to within what 4,000 test items leave open."""
    task = planted(1, pool=4000)
    pooled = twins(task.shape, 2, names=["conv+pool"], geometry=task.geometry)["conv+pool"]
    answers = train(task, trial(twin=pooled, n=2048, lr=0.1, steps=400, batch=128))[0].answers
    assert task.bayes is not None
    margin = 3 * (0.25 / len(task.x_test)) ** 0.5
    assert 0.75 < answers["intact"].accuracy < task.bayes + margin
