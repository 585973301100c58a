"""Runs are handed to the trackers that are there."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from convscope.errors import SpecError
from convscope.learning.learn import learn
from convscope.learning.logging import tracker
from convscope.learning.study import study
from convscope.learning.tasks.built import spectra


@pytest.fixture(scope="module")
def done():
    task = spectra(pool=200, tests=60)
    return study(
        task,
        nets=["dense"],
        sizes=[32],
        seeds=2,
        conditions=["intact"],
        steps=20,
        workers=1,
        quick=True,
    )


def test_every_run_is_handed_to_mlflow(done, monkeypatch):
    told = []
    fake = SimpleNamespace(
        set_tracking_uri=lambda uri: told.append(("uri", uri)),
        set_experiment=lambda name: None,
        start_run=lambda run_name: nullcontext(told.append(("run", run_name))),
        log_params=lambda params: told.append(("params", params)),
        log_metrics=lambda values: told.append(("values", values)),
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    tracker("mlflow:runs")(done)
    assert done.runs
    values = [thing for what, thing in told if what == "values"]
    assert [one["accuracy"] for one in values] == [run.accuracy for run in done.runs]
    params = [thing for what, thing in told if what == "params"]
    assert {one["net"] for one in params} == {"dense"}


def test_every_run_is_handed_to_tensorboard(done, monkeypatch):
    told = []

    class Writer:
        def __init__(self, folder):
            told.append(folder)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def add_hparams(self, settings, values, run_name):
            told.append((settings["seed"], values["accuracy"], run_name))

    fake = SimpleNamespace(SummaryWriter=Writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", fake)
    tracker("tensorboard:board")(done)
    assert {one for one in told if isinstance(one, str)} == {"board"}
    assert len([one for one in told if isinstance(one, tuple)]) == len(done.runs)


def test_a_tracker_that_is_missing_is_named_with_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(SpecError, match="pip install mlflow"):
        tracker("mlflow:runs")


@pytest.mark.parametrize("to", ["wandb:x", "mlflow", "tensorboard:"])
def test_other_places_are_refused(to):
    with pytest.raises(SpecError, match="cannot be logged"):
        tracker(to)


def test_learning_asks_for_the_tracker_before_it_trains(monkeypatch):
    task = spectra(pool=200, tests=60)
    with pytest.raises(SpecError, match="cannot be logged"):
        learn(task, log="wandb:x")
    told = []
    fake = SimpleNamespace(
        set_tracking_uri=told.append,
        set_experiment=lambda name: None,
        start_run=lambda run_name: nullcontext(told.append(run_name)),
        log_params=lambda params: None,
        log_metrics=lambda values: None,
    )
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    found = learn(
        task, nets=["dense"], sizes=[32], seeds=2, conditions=["intact"], steps=20, workers=1,
        audit=False, log="mlflow:runs",
    )  # fmt: skip
    assert len([one for one in told if one != "runs"]) == len(found.runs) > 0


def test_a_tracker_that_fails_loses_nothing(monkeypatch):
    def fails(uri):
        raise ConnectionError(f"nobody listens at {uri}")

    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(set_tracking_uri=fails))
    found = learn(
        spectra(pool=200, tests=60), nets=["dense"], sizes=[32], seeds=2, conditions=["intact"],
        steps=20, workers=1, audit=False, log="mlflow:http://localhost:1",
    )  # fmt: skip
    assert found.runs
    assert "nobody listens at http://localhost:1" in found.notes[-1]
