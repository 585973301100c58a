"""The built-in worlds of sound and of volumes."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from convscope.data import open_source
from convscope.data.parts1d import RATE, WORDS, Parts1d
from convscope.data.parts3d import SIZE, Parts3d


@pytest.mark.parametrize("spec", ["parts1d:32:3", "parts3d:32:3"])
def test_what_all_worlds_promise(spec):
    source = open_source(spec)
    assert source.spec == spec
    assert source.labels is not None
    assert source.classes is not None
    assert np.bincount(source.labels).tolist() == [4] * 8
    assert len(set(source.classes)) == 8
    seen = dict.fromkeys(source.concepts, 0)
    for i in range(len(source)):
        sample = source[i]
        assert sample.array.shape == source.shape
        assert sample.array.dtype == np.float32
        assert -1 <= sample.array.min() < sample.array.max() <= 1
        assert sample.masks is not None
        assert sample.label is not None
        assert sample.masks[source.classes[sample.label]].any()
        for concept, mask in sample.masks.items():
            assert mask.shape == sample.array.shape[1:]
            seen[concept] += bool(mask.any())
        for box in sample.boxes:
            inside = tuple(slice(low, high) for low, high in box.span)
            assert sample.masks[box.concept][inside].any()
    assert min(seen.values()) > 0, seen
    assert source.fingerprint != open_source(spec[:-1] + "4").fingerprint


def test_words_need_their_order():
    """Each choice of three sounds makes two words, and each sound is in six of the eight."""
    sets = [frozenset(word) for word in WORDS]
    assert all(sets.count(one) == 2 for one in sets)
    assert all(sum(name in word for word in WORDS) == 6 for name in set().union(*sets))


def test_sounds_are_where_the_masks_say():
    source = Parts1d(40, 1)
    for i in range(40):
        sample = source[i]
        assert sample.masks is not None
        assert source.classes is not None
        assert sample.label is not None
        word = sample.masks[source.classes[sample.label]]
        wave = sample.array[0]
        assert wave[word].std() > 2 * wave[~word].std()
        order = [b.concept.split()[0] for b in sorted(sample.boxes, key=lambda b: b.span[0])]
        order = [name for name in order if name in ("burst", "chirp", "harmonic", "clicks")]
        assert tuple(name for name in order) == WORDS[sample.label] or len(order) > 3


def test_a_chirp_rises_or_falls():
    source = Parts1d(64, 2)
    judged = 0
    for i in range(64):
        for box in source[i].boxes:
            if box.concept.startswith("chirp "):
                ((low, high),) = box.span
                if box.concept not in ("chirp up", "chirp down"):
                    continue
                wave, half = source[i].array[0, low:high], (high - low) // 2
                first, last = (
                    np.abs(np.fft.rfft(part * np.hanning(half), 4096)).argmax() * RATE / 4096
                    for part in (wave[:half], wave[-half:])
                )
                assert (last > first) == (box.concept == "chirp up")
                judged += 1
    assert judged > 20


def test_volumes_are_bright_where_the_body_is():
    source = Parts3d(16, 1)
    for i in range(16):
        sample = source[i]
        assert sample.masks is not None
        masks = sample.masks
        parts = masks["ball"] | masks["tube"] | masks["shell"]
        outside = ~(parts | masks["surface"])
        assert sample.array[0][parts].mean() > sample.array[0][outside].mean() + 0.15


def test_a_shell_is_hollow():
    source = Parts3d(64, 1)
    assert source.classes is not None
    cells = np.flatnonzero(source.labels == source.classes.index("cell")).tolist()
    for i in cells:
        boxes = [b for b in source[i].boxes if b.concept == "shell"]
        largest = max(boxes, key=lambda b: b.span[0][1] - b.span[0][0])
        masks = source[i].masks
        assert masks is not None
        middle = tuple((low + high) // 2 for low, high in largest.span)
        assert not masks["shell"][middle]
        assert max(high for _, high in largest.span) <= SIZE
        for axis in range(3):  # its wall, halfway along each axis
            line = masks["shell"][tuple(slice(None) if k == axis else middle[k] for k in range(3))]
            assert line.any()


def _told(features: np.ndarray, labels: np.ndarray | None) -> float:
    """Return how much of the last third a linear classifier of the first two thirds tells."""
    assert labels is not None
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    cut = 2 * len(labels) // 3
    model.fit(features[:cut], labels[:cut])
    return float(model.score(features[cut:], labels[cut:]))


def test_spectra_do_not_tell_words():
    """At most the choice of sounds, which two words share: half of them right, and order is left to chance."""
    source = Parts1d(1200, 3)
    waves = np.stack([source[i].array[0] for i in range(len(source))])
    bands = np.square(np.abs(np.fft.rfft(waves)))[:, :4000].reshape(len(waves), 80, 50).mean(2)
    assert _told(np.log1p(bands), source.labels) < 0.5
    loudness = waves.reshape(len(waves), 80, 100).std(2)
    assert _told(loudness, source.labels) < 0.4


def test_brightness_does_not_tell_bodies():
    source = Parts3d(900, 3)
    volumes = np.stack([source[i].array.ravel() for i in range(len(source))])
    mean = np.stack([volumes.mean(1), volumes.std(1)], 1)
    assert _told(mean, source.labels) < 0.4
    shades = np.stack([np.histogram(volume, 32, (0, 1))[0] for volume in volumes])
    assert _told(shades, source.labels) < 0.45
    assert _told(volumes[:, ::4], source.labels) < 0.4
