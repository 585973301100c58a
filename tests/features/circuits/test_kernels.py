"""Effective kernels against closed forms worked out by hand."""

import numpy as np
import pytest
import torch
from tests.features.circuits.straightened import CONV, network, only, stirred
from torch import Tensor, nn

from convscope.features.circuits import Stage, effective_kernels
from convscope.network import Network


def test_a_convolution_after_another_is_their_full_convolution() -> None:
    net = network(
        nn.Sequential(nn.Conv1d(1, 2, 3, padding=1), nn.ReLU(), nn.Conv1d(2, 1, 3, padding=1)), 1, 1
    )
    first, second = (p.numpy() for p in (net.graph.state_dict()[k] for k in (
        "model.0.weight", "model.2.weight")))  # fmt: skip
    found = only(effective_kernels(net, "2", ["2"], dtype=torch.float64), "input")
    # Both cross-correlate, so reversed kernels convolve, and the result is reversed again.
    by_hand = sum(
        np.convolve(first[c, 0][::-1].astype(float), second[0, c][::-1].astype(float))
        for c in range(2)
    )
    np.testing.assert_allclose(found[0, 0][::-1], by_hand, atol=1e-12)


def test_normalisation_is_folded_by_hand() -> None:
    net = network(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 5, 1)), 3
    )
    state = {key: value.double() for key, value in net.graph.state_dict().items()}
    factor = state["model.1.weight"] / (state["model.1.running_var"] + 1e-5).sqrt()
    by_hand = torch.einsum(
        "um,mcij->ucij", state["model.3.weight"][..., 0, 0] * factor, state["model.0.weight"]
    )
    found = only(effective_kernels(net, "3", ["3"], dtype=torch.float64), "input")
    np.testing.assert_allclose(found, by_hand.numpy(), atol=1e-12)
    stage = Stage(net, "3", [])
    assert stage.notes == ("Activations are passed as they are, with slope 1.",)


class Shortcut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 3, 1)
        self.act = nn.ReLU()
        self.body = nn.Conv2d(3, 3, 3, padding=1)
        self.end = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.stem(x))
        return self.end(x - 2 * self.body(x))


def test_a_shortcut_adds_one_tap() -> None:
    net = network(Shortcut(), 2)
    by_hand = -2 * net.graph.state_dict()["model.body.weight"].double().numpy()
    by_hand[range(3), range(3), 1, 1] += 1
    found = only(effective_kernels(net, "end", ["act", "end"], dtype=torch.float64), "act")
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


def test_a_mean_pool_spreads_each_tap() -> None:
    net = network(nn.Sequential(nn.AvgPool1d(2), nn.Conv1d(1, 1, 3, padding=1, bias=False)), 1, 1)
    taps = net.graph.state_dict()["model.1.weight"].double().numpy()[0, 0]
    found = only(effective_kernels(net, "1", [], dtype=torch.float64), "input")
    np.testing.assert_allclose(found[0, 0], np.repeat(taps, 2) / 2, atol=1e-12)


def test_a_stride_and_a_dilation_space_the_taps() -> None:
    layers = (nn.Conv1d(1, 1, 2, stride=3, bias=False), nn.Conv1d(1, 1, 2, dilation=2, bias=False))
    net = network(nn.Sequential(*layers), 1, 1)
    a, b = (net.graph.state_dict()[f"model.{i}.weight"].double().numpy()[0, 0] for i in (0, 1))
    found = only(effective_kernels(net, "1", [], dtype=torch.float64), "input")
    np.testing.assert_allclose(
        found[0, 0], [b[0] * a[0], b[0] * a[1], 0, 0, 0, 0, b[1] * a[0], b[1] * a[1]], atol=1e-12
    )


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_groups_keep_to_themselves(dims: int) -> None:
    net = network(CONV[dims - 1](4, 4, 3, groups=2, padding=1), 4, dims)
    (layer,) = net.layers
    found = only(effective_kernels(net, layer.name, [], dtype=torch.float64), "input")
    assert not found[:2, 2:].any()
    assert not found[2:, :2].any()
    np.testing.assert_array_equal(found[:2, :2], net.graph.state_dict()["model.weight"][:2].numpy())


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_depthwise_then_pointwise_is_their_outer_product(dims: int) -> None:
    conv = CONV[dims - 1]
    net = network(nn.Sequential(conv(3, 3, 3, groups=3), nn.SiLU(), conv(3, 4, 1)), 3, dims)
    state = net.graph.state_dict()
    deep, point = (state[f"model.{i}.weight"].double().numpy() for i in (0, 2))
    found = only(effective_kernels(net, "2", [], dtype=torch.float64), "input")
    by_hand = point.reshape(4, 3, *(1,) * dims) * deep[:, 0][None]
    np.testing.assert_allclose(found, by_hand, atol=1e-12)


class Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.gate = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        return torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))) * x


def test_a_gate_counts_as_one_and_says_so() -> None:
    net = network(Gated(), 2)
    stage = Stage(net, "mul", [], dtype=torch.float64)
    body = net.graph.state_dict()["model.body.weight"].numpy()
    np.testing.assert_array_equal(only(stage.kernels(range(3)), "input"), body)
    assert stage.notes == ("A gate, computed from the data, counts as 1.",)


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(2, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        y = x.flatten(2)
        return x + (torch.softmax(y @ y.transpose(1, 2), -1) @ y).reshape(x.shape)


def test_what_is_not_followed_is_named() -> None:
    net = network(Attending(), 2, side=8)
    stage = Stage(net, "add", [])
    body = net.graph.state_dict()["model.body.weight"].numpy()
    np.testing.assert_array_equal(only(stage.kernels(range(3)), "input"), body)
    assert stage.notes == ("Not followed: matmul.",)


def test_taps_that_never_meet_the_map_are_left_out() -> None:
    net = network(nn.Sequential(nn.Conv1d(1, 1, 9, padding=4, bias=False)), 1, 1, side=3)
    (layer,) = net.layers
    found = effective_kernels(net, layer.name, [])["input"]
    weight = net.graph.state_dict()["model.0.weight"].numpy()
    np.testing.assert_array_equal(found.values.numpy(), weight[:, :, 2:7])


def test_a_samples_own_statistics_are_left_out_and_it_says_so() -> None:
    net = Network(
        stirred(nn.Conv1d(1, 2, 3, padding=1)), input=(1, 32), mean="sample", std="sample"
    )
    stage = Stage(net, net.layers[0].name, [])
    weight = net.graph.state_dict()["model.weight"].numpy()
    np.testing.assert_array_equal(only(stage.kernels(range(2)), "input"), weight)
    assert stage.notes == (
        "A sample's own mean and deviation, which preprocessing takes out, count as 0 and 1.",
    )


def test_windows_do_not_grow_far_beyond_a_small_map() -> None:
    layers = [nn.Conv1d(1, 1, 9, padding=4, bias=False) for _ in range(12)]
    net = network(nn.Sequential(*layers), 1, 1, side=8)
    stage = Stage(net, "11", [])
    assert stage._sizes[0] <= 2 * 8 + 8
    assert stage.kernels([0])["input"].values.shape[2] <= 2 * 8 - 1
