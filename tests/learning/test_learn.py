"""The study judged in one call: what it returns, what it keeps, what it says of the audit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.learning.analysis.planted import DENSE, SIZES, everything, planted
from tests.learning.prior.planted import permuted, smooth

import convscope as cs
from convscope.errors import SpecError, WorkError
from convscope.learning.finding import Learning, worth
from convscope.learning.learn import judged, learn
from convscope.learning.prior import Prior, prior
from convscope.learning.study import Study
from convscope.learning.tasks.built import spectra
from convscope.learning.tasks.task import Task, split


def said_of_the_audit(found: Learning) -> str:
    assert found.agreement is not None
    return found.agreement.text


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
        settings={"sizes": list(SIZES), "seeds": [0], "steps": 1, "test": 4000, "threshold": 0.7},
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
    assert "conv+pool hardly learned" in said_of_the_audit(found)
    (said,) = found.notes
    assert said.startswith("conv+pool gets 55% of its own")
    assert "the study refutes it" in said_of_the_audit(learned(0.95))
    assert learned(0.95).notes == ()


def test_a_net_that_is_held_back_by_its_size_is_named() -> None:
    runs = planted(everything(), items=4000, seeds=6)  # tests of 78 % at most

    def notes(train: float) -> tuple[str, ...]:
        made = [replace(r, train_accuracy=train) if r.net == "conv+pool" else r for r in runs]
        rest = [replace(r, train_accuracy=1.0) if r.net != "conv+pool" else r for r in made]
        return judged(Study(**{**vars(study()), "runs": tuple(rest)})).notes

    (said,) = notes(0.80)
    assert said.startswith("conv+pool gets 80% of its own 8,192 training samples right and 78%")
    assert notes(0.95) == ()


def test_data_without_labels_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", waveforms=smooth(100, (16,)).astype(np.float32))
    with pytest.raises(SpecError, match="nothing to learn"):
        learn(tmp_path / "x.npz")


def test_what_the_audit_said_is_confirmed_or_refuted() -> None:
    fits, not_fits = prior(task()), prior(task(scrambled=True))
    assert fits.verdict == "fits"
    assert not_fits.verdict == "does not fit"
    better, equal = study(), study(advantage=False)
    for done, audited, word in (
        (better, fits, "confirms"),
        (better, not_fits, "refutes"),
        (equal, fits, "does not decide"),
        (equal, not_fits, "confirms"),  # sharing gains less than 2 points, as was said
    ):
        found = judged(done, audited=audited).agreement
        assert found is not None
        assert (found.sharing, found.position) == (word, None)
        assert f"the study {word} it" in found.text
    assert judged(better).agreement is None


def positional(**changes: float) -> Study:
    """Return a study in which conv beats dense by 5 points, and curves are moved by the changes: ``conv_pool=-0.1``."""
    truth = {net: tuple(a + 0.1 for a in DENSE) for net in ("conv+pool", "conv", "dense")}
    moved = {"conv": 0.05, **{name.replace("_", "+"): by for name, by in changes.items()}}
    rows = {
        (net, condition): tuple(a + moved.get(net, 0.0) - lost.get(net, 0.0) for a in curve)
        for net, curve in truth.items()
        for condition, lost in (
            ("intact", {}),
            ("shifted:4", {"dense": 0.25, "conv": 0.25, "conv+pool": moved.get("lost", 0.0)}),
        )
    }
    return Study(
        **{
            **vars(study()),
            "runs": tuple(planted(rows, items=4000, seeds=6, spread=moved.get("spread", 0.01))),
        }
    )


@pytest.fixture(scope="module")
def spectral() -> Prior:
    """Return an audit that says: share weights, and keep the position."""
    audited = prior(spectra(pool=1000, tests=10))
    assert audited.positioned == ("time",)
    assert audited["time"].share == "yes"
    return audited


@pytest.mark.parametrize(
    ("changes", "position"),
    [
        ({"conv_pool": -0.1}, "confirms"),  # a net that pools cannot tell where
        ({"conv_pool": 0.05, "lost": 0.2}, "confirms"),  # it tells, by something that moves
        ({"conv_pool": 0.05, "lost": 0.0}, "refutes"),  # it tells, and moving changes nothing
        (
            {"conv_pool": 0.04, "lost": 0.0, "spread": 0.05},
            "does not decide",
        ),  # whether it tells is open
    ],
)
def test_where_position_is_the_answer_the_net_that_keeps_it_judges_sharing(
    spectral: Prior, changes: dict[str, float], position: str
) -> None:
    found = judged(positional(**changes), audited=spectral).agreement
    assert found is not None
    assert (found.sharing, found.position) == ("confirms", position)
    assert "conv is 5" in found.text or "conv is 4" in found.text


@pytest.mark.parametrize(("shifted", "said"), [(0.3, "100% to 100%"), (0.95, "0% to 0%")])
def test_the_share_that_a_shift_takes_is_a_share(
    spectral: Prior, shifted: float, said: str
) -> None:
    """A test that is moved may fall below chance, or be easier."""
    rows = {
        ("conv+pool", "intact"): (0.75,) * 5,
        ("conv+pool", "shifted:4"): (shifted,) * 5,
        ("dense", "intact"): DENSE,
    }
    moved = Study(**{**vars(study()), "runs": tuple(planted(rows, items=4000, seeds=6))})
    found = judged(moved, audited=spectral).agreement
    assert found is not None
    assert f"moving the test takes {said} of what conv+pool knows" in found.text


def test_advice_against_sharing_is_not_confirmed_by_a_net_that_hardly_learned() -> None:
    beaten = everything() | {("conv+pool", "intact"): (0.52,) * 5}
    runs = [
        replace(r, train_accuracy=0.55) if r.net == "conv+pool" else r
        for r in planted(beaten, items=4000, seeds=6)
    ]
    audited = prior(task(scrambled=True))
    found = judged(Study(**{**vars(study()), "runs": tuple(runs)}), audited=audited).agreement
    assert found is not None
    assert found.sharing == "does not decide"


def test_sizes_without_any_run_are_named_wherever_a_difference_is() -> None:
    done = study()
    kept = tuple(run for run in done.runs if run.n > 32)
    found = judged(Study(**{**vars(done), "runs": kept}), audited=prior(task()))
    assert found.claim("C1").parts[0].left_out == (32,)
    assert "Not all claims are about n = 32." in found.summary()
    assert found.agreement is not None
    assert "over n = 128, 512, 2,048, 8,192 conv+pool is" in found.agreement.text


def test_without_a_net_that_tells_an_audit_stays_open(spectral: Prior) -> None:
    dense = {("dense", "intact"): DENSE}
    alone = Study(**{**vars(study()), "runs": tuple(planted(dense, items=400, seeds=3))})
    found = judged(alone, audited=spectral).agreement
    assert found is not None
    assert (found.sharing, found.position) == (None, None)
    assert "decides nothing" in found.text


def test_the_headline_is_of_convolution_with_pooling_on_data_as_they_are() -> None:
    done = study()
    turned = Study(
        **{**vars(done), "nets": dict.fromkeys(("conv", "dense", "conv+pool"), "made up")}
    )
    found = judged(turned)
    assert found.headline is not None
    assert (found.headline.net, found.headline.condition) == ("conv+pool", "intact")
    assert found.document()["data_equivalence"]["net"] == "conv+pool"
    only = tuple(run for run in done.runs if run.condition == "permuted")
    permuted_only = judged(Study(**{**vars(done), "runs": only}))
    assert permuted_only.headline is None
    assert permuted_only.document()["data_equivalence"] is None
    assert worth(permuted_only.equivalences[0]).startswith("With permuted data: for ")


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

    where = prior(Parts(600, 3, label="position"), samples=600)
    what = prior(Parts(400, 3), samples=400)
    assert where.verdict == "fits in part"
    assert "do not pool it away" in where.summary()
    assert where["width"].positioned == "yes"
    assert what.verdict == "fits"
