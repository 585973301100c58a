"""A cone gives the number that the whole network gives, for whatever way a unit reads its input."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.features.synthesis.cone import channel_groups, cone
from convscope.network import Network


class Branches(nn.Module):
    """Pads unevenly, strides, dilates, pools with ceil, adds, concatenates, gates by a global mean."""

    def __init__(self, gated: bool = False):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2)
        self.norm = nn.BatchNorm2d(8)
        self.wide = nn.Conv2d(8, 8, 3, padding=4, dilation=4)
        self.small = nn.Conv2d(8, 4, 1)
        self.large = nn.Conv2d(8, 4, 5, padding="same")
        self.last = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.gate = nn.Conv2d(8, 8, 1) if gated else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.first(F.pad(x, (0, 1, 2, 1))))
        x = F.relu6(x + self.wide(x))
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        if self.gate is not None:
            x = x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        x = torch.cat([F.relu(self.small(x)), F.relu(self.large(x))], 1)
        y = x[:, :, ::2, ::2]
        y = F.pad(y, (0, 0, 0, 0, 2, 2))[:, 2:10]
        return F.gelu(self.last(F.avg_pool2d(y, 2)) + F.avg_pool2d(y, 2))


class ChannelsLast(nn.Module):
    """A block that normalises and mixes channels at the end of the shape, as ConvNeXt does."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.depthwise = nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        return F.relu(x + self.down(F.gelu(self.up(y))).permute(0, 3, 1, 2))


class UpAndOut(nn.Module):
    """Operations without a rule: a transposed convolution, a linear head over everything."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 6, 3, 2, 1), nn.ConvTranspose2d(6, 6, 2, 2)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.head(self.up(F.relu(self.down(x))).mean((2, 3))))


def line() -> nn.Module:
    steps = [nn.Conv1d(1, 4, 9, 2, 4), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(4, 6, 5), nn.ReLU()]
    return nn.Sequential(*steps)


def block() -> nn.Module:
    return nn.Sequential(nn.Conv3d(1, 3, 3, 1, 1), nn.ReLU(), nn.AvgPool3d(2), nn.Conv3d(3, 4, 3))


CASES = {
    "branches": (Branches, (3, 61, 47)),
    "gated": (lambda: Branches(gated=True), (3, 61, 47)),
    "channels last": (ChannelsLast, (3, 64, 64)),
    "up and out": (UpAndOut, (3, 24, 24)),
    "line": (line, (1, 200)),
    "block": (block, (1, 12, 12, 14)),
}


@pytest.fixture(scope="module", params=list(CASES))
def net(request: pytest.FixtureRequest) -> Network:
    build, shape = CASES[request.param]
    torch.manual_seed(3)
    module = build()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean = torch.randn(8)
            part.running_var = torch.rand(8) + 0.5
    return Network(module.eval(), input=shape)


@pytest.mark.parametrize("where", ["middle", "first", "last"])
def test_a_cone_gives_what_the_whole_network_gives(net: Network, where: str) -> None:
    names = [layer.name for layer in net.layers]
    x = torch.rand(3, *net.input.shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = net.taps(names)(x)
        for name in names:
            space = whole[name].shape[2:]
            place = {"first": [0] * len(space), "last": [n - 1 for n in space], "middle": None}
            for group in channel_groups(net, name):
                one = cone(net, name, group, place[where])
                read = x[(slice(None), slice(None), *(slice(a, b) for a, b in one.box))]
                expected = whole[name][(slice(None), slice(*group), *one.position)]
                found = one(read).clamp(*one.limits)
                torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6, msg=name)


def test_a_cone_reads_no_more_than_the_receptive_field() -> None:
    from convscope.receptive import receptive

    net = Network(nn.Sequential(nn.Conv2d(3, 4, 5, 2), nn.ReLU(), nn.Conv2d(4, 4, 3)), (3, 64, 64))
    for row in receptive(net).layers:
        one = cone(net, row.name, (0, 4))
        assert tuple(end - first for first, end in one.box) == row.size


def test_concatenated_channels_keep_their_own_fields() -> None:
    net = Network(Branches().eval(), (3, 61, 47))
    name = next(layer.name for layer in net.layers if layer.kind == "cat")
    groups = channel_groups(net, name)
    assert groups == [(0, 4), (4, 8)]
    small, large = (cone(net, name, group).box for group in groups)
    assert all(a > c and b < d for (a, b), (c, d) in zip(small, large, strict=True))


def test_a_cone_gives_what_goes_into_the_rectifier() -> None:
    net = Network(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU6()), (1, 9, 9))
    one = cone(net, "1", (0, 2))
    assert one.limits == (0.0, 6.0)
    assert one.rectified
    values = one(torch.randn(64, 1, 3, 3) * 20)
    assert float(values.detach().min()) < 0
    assert float(values.detach().max()) > 6
