"""Dense maps hold what every shift of the input gives, to rounding."""

from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.errors import SpecError
from convscope.network import Network
from convscope.network.rewriting import circular, dense, in_double, testability, total_strides


class Block(nn.Module):
    """Strided in both branches, one of them by a slice; shuffled channels; a mean at the end."""

    def __init__(self, dims: int):
        super().__init__()
        conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
        self.dims = dims
        self.stem = conv(2, 4, 3, 2, 1)
        self.branch = conv(4, 4, 3, 2, 1, groups=2)
        self.last = conv(4, 6, 3, padding=2, dilation=2)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem(x))
        y = self.branch(x)
        y = y.reshape(y.shape[0], 2, 2, *y.shape[2:]).transpose(1, 2).reshape(y.shape)
        for axis in range(2, 2 + self.dims):
            x = _every_second(x, axis)
        x = self.last(F.gelu(x + y))
        return self.head(x.mean(tuple(range(2, 2 + self.dims))))


def _every_second(x: Tensor, axis: int) -> Tensor:
    index = [slice(None)] * x.dim()
    index[axis] = slice(None, None, 2)
    return x[tuple(index)]


class Pools(nn.Module):
    """Every pooling layer, with what is left of the map averaged."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = nn.Sequential(
            nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 2, 1), nn.Conv2d(2, 3, 2, 2), nn.AvgPool2d(2, 1), nn.ReLU()
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.steps(x).mean((2, 3))


def compared(net: Network) -> float:
    """Return the largest difference over all layers that are maps and all phases."""
    strides = total_strides(net)
    full = dense(net)
    names = [name for name in strides if name in {layer.name for layer in full.layers}]
    assert len(names) >= 4
    axes = tuple(range(2, 2 + net.dims))
    x = torch.rand(1, *net.input.shape, dtype=torch.float64)
    largest = 0.0
    with torch.no_grad():
        maps = full.taps(names)(x)
        taps = net.taps(names)
        for shift in product(range(int(max(r[0] for r in strides.values()))), repeat=net.dims):
            expected = taps(x.roll(shift, axes))
            for name in names:
                z = maps[name]
                if z.dim() != 2 + net.dims:
                    continue  # channels apart
                z = z.roll(shift, axes)
                for axis, r in zip(axes, strides[name], strict=True):
                    z = z.index_select(axis, torch.arange(0, z.shape[axis], int(r)))
                largest = max(largest, float((z - expected[name]).abs().max()))
    return largest


@pytest.mark.parametrize("sizes", [(16,), (16, 8), (8, 8, 8)])
def test_equal_to_every_shift(sizes: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = circular(in_double(Network(Block(len(sizes)).eval(), input=(2, *sizes))))
    assert compared(net) < 1e-10


def test_pools_too() -> None:
    torch.manual_seed(0)
    net = circular(in_double(Network(Pools().eval(), input=(2, 32, 32))))
    assert compared(net) < 1e-10


def test_a_mean_at_the_end_is_the_mean_over_all_shifts() -> None:
    torch.manual_seed(0)
    net = circular(in_double(Network(Block(2).eval(), input=(2, 8, 8))))
    x = torch.rand(2, 2, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        every = [net(x.roll(shift, (2, 3))) for shift in product(range(4), repeat=2)]
        assert torch.allclose(dense(net)(x), torch.stack(every).mean(0), atol=1e-12)


class Flattened(nn.Module):
    """The map as one axis, of which the mean is taken, as many networks write their pooling."""

    def __init__(self, dims: int, way: str):
        super().__init__()
        conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
        self.body = nn.Sequential(conv(2, 4, 3, 2, 1), nn.ReLU(), conv(4, 5, 3, 2, 1), nn.GELU())
        self.head, self.way = nn.Linear(5, 3), way

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x)
        if self.way == "flatten":
            return self.head(x.flatten(2).mean(-1))
        if self.way == "view":
            return self.head(x.view(x.shape[0], x.shape[1], -1).mean(2, keepdim=True)[..., 0])
        return self.head(x.flatten(2)[..., 0])


@pytest.mark.parametrize("way", ["flatten", "view"])
@pytest.mark.parametrize("sizes", [(16,), (16, 8), (8, 8, 8)])
def test_a_flattened_map_that_is_averaged_is_pooled(sizes: tuple[int, ...], way: str) -> None:
    torch.manual_seed(0)
    dims = len(sizes)
    native = in_double(Network(Flattened(dims, way).eval(), input=(2, *sizes)))
    assert testability(native) is True
    net, axes = circular(native), tuple(range(2, 2 + dims))
    x = torch.rand(2, 2, *sizes, dtype=torch.float64)
    with torch.no_grad():
        every = [net(x.roll(shift, axes)) for shift in product(range(4), repeat=dims)]
        assert torch.allclose(net(x.roll((4,) * dims, axes)), every[0], atol=1e-12)
        assert torch.allclose(dense(net)(x), torch.stack(every).mean(0), atol=1e-12)
        assert not torch.allclose(every[0], every[1], atol=1e-4)


def test_a_flattened_map_of_which_a_position_is_taken_is_not() -> None:
    said = testability(Network(Flattened(2, "first").eval(), input=(2, 8, 8)))
    assert not isinstance(said, bool)
    assert "flattens the map" in said[0]


class Squeezed(nn.Module):
    """Squeeze and excitation between strides: what one shift finds is not what another finds."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.next = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.next(x * torch.sigmoid(x.mean((2, 3), keepdim=True))).mean((2, 3))


def test_what_looks_at_the_whole_map_is_refused_and_the_part_before_it_kept() -> None:
    net = circular(Network(Squeezed().eval(), input=(1, 8, 8)))
    with pytest.raises(SpecError, match="looking at the whole map"):
        dense(net)
    part = dense(net, whole=False)
    assert "stem" in [layer.name for layer in part.layers]
    assert "next" not in [layer.name for layer in part.layers]


def test_a_network_that_goes_back_to_more_positions_is_refused() -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 2, 2, 2), nn.ConvTranspose2d(2, 1, 2, 2), nn.Conv2d(1, 1, 1)
    )
    with pytest.raises(SpecError, match="goes back to more positions"):
        dense(circular(Network(module.eval(), input=(1, 8, 8))))
