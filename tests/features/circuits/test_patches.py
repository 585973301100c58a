"""A stretch run on patches gives what it gives on whole maps, at every position, borders and corners too."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.features.circuits.ablation import _on_maps
from convscope.features.circuits.call import Values
from convscope.features.circuits.tail import Tail
from convscope.network import Network
from convscope.network.taps import Taps

CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
MOST = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
MEAN = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


class Stretch(nn.Module):
    """Branches, a shortcut, pools, strides, dilation and groups; biases and shifts that padding must not see."""

    def __init__(self, dims: int, ceil: bool):
        super().__init__()
        conv = CONV[dims - 1]
        self.dims, self.ceil = dims, ceil
        self.stem = conv(1, 4, 1)
        self.one, self.two = conv(4, 4, 3, padding=2, dilation=2, groups=2), conv(4, 6, 1)
        self.norm = NORM[dims - 1](10)
        self.three = conv(10, 8, 3, stride=2, padding=1)
        self.last = conv(8, 3, 3, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        x = torch.sigmoid(self.stem(x))
        y = F.relu(self.one(x) - x)
        z = self.norm(torch.cat([y, self.two(x)], 1))
        z = MOST[self.dims - 1](z, 3, 2, 1, ceil_mode=self.ceil)
        z = torch.tanh(self.three(z) * 0.5)
        return torch.sigmoid(self.last(MEAN[self.dims - 1](z, 2, 1, 1)))


class Widening(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.body = nn.Conv2d(1, 4, 1), nn.Conv2d(4, 8, 3, 2, 1)
        self.last = nn.Conv2d(8, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.sigmoid(self.stem(x))
        x = torch.tanh(self.body(x) + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2)))
        return torch.sigmoid(self.last(F.pad(x, (0, 2, 1, 1), value=0.5)))


class Plain(nn.Module):
    def __init__(self, end: Callable[[Tensor], Tensor]):
        super().__init__()
        self.stem, self.end = nn.Conv2d(1, 4, 1), end

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.end(torch.sigmoid(self.stem(x))))


def stretch(module: nn.Module, shape: tuple[int, ...]) -> tuple[Tail, dict[str, Tensor], Tensor]:
    """Return the stretch from a network's first activation to its last, and the maps that it needs."""
    torch.manual_seed(0)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape) + (0.2 if "running_var" in name else -0.5))
    net = Network(module.eval(), input=shape)
    steps = [layer.node for layer in net.layers if layer.kind == "activation"]
    tail = Tail(net.graph, steps[0], steps[-1], Values(net.graph, torch.float32))
    with torch.no_grad():
        maps = Taps(net.graph, {name: name for name in (*tail.given, steps[-1])})(
            torch.rand(1, *shape)
        )
    return tail, maps, maps[steps[-1]]


def agrees(tail: Tail, maps: dict[str, Tensor], target: Tensor) -> int:
    assert tail.patches is not None
    jobs = [
        (source, unit, position)
        for source in (0, 3)
        for unit in range(3)
        for position in product(*(range(size) for size in target.shape[2:]))
    ]
    with torch.no_grad():
        small = torch.tensor(list(tail.patches(maps, jobs)))
        whole = torch.tensor(_on_maps(tail, maps, jobs, 16))
    assert (small - whole).abs().max() < 1e-5
    intact = torch.stack([target[(0, unit, *position)] for _, unit, position in jobs])
    nobody = [(-1, unit, position) for _, unit, position in jobs]
    assert (torch.tensor(list(tail.patches(maps, nobody))) - intact).abs().max() < 1e-5
    assert (whole - intact).abs().max() > 0.01  # silencing does something
    return len(jobs)


@pytest.mark.parametrize(("dims", "side"), [(1, 21), (2, 14), (3, 7)])
@pytest.mark.parametrize("ceil", [False, True])
def test_patches_give_what_maps_give_at_every_position(dims: int, side: int, ceil: bool) -> None:
    assert agrees(*stretch(Stretch(dims, ceil), (1, *(side,) * dims))) > 20


def test_a_shortcut_that_adds_channels_and_lopsided_padding() -> None:
    assert agrees(*stretch(Widening(), (1, 13, 12))) > 50


@pytest.mark.parametrize(
    "end",
    [
        lambda x: x * x.mean((2, 3), keepdim=True),
        lambda x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), torch.full((3, 4, 3, 3), 0.05)),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        lambda x: x + torch.linspace(0, 1, 64).reshape(1, 1, 8, 8),
        lambda x: torch.softmax(x, 1),
        lambda x: F.instance_norm(x),
    ],
    ids=["gate", "reflection", "varying mean", "weights by place", "softmax", "own statistics"],
)
def test_what_does_not_keep_to_places_is_run_on_whole_maps(
    end: Callable[[Tensor], Tensor],
) -> None:
    tail, maps, target = stretch(Plain(end), (1, 8, 8))
    assert tail.patches is None
    changed = _on_maps(tail, maps, [(0, 0, (2, 3))], 16)
    assert abs(changed[0] - float(target[0, 0, 2, 3])) > 1e-4
