"""Operators find what was drawn, under the names that the stimuli have."""

import numpy as np
import pytest
import torch

from convscope.data.stimuli import Recipe, Screen, draw
from convscope.features.concepts.filters import derivative, shifted
from convscope.features.concepts.ladder import level_of
from convscope.features.concepts.operators import strengths
from convscope.features.concepts.tuned import claims
from convscope.features.tuning import Tuning

SIDE = 33
MIDDLE = SIDE // 2


def found(array: np.ndarray, kind: str, factor: int = 1, rate: int | None = None) -> dict:
    """Return the maps of one sample at one scale, by concept."""
    scales = strengths(torch.from_numpy(array)[None], kind, rate)  # pyright: ignore[reportArgumentType]
    one = next(scale for scale in scales if scale.factor == factor)
    return {concept.name: one.maps[0, k].numpy() for k, concept in enumerate(one.concepts)}


def drawn(family: str, shape: tuple[int, ...] = (3, SIDE, SIDE), **parameters: float) -> np.ndarray:
    return draw(Recipe(family, parameters), Screen(shape)).astype(np.float32)


def strongest(maps: dict, kind: str, at: tuple[int, ...]) -> str:
    """Return the concept of one kind that is strongest near a place."""
    near = tuple(slice(place - 2, place + 3) for place in at)
    values = {name: float(one[near].max()) for name, one in maps.items() if kind in name.split()}
    return max(values, key=lambda name: values[name])


@pytest.mark.parametrize("polarity", range(0, 360, 45))
def test_edges_have_the_polarity_that_was_drawn(polarity: int) -> None:
    maps = found(drawn("edge", polarity=polarity), "image")
    grey = {name: one for name, one in maps.items() if "-" not in name}
    assert strongest(grey, "edge", (MIDDLE, MIDDLE)) == f"edge {polarity}"


@pytest.mark.parametrize("orientation", [0, 22.5, 67.5, 90, 135])
@pytest.mark.parametrize(("contrast", "name"), [(1, "bright"), (-1, "dark")])
def test_lines_have_the_orientation_that_was_drawn(
    orientation: float, contrast: int, name: str
) -> None:
    picture = drawn("bar", orientation=orientation, width=2, contrast=contrast)
    maps = found(picture, "image")
    expected = f"{name} line {orientation:g}"
    assert strongest(maps, "line", (MIDDLE, MIDDLE)) == expected


@pytest.mark.parametrize("direction", range(0, 360, 45))
@pytest.mark.parametrize(("contrast", "name"), [(1, "bright"), (-1, "dark")])
def test_corners_open_as_they_were_drawn(direction: int, contrast: int, name: str) -> None:
    picture = drawn("corner", direction=direction, angle=90, contrast=contrast)
    maps = found(picture, "image")
    named = {key: one for key, one in maps.items() if key != "corner"}
    assert strongest(named, "corner", (MIDDLE, MIDDLE)) == f"{name} corner {direction}"
    plain = maps["corner"][4:-4, 4:-4]
    at = np.unravel_index(plain.argmax(), plain.shape)
    assert np.abs(np.array(at) + 4 - MIDDLE).max() <= 2


@pytest.mark.parametrize(
    ("hue", "name"), [(0, "red"), (60, "yellow"), (120, "green"), (240, "blue")]
)
def test_colours_have_the_hue_that_was_drawn(hue: int, name: str) -> None:
    patch = found(drawn("colour", hue=hue, strength=1.0) + np.zeros((3, SIDE, SIDE), "f4"), "image")
    assert strongest(patch, "blob", (MIDDLE, MIDDLE)) == f"{name} blob"
    spot = found(drawn("colour spot", hue=hue, radius=2, contrast=1.0), "image")
    hues = {key: one for key, one in spot.items() if key.split()[0] not in ("bright", "dark")}
    assert strongest(hues, "spot", (MIDDLE, MIDDLE)) == f"{name} spot"


