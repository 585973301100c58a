"""The study: paired, nested, tuned on other seeds, and the same however often it was killed."""

import json
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convscope.errors import SpecError
from convscope.learning.study import study
from convscope.learning.tasks import open_task
from convscope.learning.tasks.built import spectra
from convscope.learning.trials.search import MOST_SEEDS
from convscope.learning.twins import twins

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    "nets": ["conv+pool", "dense"],
    "sizes": [32, 96],
    "seeds": 2,
    "conditions": ["intact", "permuted", "shifted:3"],
    "quick": True,
    "steps": 12,
    "batch": 16,
}


@pytest.fixture(scope="module")
def task():
    return spectra(pool=400, tests=120)


@pytest.fixture(scope="module")
def whole(task, tmp_path_factory):
    """Return an uninterrupted study and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return study(task, folder=folder, workers=1, **SETTINGS), folder


def test_there_is_a_run_for_every_cell_and_seed(whole):
    done, _ = whole
    cells = [(run.net, run.condition, run.n, run.seed) for run in done.runs]
    assert len(done.refused) <= 2  # of eight: there are runs to look at
    assert len(cells) == len(set(cells))
    expected = {
        (net, condition, n, seed)
        for net in SETTINGS["nets"]
        for condition in SETTINGS["conditions"]
        for n in SETTINGS["sizes"]
        for seed in (0, 1)
        if (net, n, "intact" if condition == "shifted:3" else condition) not in done.refused
    }
    assert set(cells) == expected
    for run in done.runs:
        assert run.correct.shape == (120,)
        assert run.accuracy == pytest.approx(run.correct.mean())


def test_rates_are_those_of_the_search_and_the_search_saw_no_reported_seed(whole):
    done, folder = whole
    assert done.runs
    chosen = {(one.net, one.n, one.condition): one for one in done.searches}
    for run in done.runs:
        search = chosen[run.net, run.n, run.condition.replace("shifted:3", "intact")]
        assert run.lr == search.lr
        assert search.settled
        rates = [one.lr for one in search.tried]
        assert min(rates) < search.lr < max(rates)
        assert max(search.tried, key=lambda one: (one.accuracy, -one.loss)).lr == search.lr
    for file in (folder / "trials").glob("*.json"):
        trial = json.loads(file.read_text())["trial"]
        assert (trial["on"] == "valid") == (trial["seed"] >= MOST_SEEDS)


def test_a_shift_is_only_in_the_test(whole):
    done, _ = whole
    assert any(run.net == "dense" and run.condition == "shifted:3" for run in done.runs)
    runs = {(run.net, run.condition, run.n, run.seed): run for run in done.runs}
    for (net, condition, n, seed), run in runs.items():
        if condition == "shifted:3":
            intact = runs[net, "intact", n, seed]
            assert run.train_accuracy == intact.train_accuracy
            # After so few steps a net that pools may answer all items alike; the dense one does not.
            assert net != "dense" or (run.correct != intact.correct).any()


def test_results_do_not_depend_on_the_processes(whole, task):
    done, _ = whole
    again = study(task, workers=2, **SETTINGS)
    assert json.dumps(again.document()) == json.dumps(done.document())
    assert all((a.correct == b.correct).all() for a, b in zip(again.runs, done.runs, strict=True))


def test_killed_ten_times_it_ends_with_the_same_table_and_nothing_is_done_twice(whole, tmp_path):
    _, folder = whole
    program = (
        "import json, sys; from pathlib import Path\n"
        "from convscope.learning.study import study\n"
        "from convscope.learning.tasks.built import spectra\n"
        "study(spectra(pool=400, tests=120), folder=Path(sys.argv[1]), workers=1,"
        " **json.loads(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps(SETTINGS)]
    chance = random.Random(1)
    whole_trials = {path.name for path in (folder / "trials").iterdir()}
    each = len(whole_trials) // 11
    written: dict[str, int] = {}

    def noted() -> dict[str, int]:
        trials = tmp_path / "trials"
        found = trials.iterdir() if trials.is_dir() else []
        return {one.name: one.stat().st_ino for one in found if not one.name.startswith(".")}

    for _ in range(10):
        with subprocess.Popen(command, cwd=ROOT) as process:
            before, limit = len(noted()), time.monotonic() + 60
            wanted = before + chance.randint(1, each)
            while len(noted()) < wanted and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.05)
            assert process.poll() is None, "it ended before it was killed"
            process.kill()
        now = noted()
        assert all(now[name] == inode for name, inode in written.items())
        written = now
    assert 10 <= len(written) < len(whole_trials)
    subprocess.run(command, cwd=ROOT, check=True)
    assert all(noted()[name] == inode for name, inode in written.items())
    assert set(noted()) == whole_trials
    assert (tmp_path / "study.json").read_bytes() == (folder / "study.json").read_bytes()


def test_a_damaged_file_is_trained_again(whole, task, tmp_path):
    done, folder = whole
    for file in sorted((folder / "trials").glob("*.json")):
        (tmp_path / "trials").mkdir(exist_ok=True)
        (tmp_path / "trials" / file.name).write_bytes(file.read_bytes())
    victim = sorted((tmp_path / "trials").glob("*.json"))[3]
    text = victim.read_text()
    victim.write_text(text[: len(text) // 2])
    assert study(task, folder=tmp_path, workers=1, **SETTINGS).document() == done.document()
    assert json.loads(victim.read_text()) == json.loads(text)


def test_other_data_or_settings_are_other_runs(whole, task, tmp_path):
    _, folder = whole
    before = len(list((folder / "trials").glob("*.json")))
    other = replace(task, y_test=task.y_test[::-1].copy())
    few = {**SETTINGS, "nets": ["dense"], "sizes": [32], "seeds": 1, "conditions": ["intact"]}
    study(other, folder=folder, workers=1, **few)
    assert len(list((folder / "trials").glob("*.json"))) > before


def test_a_study_without_a_convolution_keeps_no_timeline(task, tmp_path):
    settings = SETTINGS | {
        "nets": ["local", "dense"],
        "sizes": [32],
        "conditions": ["intact"],
        "steps": 2,
    }
    done = study(task, folder=tmp_path, workers=1, **settings)
    assert done.timeline is None
    assert set(done.costs) == {"local", "dense"}


def test_the_timeline_holds_one_networks_weights(whole):
    from convscope.learning.checkpoint import load_checkpoint

    done, _ = whole
    assert done.timeline is not None
    file, steps = done.timeline
    assert steps == (0, 1, 2, 4, 8, 12)
    tensors, facts = load_checkpoint(file)
    assert facts["steps"] == list(steps)
    first = [tensors[f"{k}.layers.0.weight"].numpy() for k in range(len(steps))]
    assert not np.array_equal(first[0], first[-1])


def test_own_networks_can_be_studied(task):
    narrow, wide = (
        twins(task.shape, 8, names=["dense"], width=width)["dense"] for width in (4, 32)
    )
    done = study(
        task, nets={"narrow": narrow, "wide": wide}, sizes=[200], seeds=2, conditions=["intact"], steps=40,
        workers=1, quick=True,
    )  # fmt: skip
    assert [run.net for run in done.runs] == ["narrow", "narrow", "wide", "wide"]
    assert {run.net: run.parameters for run in done.runs} == {
        net: cost["parameters"] for net, cost in done.costs.items()
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nets": ["resnet"]}, "no net 'resnet'"),
        ({"nets": []}, "No nets are named"),
        ({"sizes": [32, 4000]}, "do not fit"),
        ({"sizes": [0]}, "give sizes from 2 to 400"),
        ({"seeds": 0}, "0 is too few for the number of seeds"),
        ({"steps": 0}, "too few for the number of steps"),
        ({"conditions": ["upside-down"]}, "no condition 'upside-down'"),
        ({"conditions": ["shifted:40"]}, "at most 32"),
    ],
)
def test_what_does_not_fit_is_said(task, change, said):
    with pytest.raises(SpecError, match=said):
        study(task, workers=1, **{**SETTINGS, **change})


def test_progress_is_told(task):
    told = []
    few = {**SETTINGS, "nets": ["dense"], "sizes": [32], "seeds": 1, "conditions": ["intact"]}
    study(task, workers=1, progress=lambda *all: told.append(all), **few)
    assert {what for what, _, _ in told} == {"choosing learning rates", "training"}
    assert told[-1][1] == told[-1][2]


def test_default_sizes_stay_within_the_pool():
    digits = open_task("digits", quick=True)
    done = study(
        digits, nets=["dense"], seeds=1, conditions=["intact"], steps=1, workers=1, quick=True
    )
    assert max(done.settings["sizes"]) <= len(digits.x_train)
    assert len(done.settings["sizes"]) == 3
