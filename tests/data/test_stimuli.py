"""Stimuli hold what their parameters say: conventions of angle, frequency, hue, radius, in 1-D, 2-D and 3-D."""

import numpy as np
import pytest

from convscope.data.stimuli import (
    PAINTERS,
    Recipe,
    Screen,
    draw,
    frequencies,
    heading,
    hue_direction,
    hue_of,
    menu,
    stimuli,
)
from convscope.errors import SpecError


def shown(family: str, screen: Screen, **parameters: float) -> np.ndarray:
    return draw(Recipe(family, parameters), screen)


@pytest.mark.parametrize(
    ("polarity", "row", "column"),
    [(0, 0, 1), (90, -1, 0), (180, 0, -1), (270, 1, 0), (45, -1, 1), (225, 1, -1)],
)
def test_polarity_points_from_dark_to_bright(polarity: float, row: int, column: int) -> None:
    picture = shown("edge", Screen((1, 21, 21)), polarity=polarity)[0]
    assert picture[10 + 5 * row, 10 + 5 * column] == 1
    assert picture[10 - 5 * row, 10 - 5 * column] == 0
    assert picture[10, 10] == pytest.approx(0.5)


@pytest.mark.parametrize("orientation", [0.0, 30.0, 45.0, 90.0, 135.0])
def test_a_grating_is_constant_along_its_orientation(orientation: float) -> None:
    picture = shown(
        "grating", Screen((1, 41, 41)), orientation=orientation, frequency=0.11, phase=40
    )[0]
    rows, columns = np.gradient(picture.astype(float))
    # The structure tensor's main direction, rows counted upwards, is across the stripes.
    across = np.degrees(np.arctan2(-2 * (rows * columns).sum(), (columns**2 - rows**2).sum()) / 2)
    assert (across + 90 - orientation + 90) % 180 - 90 == pytest.approx(0, abs=1)


@pytest.mark.parametrize("frequency", [0.05, 0.125, 0.3])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_frequency_is_in_cycles_per_pixel(dims: int, frequency: float) -> None:
    way = {1: {}, 2: {"orientation": 90.0}, 3: {"azimuth": 0.0, "elevation": 0.0}}[dims]
    family = "tone" if dims == 1 else "grating"
    screen = Screen((1,) + (3,) * (dims - 1) + (400,))
    line = shown(family, screen, frequency=frequency, phase=0.0, **way).reshape(-1, 400)[0]
    spectrum = np.abs(np.fft.rfft(line - line.mean()))
    assert np.argmax(spectrum) / 400 == pytest.approx(frequency)


def test_phase_zero_is_bright_in_the_centre_and_moves_with_it() -> None:
    screen = Screen((1, 9, 9), (2.0, 3.0))
    for phase, value in ((0.0, 1.0), (90.0, 0.5), (180.0, 0.0)):
        picture = shown("grating", screen, orientation=30.0, frequency=0.1, phase=phase)
        assert picture[0, 2, 3] == pytest.approx(value, abs=1e-6)


def area(family: str, **parameters: float) -> float:
    """Return how many pixels are bright."""
    return float(shown(family, Screen((1, 101, 101)), **parameters, contrast=1.0).sum())


def test_sizes_are_in_pixels() -> None:
    assert area("centre-surround", radius=20.0) == pytest.approx(np.pi * 400, rel=0.01)
    assert area("circle", radius=20.0, width=3.0) == pytest.approx(2 * np.pi * 20 * 3, rel=0.02)
    assert area("bar", orientation=0.0, width=5.0) == pytest.approx(101 * 5)
    assert area("bar", orientation=90.0, width=5.0) == pytest.approx(101 * 5)
    assert area("arc", direction=30.0, radius=20.0, width=3.0, span=90.0) == pytest.approx(
        np.pi / 2 * 20 * 3, rel=0.05
    )
    assert area("corner", direction=45.0, angle=90.0) == pytest.approx(50.5**2, rel=0.01)
    assert area("corner", direction=45.0, angle=270.0) == pytest.approx(101**2 - 50.5**2, rel=0.01)
    assert area("line end", direction=0.0, width=4.0) == pytest.approx(50.5 * 4, rel=0.01)
    # Two arms, three arms and four, less what they share in the middle.
    assert area("L", direction=45.0, width=4.0) == pytest.approx(2 * 52.5 * 4 - 16, rel=0.01)
    assert area("T", direction=270.0, width=4.0) == pytest.approx(101 * 4 + 48.5 * 4, rel=0.01)
    assert area("cross", orientation=0.0, width=4.0) == pytest.approx(2 * 101 * 4 - 16, rel=0.01)


def test_directions_of_shapes() -> None:
    screen = Screen((1, 41, 41))

    def mass(family: str, **parameters: float) -> tuple[float, float]:
        """Return how far right of and above the centre the bright pixels are."""
        picture = shown(family, screen, contrast=1.0, **parameters)[0].astype(float)
        rows, columns = np.indices(picture.shape)
        return (
            float((picture * (columns - 20)).sum() / picture.sum()),
            float((picture * (20 - rows)).sum() / picture.sum()),
        )

    right, up = mass("line end", direction=0.0, width=3.0)
    assert right > 5
    assert up == pytest.approx(0, abs=1e-3)
    right, up = mass("T", direction=270.0, width=3.0)  # the letter
    assert up < -2
    assert right == pytest.approx(0, abs=1e-3)
    right, up = mass("corner", direction=135.0, angle=90.0)
    assert up == pytest.approx(-right, abs=1e-3)
    assert up > 5
    right, up = mass("L", direction=45.0, width=3.0)  # the letter
    assert right == pytest.approx(up, abs=1e-3)
    assert up > 2
    # An arc that bulges upwards has its ends below its middle.
    arc = shown("arc", screen, direction=90.0, radius=10.0, width=2.0, span=120.0, contrast=1.0)[0]
    tops = [np.flatnonzero(arc[:, column] > 0.5)[0] for column in (14, 20, 26)]
    assert tops[1] < tops[0] == tops[2]


