import pytest
import torch
from torch import nn
from torch.nn import functional as F

from convscope.network import Network
from convscope.receptive import receptive
from convscope.shift.boundary import Differences, halo, uneven
from convscope.shift.grids import grids, last_with_place, total_stride


def halves(net: Network) -> tuple[list[list[int]], list[int]]:
    last = last_with_place(net, grids(net))
    found = halo(net, grids(net), last)
    assert found is not None
    return [list(sides) for sides in found], list(total_stride(grids(net), net.dims))


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ([nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(2, 2, 5, padding=2)], 16),
        ([nn.Conv2d(1, 2, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, padding=2, dilation=2)], 32),
        ([nn.Conv2d(1, 2, 3), nn.ConvTranspose2d(2, 2, 4, 2, 1), nn.Conv2d(2, 2, 3)], 16),
        ([nn.ConstantPad2d((0, 1, 0, 1), 0.0), nn.Conv2d(1, 2, 3, 2), nn.Conv2d(2, 2, 3, padding=1)], 16),
    ],
    ids=["pool", "stem", "transposed", "padded"],
)  # fmt: skip
def test_halo_and_tile_are_those_of_the_receptive_fields(parts: list[nn.Module], size: int):
    net = Network(nn.Sequential(*parts).eval(), input=(1, size, size))
    row = receptive(net)[list(grids(net))[-1]]
    assert row.tiling is not None
    sides, tile = halves(net)
    assert sides == [[one.before, one.after] for one in row.tiling]
    assert tile == [one.step for one in row.tiling]


class Same(nn.Module):
    """TensorFlow's "same" padding: more behind than before."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


@pytest.mark.parametrize(
    ("module", "size", "sides"),
    [
        (nn.Conv2d(3, 4, 7, 2, 3), 224, (3, 2)),
        (nn.Conv2d(3, 4, 7, 2, 3), 225, None),
        (nn.Conv2d(3, 4, 3, padding=1), 224, None),
        (nn.Conv2d(3, 4, 3, 2), 224, (0, -1)),
        (Same(), 224, (0, 1)),
        (nn.MaxPool2d(3, 2, 1), 112, (1, 0)),
        (nn.MaxPool2d(2), 112, None),
        (nn.MaxPool2d(3, 2, ceil_mode=True), 112, (0, 1)),
    ],
    ids=["stem", "stem at 225", "stride 1", "cut off", "same", "pool", "pool by 2", "ceil"],
)
def test_uneven_windows_are_named(module: nn.Module, size: int, sides: tuple[int, int] | None):
    found = uneven(Network(nn.Sequential(module).eval(), input=(3, size, size)))
    expected = [] if sides is None else [(axis, *sides) for axis in range(2)]
    assert [(one.axis, one.before, one.after) for one in found] == expected


def test_the_border_is_felt_as_far_as_the_windows_reach():
    layers = [nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1), nn.MaxPool2d(2)]
    zeros = Network(nn.Sequential(*layers).eval(), input=(2, 16, 16))
    for layer in layers[:2]:
        layer.padding_mode = "circular"
        layer._reversed_padding_repeated_twice = [1, 1, 1, 1]
    other = Network(nn.Sequential(*layers).eval(), input=(2, 16, 16))
    names = ["0", "1", "2"]
    x = torch.randn(2, 2, 16, 16)
    inner = {"0": "0.conv2d", "1": "1.conv2d", "2": "2"}
    maps = {name: z.detach() for name, z in zeros.taps(names)(x).items()}
    round_ = {name: other.taps(list(inner.values()))(x)[inner[name]].detach() for name in names}
    found = Differences()
    found.add(maps, round_)
    placed = grids(zeros)
    assert [found.reach(name, placed[name])[0] for name in names] == [1, 2, 2]
    assert found.reach("0", placed["0"])[1] == pytest.approx(14**2 / 16**2)
