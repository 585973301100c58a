"""The built-in world: what it promises to everything that is measured on it."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from convscope.data.canvas import Canvas, Frame
from convscope.data.concepts import EDGES, LEVEL, contents, gradient
from convscope.data.draws import Draws
from convscope.data.parts import Parts
from convscope.data.scene import Scene, paint
from convscope.data.shapes import Oval, rectangle
from convscope.errors import SpecError


def test_any_picture_at_any_time():
    forward = [Parts(8, 5)[i].array for i in range(8)]
    source = Parts(1000, 5)
    for i in (7, 3, 0, 3):
        assert np.array_equal(source[i].array, forward[i])


def test_the_same_to_the_last_bit_in_another_process():
    code = (
        "import hashlib; from convscope.data import open_source\n"
        "for spec in ('parts:40:9', 'parts1d:8:9', 'parts3d:8:9'):\n"
        "    d = open_source(spec); h = hashlib.sha256()\n"
        "    for i in range(len(d)): h.update(d[i].array.tobytes())\n"
        "    print(h.hexdigest(), d.fingerprint)"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    from convscope.data import open_source

    here = []
    for spec in ("parts:40:9", "parts1d:8:9", "parts3d:8:9"):
        source = open_source(spec)
        digest = hashlib.sha256()
        for i in reversed(range(len(source))):
            source[i]  # in another order, and each twice
        for i in range(len(source)):
            digest.update(source[i].array.tobytes())
        here += [digest.hexdigest(), source.fingerprint]
    assert here == there


def test_seeds_make_other_worlds():
    one, two = Parts(64, 1), Parts(64, 2)
    assert one.fingerprint != two.fingerprint
    assert not any(np.array_equal(one[i].array, two[i].array) for i in range(8))
    assert not np.array_equal(np.asarray(one.labels), np.asarray(two.labels))
    assert one.fingerprint == Parts(64, 1).fingerprint != Parts(64, 1, size=32).fingerprint


def test_every_eight_pictures_hold_every_class():
    labels = np.asarray(Parts(8000, 3).labels).reshape(-1, 8)
    assert (np.sort(labels, axis=1) == np.arange(8)).all()
    assert len({tuple(row) for row in labels.tolist()}) > 20


@pytest.mark.parametrize(("size", "channels"), [(64, 3), (96, 1), (32, 3)])
def test_pictures_are_what_they_say(size, channels):
    source = Parts(16, 1, size=size, channels=channels)
    for i in range(16):
        array = source[i].array
        assert array.shape == source.shape == (channels, size, size)
        assert array.dtype == np.float32
        assert 0 <= array.min() < array.max() <= 1
        if channels == 3:
            assert np.array_equal(np.rint(array * 255) / np.float32(255), array)


def test_the_same_scene_at_another_size():
    small, large = Parts(16, 1), Parts(16, 1, size=128)
    for i in range(8):
        half = large[i].array.reshape(3, 64, 2, 64, 2).mean((2, 4))
        assert np.corrcoef(small[i].array.ravel(), half.ravel())[0, 1] > 0.9


def _middles(source):
    whole = {name for name, level in LEVEL.items() if level == 4}
    for i in range(len(source)):
        sample = source[i]
        for box in sample.boxes:
            if box.concept in whole:
                (top, bottom), (left, right) = box.span
                yield sample, (top + bottom) / 2, (left + right) / 2


def test_position_options():
    spread = np.array([(y, x) for _, y, x in _middles(Parts(64, 2))])
    assert spread.std(0).min() > 5
    centred = np.array([(y, x) for _, y, x in _middles(Parts(64, 2, position="centred"))])
    assert np.abs(np.median(centred, 0) - 32).max() < 3
    left = np.array([x for _, _, x in _middles(Parts(64, 2, position="left half"))])
    assert np.mean(left < 34) > 0.95
    assert left.std() > 3


def test_position_can_be_the_answer():
    source = Parts(64, 2, label="position")
    assert source.classes is not None
    assert source.classes[:2] == ("row 1 column 1", "row 1 column 2")
    right = [
        int(y >= 32) * 4 + min(int(x) // 16, 3) == sample.label for sample, y, x in _middles(source)
    ]
    assert np.mean(right) > 0.8  # what leans out of the picture has its visible middle elsewhere


@pytest.mark.parametrize(
    "options",
    [
        {"n": 0},
        {"seed": -1},
        {"size": 8},
        {"channels": 2},
        {"position": "right"},
        {"label": "colour"},
        {"label": "position", "position": "centred"},
    ],
)
def test_options_that_cannot_be(options):
    with pytest.raises(SpecError, match="parts"):
        Parts(**options)


def test_no_colour_and_no_orientation_gives_the_class_away():
    """Linear classifiers on colours, and on local-orientation energy, stay under 30 %."""
    source = Parts(1800, 3)
    labels = np.asarray(source.labels)
    colours, energies = [], []
    for i in range(len(source)):
        array = source[i].array
        bins = (array * 3.999).astype(int)
        colours.append(np.bincount((bins[0] * 16 + bins[1] * 4 + bins[2]).ravel(), minlength=64))
        right, up = gradient(array.mean(0))
        direction = np.rint(np.arctan2(up, right) * 8 / np.pi).astype(int) % 8
        energy = right * right + up * up
        energies.append(np.bincount(direction.ravel(), energy.ravel(), minlength=8))
    for features in (colours, energies):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
        model.fit(features[:1200], labels[:1200])
        assert model.score(features[1200:], labels[1200:]) < 0.30


def test_fast_enough():
    """A thousand pictures a second on two cores, three hundred with masks; half of that on one."""
    source = Parts(400, 8)
    source[0]
    for wanted, look in ((500, lambda s: s.array), (150, lambda s: s.masks)):
        best = 0.0
        for _ in range(3):
            start = time.process_time()
            for i in range(100):
                look(source[i])
            best = max(best, 100 / (time.process_time() - start))
        assert best > wanted


def _canvas(value=0.0):
    return Canvas(np.full((3, 64, 64), value, np.float32), None, remember=True)


def test_a_circle_mask_has_the_circles_area():
    canvas = _canvas()
    canvas.paint(Frame(64, 30, 33, 15), Oval(0, 0, 1, 1), np.ones(3, np.float32))
    known = contents(canvas)
    assert known.masks["circle"].sum() == pytest.approx(np.pi * 225, rel=0.02)
    (box,) = known.boxes
    assert (box.concept, box.span) == ("circle", ((18, 48), (15, 45)))


def test_what_lies_on_a_thing_belongs_to_it_and_what_covers_it_does_not():
    canvas = _canvas()
    frame = Frame(64, 32, 32, 20)
    white = np.ones(3, np.float32)
    with canvas.part("eye"), canvas.upon(frame, Oval(0, 0, 1, 0.7), white):
        canvas.paint(frame, Oval(0, 0, 0.3, 0.3), white * 0)
    whole = contents(canvas).masks
    assert whole["eye"].sum() == whole["oval"].sum() == pytest.approx(np.pi * 280, rel=0.02)
    assert whole["eye"][32, 32]
    assert whole["circle"].sum() == pytest.approx(np.pi * 36, rel=0.1)
    canvas.paint(frame, rectangle(0, -1, 1, 1), white)
    half = contents(canvas).masks
    assert half["eye"].sum() == pytest.approx(whole["eye"].sum() / 2, rel=0.05)
    canvas.paint(frame, rectangle(-0.6, -1, 1, 1), white)
    hidden = contents(canvas).masks
    assert hidden["eye"].any()  # a group without an area of its own counts while it can be seen
    assert not hidden["oval"].any()


@pytest.mark.parametrize("turns", [k / 8 for k in range(8)])
def test_edges_by_polarity(turns):
    """A bright half-plane: the edge's name is the direction from dark to bright, anticlockwise."""
    canvas = _canvas()
    frame = Frame(64, 32.2, 31.7, 20, turns, reach=4)
    canvas.paint(frame, rectangle(0, -4, 4, 4), np.ones(3, np.float32))
    masks = contents(canvas).masks
    inner = (slice(8, -8), slice(8, -8))
    counts = {name: int(masks[name][inner].sum()) for name in EDGES}
    wanted = f"edge {round(360 * turns)}"
    assert counts.pop(wanted) > 40
    assert not any(counts.values())
    # In words: dark-to-bright downward is 270, rightward 0.
    middle = canvas.rgb[0]
    if wanted == "edge 270":
        assert middle[-1].mean() == 1
        assert middle[0].mean() == 0
    if wanted == "edge 0":
        assert middle[:, -1].mean() == 1


