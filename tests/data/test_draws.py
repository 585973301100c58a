import numpy as np
import pytest

from convscope.data.draws import Draws, scrambled, turned
from convscope.data.parts1d import sine


def test_a_stream_depends_on_its_three_numbers_only():
    first = [Draws(1, 2).unit() for _ in range(3)]
    assert first == [first[0]] * 3
    others = {Draws(*numbers).unit() for numbers in ((1, 3), (2, 2), (1, 2, 1), (1, 2))}
    assert len(others) == 4


def test_the_stream_is_the_published_one():
    """Philox-4x64-10 of Salmon et al. (2011), taken raw, as numpy promises to keep it."""
    raw = np.random.Philox(key=np.zeros(2, np.uint64), counter=np.zeros(4, np.uint64)).random_raw()
    assert Draws(0, 0).unit() == (int(raw) >> 11) * 2.0**-53


def test_units_are_uniform_and_noise_is_normal():
    draws = Draws(3, 3)
    units = np.array([draws.unit() for _ in range(20_000)])
    assert 0 <= units.min() < units.max() < 1
    assert units.mean() == pytest.approx(0.5, abs=0.01)
    assert units.var() == pytest.approx(1 / 12, abs=0.002)
    noise = draws.noise((3, 100, 101))
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.var() == pytest.approx(1, abs=0.02)
    assert np.mean(np.abs(noise) < 1) == pytest.approx(0.683, abs=0.02)
    assert abs(np.corrcoef(noise.ravel()[:-1], noise.ravel()[1:])[0, 1]) < 0.02


def test_choices():
    draws = Draws(5, 0)
    seen = {draws.one_of("abc") for _ in range(100)}
    assert seen == set("abc")
    assert {draws.below(4) for _ in range(100)} == {0, 1, 2, 3}
    values = [draws.between(-2, 3) for _ in range(200)]
    assert min(values) >= -2
    assert max(values) < 3
    assert 0.2 < np.mean([draws.chance(0.3) for _ in range(1000)]) < 0.4


def test_angles_without_a_library():
    for turns in np.linspace(-1.3, 2.2, 141):
        assert turned(turns) == pytest.approx(
            (np.cos(2 * np.pi * turns), np.sin(2 * np.pi * turns)), abs=1e-6
        )
    phases = np.linspace(-3, 3, 1001)
    assert np.abs(sine(phases) - np.sin(2 * np.pi * phases)).max() < 5e-6


def test_hashes_differ():
    hashes = scrambled(1, np.arange(10_000))
    assert len(set(hashes.tolist())) == 10_000
    assert not np.array_equal(hashes, scrambled(2, np.arange(10_000)))
