"""Small pictures answer as full ones do, wherever they are used; where they would not, full ones are used."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.features.tuning.stage import Stage, stages
from convscope.network import Network
from convscope.receptive import receptive


def staged(module: nn.Module, shape: tuple[int, ...], *names: str) -> tuple[Network, list[Stage]]:
    net = Network(module.eval(), input=shape)
    found = receptive(net)
    return net, stages(net, [found[name] for name in names])


def conv(dims: int, inputs: int, outputs: int, stride: int = 1, padding: int = 0) -> nn.Module:
    return (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1](inputs, outputs, 3, stride, padding)


def pool(dims: int) -> nn.Module:
    return (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[dims - 1](3, 2, ceil_mode=True)


def same_padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Pad as TensorFlow does, which depends on the size."""
    pads: list[int] = []
    for size in reversed(x.shape[2:]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


class TensorFlowLike(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(same_padded(x, 3, 2)))
        return F.relu(self.second(same_padded(x, 3, 2)))


class Squeezed(nn.Module):
    """A convolution gated by the mean over the whole picture."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.gate, self.last = (nn.Conv2d(3, 4, 3), nn.Linear(4, 4), nn.Conv2d(4, 4, 3))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        return self.last(x * gate[:, :, None, None])


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1])
def test_units_in_small_pictures_answer_as_in_full_ones(dims: int, padding: int) -> None:
    torch.manual_seed(0)
    body = nn.Sequential(
        conv(dims, 2, 4, stride=2, padding=padding), nn.ReLU(), pool(dims), conv(dims, 4, 5)
    )
    net, found = staged(body, (2,) + (37,) * dims, "1", "3")
    assert all(stage.small for stage in found)
    for stage in found:
        # A full picture of noise around the small one, a whole number of strides from the corner.
        period, n = 4, stage.screen.shape[1]
        start = (37 - n) // 2 // period * period
        noise = torch.rand(1, *stage.screen.shape)
        whole = torch.rand(1, *net.input.shape)
        whole[(..., *(slice(start, start + n),) * dims)] = noise
        for name, watch in stage.watches.items():
            step = start // (2 if name == "1" else 4)
            inside = tuple(slice(i.start + step, i.stop + step) for i in watch.index)
            with torch.no_grad():
                cut = watch.read(net.taps([name])(noise)[name])
                full = net.taps([name])(whole)[name][(..., *inside)].flatten(2)
            assert cut.shape[-1] == len(watch.away) == 3**dims
            assert torch.allclose(cut, full, atol=1e-5)


def test_the_watched_unit_sees_the_centre_of_the_screen() -> None:
    torch.manual_seed(1)
    body = nn.Sequential(nn.Conv2d(1, 3, 5, 2, padding=2), nn.ReLU(), nn.Conv2d(3, 2, 3, padding=1))
    net, (first, second) = staged(body, (1, 40, 48), "0", "2")
    for stage, name, size in ((first, "0", 5), (second, "2", 9)):
        watch = stage.watches[name]
        x = torch.rand(1, *stage.screen.shape, requires_grad=True)
        values = watch.read(net.taps([name])(x)[name])[0, 0]
        values[watch.middle].backward()
        assert x.grad is not None
        for axis, centre in enumerate(stage.screen.centre):
            seen = torch.nonzero(x.grad[0, 0].abs().sum(1 - axis)).flatten()
            assert (seen[0] + seen[-1]) / 2 == centre
            assert seen[-1] - seen[0] + 1 == size
        assert (watch.away[watch.middle] == 0).all()


def test_padding_that_depends_on_the_size_falls_as_in_full_pictures() -> None:
    torch.manual_seed(0)
    for size in (24, 25):
        _, found = staged(TensorFlowLike(), (3, size, size), "relu:2")
        assert found[0].small, size
        assert (found[0].screen.shape[1] - size) % 4 == 0


@pytest.mark.parametrize(
    ("build", "early", "late"),
    [
        (Squeezed, "relu", "last"),
        (
            lambda: nn.Sequential(
                nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30 * 30, 6)
            ),
            "1",
            "3",
        ),
    ],
)
def test_what_needs_the_whole_picture_gets_it(
    build: Callable[[], nn.Module], early: str, late: str
) -> None:
    torch.manual_seed(0)
    net, found = staged(build(), (3, 32, 32), early, late)
    small = {name: stage for stage in found for name in stage.watches}
    assert small[early].small
    assert small[early].screen.shape == (3, 5, 5)
    assert not small[late].small
    assert small[late].screen.shape == net.input.shape


def test_layers_of_similar_fields_share_their_pictures() -> None:
    body = nn.Sequential(nn.Conv2d(1, 2, 9), nn.ReLU(), nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 9))
    _, found = staged(body, (1, 40, 40), "0", "1", "2", "3")
    assert [set(stage.watches) for stage in found] == [{"0", "1", "2"}, {"3"}]
    assert [stage.field for stage in found] == [11, 19]


def test_strides_that_leave_gaps_are_filled_by_moved_stimuli() -> None:
    _, (coarse,) = staged(nn.Conv2d(1, 2, 7, 2), (1, 40, 40), "conv2d")
    _, (fine,) = staged(nn.Conv2d(1, 2, 15, 2), (1, 40, 40), "conv2d")
    assert coarse.lattice == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert fine.lattice == ((0, 0),)
    assert np.ptp(fine.watches["conv2d"].away, axis=0).tolist() == [4, 4]
