"""Effective kernels against the gradient of the linearised path."""

import numpy as np
import pytest
import torch
from tests.features.circuits.straightened import CONV, agrees, network, only
from torch import Tensor, nn

from convscope.features.circuits import Stage, effective_kernels
from convscope.network import load

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
MEAN = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
MAXIMUM = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)


class Mixed(nn.Module):
    """Everything at once: strides, dilation, groups, pools, a shortcut, branches joined, up and down."""

    def __init__(self, dims: int, seed: int):
        super().__init__()
        draw = np.random.default_rng(seed)
        conv, norm = CONV[dims - 1], NORM[dims - 1]
        self.stem = nn.Sequential(
            conv(2, 4, 3, padding=1, padding_mode=("zeros", "reflect", "circular")[seed % 3]),
            norm(4),
            nn.ReLU(),
        )
        dilation = int(draw.integers(1, 3))
        self.one = conv(4, 4, 3, padding=dilation, dilation=dilation, groups=2)
        self.two = nn.Sequential(conv(4, 4, 1), nn.ReLU6(), conv(4, 4, 3, padding=1, groups=4))
        self.pool = (MEAN, MAXIMUM)[seed % 2][dims - 1](3, 2, 1)
        self.up = TRANSPOSED[dims - 1](8, 3, int(draw.integers(2, 4)), 2)
        self.last = conv(3, 3, 2, stride=int(draw.integers(1, 3)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = nn.functional.silu(self.one(x) + x)
        z = self.pool(torch.cat([y, self.two(x)], 1))
        return self.last(self.up(z))


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_mixed_networks_agree_with_the_gradient(dims: int, seed: int) -> None:
    net = network(Mixed(dims, seed), 2, dims)
    assert agrees(net, "last", []) == 1
    assert agrees(net, "last", ["stem.2"]) == 1
    first = next(layer.name for layer in net.layers if layer.operation == "silu")
    assert agrees(net, "last", ["two.2", first, "stem.2"]) == 2


def test_the_built_in_network_agrees_with_the_gradient() -> None:
    net = load("demo")
    layers = [layer.name for layer in net.layers if layer.operation == "relu"]
    assert [agrees(net, layer, layers) for layer in (*layers, "classifier")] == [1] * 5


class Moved(nn.Module):
    """Channels moved about: shuffled, split, sliced, put last, flattened."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 8, 3, padding=1)
        self.thin = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.scale = nn.Parameter(torch.rand(8, 1, 1))
        self.mix = nn.Linear(8, 6)
        self.head = nn.Linear(6 * 16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).relu()
        left, right = x.chunk(2, 1)
        x = torch.cat([self.thin(left), right[:, :, ::2, 1::2]], 1)
        n, c, h, w = x.shape
        x = x.reshape(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = self.mix((self.norm(x) / self.scale).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear")
        return self.head(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))


def test_moved_channels_agree_with_the_gradient() -> None:
    net = network(Moved(), 2, side=16)
    assert agrees(net, "head", ["relu"]) == 1


class Widened(nn.Module):
    """A shortcut without parameters: every second position, and channels of zeros on both sides."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(2, 6, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2))


def test_a_shortcut_that_adds_channels_agrees_with_the_gradient() -> None:
    net = network(Widened(), 2, side=16)
    found = effective_kernels(net, "add", [])["input"]
    assert found.values.shape == (6, 2, 3, 3)
    assert agrees(net, "add", []) == 1


class Joined(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 3, 3, padding=1)
        self.last = nn.Conv2d(5, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.cat([self.left(x).relu(), self.right(x).relu()], 1))


def test_a_concatenation_hands_each_branch_its_part() -> None:
    net = network(Joined(), 2)
    weight = net.graph.state_dict()["model.last.weight"].double().numpy()
    found = effective_kernels(net, "last", ["relu", "relu:2"], dtype=torch.float64)
    np.testing.assert_array_equal(found["relu"].values.numpy(), weight[:, :2])
    np.testing.assert_array_equal(found["relu:2"].values.numpy(), weight[:, 2:])
    assert agrees(net, "last", []) == 1


def test_chunks_give_what_one_pass_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(Mixed(2, 0), 2)
    whole = only(effective_kernels(net, "last", ["stem.2"]), "stem.2")
    monkeypatch.setattr("convscope.features.circuits.kernels._ELEMENTS", 1)
    parts = list(Stage(net, "last", ["stem.2"]).chunks())
    assert [part["stem.2"].units for part in parts] == [(0,), (1,), (2,)]
    np.testing.assert_allclose(
        np.concatenate([only(part, "stem.2") for part in parts]), whole, rtol=1e-5, atol=1e-6
    )
