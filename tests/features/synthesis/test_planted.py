"""Synthesis finds what was planted, and says the truth about what cannot be found."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.features import planted
from tests.features.planted import PlantedNetwork

from convscope.errors import SpecError
from convscope.features.synthesis import Colours, Synthesis, synthesise
from convscope.network import Network

NETWORKS = {
    "gabor bank": planted.gabor_bank,
    "colour opponents": planted.colour_opponents,
    "shapes": planted.shapes,
    "corner detector": planted.corner_detector,
    "matched filters": planted.matched_filters,
    "planes": planted.planes,
}


def made(truth: PlantedNetwork, layer: str, natural: float = 1.0, **asked) -> list[Synthesis]:
    net = Network(truth.module, input=truth.input)
    units = [unit.unit for unit in truth.of(layer)] or asked.pop("units")
    colours = Colours.unknown(truth.input[0], len(truth.input) - 1)
    return synthesise(
        net, layer, units, colours=colours, natural_max=[natural] * len(units), **asked
    )


def correlation(picture: np.ndarray, template: np.ndarray) -> float:
    axes = tuple(range(1, picture.ndim))
    a, b = (x - x.mean(axes, keepdims=True) for x in (picture, template))
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


@pytest.mark.parametrize("build", NETWORKS.values(), ids=list(NETWORKS))
def test_a_planted_template_is_found(build: Callable[[], PlantedNetwork]) -> None:
    truth = build()
    for layer in sorted({unit.layer for unit in truth.units}):
        for unit, found in zip(truth.of(layer), made(truth, layer), strict=True):
            assert unit.template is not None
            assert found.image.shape == unit.template.shape
            assert correlation(found.image, unit.template) >= 0.95, (unit.family, unit.parameters)
            assert found.status == "ok"


def test_the_reported_value_is_that_of_a_plain_forward() -> None:
    truth = planted.shapes()
    net = Network(truth.module, input=truth.input)
    for found in made(truth, "relu")[:3]:
        picture = torch.from_numpy(Colours.unknown(3, 2).mean.astype("f4"))[:, None, None]
        picture = picture.expand(*truth.input).clone()
        picture[(slice(None), *(slice(a, b) for a, b in found.box))] = torch.from_numpy(found.image)
        with torch.inference_mode():
            out = net.taps(["relu"])(picture[None])["relu"][0, found.unit]
        assert found.activation == pytest.approx(
            float(out[tuple(n // 2 for n in out.shape)]), rel=1e-4
        )
        assert found.percent_of_natural == pytest.approx(100 * found.activation)


def test_odd_units_are_named() -> None:
    truth = planted.odd_units()
    colours, net = Colours.unknown(3, 2), Network(truth.module, input=truth.input)
    found = synthesise(
        net,
        "relu",
        range(4),
        colours=colours,
        natural_max=[2.0, 2.0, 0.0, 0.0],
        natural_min=[0.0] * 4,
    )
    assert [one.status for one in found] == ["ok", "ok", "dead on data", "dead on data"]
    assert all(one.why and one.percent_of_natural is None for one in found[2:])
    dark = found[1].image
    assert dark[:, 7, 7].mean() < dark[:, 0, 0].mean() - 0.2


def test_a_unit_that_is_never_above_zero_still_shows_its_template() -> None:
    truth = planted.odd_units()
    colours, net = Colours.unknown(3, 2), Network(truth.module, input=truth.input)
    (found,) = synthesise(
        net,
        "conv",
        [3],
        colours=colours,
        natural_max=[0.0, 0.0, 0.0, -98.0],
        natural_min=[-110.0] * 4,
    )
    template = truth.of("relu")[3].template
    assert template is not None
    assert correlation(found.image, template) >= 0.95
    assert found.status == "ok"
    assert "below zero" in found.why


def test_negative_pictures_are_the_opposite() -> None:
    truth = planted.shapes()
    positive, negative = made(truth, "relu", kinds=("positive", "negative"))[:2]
    assert (positive.kind, negative.kind) == ("positive", "negative")
    assert correlation(positive.image, negative.image) < -0.85
    assert negative.activation < 0
    assert "rectifier" in negative.why


def test_a_weak_picture_is_called_weak() -> None:
    found = made(planted.planes(), "relu", natural=1000.0)
    assert {one.status for one in found} == {"weak"}
    assert all("times as far" in one.why for one in found)


def test_equal_seeds_give_equal_pictures_in_whatever_order_units_are_asked() -> None:
    truth = planted.colour_opponents()
    first, again = made(truth, "relu", steps=8), made(truth, "relu", steps=8)
    other = made(truth, "relu", steps=8, seed=1)
    assert np.array_equal(first[0].image, again[0].image)
    assert not np.array_equal(first[0].image, other[0].image)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"style": "oil"}, "no style 'oil'"),
        ({"kinds": ("sideways",)}, "no kind"),
        ({"kinds": ("diverse 0",)}, "no kind"),
    ],
)
def test_what_does_not_exist_is_refused(asked: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        made(planted.planes(), "relu", **asked)


def test_a_unit_that_does_not_exist_is_refused() -> None:
    truth = planted.planes()
    net = Network(truth.module, input=truth.input)
    with pytest.raises(SpecError, match="units 0 to 2"):
        synthesise(net, "relu", [3], colours=Colours.unknown(1, 3), natural_max=[1.0] * 3)
