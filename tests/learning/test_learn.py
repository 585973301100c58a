"""The study judged in one call: what it returns, what it keeps, what it says of the audit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.learning.analysis.planted import everything, planted
from tests.learning.prior.planted import permuted, smooth, spectra

import convscope as cs
from convscope.errors import SpecError, WorkError
from convscope.learning.finding import Learning, agreement
from convscope.learning.learn import judged, learn
from convscope.learning.prior import prior
from convscope.learning.study import Study
from convscope.learning.tasks.task import Task, split


def task(*, scrambled: bool = False) -> Task:
    """Return smooth noise whose label is the sign of its mean, so that any net can learn it."""
    arrays = smooth(300, (16,))
    labels = (arrays.mean((1, 2)) > 0).astype(int)
    return split("made up", permuted(arrays) if scrambled else arrays, labels, ("low", "high"))


def study(advantage: bool = True) -> Study:
    """Return a study of made-up runs."""
    return Study(
        task="made up",
        fingerprint="0",
        shape=(1, 16),
        classes=("low", "high"),
        bayes=None,
        chance=0.5,
        nets=dict.fromkeys(("conv+pool", "conv", "dense"), "made up"),
        settings={"sizes": [32], "seeds": [0], "steps": 1, "test": 4000, "threshold": 0.7},
        runs=tuple(planted(everything(advantage), items=4000, seeds=6)),
        searches=(),
    )


@pytest.fixture(scope="module")
def small() -> Learning:
    return learn(
        task(), nets=["conv+pool", "dense"], sizes=[32, 64], seeds=2, steps=8,
        conditions=["intact", "permuted"], workers=1,
    )  # fmt: skip


def test_a_small_study_runs_and_is_judged(small: Learning) -> None:
    assert len(small.runs) == 2 * 2 * 2 * 2
    assert {claim.id for claim in small.claims} == {"C1", "C3", "C5"}
    assert small.prior is not None
    assert small.equivalences[0].than == "dense"
    point = small.point("dense", 64)
    runs = [
        run.accuracy
        for run in small.runs
        if (run.net, run.n, run.condition) == ("dense", 64, "intact")
    ]
    assert point.mean == pytest.approx(np.mean(runs), abs=1e-6)


def test_the_same_study_gives_the_same_document(small: Learning) -> None:
    again = learn(
        task(), nets=["conv+pool", "dense"], sizes=[32, 64], seeds=2, steps=8,
        conditions=["intact", "permuted"], workers=1,
    )  # fmt: skip
    assert again.document() == small.document()


def test_a_source_and_its_task_are_one(tmp_path: Path) -> None:
    arrays = smooth(200, (16,)).astype(np.float32)
    np.savez(tmp_path / "x.npz", waveforms=arrays, labels=(arrays.mean((1, 2)) > 0).astype(int))
    found = learn(
        cs.data(tmp_path / "x.npz"), nets=["dense"], sizes=[64], seeds=2, steps=30, workers=1,
        conditions=["intact"], out=tmp_path / "runs", audit=False,
    )  # fmt: skip
    assert found.prior is None
    assert found.claims == ()
    assert "No claim can be decided" in found.summary()
    assert (tmp_path / "runs" / "study.json").is_file()


def test_a_study_without_runs_says_why() -> None:
    empty = Study(**{**vars(study()), "runs": (), "refused": (("dense", 32, "intact"),)})
    with pytest.raises(WorkError, match="No net learns 'made up' in 1 steps"):
        judged(empty)


@pytest.mark.parametrize("seeds", [0, 1])
def test_one_seed_gives_no_interval_and_nothing_is_trained(seeds: int) -> None:
    with pytest.raises(SpecError, match="give no interval"):
        learn(task(), seeds=seeds)


def test_a_net_that_hardly_learned_is_named_and_refutes_nothing() -> None:
    beaten = everything() | {("conv+pool", "intact"): (0.52,) * 5}
    runs = planted(beaten, items=4000, seeds=6)

    def learned(train: float) -> Learning:
        """Return the study in which conv+pool gets so much of its training samples right."""
        made = [replace(r, train_accuracy=train) if r.net == "conv+pool" else r for r in runs]
        return judged(Study(**{**vars(study()), "runs": tuple(made)}), audited=prior(task()))

    found = learned(0.55)
    assert found.claim("C1").verdict == "not supported"
    assert "conv+pool hardly learned" in agreement(found)
    (said,) = found.notes
    assert said.startswith("conv+pool gets 55% of its own")
    assert "the study refutes it" in agreement(learned(0.95))
    assert learned(0.95).notes == ()


def test_data_without_labels_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", waveforms=smooth(100, (16,)).astype(np.float32))
    with pytest.raises(SpecError, match="nothing to learn"):
        learn(tmp_path / "x.npz")


def test_what_the_audit_said_is_confirmed_or_refuted() -> None:
    fits, not_fits = prior(task()), prior(task(scrambled=True))
    assert fits.verdict == "fits"
    assert not_fits.verdict == "does not fit"
    assert "the study confirms it" in agreement(judged(study(), audited=fits))
    assert "the study refutes it" in agreement(judged(study(), audited=not_fits))
    assert "does not decide it" in agreement(judged(study(advantage=False), audited=fits))
    assert "decides nothing" in agreement(judged(study()))


def test_position_as_the_answer_is_confirmed_where_moving_the_test_loses_it() -> None:
    arrays, labels = spectra(400)
    audited = prior(split("lines", arrays, labels, tuple("abcd")))
    assert audited.positioned == ("time",)
    truth = everything()
    kept = agreement(judged(study(), audited=audited))
    assert "which refutes it" in kept  # in that study, conv+pool loses 1 point
    falls = truth | {("conv+pool", "shifted:4"): (0.5,) * 5}
    lost = Study(**{**vars(study()), "runs": tuple(planted(falls, items=4000, seeds=6))})
    assert "which confirms it" in agreement(judged(lost, audited=audited))


def test_the_audit_reads_tasks_and_sources_alike() -> None:
    found = prior(task())
    assert found.data["spec"] == "made up"
    assert found["time"].share == "yes"
    assert found.table().num_rows == 1
    assert "share weights" in found.summary()


def test_too_few_or_constant_data_are_not_audited(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", waveforms=smooth(10, (16,)).astype(np.float32))
    with pytest.raises(SpecError, match="needs 40 or more"):
        prior(cs.data(tmp_path / "few.npz"))
    np.savez(tmp_path / "same.npz", waveforms=np.ones((60, 1, 16), np.float32))
    with pytest.raises(SpecError, match="the same at almost every place"):
        prior(cs.data(tmp_path / "same.npz"))


def test_position_as_the_answer_is_found_and_object_is_not() -> None:
    """The built-in world asked where instead of what."""
    from convscope.data.parts import Parts

    where = prior(Parts(400, 3, label="position"), samples=400)
    what = prior(Parts(400, 3), samples=400)
    assert where.verdict == "fits in part"
    assert "do not pool it away" in where.summary()
    assert where["width"].positioned == "yes"
    assert what.verdict == "fits"
