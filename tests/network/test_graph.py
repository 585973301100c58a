"""The graph is the network: names a person uses, taps that agree with the eager network, one fingerprint."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import SpecError
from convscope.network import Network


class Block(nn.Module):
    """A residual block with a reused activation, an in-place operation and functional calls."""

    def __init__(self, channels: int, dims: int = 2):
        super().__init__()
        conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
        self.conv1 = conv(channels, channels, 3, padding=1)
        self.conv2 = conv(channels, channels, 3, padding=1, bias=False)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.conv1(x))
        y = self.conv2(y)
        y += x
        return self.act(y)


class Small(nn.Module):
    def __init__(self, channels: int = 3, dims: int = 2):
        super().__init__()
        conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
        self.dims = dims
        self.stem = conv(channels, 8, 3, padding=1)
        self.block = Block(8, dims)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(F.gelu(self.stem(x)))
        return self.head(self.drop(x.flatten(2).mean(2)))


SHAPES = {1: (2, 40), 2: (3, 16, 20), 3: (1, 6, 8, 10)}


@pytest.fixture
def small() -> Small:
    torch.manual_seed(0)
    return Small().eval()


def test_layer_names_are_module_paths_and_operations(small: Small):
    names = [layer.name for layer in Network(small, (3, 16, 20)).layers]
    assert names == [
        "stem", "gelu", "block.conv1", "block.act", "block.conv2", "block.add", "block.act:2", "mean", "head",
    ]  # fmt: skip


def test_a_module_path_names_its_last_layer_and_a_wrong_name_gets_near_ones(small: Small):
    net = Network(small, (3, 16, 20))
    assert net.layer("block").name == "block.act:2"
    with pytest.raises(SpecError, match=r"block\.conv1"):
        net.layer("block.conv3")


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_taps_equal_what_hooks_read_and_survive_in_place_operations(dims: int):
    torch.manual_seed(dims)
    channels, *space = SHAPES[dims]
    module = Small(channels, dims).eval()
    net = Network(module, SHAPES[dims])
    seen: dict[str, Tensor] = {}
    for name in ("stem", "block.conv1", "block.conv2", "head"):
        _keep_output(module.get_submodule(name), name, seen)
    x = torch.rand(3, channels, *space)
    with torch.no_grad():
        expected = module(x)
        tapped = net.taps([*seen])(x) if seen else {}
        assert (net(x) - expected).abs().max() <= 1e-6
    assert set(tapped) == {"stem", "block.conv1", "block.conv2", "head"}
    for name, value in seen.items():
        assert (tapped[name] - value).abs().max() <= 1e-6, name


def _keep_output(module: nn.Module, name: str, seen: dict[str, Tensor]) -> None:
    # Cloned, because the eager network overwrites these values afterwards.
    def hook(_: nn.Module, __: object, output: Tensor) -> None:
        seen[name] = output.clone()

    module.register_forward_hook(hook)


def test_a_tap_costs_only_the_layers_before_it(small: Small):
    net = Network(small, (3, 16, 20))
    early, late = net.taps(["stem"]), net.taps(["head"])
    called = [node for node in early.graph.graph.nodes if node.op == "call_function"]
    assert len(called) == 1
    assert len(early.state_dict()) == 2
    assert len(late.state_dict()) == len(small.state_dict())


def test_taps_share_weights_and_pass_gradients(small: Small):
    net = Network(small, (3, 16, 20))
    x = torch.rand(2, 3, 16, 20, requires_grad=True)
    net.taps(["block.conv1"])(x)["block.conv1"].sum().backward()
    assert x.grad is not None
    assert float(x.grad.abs().sum()) > 0
    with torch.no_grad():
        small.stem.weight.zero_()
        small.stem.bias.zero_()  # type: ignore[union-attr]
    assert not net.taps(["stem"])(x)["stem"].any()


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_any_batch_and_any_size(small: Small, batch: int):
    net = Network(small, (3, 16, 20))
    assert net.dynamic_batch
    assert net.dynamic_space
    x = torch.rand(batch, 3, 24, 12)
    with torch.no_grad():
        assert (net(x) - small(x)).abs().max() <= 1e-6


def test_preprocessing_is_inside(small: Small):
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.1)
    net = Network(small, (3, 16, 20), mean=mean, std=std)
    x = torch.rand(2, 3, 16, 20)
    y = (x - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    with torch.no_grad():
        assert (net(x) - small(y)).abs().max() <= 1e-5
    assert next(layer.name for layer in net.layers) == "stem"


def test_each_sample_can_be_standardised_by_itself():
    net = Network(nn.Conv1d(1, 1, 1, bias=False), (1, 64), mean="sample", std="sample")
    with torch.no_grad():
        net.graph.get_parameter("model.weight").fill_(1.0)
        y = net(torch.rand(4, 1, 64) * 7 + 3)
    assert float(y.mean(2).abs().max()) <= 1e-5
    assert float((y.std(2, unbiased=False) - 1).abs().max()) <= 1e-4


def test_parameters_shapes_and_layer_facts(small: Small):
    net = Network(small, (3, 16, 20))
    assert net.parameters == sum(p.numel() for p in small.parameters())
    conv = net.layer("block.conv1")
    assert (conv.weights, conv.biases) == (8 * 8 * 9, 8)
    assert conv.parameter_names == ("block.conv1.weight", "block.conv1.bias")
    assert (conv.input, conv.output) == ((8, 16, 20), (8, 16, 20))
    assert (conv.kernel, conv.stride, conv.padding) == ((3, 3), (1, 1), ((1, 1), (1, 1)))
    assert conv.macs == 8 * 8 * 9 * 16 * 20
    assert net.layer("block.add").feeds_from == ("block.conv2", "gelu")


class _Reshapes(nn.Module):
    """Asks the input for its batch size late: a size is no branch of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x).reshape(x.shape[0], 2, 4))


