"""Networks that write into their tensors: the graph writes nothing, and computes what they compute."""

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from convscope.network import Network
from convscope.network.export import export, quiet
from convscope.network.functional import functional
from convscope.network.inputs import InputRule


class Writing(nn.Module):
    """A few random writes through random views, with views taken before and read after."""

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed
        self.conv = nn.Conv2d(2, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        draw = random.Random(self.seed)
        whole = self.conv(x)
        seen = [whole]
        for _ in range(5):
            view = draw.choice(VIEWS)(draw.choice(seen))
            if draw.random() < 0.5:
                seen.append(view)
            if 0 not in view.shape:
                result = draw.choice(WRITES)(view)
                if draw.random() < 0.3:
                    seen.append(result)
        return torch.cat(
            [part.flatten(1) for part in (seen if draw.random() < 0.7 else seen[:1])], 1
        )


def whole(x: Tensor) -> Tensor:
    return x


def second(x: Tensor) -> Tensor:
    return x.select(-1, min(1, x.shape[-1] - 1)) if x.dim() > 2 else x


def copied(x: Tensor) -> Tensor:
    return x.copy_(torch.ones_like(x).cumsum(-1))


VIEWS: list[Callable[[Tensor], Tensor]] = [
    whole,
    second,
    lambda x: x[:, 1:],
    lambda x: x[..., ::2],
    lambda x: x.transpose(-1, -2) if x.dim() > 2 else x,
    lambda x: x.movedim(-1, 1),
    lambda x: x.unsqueeze(1),
    lambda x: x.flatten(1) if x.is_contiguous() else x,
    lambda x: x.split(2, 1)[0],
    lambda x: x.chunk(2, 1)[-1],
    lambda x: x.unbind(1)[0] if x.dim() > 2 else x,
    lambda x: x.view(x.shape),
]
WRITES: list[Callable[[Tensor], Tensor]] = [
    torch.relu_,
    lambda x: x.add_(1),
    lambda x: x.mul_(x.detach().clone()),
    lambda x: x.fill_(0.5),
    lambda x: x.zero_(),
    lambda x: x.masked_fill_(x > 0.3, 2.0),
    lambda x: x.copy_(torch.ones(x.shape[1:])),
    copied,
]


@pytest.mark.parametrize("seed", range(25))
def test_random_writes_compute_what_the_eager_network_does(seed: int):
    torch.manual_seed(seed)
    module = Writing(seed).eval()
    x = torch.rand(2, 2, 4, 6)
    with torch.no_grad(), quiet():
        program = functional(torch.export.export(module, (x,), strict=False))
        assert not [
            n
            for n in program.graph.nodes
            if getattr(n.target, "_schema", None) and n.target._schema.is_mutable
        ]
        other = torch.rand(2, 2, 4, 6)
        assert torch.equal(program.module()(other), module(other))


class Window(nn.Module):
    """What Swin does: a mask written part by part, and a part of a map that is added to."""

    def forward(self, x: Tensor) -> Tensor:
        mask = x.new_zeros(8, 8)
        for i, part in enumerate((slice(0, 4), slice(4, 8))):
            mask[part] = i
        y = x * 2
        y[:, :, 1:] += x[:, :, :-1]
        return y + mask


def test_writes_through_views_stay_symbolic_and_quick(monkeypatch: pytest.MonkeyPatch):
    def slow(*_: object) -> None:
        raise AssertionError("torch's own pass ran")

    monkeypatch.setattr(torch.export.ExportedProgram, "run_decompositions", slow)
    net = Network(Window().eval(), input=(3, 8, 8))
    x = torch.rand(3, 3, 8, 8)
    assert net.dynamic_batch
    assert torch.equal(net(x), Window()(x))
    assert [layer.operation for layer in net.layers] == ["mul", "add", "slice_scatter", "add"]


class Remembering(nn.Module):
    """Writes into a buffer, which outlives the call."""

    count: Tensor

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        self.count.add_(1)
        return self.conv(x) * self.count


def test_writes_into_buffers_go_through_torchs_pass():
    exported = export(Remembering().eval(), InputRule((3, 4, 4)))
    assert not [n for n in exported.graph.graph.nodes if str(n.target).startswith("aten.add_")]
