import numpy as np
import pytest
from PIL import Image

from convscope.data import fit
from convscope.data.fit import to_channels
from convscope.errors import SpecError


def test_a_fitting_sample_is_returned_unchanged():
    array = np.random.default_rng(0).random((3, 8, 9), np.float32)
    assert fit(array, (3, 8, 9)) is array


@pytest.mark.parametrize(("size", "target"), [((40, 30), (16, 16)), ((9, 20), (16, 24))])
def test_pictures_keep_their_proportions(size, target):
    """A ramp stays a ramp of the slope that the scale gives, about the same middle."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    scale = max(t / s for t, s in zip(target, size, strict=True))
    for ramp, axis in ((rows, 0), (columns, 1)):
        got = fit(ramp[None], (1, *target))[0]
        steps = np.diff(got, axis=axis)
        middle = got.take([target[axis] // 2 - 1, target[axis] // 2], axis).mean()
        assert np.allclose(steps[4:-4, 4:-4], 1 / scale, rtol=0.02)
        assert middle == pytest.approx((size[axis] - 1) / 2, abs=0.02)


def test_shrinking_is_antialiased():
    """A checkerboard as fine as the grid shrinks to grey, and not to whichever squares are hit."""
    board = (np.indices((64, 64)).sum(0) % 2).astype(np.float32)
    assert np.abs(fit(board[None], (1, 16, 16)) - 0.5).max() < 0.02


def test_the_middle_is_what_scaling_and_then_cropping_keeps():
    picture = np.random.default_rng(1).random((1, 30, 40)).astype(np.float32)
    resized = np.asarray(Image.fromarray(picture[0]).resize((20, 15), Image.Resampling.BILINEAR))
    assert np.allclose(fit(picture, (1, 15, 16))[0], resized[:, 2:18], atol=1e-6)


def test_sounds_are_cropped_to_their_loudest_stretch():
    wave = np.zeros((2, 100), np.float32)
    wave[0, 70:75] = [1, -2, 3, -2, 1]
    assert np.array_equal(fit(wave, (2, 5)), wave[:, 70:75])


@pytest.mark.parametrize("wave", [np.zeros((1, 10), np.float32), np.ones((1, 10), np.float32)])
def test_the_most_central_of_equally_loud_stretches_is_kept(wave):
    marked = np.arange(10, dtype=np.float32)[None]
    signs = np.where(np.arange(10) % 2, -1, 1).astype(np.float32)
    start = fit(wave * signs, (1, 4))
    assert np.array_equal(start, (wave * signs)[:, 3:7])
    assert fit(marked, (1, 4)).tolist() == [[6, 7, 8, 9]]


def test_sounds_and_volumes_are_padded_about_their_middle():
    assert fit(np.ones((1, 2), np.float32), (1, 5)).tolist() == [[0, 1, 1, 0, 0]]
    volume = fit(np.ones((1, 2, 4, 2), np.float32), (1, 4, 2, 2))
    assert volume.shape == (1, 4, 2, 2)
    assert volume[0, :, 0, 0].tolist() == [0, 1, 1, 0]


def test_channels():
    colour = np.zeros((3, 2, 2), np.float32)
    colour[1] = 1
    assert to_channels(colour, 1)[0, 0, 0] == pytest.approx(0.587)
    grey = np.full((1, 2, 2), 0.3, np.float32)
    assert np.array_equal(to_channels(grey, 3), np.repeat(grey, 3, 0))
    stereo = np.array([[1.0, 0.0], [0.0, 0.0]], np.float32)
    assert to_channels(stereo, 1).tolist() == [[0.5, 0.0]]
    assert np.array_equal(to_channels(np.ones((4, 2, 2), np.float32), 3), np.ones((3, 2, 2)))


@pytest.mark.parametrize(
    ("shape", "target", "said"),
    [((3, 8, 8), (1, 100), "pictures against sound"), ((5, 8, 8), (3, 8, 8), "5 channels")],
)
def test_what_cannot_be_fitted_is_said(shape, target, said):
    with pytest.raises(SpecError, match=said):
        fit(np.zeros(shape, np.float32), target)
