"""Tensors side by side along an axis: the same network written in another way has the same fields."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.network import Network
from convscope.receptive import effective, receptive
from convscope.receptive.finding import Receptive
from convscope.receptive.verify import nan_dependence

SHAPE = (3, 12, 20)
Step = Callable[[Tensor], Tensor]


class Before(nn.Module):
    """Three times something, and a 3x3 convolution that pads in height alone; the name says no other size is tried."""

    def __init__(self, step: Step, padding: int = 0):
        super().__init__()
        torch.manual_seed(0)
        self.step = step
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=(1, padding)) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = torch.relu(conv(self.step(x)))
        return x


def fields(step: Step, padding: int = 0) -> Receptive:
    net = Network(Before(step, padding), input=SHAPE)
    found = receptive(net)
    result = nan_dependence(net.graph, SHAPE, 7, found=found.walk)
    assert (result.unsound, result.loose) == ({}, {})
    return found


def replaced(y: Tensor, where: slice, by: slice) -> Tensor:
    y = y.clone()
    y[..., where] = y[..., by]
    return y


@pytest.mark.parametrize(
    ("by_hand", "ready", "padding"),
    [
        (
            lambda x: torch.cat([x[..., -1:], x, x[..., :1]], -1),
            lambda x: F.pad(x, (1, 1, 0, 0), "circular"),
            0,
        ),
        (
            lambda x: torch.cat([x[..., 1:2], x, x[..., -2:-1]], -1),
            lambda x: F.pad(x, (1, 1, 0, 0), "reflect"),
            0,
        ),
        (
            lambda x: torch.cat([x[..., :1], x, x[..., -1:]], -1),
            lambda x: F.pad(x, (1, 1, 0, 0), "replicate"),
            0,
        ),
        (lambda x: torch.cat(x.chunk(2, -1)[::-1], -1), lambda x: torch.roll(x, -10, -1), 1),
        (lambda x: torch.cat([x[..., :7], x[..., 7:]], -1), lambda x: x, 1),
    ],
    ids=["circular", "reflect", "replicate", "swapped", "identity"],
)
def test_written_by_hand_or_not(by_hand: Step, ready: Step, padding: int) -> None:
    one, other = fields(by_hand, padding), fields(ready, padding)
    for name in ("convs.0", "convs.1", "convs.2"):
        a, b = one[name], other[name]
        assert (a.size, a.stride, a.start, a.tiling) == (b.size, b.stride, b.start, b.tiling)
        assert [x.shift_invariant for x in a.axes] == [x.shift_invariant for x in b.axes]
        assert a.box((5, 0)) == b.box((5, 0))
    assert other["convs.2"].size == (7, 7)


def test_every_second_position_replaced_by_its_neighbour() -> None:
    found = fields(lambda y: replaced(y, slice(0, None, 2), slice(1, None, 2)), 1)
    assert found["slice_scatter"].size == (1, 1)
    assert found["slice_scatter"].box((3, 4)) == ((3, 3), (5, 5))


def test_parts_that_have_nothing_in_common_are_read_unit_by_unit() -> None:
    blur = nn.Conv2d(3, 3, 3, padding=1)

    class Beside(nn.Module):
        """A map and its blurred copy side by side."""

        def __init__(self) -> None:
            super().__init__()
            self.blur, self.mix = blur, nn.Conv2d(3, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.mix(torch.cat([x, self.blur(x)], 3))

    net = Network(Beside(), input=(3, 16, 16))
    found = receptive(net)
    row = found["mix"]
    assert row.size == (3, 3)
    assert [axis.shift_invariant for axis in row.axes] == [True, False]
    assert row.groups == ()
    assert (row.box((4, 5)), row.box((4, 21))) == (((3, 5), (5, 5)), ((3, 5), (4, 6)))
    assert row.reached(4, axis=1) == (4, 21)
    result = nan_dependence(net.graph, (3, 16, 16), 16, found=found.walk)
    assert (result.unsound, result.loose) == ({}, {})
    batches = [np.random.default_rng(0).random((4, 3, 16, 16), np.float32)]
    measured = effective(net, batches, ["mix"], fresh=False)["mix"]
    assert measured.heat.shape == (3, 3)
    assert measured.outside == 0.0
