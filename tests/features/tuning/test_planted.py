"""Planted units: the family is right, orientation within 5 degrees, frequency within 10 %, polarity and hue exact."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import torch
from tests.features.planted import (
    Planted,
    PlantedNetwork,
    colour_opponents,
    corner,
    corner_detector,
    edge,
    gabor,
    gabor_bank,
    grey,
    junction,
    matched_filters,
    odd_units,
    one_layer,
    planes,
    shapes,
)
from torch import Tensor, nn

from convscope.features.tuning import Tuning, tune
from convscope.network import Network
from convscope.receptive import receptive


def tuned(net: Network, layers: Sequence[str], **settings: float) -> dict[str, list[Tuning]]:
    found = receptive(net)
    return tune(net, layers, fields={name: found[name] for name in layers}, **settings)  # pyright: ignore[reportArgumentType]


def units(planted: PlantedNetwork, **settings: float) -> list[tuple[Planted, Tuning]]:
    """Return every planted unit with what was found of it."""
    net = Network(planted.module, input=planted.input)
    layers = list(dict.fromkeys(unit.layer for unit in planted.units))
    found = tuned(net, layers, **settings)
    return [(unit, found[unit.layer][unit.unit]) for unit in planted.units]


def off(found: float, truth: float, period: float) -> float:
    """Return how far two angles are apart, in degrees."""
    return abs((found - truth + period / 2) % period - period / 2)


def relative(found: Mapping[str, float], truth: Mapping[str, float], name: str) -> float:
    return abs(found[name] / truth[name] - 1)


def test_a_bank_of_gabors() -> None:
    for truth, found in units(gabor_bank()):
        assert found.family == "grating", found.best_by_family
        assert off(found.preferred["orientation"], truth.parameters["orientation"], 180) < 2
        assert relative(found.preferred, truth.parameters, "frequency") < 0.05
        assert found.selectivity > 0.5
        assert found.phase_invariance == pytest.approx(np.pi / 2, abs=0.2)


@pytest.mark.parametrize("size", [9, 15, 21])
def test_gabors_of_any_orientation_frequency_and_phase(size: int) -> None:
    generator = np.random.default_rng(size)
    planted = []
    for i in range(24):
        orientation, phase = generator.uniform(0, 180), generator.uniform(0, 360)
        frequency = generator.uniform(1.8 / size, 0.33)
        template = grey(gabor(orientation, frequency, phase, size), 1)
        truth = {"orientation": orientation, "frequency": frequency}
        planted.append(Planted("relu", i, "grating", template, truth))
    for truth, found in units(one_layer(planted, (1, 48, 48))):
        assert truth.template is not None
        assert found.family in ("grating", "bar")  # of few cycles, the one is the other
        assert off(found.preferred["orientation"], truth.parameters["orientation"], 180) < 5
        assert relative(found.preferred, truth.parameters, "frequency") < 0.1


def test_edges_of_any_polarity() -> None:
    polarities = [0.0, 90.0, 180.0, 270.0, 8.0, 37.0, 101.0, 163.0, 214.0, 299.0, 341.0]
    planted = [
        Planted("relu", i, "edge", grey(edge(polarity, 11)), {"polarity": polarity})
        for i, polarity in enumerate(polarities)
    ]
    for truth, found in units(one_layer(planted, (3, 40, 40))):
        polarity = truth.parameters["polarity"]
        assert found.family == "edge", found.best_by_family
        assert off(found.preferred["polarity"], polarity, 360) < 3
        assert off(found.preferred["orientation"], polarity + 90, 180) < 3


def test_dark_to_bright_downward_is_270_and_rightward_0() -> None:
    conv = nn.Conv2d(1, 2, 3, padding=1, bias=False)
    down = torch.tensor([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]])  # the rows count downward
    conv.weight.data = torch.stack([down, down.T])[:, None]
    net = Network(conv, input=(1, 16, 16))
    first, second = tuned(net, ["conv2d"])["conv2d"]
    assert first.preferred["polarity"] == pytest.approx(270, abs=1)
    assert off(first.preferred["orientation"], 0, 180) < 1
    assert off(second.preferred["polarity"], 0, 360) < 1
    assert second.preferred["orientation"] == pytest.approx(90, abs=1)


def test_colour_opponents() -> None:
    for truth, found in units(colour_opponents()):
        assert found.family == "colour", found.best_by_family
        assert off(found.preferred["hue"], truth.parameters["hue"], 360) < 1
        hues, responses = found.curves["hue"]
        assert off(hues[np.argmax(responses)], truth.parameters["hue"], 360) <= 7.5


def test_corners_t_junctions_and_arcs() -> None:
    for truth, found in units(shapes()):
        assert found.family == truth.family, found.best_by_family
        assert off(found.preferred["direction"], truth.parameters["direction"], 360) < 3
        if truth.family == "arc":
            assert relative(found.preferred, truth.parameters, "radius") < 0.2
        if truth.family == "corner":
            assert found.preferred["angle"] == pytest.approx(90, abs=25)


def test_corners_and_t_junctions_of_any_direction() -> None:
    planted = []
    for i, direction in enumerate((11.0, 70.0, 128.0, 205.0, 316.0)):
        truth = {"direction": direction}
        planted.append(Planted("relu", 2 * i, "corner", grey(corner(direction), 1), truth))
        planted.append(Planted("relu", 2 * i + 1, "T", grey(junction(direction), 1), truth))
    for truth, found in units(one_layer(planted, (1, 40, 40))):
        assert found.family == truth.family, found.best_by_family
        assert off(found.preferred["direction"], truth.parameters["direction"], 360) < 5


def test_units_that_nothing_drives_say_so() -> None:
    (_, step), (_, dark), (_, dead), (_, negative) = units(odd_units())
    assert step.family == "edge"
    assert dark.family == "centre-surround"
    assert dark.preferred["contrast"] == -1
    for one in (dead, negative):
        assert one.family == "none"
        assert one.preferred == {}
        assert one.selectivity == 0
        assert np.isnan(one.phase_invariance)
        assert one.second == ("none", 0.0)


def test_two_wired_layers() -> None:
    found = units(corner_detector())
    for truth, one in found:
        assert one.family == truth.family, one.best_by_family
        if truth.family == "edge":
            assert off(one.preferred["polarity"], truth.parameters["polarity"], 360) < 3
    # The upper left corner of a bright square opens to the lower right.
    assert off(found[-2][1].preferred["direction"], 315, 360) < 5
    assert off(found[-1][1].preferred["direction"], 135, 360) < 5


def test_matched_filters_of_sound() -> None:
    for truth, found in units(matched_filters(), rate=8000.0):
        assert found.family == truth.family, found.best_by_family
        if truth.family == "tone":
            assert relative(found.preferred, truth.parameters, "frequency") < 0.02
            assert found.selectivity > 0.9
            places, responses = found.curves["frequency"]
            assert places[np.argmax(responses)] == pytest.approx(
                truth.parameters["frequency"], rel=0.1
            )
        if truth.family == "chirp":
            # It rises through 1000 Hz by 1000 Hz within 129 samples.
            assert found.preferred["frequency"] == pytest.approx(1000, rel=0.1)
            assert found.preferred["sweep"] > 0


def test_planes_in_a_volume() -> None:
    ways = {0: (None, 90.0), 1: (270.0, 0.0), 2: (0.0, 0.0)}
    for truth, found in units(planes()):
        azimuth, elevation = ways[round(truth.parameters["axis"])]
        assert found.family == "edge", found.best_by_family
        assert found.preferred["elevation"] == pytest.approx(elevation, abs=5)
        if azimuth is not None:
            assert off(found.preferred["azimuth"], azimuth, 360) < 5


class Energy(nn.Module):
    """Pairs of Gabors in quadrature, squared and added: the energy model of a complex cell."""

    def __init__(self, orientations: Sequence[float], size: int = 13):
        super().__init__()
        pairs = [grey(gabor(o, 0.18, p, size), 1) for o in orientations for p in (0, 90)]
        self.conv = nn.Conv2d(1, len(pairs), size, bias=False)
        self.conv.weight.data = torch.from_numpy(np.stack(pairs))
        self.simple = nn.ReLU()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(x - 0.5)
        squares = (y**2).unflatten(1, (-1, 2)).sum(2)
        return self.simple(y), torch.relu(squares)


def test_phase_invariance_tells_simple_from_complex() -> None:
    orientations = (20.0, 90.0, 155.0)
    net = Network(Energy(orientations), input=(1, 40, 40))
    simple, complex_ = (layer.name for layer in net.layers if layer.operation == "relu")
    found = tuned(net, [simple, complex_])
    for one in found[simple]:
        assert one.phase_invariance == pytest.approx(np.pi / 2, abs=0.2)
    for orientation, one in zip(orientations, found[complex_], strict=True):
        assert one.family == "grating"
        assert one.phase_invariance < 0.15
        assert off(one.preferred["orientation"], orientation, 180) < 5
        assert one.preferred["frequency"] == pytest.approx(0.18, rel=0.1)
