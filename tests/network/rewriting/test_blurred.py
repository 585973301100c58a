"""Blur before strides: constants stay, nothing drifts, blocks meet their shortcuts, aliases fall as computed."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.rewriting import blurred, circular, in_double
from convscope.network.rewriting.blurred import binomial


class Block(nn.Module):
    """A residual block: one branch is strided before its activation, its shortcut in a convolution of one tap."""

    def __init__(self, cut: bool) -> None:
        super().__init__()
        self.conv1, self.norm = nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, 1, 1)
        self.short = nn.Conv2d(3, 4, 1) if cut else nn.Conv2d(3, 4, 1, 2)
        self.cut = cut

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(torch.relu(self.norm(self.conv1(x))))
        return y + self.short(x[:, :, ::2, ::2] if self.cut else x)


def _select(dims: int, stride: int) -> nn.Module:
    """Return the stride alone."""
    return (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[dims - 1](1, stride)


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize(("dims", "sides"), [(1, (24,)), (2, (15, 16)), (3, (8, 9, 10))])
def test_what_varies_slowly_stays_where_it_was(
    dims: int, sides: tuple[int, ...], size: int
) -> None:
    net = Network(_select(dims, 2).eval(), input=(2, *sides))
    ramp = torch.linspace(0, 1, sides[-1]).expand(1, 2, *sides)
    before, after = net(ramp), blurred(net, size)(ramp)
    assert before.shape == after.shape
    margin = size // 2  # mirrored borders bend a ramp
    inside = slice(margin, after.shape[-1] - margin)
    assert torch.allclose(before[..., inside], after[..., inside], atol=1e-6)


@pytest.mark.parametrize("cut", [False, True])
def test_constants_stay_on_a_torus(cut: bool) -> None:
    torch.manual_seed(0)
    net = circular(Network(Block(cut).eval(), input=(3, 16, 16)))
    x = torch.rand(2, 3, 1, 1).expand(2, 3, 16, 16)
    assert torch.allclose(net(x), blurred(net)(x), atol=1e-6)


def test_the_blur_is_behind_the_activation_and_both_branches_are_in_phase() -> None:
    torch.manual_seed(0)
    block = Block(False).eval()
    net = Network(block, input=(3, 16, 16))
    x = torch.rand(2, 3, 16, 16)
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4

    def blur(y: Tensor) -> Tensor:
        channels = y.shape[1]
        weight = (kernel[:, None] * kernel).expand(channels, 1, 3, 3)
        mirrored = nn.functional.pad(y, (1, 1, 1, 1), mode="reflect")
        return nn.functional.conv2d(mirrored, weight, stride=2, groups=channels)

    with torch.no_grad():
        dense = nn.functional.conv2d(x, block.conv1.weight, block.conv1.bias, 1, 1)
        main = block.conv2(blur(torch.relu(block.norm(dense))))
        short = nn.functional.conv2d(blur(x), block.short.weight, block.short.bias)
        assert torch.allclose(blurred(net)(x), main + short, atol=1e-6)


@pytest.mark.parametrize(("taps", "error"), [(3, 0.3024), (5, 0.0598)])
def test_white_noise_aliases_as_computed(taps: int, error: float) -> None:
    # 4 A / (A + B), with A and B the filter's energy out of and in the band that is left.
    net = in_double(blurred(circular(Network(_select(1, 2).eval(), input=(1, 4096))), taps))
    assert [layer.stride for layer in net.layers][-1] == (2,)
    torch.manual_seed(0)
    noise = torch.randn(64, 1, 4096, dtype=torch.float64)
    spectrum = torch.fft.rfft(noise)
    spectrum[..., -1] = 0  # half of the rate has no phase
    x = torch.fft.irfft(spectrum)
    # The torus is known by its pads; without any, the network's own borders are asked for.
    y, moved = net(x), net(x.roll(1, 2))
    bins = torch.fft.rfftfreq(y.shape[-1])
    ahead = torch.fft.irfft(torch.fft.rfft(y) * torch.exp(-2j * torch.pi * bins * 0.5), y.shape[-1])
    found = ((moved - ahead) ** 2).mean() / y.var(correction=0)
    assert found.item() == pytest.approx(error, rel=0.02)


def test_binomial_filters() -> None:
    assert (binomial(5) * 16).tolist() == [1, 4, 6, 4, 1]
    for taps in (3, 5, 7):
        assert binomial(taps).sum().item() == pytest.approx(1)


def test_only_the_layers_that_are_asked_for() -> None:
    net = blurred(load("demo"), layers=["pool2"])
    assert [layer.name for layer in net.layers if "blurred" in layer.name] == [
        "pool2.blurred_conv2d"
    ]


def test_what_cannot_be_is_said() -> None:
    net = load("demo")
    with pytest.raises(SpecError, match="no blur of 4 taps"):
        blurred(net, 4)
    with pytest.raises(SpecError, match="conv1 of demo has no stride"):
        blurred(net, layers=["conv1"])


def test_the_weights_are_shared_and_learn_and_the_network_is_saved(tmp_path: Path) -> None:
    block = Block(True).eval()
    net = blurred(Network(block, input=(3, 8, 8)))
    x = torch.rand(2, 3, 8, 8)
    net(x).square().sum().backward()
    assert block.conv1.weight.grad is not None
    assert block.conv1.weight.grad.abs().sum() > 0
    again = load(str(net.save(tmp_path / "blurred.pt2")))
    with torch.no_grad():
        assert torch.allclose(again(x), net(x), atol=1e-6)
