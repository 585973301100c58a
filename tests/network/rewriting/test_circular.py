"""On a torus shifts by the total stride only move maps; sizes, names and weights stay."""

from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.rewriting import (
    circular,
    in_double,
    testability,
    total_stride,
    total_strides,
)

DIMS = {
    dims: {name: getattr(nn, f"{name}{dims}d") for name in ("Conv", "ConvTranspose", "MaxPool", "AvgPool")}
    for dims in (1, 2, 3)
}  # fmt: skip


def uneven(dims: int) -> nn.Module:
    """Every kind of border: one-sided, in a step of its own, "same", wider than the map, cut off, excluded."""
    make = DIMS[dims]

    class Uneven(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = make["Conv"](2, 4, 3, 2)
            self.cut = make["Conv"](4, 4, 3)
            self.pool = make["MaxPool"](3, 2, ceil_mode=True)
            self.same = make["Conv"](4, 4, 4, padding="same")
            self.mean = make["AvgPool"](3, 1, 1, count_include_pad=False)
            self.wide = make["Conv"](4, 3, 9, padding=4, dilation=1)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.relu(self.one(F.pad(x, (0, 1) * dims)))
            x = self.mean(self.same(self.pool(self.cut(x))))
            return self.wide(x)

    return Uneven()


def up_and_down(dims: int) -> nn.Module:
    """Down by two and back, by a transposed convolution that overlaps, and by interpolation."""
    make = DIMS[dims]

    class UpAndDown(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = make["Conv"](2, 4, 3, 2, 1)
            self.deeper = make["Conv"](4, 4, 3, 2, 1)
            self.up = make["ConvTranspose"](4, 4, 3, 2, 1, output_padding=1)

        def forward(self, x: Tensor) -> Tensor:
            skip = torch.relu(self.down(x))
            x = self.up(torch.relu(self.deeper(skip))) + skip
            mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[dims]
            return F.interpolate(x, scale_factor=2, mode=mode)

    return UpAndDown()


def network(kind: str, dims: int) -> Network:
    torch.manual_seed(dims)
    module = uneven(dims) if kind == "uneven" else up_and_down(dims)
    return in_double(Network(module.eval(), input=(2, *[16] * dims)))


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("kind", ["uneven", "up and down"])
def test_maps_move_with_the_input(kind: str, dims: int) -> None:
    net = network(kind, dims)
    twin = circular(net)
    assert total_stride(twin) == (4,) * dims
    assert testability(net) is True
    strides = total_strides(twin)
    names = [layer.name for layer in twin.layers if layer.kind not in ("pad", "resize")]
    axes = tuple(range(2, 2 + dims))
    x = torch.rand(1, *net.input.shape, dtype=torch.float64)
    by = (4, -8, 12)[:dims]
    with torch.no_grad():
        z, moved = twin.taps(names)(x), twin.taps(names)(x.roll(by, axes))
        if kind == "up and down":
            assert torch.allclose(twin(x.roll(by, axes)), twin(x).roll(by, axes), atol=1e-12)
            assert not torch.allclose(net(x.roll(by, axes)), net(x).roll(by, axes), atol=1e-3)
    for name in names:
        if name == "up":
            continue  # with what runs over the sides, which the next step puts back
        steps = [int(d / r) for d, r in zip(by, strides[name], strict=True)]
        assert torch.allclose(moved[name], z[name].roll(steps, axes), atol=1e-12), name
        assert all(
            n * r == 16 for n, r in zip(twin.layer(name).output[1:], strides[name], strict=True)
        )


def test_what_was_read_inside_is_read_still() -> None:
    torch.manual_seed(0)
    net = Network(nn.Sequential(nn.Conv2d(1, 2, 5, padding=2), nn.MaxPool2d(3, 2, 1)), (1, 16, 16))
    x = torch.rand(1, 1, 16, 16)
    for mode in ("circular", "reflect", "replicate"):
        other = circular(net, mode)  # type: ignore[arg-type]
        assert other(x).shape == net(x).shape
        assert torch.allclose(other(x)[..., 2:-2, 2:-2], net(x)[..., 2:-2, 2:-2], atol=1e-6)
        assert not torch.allclose(other(x)[..., 0, :], net(x)[..., 0, :], atol=1e-3)


@pytest.mark.parametrize("mode", ["circular", "reflect", "replicate"])
def test_padding_is_what_torch_pads(mode: Literal["circular", "reflect", "replicate"]) -> None:
    torch.manual_seed(0)
    theirs = nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode)
    zeros = nn.Conv2d(2, 3, 3, padding=1)
    zeros.load_state_dict(theirs.state_dict())
    x = torch.rand(1, 2, 8, 8)
    with torch.no_grad():
        made = circular(Network(zeros, (2, 8, 8)), mode)
        assert torch.allclose(made(x), theirs(x), atol=1e-6)


def test_a_border_wider_than_the_map_goes_round_more_than_once() -> None:
    torch.manual_seed(0)
    conv = nn.Conv1d(1, 1, 15, padding=7, bias=False)
    x = torch.rand(1, 1, 3)
    with torch.no_grad():
        found = circular(Network(conv, (1, 3)))(x)
        whole = torch.cat([x] * 11, -1)[..., 15 - 7 : 15 + 3 + 7]
        assert torch.allclose(found, F.conv1d(whole, conv.weight), atol=1e-6)


def test_layers_behind_that_need_the_sizes_keep_them() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
    net = Network(module.eval(), (1, 8, 8))
    made = circular(net)
    assert "cut the border off" in made.notes[-1]
    x = torch.rand(1, 1, 8, 8)
    assert torch.equal(made(x), net(x))


def test_sizes_that_cannot_be_tested_name_the_nearest() -> None:
    net = load("demo", input=(3, 70, 70))
    said = testability(net)
    assert not isinstance(said, bool)
    assert said[1] == (64, 64)
    assert "no multiple of its total stride 16x16" in said[0]


def test_another_mode_is_refused() -> None:
    with pytest.raises(SpecError, match="no padding called 'wrap'"):
        circular(load("demo"), "wrap")  # type: ignore[arg-type]


def test_names_stay_weights_are_shared_and_the_network_is_saved(tmp_path: Path) -> None:
    net = load("demo")
    made = circular(net)
    assert [layer.name for layer in made.layers] == [layer.name for layer in net.layers]
    assert {id(p) for p in made.graph.parameters()} == {id(p) for p in net.graph.parameters()}
    again = load(str(made.save(tmp_path / "made.pt2")))
    assert again.fingerprint == made.fingerprint != net.fingerprint
    x = torch.rand(3, 3, 64, 64)
    assert torch.allclose(again(x), made(x), atol=1e-6)
    assert [layer.name for layer in again.layers] == [layer.name for layer in net.layers]
