"""Tasks: what is known of each holds of the samples, and nothing is tested on what it has seen."""

import numpy as np
import pytest
import soundfile
from scipy.stats import norm

from convscope.data.parts import Parts
from convscope.errors import SpecError
from convscope.learning.tasks import TASKS, Task, open_task, opening, split
from convscope.learning.tasks.built import norm_compare, parts, spectra
from convscope.learning.tasks.mnist1d import _TEMPLATES, mnist1d
from convscope.learning.tasks.planted import bayes, planted
from convscope.learning.tasks.sounds import spectrogram, spectrum
from convscope.learning.twins import reference


def pattern_of(task: Task, patches: tuple[int, ...], side: tuple[int, ...]) -> np.ndarray:
    """Return the samples cut into patches, ``(N, patches, numbers)``."""
    x = task.x_train[:, 0]
    axes = len(patches)
    cut = [n for pair in zip(patches, side, strict=True) for n in pair]
    order = [0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2)]
    return x.reshape(len(x), *cut).transpose(order).reshape(len(x), int(np.prod(patches)), -1)


@pytest.mark.parametrize(
    ("axes", "patches", "side"),
    [(1, (16,), (12,)), (2, (4, 4), (4, 4)), (3, (3, 3, 3), (3, 3, 3))],
)
def test_a_planted_signal_is_in_one_patch_and_its_sign_is_the_label(axes, patches, side):
    task = planted(axes, sigma=0.01, pool=3000, tests=1500)
    found = pattern_of(task, patches, side)
    length = np.linalg.norm(found, axis=2)
    assert ((length > 0.5).sum(1) == 1).all()
    at = length.argmax(1)
    assert len(np.unique(at)) == int(np.prod(patches))
    signal = found[np.arange(len(found)), at] * (2 * task.y_train - 1)[:, None]
    assert np.linalg.norm(signal.mean(0)) == pytest.approx(1, abs=0.01)
    assert signal.std(0).max() < 0.02


def test_the_other_half_of_the_patches_is_learned_nothing_of():
    task = planted(1, sigma=0.01, half=True, pool=3000, tests=1500)
    at = np.linalg.norm(pattern_of(task, (16,), (12,)), axis=2).argmax(1)
    assert set(at.tolist()) == set(range(8))
    tested = task.x_test[:, 0].reshape(-1, 16, 12)
    assert len(np.unique(np.linalg.norm(tested, axis=2).argmax(1))) == 16


def test_bayes_of_one_patch_is_the_normal_distribution():
    """With one patch the best rule is the sign of one normal number."""
    for sigma in (0.5, 1.0):
        best = bayes(1, sigma, np.random.default_rng(0))
        assert best == pytest.approx(norm.cdf(1 / sigma), abs=0.005)


def test_bayes_falls_with_patches_and_noise():
    draw = np.random.default_rng(0)
    few, many = (bayes(k, 0.35, draw) for k in (2, 64))
    loud = bayes(2, 0.7, draw)
    assert many < few
    assert loud < few


def test_the_best_rule_is_as_good_on_the_samples():
    task = planted(1, pool=3000, tests=4000)
    found = task.x_test[:, 0].reshape(-1, 16, 12)
    pattern = pattern_of(planted(1, sigma=0.001, pool=3000, tests=1500), (16,), (12,))
    at = np.linalg.norm(pattern, axis=2).argmax(1)
    known = pattern[0, at[0]] * (2 * planted(1, sigma=0.001, pool=3000, tests=1500).y_train[0] - 1)
    products = found @ known
    plus, minus = (np.exp(s * products / 0.35**2).sum(1) for s in (1, -1))
    assert task.bayes is not None
    assert np.mean((plus > minus) == task.y_test) == pytest.approx(task.bayes, abs=0.02)


def test_mnist1d_is_as_published():
    task = mnist1d()
    assert task.x_train.shape == (4000, 1, 40)
    assert task.x_test.shape == (1000, 1, 40)
    whole = np.concatenate([task.x_train, task.x_test])
    assert whole.mean() == pytest.approx(0, abs=1e-5)
    assert whole.std() == pytest.approx(1, abs=1e-5)
    counts = np.bincount(np.concatenate([task.y_train, task.y_test]))
    assert counts.tolist() == [500] * 10
    assert np.array(_TEMPLATES).shape == (10, 12)