def test_dark_on_bright_is_the_opposite_of_bright_on_dark() -> None:
    screen = Screen((3, 15, 15))
    for recipe in menu(2, 3, 15):
        if recipe.parameters.get("contrast") == 1.0:
            both = draw(recipe, screen) + draw(recipe.with_(contrast=-1.0), screen)
            assert both == pytest.approx(1, abs=1e-6)


def test_hues_are_those_of_the_colour_wheel_and_equally_strong() -> None:
    for hue, colour in ((0, (1, 0, 0)), (60, (1, 1, 0)), (120, (0, 1, 0)), (240, (0, 0, 1))):
        assert hue_of(np.array(colour, float)) == pytest.approx(hue, abs=1e-6)
        assert hue_of(hue_direction(hue)) == pytest.approx(hue, abs=1e-6)
        patch = shown("colour", Screen((3, 2, 2)), hue=hue, strength=1.0)
        assert hue_of(patch[:, 0, 0] - 0.5) == pytest.approx(hue, abs=1e-4)
    strengths = [np.linalg.norm(hue_direction(hue)) for hue in range(0, 360, 7)]
    assert np.ptp(strengths) < 1e-9


def test_a_colour_edge_has_its_hue_where_the_polarity_points() -> None:
    picture = shown("colour edge", Screen((3, 9, 9)), polarity=90.0, hue=0.0)
    assert hue_of(picture[:, 1, 4] - 0.5) == pytest.approx(0, abs=1e-4)
    assert hue_of(picture[:, 7, 4] - 0.5) == pytest.approx(180, abs=1e-4)


def test_a_chirp_passes_its_frequency_in_the_centre() -> None:
    screen = Screen((1, 2001))
    wave = shown("chirp", screen, frequency=0.05, sweep=1 / 1000, phase=0.0)[0].astype(float)

    def count(start: int, stop: int) -> float:
        return float(np.count_nonzero(np.diff(np.sign(wave[start:stop])))) / 2 / (stop - start)

    assert count(900, 1100) == pytest.approx(0.05, rel=0.05)
    assert count(1900, 2001) / count(0, 100) == pytest.approx(2**1.9, rel=0.15)
    assert wave[1000] == pytest.approx(1, abs=1e-6)


def test_a_noise_band_keeps_inside_its_band_and_to_its_draw() -> None:
    screen = Screen((1, 4000))
    wave = shown("noise band", screen, frequency=0.1, bandwidth=1.0, draw=0.0)[0]
    power = np.abs(np.fft.rfft(wave.astype(float))) ** 2
    band = np.fft.rfftfreq(4000)
    inside = (band > 0.1 / 2**0.5) & (band < 0.1 * 2**0.5)
    assert power[inside].sum() > 0.97 * power.sum()
    again = shown("noise band", screen, frequency=0.1, bandwidth=1.0, draw=0.0)[0]
    other = shown("noise band", screen, frequency=0.1, bandwidth=1.0, draw=1.0)[0]
    assert (wave == again).all()
    assert abs(np.corrcoef(wave, other)[0, 1]) < 0.3


def test_directions_in_a_volume() -> None:
    assert heading(3, 0, 0) == pytest.approx((0, 0, 1), abs=1e-12)
    assert heading(3, 90, 0) == pytest.approx((0, -1, 0), abs=1e-12)
    assert heading(3, 0, 90) == pytest.approx((1, 0, 0), abs=1e-12)
    plane = shown("edge", Screen((1, 9, 9, 9)), azimuth=0.0, elevation=90.0)[0]
    assert plane[7].min() == 1
    assert plane[1].max() == 0
    rod = shown("bar", Screen((1, 9, 9, 9)), azimuth=90.0, elevation=0.0, width=1.0, contrast=1.0)
    assert rod[0, 4, :, 4].min() == 1
    assert rod.sum() == pytest.approx(9)


@pytest.mark.parametrize(
    "shape", [(1, 64), (40, 30), (3, 17, 19), (1, 17, 17), (4, 12, 12), (1, 9, 9, 9), (3, 7, 9, 9)]
)
def test_every_stimulus_fits_its_samples(shape: tuple[int, ...]) -> None:
    low = -1 if len(shape) == 2 else 0  # waveforms swing around silence
    recipes = menu(len(shape) - 1, shape[0], max(shape[1:]))
    assert len({(r.family, *r.parameters.items()) for r in recipes}) == len(recipes)
    for one in stimuli(recipes[::3], Screen(shape)):
        assert one.array.shape == shape
        assert one.array.dtype == np.float32
        assert low <= one.array.min() <= one.array.max() <= 1
        assert one.family in PAINTERS


def test_frequencies_are_fine_enough_and_not_too_many() -> None:
    for field in (3, 7, 31, 400):
        found = np.array(frequencies(field, most=12))
        assert len(found) <= 12
        assert (np.diff(found) > 0).all()
        assert found[-1] == pytest.approx(0.48)
    assert np.diff(frequencies(64, most=400)).max() <= 0.75 / 64 + 1e-12


def test_what_cannot_be_drawn_says_so() -> None:
    with pytest.raises(SpecError, match="no stimuli 'plaid'"):
        shown("plaid", Screen((1, 5, 5)))
    with pytest.raises(SpecError, match="2 channels"):
        shown("colour", Screen((2, 5, 5)), hue=0.0, strength=1.0)
    with pytest.raises(SpecError, match="one to three axes"):
        Screen((3,))