def test_colour_edges_point_to_their_hue() -> None:
    for hue, polarity in ((0, 90), (120, 225), (240, 0)):
        maps = found(drawn("colour edge", hue=hue, polarity=polarity), "image")
        coloured = {name: one for name, one in maps.items() if "-" in name}
        tuning = Tuning(
            "colour edge", {"hue": hue, "polarity": polarity}, 1, 1, 100, {}, {}, 0, ("none", 0)
        )
        assert strongest(coloured, "edge", (MIDDLE, MIDDLE)) in claims(tuning)


@pytest.mark.parametrize(("contrast", "name"), [(1, "bright"), (-1, "dark")])
def test_a_disc_is_found_at_its_centre_and_no_stripe_is_one(contrast: int, name: str) -> None:
    disc = found(drawn("centre-surround", radius=3.5, contrast=contrast), "image")
    at = np.unravel_index(disc[f"{name} disc"].argmax(), (SIDE, SIDE))
    assert np.abs(np.array(at) - MIDDLE).max() <= 1
    stripe = found(drawn("bar", orientation=90, width=7, contrast=contrast), "image")
    inside = (slice(8, -8), slice(8, -8))
    assert stripe[f"{name} disc"][inside].max() < 0.2 * disc[f"{name} disc"].max()
    assert disc[f"{name} spot"].max() > stripe[f"{name} spot"][inside].max()


@pytest.mark.parametrize("orientation", [0, 45, 90, 135])
def test_stripes_fill_an_area_and_a_grid_is_both_ways(orientation: int) -> None:
    picture = drawn("grating", orientation=orientation, frequency=0.2, phase=0)
    maps = found(picture, "image")
    assert strongest(maps, "stripes", (MIDDLE, MIDDLE)) == f"stripes {orientation}"
    other = drawn("grating", orientation=(orientation + 90) % 180, frequency=0.2, phase=0)
    both = found((picture + other) / 2, "image")
    middle = (slice(8, -8), slice(8, -8))
    assert both["grid"][middle].mean() > 3 * maps["grid"][middle].mean()


def test_an_arc_is_no_full_circle() -> None:
    y, x = np.mgrid[:SIDE, :SIDE] - MIDDLE
    near = (x**2 + y**2 <= 16).astype(np.float32)
    disc = np.broadcast_to(near, (3, SIDE, SIDE)).copy()
    # Bright below, and above only within the circle: the upper half of a bright disc's edge, pointing down.
    dome = np.broadcast_to(np.maximum(near, y > 0).astype(np.float32), (3, SIDE, SIDE)).copy()
    whole, part = found(disc, "image"), found(dome, "image")
    arcs = max(
        (name for name in part if name.startswith("bright arc")), key=lambda n: part[n].max()
    )
    assert arcs == "bright arc 270"
    assert whole["bright disc"].max() > 2 * part["bright disc"][4:-4, 4:-4].max()
    assert part["bright arc 270"].max() > 2 * whole["bright arc 270"].max()


def test_larger_scales_find_larger_things() -> None:
    maps = {
        factor: found(drawn("centre-surround", (3, 64, 64), radius=r, contrast=1), "image", factor)
        for factor, r in ((1, 2), (4, 8))
    }
    large = drawn("centre-surround", (3, 64, 64), radius=8, contrast=1)
    fine, coarse = (found(large, "image", factor)["bright spot"] for factor in (1, 4))
    assert fine[28:36, 28:36].max() < 0.05 * maps[1]["bright spot"].max()
    assert np.unravel_index(coarse.argmax(), coarse.shape) in {(7, 7), (7, 8), (8, 7), (8, 8)}


RATE = 8000
TIME = np.arange(2048) / RATE


def sounding(wave: np.ndarray) -> dict[str, np.ndarray]:
    return found(wave[None].astype(np.float32), "sound", 128, RATE)


def test_tones_have_their_frequency_and_chirps_their_direction() -> None:
    maps = sounding(np.sin(2 * np.pi * 440 * TIME))
    tones = {name: float(one.mean()) for name, one in maps.items() if name.startswith("tone")}
    best = max(tones, key=lambda name: tones[name])
    assert abs(float(best.split()[1]) - 440) < 20
    up = sounding(np.sin(2 * np.pi * (300 + 2000 * TIME) * TIME))
    down = {name: one[::-1] for name, one in up.items()}
    back = sounding(np.sin(2 * np.pi * (300 + 2000 * TIME) * TIME)[::-1])
    assert up["chirp up"].sum() > 3 * up["chirp down"].sum()
    assert back["chirp down"].sum() > 3 * back["chirp up"].sum()
    assert down.keys() == up.keys()


