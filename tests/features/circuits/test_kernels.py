"""Effective kernels against closed forms worked out by hand, and against the gradient of the linearised path."""

import numpy as np
import pytest
import torch
from torch import Tensor, fx, nn

from convscope.features.circuits.kernels import Kernels, Stage, effective_kernels
from convscope.network import Network, load

CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
MEAN = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
MAXIMUM = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
SIDE = (48, 28, 16)


def stirred(module: nn.Module, seed: int = 0) -> nn.Module:
    """Draw every weight and every stored statistic, so that nothing is 0 or 1 by default."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.25)
                if tensor.dim() > 1:
                    tensor.sub_(0.75)
    return module.eval()


def network(module: nn.Module, channels: int, dims: int = 2, side: int | None = None) -> Network:
    return Network(stirred(module), input=(channels, *(side or SIDE[dims - 1],) * dims))


def only(kernels: dict[str, Kernels], source: str) -> np.ndarray:
    assert list(kernels) == [source]
    return kernels[source].values.numpy()


class Straightened(fx.Interpreter):
    """The network with its activations taken out and maxima replaced by means; keeps every node's value."""

    def __init__(self, net: Network):
        super().__init__(net.graph, garbage_collect_values=False)
        self.kept: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> object:
        name = str(n.target)
        if n.op == "call_function" and any(
            word in name for word in ("relu", "silu", "hardtanh", "gelu")
        ):
            found = self.fetch_args_kwargs_from_env(n)[0][0]
        elif "max_pool" in name:
            x, kernel, *more = self.fetch_args_kwargs_from_env(n)[0]
            stride, padding, _, ceil = (*more, *(kernel, 0, 1, False)[len(more) :])
            mean = getattr(torch.nn.functional, f"avg_pool{x.dim() - 2}d")
            found = mean(x, kernel, stride, padding, ceil_mode=ceil)
        else:
            found = super().run_node(n)
        if isinstance(found, Tensor):
            self.kept[n.name] = found
        return found


def straightened(net: Network) -> Straightened:
    """Return every node's value of the straightened network at a random sample, in float64."""
    net.graph.double()
    run = Straightened(net)
    run.run(torch.rand(1, *net.input.shape, dtype=torch.float64, requires_grad=True))
    return run


def agrees(net: Network, layer: str, within: list[str], units: int = 3) -> int:
    """Check every source of a layer at an interior position against the gradient; return how many sources."""
    stage = Stage(net, layer, within, dtype=torch.float64)
    found = stage.kernels(range(min(units, stage.units)))
    kept = straightened(net).kept
    target = kept[net.layer(stage.layer).node]
    for source, kernels in found.items():
        values = kept["x" if source == "input" else net.layer(source).node]
        for unit in kernels.units:
            (truth,) = torch.autograd.grad(
                target[(0, unit, *stage.position)], values, retain_graph=True
            )
            mine = torch.zeros_like(truth)
            places = [
                slice(first, first + size)
                for first, size in zip(kernels.start, kernels.values.shape[2:], strict=True)
            ]
            sides = zip(places, truth.shape[2:], strict=True)
            assert all(place.start >= 0 and place.stop <= side for place, side in sides)
            mine[(0, slice(None), *places)] = kernels.values[unit]
            torch.testing.assert_close(mine, truth, rtol=0, atol=1e-10)
            assert truth.abs().max() > 1e-3
    return len(found)


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


def test_chunks_give_what_one_pass_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(Mixed(2, 0), 2)
    whole = only(effective_kernels(net, "last", ["stem.2"]), "stem.2")
    monkeypatch.setattr("convscope.features.circuits.kernels._ELEMENTS", 1)
    parts = list(Stage(net, "last", ["stem.2"]).chunks())
    assert [part["stem.2"].units for part in parts] == [(0,), (1,), (2,)]
    np.testing.assert_allclose(
        np.concatenate([only(part, "stem.2") for part in parts]), whole, rtol=1e-5, atol=1e-6
    )


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
