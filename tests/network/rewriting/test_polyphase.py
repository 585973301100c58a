"""Adaptive polyphase sampling: any shift in whole pixels, any weights, ties too."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.rewriting import in_double, polyphase

SHIFTS = ((1, 0, 2), (3, -5, 1), (7, 2, -3))


class Block(nn.Module):
    """A block whose shortcut takes every other position by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, 2, 1)
        self.conv2 = nn.Conv2d(4, 4, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x[:, :, ::2, 1::2] + self.conv2(torch.relu(self.conv1(x))))


class Apart(nn.Module):
    """Two ways of other strides that meet on one grid."""

    def __init__(self) -> None:
        super().__init__()
        self.once = nn.Conv2d(3, 4, 4, 4)
        self.twice = nn.Sequential(nn.Conv2d(3, 4, 2, 2), nn.Conv2d(4, 4, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.once(x) + self.twice(x)


class Up(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 4, 2, 2), nn.ConvTranspose2d(4, 3, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.down(x))


def _head(dims: int) -> list[nn.Module]:
    pool = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[dims - 1](1)
    return [pool, nn.Flatten()]


NETWORKS = {
    "1-D, strides 3 and 2": (
        lambda: nn.Sequential(
            nn.Conv1d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool1d(3, 3), nn.Conv1d(4, 4, 5, 2, 2), *_head(1)
        ),
        (2, 36),
    ),
    "2-D, a block and its shortcut": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), Block(), *_head(2)),
        (3, 16, 24),
    ),
    "3-D": (
        lambda: nn.Sequential(
            nn.Conv3d(1, 4, 3, 2, 1), nn.ReLU(), nn.AvgPool3d(2), nn.Conv3d(4, 4, 3, padding=1), *_head(3)
        ),
        (1, 8, 12, 8),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_any_shift_leaves_the_answer(name: str) -> None:
    torch.manual_seed(0)
    build, shape = NETWORKS[name]
    net = Network(build().eval(), input=shape)
    single, double = polyphase(net), in_double(polyphase(net))
    x = torch.rand(3, *shape)
    axes = tuple(range(2, 2 + net.dims))
    with torch.no_grad():
        for shift in SHIFTS:
            moved = x.roll(shift[: net.dims], axes)
            assert (double(moved.double()) - double(x.double())).abs().max() < 1e-14
            assert (single(moved) - single(x)).abs().max() < 1e-6
            # The network as it was, even on a torus, does not hold still.
            assert (net(moved) - net(x)).abs().max() > 1e-4


def test_phases_of_equal_energy_are_told_apart() -> None:
    # One phase holds a, another -a: the largest energy alone would keep whichever comes first.
    net = in_double(
        polyphase(Network(nn.Sequential(nn.MaxPool2d(1, 2), *_head(2)), input=(1, 8, 8)))
    )
    torch.manual_seed(0)
    a = torch.rand(1, 1, 4, 4, dtype=torch.float64) + 0.5
    x = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    x[..., ::2, ::2], x[..., 1::2, ::2] = a, -a
    kept = net(x)
    assert abs(kept.item()) > 0.5
    for shift in ((1, 0), (0, 1), (3, 5)):
        assert torch.equal(net(x.roll(shift, (2, 3))).round(decimals=12), kept.round(decimals=12))


def test_the_largest_phase_is_kept() -> None:
    net = polyphase(Network(nn.Sequential(nn.MaxPool2d(1, 2), *_head(2)), input=(1, 4, 4)))
    x = torch.zeros(1, 1, 4, 4)
    x[..., 1::2, ::2], x[..., ::2, ::2] = 3, 2
    assert net(x).item() == 3


def test_a_stride_that_does_not_come_out_even_is_refused() -> None:
    net = Network(nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), *_head(2)), input=(3, 15, 16))
    with pytest.raises(SpecError, match=r"2x2-th position of a map of 15x16"):
        polyphase(net)


def test_ways_that_are_chosen_apart_are_refused() -> None:
    with pytest.raises(SpecError, match="positions are chosen apart"):
        polyphase(Network(Apart(), input=(3, 16, 16)))


def test_going_back_to_more_positions_is_refused() -> None:
    with pytest.raises(SpecError, match="goes back to more positions"):
        polyphase(Network(Up(), input=(3, 16, 16)))


def test_the_weights_are_shared_and_learn_and_the_network_is_saved(tmp_path: Path) -> None:
    first = nn.Conv2d(3, 4, 3, 2, 1)
    net = polyphase(Network(nn.Sequential(first, nn.ReLU(), *_head(2)).eval(), input=(3, 8, 8)))
    x = torch.rand(2, 3, 8, 8)
    net(x).square().sum().backward()
    gradient = first.weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0
    again = load(str(net.save(tmp_path / "kept.pt2")))
    with torch.no_grad():
        assert torch.allclose(again(x), net(x), atol=1e-6)
        assert torch.allclose(again(x.roll(1, 2)), net(x), atol=1e-6)
