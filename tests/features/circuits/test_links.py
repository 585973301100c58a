"""Ranked links: the wired pair comes first, contributions add up, ablation agrees with the network itself."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.features.planted import corner_detector
from torch import Tensor, nn

from convscope.data.arrays import ArraySource, Scale
from convscope.features.circuits import Keep, links
from convscope.features.exemplars import harvest
from convscope.network import Network


def known(net: Network, pictures: np.ndarray, layer: str, k: int = 4) -> Any:
    """Return exemplars and means of a layer, the plain way."""
    with torch.no_grad():
        maps = net.taps([layer])(torch.from_numpy(pictures))[layer].numpy()
    flat = maps.reshape(*maps.shape[:2], -1)
    best, where = flat.max(2), flat.argmax(2)
    samples = np.argsort(-best, axis=0, kind="stable")[:k].T
    places = np.take_along_axis(where, samples.T, 0).T
    positions = np.stack(np.unravel_index(places, maps.shape[2:]), -1)
    means = maps.mean((0, *range(2, maps.ndim)), dtype=np.float64)
    return SimpleNamespace(samples=samples, positions=positions, mean=means)


def squares(count: int, side: int) -> np.ndarray:
    """Return dark pictures with one bright rectangle each."""
    draw = np.random.default_rng(1)
    pictures = np.zeros((count, 3, side, side), np.float32)
    for picture in pictures:
        top, left = draw.integers(4, side - 28, 2)
        height, width = draw.integers(12, 24, 2)
        picture[:, top : top + height, left : left + width] = 1
    return pictures


@pytest.fixture(scope="module")
def corners() -> Network:
    planted = corner_detector()
    return Network(planted.module.eval(), input=planted.input)


@pytest.fixture(scope="module")
def found(corners: Network) -> dict:
    pictures = squares(24, corners.input.shape[1])
    layers = ["edges.relu", "corner.relu"]
    evidence = {name: known(corners, pictures, name) for name in layers}
    source = ArraySource("squares", pictures, Scale(1.0))
    return links(corners, layers, evidence=evidence, source=source, keep=Keep(checked=4))


def test_the_wired_pair_comes_first(found: dict) -> None:
    for planted in corner_detector().of("corner.relu"):
        rows = found["corner.relu"].units[planted.unit].inputs
        assert tuple(link.unit for link in rows[:2]) == planted.inputs
        assert {link.layer for link in rows} == {"edges.relu"}
        assert rows[1].norm > 10 * rows[2].norm
        assert rows[0].kernel is not None
        assert rows[0].kernel.shape == (7, 7)


def test_the_wired_pair_is_confirmed_by_ablation(found: dict) -> None:
    for planted in corner_detector().of("corner.relu"):
        rows = found["corner.relu"].units[planted.unit].inputs
        effects = {link.unit: link.ablation for link in rows}
        assert all(effects[unit] < -0.3 for unit in planted.inputs)
        others = set(effects) - set(planted.inputs)
        assert others
        assert all(abs(effects[unit]) < 0.05 for unit in others)


def test_outputs_are_the_same_links_from_the_other_end(found: dict) -> None:
    pairs = {
        (source.unit, unit): source
        for unit, both in found["corner.relu"].units.items()
        for source in both.inputs
    }
    seen = 0
    for unit, both in found["edges.relu"].units.items():
        assert [link.norm for link in both.outputs] == sorted(
            (link.norm for link in both.outputs), reverse=True
        )
        for link in both.outputs:
            other = pairs[unit, link.unit]
            assert link.layer == "corner.relu"
            assert link.document() == other.document() | {"layer": "corner.relu", "unit": link.unit}
            seen += 1
    assert seen == len(pairs) == 8
    assert found["corner.relu"].units[0].outputs == ()


def test_the_first_layers_inputs_are_the_channels_of_the_picture(found: dict) -> None:
    rows = found["edges.relu"].units[0].inputs
    assert {(link.layer, link.unit) for link in rows} == {("input", c) for c in range(3)}
    assert all(link.contribution is None and link.ablation is None for link in rows)


class Linear(nn.Module):
    """Two convolutions without padding, and nothing between them."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.first, self.second = nn.Conv2d(1, 5, 1), nn.Conv2d(5, 4, 1, bias=False)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x))


def test_contributions_add_up_to_the_mean_of_the_target() -> None:
    net = Network(Linear(), input=(1, 6, 6))
    pictures = np.random.default_rng(0).random((7, 1, 6, 6), np.float32)
    evidence = {name: known(net, pictures, name) for name in ("first", "second")}
    rows = links(net, ["first", "second"], evidence=evidence)["second"].units
    for unit, both in rows.items():
        total = sum(link.contribution for link in both.inputs if link.contribution is not None)
        assert len(both.inputs) == 5
        assert total == pytest.approx(evidence["second"].mean[unit], abs=1e-5)


