"""Real units: boxes, borders, holes, tiles, paths, and what a pixel reaches, against the running network."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import SpecError
from convscope.network import Network
from convscope.receptive import receptive
from convscope.receptive.units import paths


def chain(*steps: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*steps)


class Unet(nn.Module):
    """Down, up by a transposed convolution, and the skip between."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(1, 2, 3, padding=1)
        self.down = nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skip = torch.relu(self.first(x))
        return self.last(torch.cat([self.up(self.down(skip)), skip], 1))


def test_tiles_cut_as_told_have_no_seams() -> None:
    net = Network(Unet(), input=(1, 48, 48))
    tile = receptive(net)["last"].tiling
    assert tile is not None
    assert tile[0].step == 2
    before, after = tile[0].halo
    x = torch.rand(1, 1, 48, 48)
    whole = net(x)
    low, high = 16, 28
    part = net.graph.forward  # the graph takes other sizes, as the network does
    crop = part(x[..., low - before : high + after, low - before : high + after])
    kept = crop[..., before : before + high - low, before : before + high - low]
    assert torch.allclose(kept, whole[..., low:high, low:high], atol=1e-6)
    # One grid step less of halo leaves a seam: the halo is not larger than needed.
    less = before - tile[0].step
    crop = part(x[..., low - less : high + after, low - less : high + after])
    kept = crop[..., less : less + high - low, less : less + high - low]
    assert not torch.allclose(kept, whole[..., low:high, low:high], atol=1e-6)


def test_boxes_of_real_units_are_cut_to_the_input() -> None:
    net = Network(chain(nn.Conv1d(1, 1, 5, 2, 2), nn.Conv1d(1, 1, 3, 1, 1)), input=(1, 20))
    row = receptive(net)["1"]
    assert (row.size, row.start, row.stride) == ((9,), (-4,), (2,))
    assert [row.box((unit,)) for unit in (0, 4, 9)] == [((0, 4),), ((4, 12),), ((14, 19),)]
    # Units 0, 1, 8 and 9 start before 0 or end after 19.
    assert row.border_share == pytest.approx(4 / 10)


def test_reflected_borders_read_their_mirror_image() -> None:
    net = Network(chain(nn.Conv1d(1, 1, 5, padding=2, padding_mode="reflect")), input=(1, 12))
    row = receptive(net).layers[-1]
    assert row.start == (-2,)
    assert row.box((0,)) == ((0, 2),)


def test_gridding_of_equal_dilations_and_its_remedy() -> None:
    def stacked(*rates: int) -> float:
        steps = [nn.Conv1d(1, 1, 3, padding=rate, dilation=rate) for rate in rates]
        return receptive(Network(chain(*steps), input=(1, 64)))[str(len(rates) - 1)].density[0]

    assert stacked(2, 2, 2) == pytest.approx(7 / 13)
    assert stacked(1, 2, 3) == 1.0


def test_dead_units_of_a_transposed_convolution() -> None:
    net = Network(chain(nn.ConvTranspose2d(1, 1, 2, stride=3)), input=(1, 8, 8))
    row = receptive(net).layers[0]
    assert row.dead == pytest.approx(1 - (2 / 3) ** 2)
    assert row.axes[0].phases == (1, 1, 0)


def test_what_a_pixel_reaches_is_what_has_it_in_its_field() -> None:
    net = Network(chain(nn.Conv1d(1, 1, 5, 2, 2), nn.ConvTranspose1d(1, 1, 3, 2, 1)), input=(1, 24))
    row = receptive(net).layers[-1]
    count = row.layer.output[-1]
    for position in range(24):
        boxes = [row.axes[0].site.plane[o] for o in range(count)]  # type: ignore[union-attr, index]
        inside = [o for o, b in enumerate(boxes) if b is not None and b[0] <= position <= b[1]]
        assert row.reached(position) == ((inside[0], inside[-1]) if inside else None)


def test_paths_of_averaging_windows_have_the_variance_of_the_closed_form() -> None:
    kernels, dilations, strides = (3, 5, 3, 3), (1, 1, 2, 1), (1, 2, 1, 1)
    steps = [
        nn.Conv1d(1, 1, k, stride=s, dilation=d, bias=False)
        for k, d, s in zip(kernels, dilations, strides, strict=True)
    ]
    row = receptive(Network(chain(*steps), input=(1, 64))).layers[-1]
    site = row.axes[0].site
    assert site is not None
    weights = paths(site, 5, averaged=True)
    place = np.arange(64)
    mean = weights @ place
    variance = weights @ (place - mean) ** 2
    jumps = (1, 1, 2, 2)
    expected = sum(
        (k**2 - 1) / 12 * (d * j) ** 2 for k, d, j in zip(kernels, dilations, jumps, strict=True)
    )
    assert weights.sum() == pytest.approx(1)
    assert sqrt(variance) == pytest.approx(sqrt(expected), rel=1e-12)
    # Counted instead of averaged, they are the gradient of a network of ones.
    for step in steps:
        nn.init.ones_(step.weight)
    x = torch.zeros(1, 1, 64, requires_grad=True)
    chain(*steps)(x)[0, 0, 5].backward()
    assert x.grad is not None
    assert paths(site, 5).tolist() == x.grad[0, 0].tolist()


def test_why_names_the_layers_and_what_they_add() -> None:
    net = Network(Unet(), input=(1, 32, 32))
    found = receptive(net)
    for path in found.why("last"):
        assert sum(reason.adds for reason in path) == found["last"].axes[0].phases[0] - 1
        assert [reason.node for reason in path][-1] == "last"
    first, last = found.why("down")
    assert [(r.node, r.size, r.adds) for r in first] == [("first", 3, 2), ("down", 5, 2)]
    assert [(r.node, r.size, r.adds) for r in last] == [("first", 3, 2), ("down", 5, 2)]


@pytest.mark.parametrize("unit", [(16, 0), (-1, -1), (0,), (0, 0, 0)])
def test_units_that_do_not_exist_are_refused(unit: tuple[int, ...]) -> None:
    row = receptive(Network(chain(nn.Conv2d(1, 1, 3, 1, 1)), input=(1, 16, 12)))["0"]
    with pytest.raises(SpecError, match="0 to 15 and 0 to 11"):
        row.box(unit)
    with pytest.raises(SpecError, match="0 to 11"):
        row.reached(12, axis=1)