def test_colours_by_hue():
    for hue, colour in (("red", (1, 0, 0)), ("yellow", (1, 1, 0)), ("cyan", (0, 0.8, 0.8))):
        canvas = _canvas(0.5)
        canvas.paint(Frame(64, 32, 32, 20), rectangle(-1, -1, 1, 1), np.array(colour, np.float32))
        masks = contents(canvas).masks
        assert masks[f"{hue} blob"].sum() == pytest.approx(1600, rel=0.05)
        assert sum(int(m.sum()) for k, m in masks.items() if "blob" in k) < 1.05 * 1600


def test_junctions_where_they_were_drawn():
    canvas = _canvas()
    canvas.paint(Frame(64, 32, 32, 20), rectangle(-1, -0.5, 1, 0.5), np.ones(3, np.float32))
    mask = contents(canvas).masks["corner right"]
    for row, column in ((22, 12), (22, 52), (42, 12), (42, 52)):
        assert mask[row, column]
    assert mask.sum() == pytest.approx(4 * np.pi * 2.5**2, rel=0.2)


def test_every_picture_shows_its_class_and_knows_it():
    source = Parts(160, 4)
    assert source.classes is not None
    seen = dict.fromkeys(LEVEL, 0)
    for i in range(len(source)):
        sample = source[i]
        assert sample.masks is not None
        assert sample.label is not None
        assert set(sample.masks) == set(source.concepts) == set(LEVEL)
        name = source.classes[sample.label]
        shown = {k for k in source.classes if sample.masks[k].any()}
        assert shown == {name}
        assert sample.masks[name].sum() > 60
        for box in sample.boxes:
            (top, bottom), (left, right) = box.span
            assert 0 <= top < bottom <= 64
            assert 0 <= left < right <= 64
        for concept, mask in sample.masks.items():
            assert mask.shape == (64, 64)
            assert mask.dtype == bool
            seen[concept] += bool(mask.any())
    assert min(seen.values()) > 0, seen


def test_remembering_does_not_change_the_picture():
    (plain, _), (remembered, canvas) = (
        paint(Scene(3, None, "anywhere", 64), Draws(1, 1), Draws(1, 1, 1), remember=remember)
        for remember in (False, True)
    )
    assert np.array_equal(plain, remembered)
    assert canvas.groups
