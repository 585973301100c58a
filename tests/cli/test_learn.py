"""`convscope learn` and `convscope prior`: documents, tables, folders, mistakes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.site.learned import learned
from typer.testing import CliRunner

import convscope as cs
from convscope.atlas import learning_step
from convscope.atlas.looking import checked_ideas
from convscope.cli.app import app

TINY = [
    *(
        "--nets",
        "conv+pool,dense",
        "--sizes",
        "32,64",
        "--seeds",
        "2",
        "--steps",
        "2",
        "--workers",
        "1",
    ),
    *("--conditions", "intact,permuted"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("data") / "made.npz"
    rng = np.random.default_rng(0)
    waves = rng.normal(size=(200, 1, 16)).cumsum(2).astype(np.float32)
    np.savez(place, waveforms=waves, labels=(waves[:, 0, -1] > 0).astype(int))
    return place


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def test_learn_prints_one_document(data: Path) -> None:
    result = run("learn", "--data", str(data), *TINY, "--json", "-q")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {"runs", "curves", "claims", "data_equivalence", "protocol", "network"} <= set(document)
    assert len(document["runs"]) == 16
    assert document["runs"][0]["net"] == "conv+pool"


def test_learn_keeps_runs_and_the_document(data: Path, tmp_path: Path) -> None:
    first = run("learn", "--data", str(data), *TINY, "-o", str(tmp_path / "kept"), "-q")
    assert first.exit_code == 0, first.output
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "kept" / "trials").iterdir()}
    assert (tmp_path / "kept" / "learn.json").is_file()
    again = run("learn", "--data", str(data), *TINY, "-o", str(tmp_path / "kept"), "-v", "-q")
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "kept" / "trials").iterdir()} == kept
    assert "C1" in again.stdout
    assert "steps to threshold" in again.stdout
    assert "the same command goes on" in again.stdout


def test_an_atlas_gets_the_study_the_audit_and_the_page(data: Path, tmp_path: Path) -> None:
    atlas = tmp_path / "atlas"
    cs.look(cs.load("demo"), out=atlas, only=["sharing"])
    result = run("learn", "--data", str(data), *TINY, "-o", str(atlas), "-q")
    assert result.exit_code == 0, result.output
    opened = cs.Atlas.open(atlas)
    assert {"sharing", "learn", "prior"} <= set(opened.names)
    assert opened.table("learn").num_rows == 16
    site = json.loads((atlas / "data" / "site.json").read_text(encoding="utf-8"))
    assert {"learn", "prior"} <= set(site["documents"])
    assert (atlas / "runs" / "study.json").is_file()


def test_prior_prints_a_document_and_a_table(data: Path) -> None:
    document = json.loads(run("prior", "--data", str(data), "--json", "-q").stdout)
    assert {"locality", "stationarity", "axes", "verdict", "advice"} <= set(document)
    assert document["axes"][0]["axis"] == "time"
    told = run("prior", "--data", str(data), "-q")
    assert told.exit_code == 0
    assert "share weights" in told.stdout


def test_prior_takes_tasks_too() -> None:
    document = json.loads(
        run("prior", "--data", "spectra", "--samples", "300", "--json", "-q").stdout
    )
    assert document["verdict"] == "fits in part"
    assert document["axes"][0]["positioned"] == "yes"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["learn"], "is about data"),
        (["prior"], "is about data"),
        (["learn", "--data", "digits", "--sizes", "many"], "no list of training sizes"),
        (["learn", "--data", "digits", "--nets", "convolution"], "There is no net"),
        (["learn", "--data", "digits", "--conditions", "upside-down"], "no condition"),
        (["learn", "--data", "digits", "--nets", "conv-pool"], "Did you mean conv+pool?"),
        (["learn", "--data", "digits", "--sizes", "99999"], "--sizes 32,128,512"),
        (["learn", "--data", "digits", "--sizes", "0"], "give sizes from 2"),
        (["learn", "--data", "digits", "--seeds", "0"], "greater than or equal to 2"),
        (["learn", "--data", "digits", "--steps", "0"], "greater than or equal to 1"),
        (["learn", "--data", "digits", "--conditions", "shifted:5"], "give at most 4"),
        (["learn", "--data", "parts:20"], "At least 60 are needed"),
        (["learn", "--data", "mnist1"], "Tasks of such a name: mnist1d."),
        (["learn", "--data", "xyz"], "Tasks: planted[:D]"),
        (["prior", "--data", "nowhere"], "no file or folder"),
        (["prior", "--data", "plante:2"], "Tasks of such a name: planted"),
        (["prior", "--data", "planted:7"], "one, two or three axes"),
        (["prior", "--data", "parts:20"], "needs 40 or more"),
        (["prior", "--data", "digits", "--samples", "3"], "greater than or equal to 40"),
    ],
)
def test_mistakes_are_explained(words: list[str], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros(100, int), "have the same label, so there is nothing to tell apart"),
        (None, "has no labels, so there is nothing to learn"),
    ],
)
def test_nothing_to_tell_apart_is_explained(
    labels: np.ndarray | None, said: str, tmp_path: Path
) -> None:
    waves = np.random.default_rng(0).normal(size=(100, 1, 16)).astype(np.float32)
    if labels is None:
        np.savez(tmp_path / "x.npz", waveforms=waves)
    else:
        np.savez(tmp_path / "x.npz", waveforms=waves, labels=labels)
    result = run("learn", "--data", str(tmp_path / "x.npz"))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_data_that_no_net_learns_end_with_1(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the best rate of every cell is at the end of all that are tried."""
    monkeypatch.setattr("convscope.learning.trials.search.LADDER", (0.001, 0.003, 0.01))
    monkeypatch.setattr(
        "convscope.learning.trials.search.best", lambda tried: max(tried, key=lambda one: one.lr)
    )
    result = run("learn", "--data", str(data), *TINY, "-q")
    assert result.exit_code == 1
    assert "No net learns" in result.stderr
    assert "--steps" in result.stderr


def test_look_learns_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def learn(data: Any, **settings: Any) -> Any:
        asked.append(settings)
        return learned()

    monkeypatch.setattr(learning_step, "learn", learn)
    assert "learn" not in checked_ideas(None)
    for _ in range(2):  # the second time, all of it is there
        atlas = cs.look(
            cs.load("demo"), cs.data("parts:80"), out=tmp_path / "a", only=["sharing", "learn"]
        )
        assert {"learn", "prior", "sharing"} <= set(atlas.names)
    assert len(asked) == 1
    assert asked[0]["quick"]
    assert asked[0]["out"] == tmp_path / "a" / "runs"


def test_look_says_why_data_cannot_be_learned(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).random((50, 3, 64, 64), np.float32)
    np.savez(tmp_path / "x.npz", images=pictures)
    atlas = cs.look(
        cs.load("demo"), cs.data(tmp_path / "x.npz"), out=tmp_path / "a", only=["learn"]
    )
    assert "nothing to learn" in atlas.manifest.left["learning"]
