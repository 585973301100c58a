"""Operations that move, mix and choose: folded maps, tokens, attention, gates, and what nobody knows."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.network import Network
from convscope.receptive import receptive, rule
from convscope.receptive.registry import _RULES
from convscope.receptive.verify import nan_dependence


class Mixer(nn.Module):
    """A 3x3 convolution to 8 channels, a function, and a 3x3 convolution.

    Its name tells the export not to try other input sizes, which is most of the time otherwise.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], channels: int = 8):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(2, 8, 3, padding=1)
        self.last = nn.Conv2d(channels, 4, 3, padding=1)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.function(self.first(x)))


def shift_windows(y: Tensor) -> Tensor:
    """Windowed attention of Swin: roll, cut into 4x4 windows, attend, put together, roll back."""
    b, c, h, w = y.shape
    z = torch.roll(y, (-2, -2), (2, 3)).permute(0, 2, 3, 1)
    z = z.reshape(b, h // 4, 4, w // 4, 4, c).transpose(2, 3).reshape(-1, 16, c)
    z = torch.softmax(z @ z.transpose(1, 2), -1) @ z
    z = z.reshape(b, h // 4, w // 4, 4, 4, c).transpose(2, 3).reshape(b, h, w, c)
    return y + torch.roll(z.permute(0, 3, 1, 2), (2, 2), (2, 3))


def grid_attention(y: Tensor) -> Tensor:
    """MaxViT's grid: positions with the same remainder attend to each other."""
    b, c, h, w = y.shape
    z = y.reshape(b, c, 4, h // 4, 4, w // 4).permute(0, 3, 5, 2, 4, 1).reshape(-1, 16, c)
    z = F.scaled_dot_product_attention(z, z, z)
    return y + z.reshape(b, h // 4, w // 4, 4, 4, c).permute(0, 5, 3, 1, 4, 2).reshape(b, c, h, w)


def tokens(y: Tensor) -> Tensor:
    """Tokens with a class token in front, attention, and back to a map."""
    b, c, h, w = y.shape
    z = torch.cat([torch.ones(b, 1, c), y.flatten(2).transpose(1, 2)], 1)
    z = z + F.scaled_dot_product_attention(z, z, z)
    return z[:, 1:].transpose(1, 2).reshape(b, c, h, w)


def patches(y: Tensor) -> Tensor:
    """im2col, one matrix product, and its map."""
    columns = F.unfold(y, 3, padding=1, stride=2)
    return (torch.ones(8, columns.shape[1]) @ columns).reshape(1, 8, 6, 6)


def halo(y: Tensor) -> Tensor:
    """Overlapping windows by ``Tensor.unfold``."""
    windows = F.pad(y, (1, 1, 1, 1)).unfold(2, 6, 4).unfold(3, 6, 4)
    return windows.mean((4, 5))


def focus(y: Tensor) -> Tensor:
    parts = [y[:, :2, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    return torch.cat(parts, 1)


def cross(y: Tensor) -> Tensor:
    wide = F.conv2d(y, torch.ones(8, 8, 1, 7), padding=(0, 3))
    return wide + F.conv2d(y, torch.ones(8, 8, 7, 1), padding=(3, 0))


LOCAL = {
    # Size of the last convolution's field; it reads 3x3 of something that reads 3x3.
    "windows": (lambda y: shift_windows(y), (8 - 1) + 3 + 2),
    "patches": (lambda y: patches(y), 3 + 2 + 2 * 2),
    "halo": (lambda y: halo(y), 3 + 5 + 2 * 4),
    "focus": (lambda y: focus(y), 2 * 2 + 2 + 2),
    "cross": (lambda y: cross(y), 3 + 6 + 2),
    "einsum": (lambda y: torch.einsum("bchw,cd->bdhw", y, torch.ones(8, 8)), 5),
    "layer norm": (lambda y: F.layer_norm(y.permute(0, 2, 3, 1), (8,)).permute(0, 3, 1, 2), 5),
    "channel shuffle": (lambda y: F.channel_shuffle(y, 4), 5),
    "stack": (lambda y: torch.stack([y[:, :4], y[:, 4:]], 2).flatten(1, 2), 5),
    "chunk": (lambda y: torch.cat(y.chunk(2, 1)[::-1], 1), 5),
    "local norm": (lambda y: F.local_response_norm(y, 3), 5),
    "topk": (lambda y: y.topk(8, 1).values, 5),
    "differences": (lambda y: F.pad(torch.diff(y, 2, 2).diff(2, 3), (1, 1, 1, 1)), 3 + 2 + 2),
    "differences of more": (
        lambda y: (
            torch.diff(y, dim=3, prepend=y[..., :1])
            .mT.diff(dim=3, append=torch.ones(1, 8, 12, 1))
            .mT
        ),
        3 + 2 + 1,
    ),
    "turned": (lambda y: torch.rot90(y.rot90(1, (2, 3)), 3, (3, 2)).rot90(2, (2, 3)), 5),
    "index": (lambda y: y[:, torch.tensor([7, 1, 2, 3, 4, 5, 6, 0])], 5),
}


@pytest.mark.parametrize("name", LOCAL)
def test_local_operations(name: str) -> None:
    function, size = LOCAL[name]
    net = Network(Mixer(function), input=(2, 12, 12))
    found = receptive(net)
    result = nan_dependence(net.graph, (2, 12, 12), 12, found=found.walk)
    assert (result.unsound, result.loose, dict(found.unsupported)) == ({}, {}, {})
    last = found["last"]
    assert last.is_global == (False, False)
    if name != "windows":
        assert last.size == (size, size)
    else:
        # 3 outputs span at most two windows of 4, each of which reads 4 + 2.
        assert last.size == (10, 10)
    assert last.cross == (name == "cross")


WHOLE: dict[str, tuple[Callable[[Tensor], Tensor], str, int]] = {
    "tokens": (tokens, "attention", 5),
    "grid": (grid_attention, "spread over the axis", 5),
    "gate": (lambda y: y * torch.sigmoid(y.mean((2, 3), keepdim=True)), "mean", 5),
    "group norm": (lambda y: F.group_norm(y, 2), "group_norm", 5),
    "training norm": (lambda y: F.batch_norm(y, None, None, training=True), "batch_norm", 5),
    "grid sample": (
        lambda y: F.grid_sample(y, torch.rand(1, 12, 12, 2), align_corners=False),
        "data-dependent:grid_sampler",
        12,
    ),
    "sort": (
        lambda y: y.flatten(2).sort(2).values.reshape(1, 8, 12, 12),
        "data-dependent:sort",
        12,
    ),
    "linear": (
        lambda y: F.linear(y.flatten(1), torch.ones(1152, 1152)).view(1, 8, 12, 12),
        "linear",
        12,
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_global_operations_name_their_reason_and_keep_the_local_path(name: str) -> None:
    function, reason, local = WHOLE[name]
    net = Network(Mixer(function), input=(2, 12, 12))
    found = receptive(net)
    last = found["last"]
    assert last.is_global == (True, True)
    assert last.size == (12, 12)
    assert last.local_size == (local, local)
    assert last.axes[0].whole == reason
    result = nan_dependence(net.graph, (2, 12, 12), 6)
    assert result.unsound == {}
    if not reason.startswith("data"):
        assert result.loose == {}


def test_recurrence_beside_a_gate_is_not_held_apart_from_its_own_step() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(2, 4, 3, padding=1)
            self.steps = nn.LSTM(4, 3, batch_first=True, bidirectional=True)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            y = y * y.mean(2, keepdim=True).sigmoid()  # the gate brings the second, local run
            return self.steps(y.transpose(1, 2))[0].transpose(1, 2)

    net = Network(Recurrent(), input=(2, 12))
    assert receptive(net)["steps"].is_global == (True,)
    result = nan_dependence(net.graph, (2, 12), 12)
    assert {"lstm", "getitem"} <= result.nodes
    assert result.unsound == {}


def test_running_sum_is_one_sided() -> None:
    net = Network(Mixer(lambda y: y.cumsum(3)), input=(2, 12, 12))
    last = receptive(net)["last"]
    assert last.axes[0].shift_invariant
    assert not last.axes[1].shift_invariant
    result = nan_dependence(net.graph, (2, 12, 12), 12)
    assert (result.unsound, result.loose) == ({}, {})


def test_channel_groups_of_a_concatenation_stay_apart() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.small, self.large = nn.Conv1d(1, 3, 3, padding=1), nn.Conv1d(1, 2, 7, padding=3)
            self.depthwise = nn.Conv1d(5, 5, 3, padding=1, groups=5)

        def forward(self, x: Tensor) -> Tensor:
            return self.depthwise(torch.relu(torch.cat([self.small(x), self.large(x)], 1)))

    found = receptive(Network(Branches(), input=(1, 30)))
    assert found["depthwise"].size == (9,)
    assert [(g.channels, g.axes[0].size) for g in found["depthwise"].groups] == [
        ((0, 3), 5),
        ((3, 5), 9),
    ]
    assert found["small"].groups == ()


@pytest.fixture
def blend() -> None:
    """Define an operation that no rule is known for."""
    if not hasattr(torch.ops.convscope_test, "blend"):

        @torch.library.custom_op("convscope_test::blend", mutates_args=())
        def blend(x: Tensor) -> Tensor:
            return (x + x.roll(1, -1)) / 2

        blend.register_fake(lambda x: torch.empty_like(x))


def test_unknown_operations_are_never_passed_through(blend: None) -> None:
    net = Network(Mixer(lambda y: torch.ops.convscope_test.blend(y)), input=(2, 12, 12))
    found = receptive(net)
    assert found["last"].axes[0].whole == "unsupported:convscope_test::blend"
    assert set(found.unsupported.values()) == {"convscope_test::blend"}
    assert "convscope_test::blend" in found.summary()


def test_users_can_add_a_rule(blend: None) -> None:
    @rule("convscope_test::blend")
    def known(call):
        return call.elementwise()

    try:
        net = Network(Mixer(lambda y: torch.ops.convscope_test.blend(y)), input=(2, 12, 12))
        assert receptive(net)["last"].size == (5, 5)
    finally:
        del _RULES["convscope_test::blend"]