def test_a_pitch_is_that_of_the_missing_fundamental() -> None:
    wave = sum(np.sin(2 * np.pi * 200 * k * TIME) for k in (2, 3, 4, 5)) / 4
    maps = sounding(np.asarray(wave))
    pitches = {name: float(one[4:-4].mean()) for name, one in maps.items() if "pitch" in name}
    best = max(pitches, key=lambda name: pitches[name])
    assert abs(float(best.split()[1]) - 200) < 8
    noise = sounding(np.random.default_rng(0).normal(size=2048))
    assert maps["harmonic"][4:-4].mean() > 1.5 * noise["harmonic"][4:-4].mean() * (
        maps["loud"].mean() / noise["loud"].mean()
    )
    assert noise["noise"].mean() / noise["loud"].mean() > 5 * (
        maps["noise"].mean() / maps["loud"].mean()
    )


def test_onsets_offsets_and_clicks_are_when_they_happen() -> None:
    wave = np.where((TIME > 0.1) & (TIME < 0.2), np.sin(2 * np.pi * 1000 * TIME), 0)
    maps = found(wave[None].astype(np.float32), "sound", 8, RATE)
    assert abs(int(maps["onset"].argmax()) - 100) <= 2
    assert abs(int(maps["offset"].argmax()) - 200) <= 2
    click = np.zeros(2048)
    click[1000] = 1
    assert abs(int(found(click[None].astype("f4"), "sound", 8, RATE)["click"].argmax()) - 125) <= 1


def test_volumes_have_spots_tubes_sheets_and_sides() -> None:
    z, y, x = np.mgrid[:24, :24, :24] - 11.5
    bodies = {"bright spot": z**2 + y**2 + x**2, "bright tube": y**2 + x**2, "bright sheet": x**2}
    for expected, distance in bodies.items():
        maps = found((distance < 4).astype(np.float32)[None], "volume")
        inside = {
            name: float(one[10:14, 10:14, 10:14].max())
            for name, one in maps.items()
            if name in bodies
        }
        assert max(inside, key=lambda name: inside[name]) == expected
    for name, bright in (("far", z > 0), ("up", y < 0), ("left", x < 0)):
        maps = found(bright.astype(np.float32)[None], "volume")
        assert strongest(maps, "edge", (12, 12, 12)) == f"edge {name}"


def test_derivatives_are_exact_on_polynomials() -> None:
    x = torch.arange(20.0)
    ramp, parabola = (3 * x)[None, None], (x**2 / 2)[None, None]
    inside = slice(4, -4)
    assert torch.allclose(derivative(ramp, (1,))[0, 0, inside], torch.tensor(3.0), atol=1e-4)
    assert torch.allclose(derivative(parabola, (2,))[0, 0, inside], torch.tensor(1.0), atol=1e-3)
    assert derivative(ramp, (2,))[0, 0, inside].abs().max() < 1e-4


def test_shifting_by_more_than_the_picture_leaves_nothing() -> None:
    x = torch.ones(1, 3, 3)
    assert shifted(x, (0, 1))[0].tolist() == [[1, 1, 0]] * 3
    assert float(shifted(x, (5, 0)).sum()) == 0


def test_every_computed_concept_has_a_level_and_a_name_of_its_own() -> None:
    for kind, shape in (
        ("image", (1, 3, 64, 64)),
        ("image", (1, 1, 64, 64)),
        ("sound", (1, 1, 2048)),
    ):
        for one in strengths(torch.rand(shape), kind):  # pyright: ignore[reportArgumentType]
            names = [concept.name for concept in one.concepts]
            assert len(set(names)) == len(names)
            assert all(
                level_of(name) == concept.level
                for name, concept in zip(names, one.concepts, strict=True)
            )
            assert bool(torch.isfinite(one.maps).all())
            assert float(one.maps.min()) >= -1e-6
