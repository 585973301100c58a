"""Effective fields where the answer is known, and what must hold of any."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import open_source
from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.receptive import effective, receptive

CHAIN = ((3, 1, 1), (5, 1, 1), (3, 2, 1), (3, 1, 2), (3, 1, 1))
"""Kernel, dilation, stride."""


def chain(dims: int, width: int) -> Network:
    torch.manual_seed(0)
    conv = (nn.Conv1d, nn.Conv2d)[dims - 1]
    steps: list[nn.Module] = []
    for i, (kernel, dilation, stride) in enumerate(CHAIN):
        inputs = 3 if i == 0 else width
        steps.append(
            conv(inputs, width, kernel, stride, dilation * (kernel // 2), dilation, bias=False)
        )
        nn.init.normal_(steps[-1].weight)  # type: ignore[arg-type]
    return Network(nn.Sequential(*steps), input=(3,) + (48,) * dims)


@pytest.mark.parametrize(("dims", "width"), [(1, 64), (2, 32)])
def test_independent_weights_give_the_closed_form(dims: int, width: int) -> None:
    net = chain(dims, width)
    batches = [np.zeros((16, 3, *(48,) * dims), np.float32) for _ in range(6)]
    found = effective(net, batches, ["4"], fresh=False)["4"]
    jump, variance = 1, 0.0
    for kernel, dilation, stride in CHAIN:
        variance += (kernel**2 - 1) / 12 * (dilation * jump) ** 2
        jump *= stride
    assert found.spread.sigma == pytest.approx([sqrt(variance)] * dims, rel=0.04)
    assert found.outside == 0.0
    assert found.samples == 96
    assert found.heat.sum() == pytest.approx(1.0, abs=1e-5)
    assert found.gaussian.explained[0] > 0.97


def test_uniform_kernels_without_signs_are_the_squared_box_spline() -> None:
    net = Network(
        nn.Sequential(nn.Conv1d(1, 1, 3, bias=False), nn.Conv1d(1, 1, 3, bias=False)), input=(1, 9)
    )
    for parameter in net.graph.parameters():
        nn.init.ones_(parameter)
    found = effective(net, [np.zeros((1, 1, 9), np.float32)], ["1"], fresh=False)["1"]
    squares = np.array([1, 2, 3, 2, 1]) ** 2
    assert found.heat.tolist() == pytest.approx((squares / squares.sum()).tolist())
    assert (found.unit, found.start) == ((2,), (2,))
    assert found.spread.boxes == ((3.0,), (5.0,), (5.0,))
    assert found.spread.area_ratio == 1.0


def test_demo_network_on_its_own_data() -> None:
    net = load("demo")
    source = open_source("parts:16:0")
    found = effective(net, source, samples=16, batch=8)
    assert list(found) == ["conv1", "conv2", "conv3", "conv4"]
    sigmas = [one.spread.sigma[0] for one in found.values()]
    assert sigmas == sorted(sigmas)
    for one in found.values():
        low, high = one.interval["area_ratio"]
        assert low <= one.spread.area_ratio <= high
        assert 0 < one.spread.area_ratio <= 1
        assert one.fresh is not None
    document = receptive(net).with_effective(found).document()
    row = next(row for row in document["layers"] if row["name"] == "conv3")
    assert {
        "sigma",
        "box50",
        "box95",
        "box99",
        "area_ratio",
        "interval",
        "unit",
        "start",
        "shape",
    } <= row["effective"].keys()
    # The fields are exact, what is used of them is sampled: each says so for itself.
    told = document["protocol"]
    assert (told["id"], told["dtype"], told["samples"]) == ("graph/intervals", "exact", None)
    told = row["effective"]["protocol"]
    assert (told["id"], told["dtype"], told["seed"], told["samples"], told["floor"]) == (
        "receptive/effective",
        "float32",
        0,
        16,
        None,
    )
    assert told["settings"] == {"weights": "as loaded", "bootstrap": 1000}
    assert row["effective"]["fresh"]["protocol"]["settings"]["weights"] == "drawn anew"
    sampled = {"sigma", "box50", "box95", "box99", "area_ratio", "outside"}
    assert row["effective"]["interval"].keys() == sampled
    for name, (low, high) in row["effective"]["interval"].items():
        value = row["effective"][name]
        ends = [(low, high)] if isinstance(value, float) else [low, high]
        values = [value] if isinstance(value, float) else value
        assert all(a <= v <= b for v, (a, b) in zip(values, ends, strict=True)), name
    again = effective(net, source, samples=16, batch=8)
    assert again["conv3"].spread == found["conv3"].spread


def test_no_result_depends_on_the_batch_or_on_the_other_layers() -> None:
    net, source = load("demo"), open_source("parts:4:0")
    once = effective(net, source, samples=4, batch=4, fresh=False)["conv3"]
    for other in (
        effective(net, source, samples=4, batch=1, fresh=False)["conv3"],
        effective(net, source, ["conv3"], samples=4, batch=3, fresh=False)["conv3"],
    ):
        assert other.spread.sigma == pytest.approx(once.spread.sigma, rel=1e-4)
        assert np.allclose(other.heat, once.heat, atol=1e-5)
    assert not np.allclose(
        once.heat,
        effective(net, source, ["conv3"], samples=4, fresh=False, seed=1)["conv3"].heat,
        atol=1e-5,
    )


def test_mass_that_arrives_through_a_gate_is_told_apart() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.gate = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(x)
            return y * self.gate(y.mean((2, 3)))[:, :, None, None]

    net = Network(Gated(), input=(1, 16, 16))
    found = effective(
        net, [np.random.default_rng(0).random((8, 1, 16, 16), np.float32)], ["mul"], fresh=False
    )
    assert found["mul"].heat.shape == (3, 3)
    assert 0 < found["mul"].outside < 1
    assert found["mul"].heat.sum() == pytest.approx(1 - found["mul"].outside, abs=1e-5)


def test_layers_without_a_local_field_are_refused() -> None:
    net = load("demo")
    with pytest.raises(SpecError, match="earlier"):
        effective(net, open_source("parts:4:0"), ["classifier"])