class Skipping(nn.Module):
    """A shortcut round the middle: silencing a stem unit must reach the end both ways."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.middle = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, padding=1)
        self.end = nn.Conv2d(4, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        y = self.middle(x).relu()
        return self.end(x.mean((2, 3), keepdim=True) + x * 0.5 + y).relu()


@pytest.mark.parametrize("fixed", [False, True])
def test_ablation_agrees_with_a_hook_on_the_module(fixed: bool) -> None:
    module = Skipping().eval()
    net = Network(module, input=(1, 12, 12))
    net.dynamic_batch = not fixed
    pictures = np.random.default_rng(0).random((9, 1, 12, 12), np.float32)
    layers = [layer.name for layer in net.layers if layer.operation == "relu"]
    evidence = {name: known(net, pictures, name) for name in layers}
    source = ArraySource("noise", pictures, Scale(1.0))
    rows = links(net, layers, evidence=evidence, source=source, keep=Keep(checked=8))[
        layers[-1]
    ].units
    checked = 0
    for unit, both in rows.items():
        one = evidence[layers[-1]]
        samples, places = one.samples[unit, :3], one.positions[unit, :3]
        for link in both.inputs:
            if link.layer != layers[0] or link.ablation is None:
                continue

            def silence(_: nn.Module, __: object, out: Tensor, lost: int = link.unit) -> Tensor:
                out[:, lost] = -1  # before the rectifier
                return out

            x = torch.from_numpy(pictures[samples])
            with torch.no_grad():
                intact = module(x)
                handle = module.stem.register_forward_hook(silence)
                lost = module(x)
                handle.remove()
            read = [(row, unit, *place) for row, place in enumerate(places.tolist())]
            before = sum(float(intact[place]) for place in read)
            after = sum(float(lost[place]) for place in read)
            assert link.ablation == pytest.approx((after - before) / before, abs=1e-5)
            checked += 1
    assert checked >= 3


def test_only_what_is_asked_is_kept(corners: Network) -> None:
    some = links(
        corners, ["edges", "corner"], units={"corner.relu": [1]}, keep=Keep(most=1, kernels=0)
    )
    assert not some["edges.relu"].units
    assert [link.unit for link in some["corner.relu"].units[1].inputs] == [1]
    assert some["corner.relu"].units[1].inputs[0].kernel is None
    assert some["corner.relu"].notes == ("Activations are passed as they are, with slope 1.",)


def test_units_without_a_path_are_no_links() -> None:
    net = Network(
        nn.Sequential(nn.Conv1d(2, 4, 1), nn.ReLU(), nn.Conv1d(4, 4, 3, groups=2)), input=(2, 16)
    )
    rows = links(net, ["1", "2"])["2"].units
    assert [sorted(link.unit for link in rows[unit].inputs) for unit in range(4)] == [
        [0, 1],
        [0, 1],
        [2, 3],
        [2, 3],
    ]


def test_layers_without_places_and_in_double_precision() -> None:
    torch.manual_seed(0)
    parts = (
        nn.Conv1d(1, 4, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24, 6),
        nn.ReLU(),
        nn.Linear(6, 3),
    )
    net = Network(nn.Sequential(*parts).double().eval(), input=(1, 8))
    waves = np.random.default_rng(0).random((10, 1, 8), np.float32)
    source = ArraySource("waves", waves, Scale(1.0))
    layers = ["0", "1", "3", "4", "5"]
    evidence = dict(harvest(net, source, layers).layers)
    found = links(net, layers, evidence=evidence, source=source, keep=Keep(checked=6))
    weight = net.graph.state_dict()["model.5.weight"].numpy()
    for unit, both in found["5"].units.items():
        assert {link.unit: link.norm for link in both.inputs} == pytest.approx(
            dict(enumerate(np.abs(weight[unit])))
        )
        with torch.no_grad():
            hidden = net.taps(["4"])(torch.from_numpy(waves))["4"].numpy()
        samples = evidence["5"].samples[unit, :3]
        intact = np.abs(evidence["5"].values[unit, :3]).sum()
        for link in both.inputs:
            lost = -(weight[unit, link.unit] * hidden[samples, link.unit]).sum()
            assert link.ablation == pytest.approx(lost / intact, abs=1e-5)
    # From a layer to its own activation: one link each, all of it.
    assert [[link.unit for link in both.inputs] for both in found["1"].units.values()] == [
        [0], [1], [2], [3],
    ]  # fmt: skip


def test_layers_too_far_apart_have_no_links_and_it_is_said(
    corners: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convscope.features.circuits.kernels._WORK", 1e3)
    found = links(corners, ["corner"])["corner.relu"]
    assert all(both == ((), ()) for both in found.units.values())
    assert any(note.startswith("Too much lies between") for note in found.notes)