def test_norm_compare_is_what_it_says():
    task = norm_compare(pool=3000, tests=1500)
    norms = np.linalg.norm(task.x_test.reshape(len(task.x_test), 3, -1), axis=2)
    assert np.array_equal(task.y_test, (norms[:, 0] > norms[:, 1]).astype(int))


def test_spectra_tell_their_band_by_the_strongest_peak():
    task = spectra(pool=3000, tests=1500)
    assert np.mean(task.x_test[:, 0].argmax(1) // 8 == task.y_test) > 0.85
    assert task.chance < 0.2


def test_parts_are_where_they_should_be():
    left = parts(position="left half", name="parts-left", side=24, pool=60, tests=40)
    assert left.shape == (3, 24, 24)
    assert len(left.classes) == 8
    where = parts(label="position", name="parts-position", side=24, pool=60, tests=40)
    assert where.classes[0].startswith("row")
    centred = parts(position="centred", name="parts-centred", side=24, pool=60, tests=40)
    assert not np.array_equal(centred.x_test, parts(side=24, pool=60, tests=40).x_test)


def test_some_kinds_of_the_parts_are_those_of_the_whole_world():
    few = parts(kinds=("dog", "car"), side=16, pool=40, tests=24)
    assert few.classes == ("dog", "car")
    assert [len(p) for p in (few.x_train, few.x_valid, few.x_test)] == [40, 500, 24]
    world = Parts(4 * 540, 1, size=16)
    assert world.labels is not None
    assert world.classes is not None
    named = [world.classes[label] for label in world.labels]
    chosen = [k for k, name in enumerate(named) if name in few.classes][:5]
    for at, picture, label in zip(chosen, few.x_train, few.y_train, strict=False):
        assert np.array_equal(picture, np.rint(world[at].array * 255))
        assert few.classes[label] == named[at]


def test_units_asked_what_see_all_of_a_picture_and_those_asked_where_do_not():
    """Fields by hand: 3, then twice as far between places and two of them more at each stage."""
    what = parts(kinds=("dog", "car"), side=16, pool=20, tests=16)
    where = parts(label="position", side=16, pool=20, tests=16)
    for task, sees in ((what, 18), (where, 8)):
        stages = (task.geometry or reference(task.shape, len(task.classes))).stages
        field = (
            1
            + sum(2 * 2**k for k in range(len(stages)))
            + sum(2**k for k in range(len(stages) - 1))
        )
        assert field == sees
        assert (field >= task.shape[1]) == (task is what)


def labelled(count: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    return draw.standard_normal((count, 1, 8), np.float32), draw.integers(0, 2, count)


def test_a_split_shares_nothing():
    x, y = labelled(200)
    task = split("made up", x, y, ("a", "b"))
    rows = [{one.tobytes() for one in part} for part in (task.x_train, task.x_valid, task.x_test)]
    assert sum(map(len, rows)) == 200
    assert not rows[0] & rows[1] | rows[0] & rows[2] | rows[1] & rows[2]
    assert [len(r) for r in rows] == [100, 40, 60]


def test_a_split_by_groups_parts_no_group():
    x, y = labelled(240)
    groups = [f"speaker {k % 6}" for k in range(240)]
    task = split("made up", x, y, ("a", "b"), groups=groups)
    where = {one.tobytes(): group for one, group in zip(x, groups, strict=True)}
    used = [
        {where[o.tobytes()] for o in part} for part in (task.x_train, task.x_valid, task.x_test)
    ]
    assert not used[0] & used[1] | used[0] & used[2] | used[1] & used[2]
    assert [len(u) for u in used] == [3, 1, 2]
    assert set(task.groups or ()) == used[0]


def test_too_little_to_split_is_refused():
    x, y = labelled(30)
    with pytest.raises(SpecError, match="too few to learn"):
        split("made up", x, y, ("a", "b"))
    x, y = labelled(100)
    with pytest.raises(SpecError, match="the same label"):
        split("made up", x, np.ones(100, int), ("a", "b"))
    with pytest.raises(SpecError, match="2 speakers"):
        split("made up", x, y, ("a", "b"), groups=["x", "y"] * 50)
    with pytest.raises(SpecError, match="leaves 1 samples"):  # one group is nearly all there is
        split("made up", x, y, ("a", "b"), groups=["x"] * 98 + ["y", "z"])
    x, y = labelled(300)
    with pytest.raises(SpecError, match="of 1 classes"):  # a class to each group
        split(
            "made up",
            x,
            y,
            ("a", "b"),
            groups=[f"{'xyz'[k % 3]}{label}" for k, label in enumerate(y)],
        )


def test_samples_are_standard_whatever_they_are_stored_as():
    draw = np.random.default_rng(0)
    x = draw.integers(0, 255, (300, 2, 6, 6), np.uint8)
    x[:, 1] //= 4
    task = split("made up", x, draw.integers(0, 3, 300), ("a", "b", "c"))
    seen = task.samples(task.x_train)
    assert seen.dtype == np.float32
    assert np.allclose(seen.mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(seen.std((0, 2, 3)), 1, atol=1e-5)


def test_a_fingerprint_is_of_the_data():
    a, b, other = (split("x", *labelled(n), ("a", "b")) for n in (100, 100, 101))
    assert a.fingerprint == b.fingerprint != other.fingerprint


def test_any_labelled_data_is_a_task():
    task = open_task("digits")
    assert task.shape == (1, 8, 8)
    assert task.x_train.dtype == np.float32 or task.x_train.dtype == np.uint8
    assert len(task.x_train) + len(task.x_valid) + len(task.x_test) == 1797


def test_spoken_digits_are_split_by_speaker(tmp_path):
    draw = np.random.default_rng(0)
    for k, speaker in enumerate(("ann", "bob", "cy", "dee")):
        for digit in range(4):
            for index in range(5):
                wave = 0.1 * draw.standard_normal(4000)
                soundfile.write(tmp_path / f"{digit}_{speaker}_{index}.wav", wave, 8000)
        assert k < 4
    rows = [f"{p.name},{p.name[0]}" for p in sorted(tmp_path.glob("*.wav"))]
    (tmp_path / "labels.csv").write_text("file,label\n" + "\n".join(rows) + "\n")
    task = open_task(tmp_path)
    assert len(set(task.groups or ())) == 2
    assert task.shape[0] == 32
    assert any("speaker" in note for note in task.notes)
    views = {view: open_task(f"{view}:{tmp_path}").shape for view in ("spectra", "spectrogram")}
    assert views["spectra"] == (1, 64)
    assert views["spectrogram"][:2] == (1, 32)


def test_a_tone_is_in_its_band():
    time = np.arange(8000) / 8000
    tones = np.stack([np.sin(2 * np.pi * f * time) for f in (300, 1000, 3000)])[:, None]
    tones = tones.astype(np.float32)
    loudest = spectrogram(tones).mean(2).argmax(1)
    assert loudest[0] < loudest[1] < loudest[2]
    assert spectrum(tones)[:, 0].argmax(1).tolist() == [
        (round(f / 31.25) - 1) // 2 for f in (300, 1000, 3000)
    ]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("planted:4", "one, two or three"),
        ("spectra:digits", "give sounds"),
        ("nothing-like-this", "no file or folder"),
    ],
)
def test_what_is_no_task_is_said(spec, said):
    with pytest.raises(SpecError, match=said):
        open_task(spec)


def test_every_task_is_listed():
    assert {name.partition("[")[0].partition(":")[0] for name in TASKS} >= {
        "planted", "planted-half", "mnist1d", "norm-compare", "spectra", "parts", "parts-position",
    }  # fmt: skip


def test_quick_parts_ask_two_kinds_and_say_so(monkeypatch):
    asked = {}
    monkeypatch.setattr(opening, "parts", lambda **options: asked.update(options))
    open_task("parts-left", quick=True)
    assert asked["kinds"] == ("dog", "car")
    assert asked["position"] == "left half"
    asked.clear()
    open_task("parts-position", quick=True)
    assert "kinds" not in asked
    few = parts(kinds=("dog", "car"), side=16, pool=20, tests=16)
    assert any("dog or car" in note for note in few.notes)


@pytest.mark.parametrize("view", [spectrogram, spectrum])
def test_sounds_shorter_than_a_frame_are_refused(view):
    with pytest.raises(SpecError, match="at least 256 are needed"):
        view(np.zeros((4, 1, 200), np.float32))