def test_sizes_are_not_sources() -> None:
    net = Network(_Reshapes(), input=(8,))
    assert net.layer("second").feeds_from == ("first",)


def test_training_mode_is_put_into_eval_and_said():
    net = Network(Small().train(), (3, 16, 20))
    assert any("eval mode" in note for note in net.notes)
    x = torch.rand(2, 3, 16, 20)
    assert torch.equal(net(x), net(x))


def test_the_fingerprint_follows_graph_weights_and_input_rule(small: Small):
    same = Network(small, (3, 16, 20)).fingerprint
    assert Network(small, (3, 16, 20)).fingerprint == same
    assert Network(small, (3, 16, 20), mean=(0.5,), std=(0.5,)).fingerprint != same
    with torch.no_grad():
        small.head.bias[0] += 1e-3
    assert Network(small, (3, 16, 20)).fingerprint != same


def test_a_view_that_is_written_to_is_read_right():
    class Writes(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x * 1
            y[..., :2].fill_(0.0)
            return y + 1

    net = Network(Writes(), (1, 4, 6))
    x = torch.rand(2, 1, 4, 6)
    assert torch.equal(net(x), Writes()(x))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Bilinear(3, 3, 2), "more than one input"),
        (nn.Conv2d(1, 2, 3), "does not take an input of 3x16x20"),
        (nn.LSTM(20, 4), "does not take an input"),
    ],
)
def test_networks_that_cannot_be_looked_at_say_why(module: nn.Module, message: str):
    with pytest.raises(SpecError, match=message):
        Network(module, (3, 16, 20))


@pytest.mark.parametrize("shape", ["3x16x20", (3, 16.0, 20), (3, 0, 20), ()])
def test_an_input_that_is_no_shape_is_refused(shape: Any):
    with pytest.raises(SpecError, match=r"such as \(3, 224, 224\)"):
        Network(nn.Conv2d(3, 2, 3), input=shape)


def test_a_branch_on_values_gets_torchs_reason():
    class Branches(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 1 if x.sum() > 0 else x - 1

    with pytest.raises(SpecError, match=r"torch\.export cannot follow"):
        Network(Branches(), (3, 8, 8))
