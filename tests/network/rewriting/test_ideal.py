"""Ideal sampling: with every cause of false frequencies taken out, nothing errs, for fractions of a pixel too."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from convscope.network import Network, load
from convscope.network.rewriting import circular, ideal, in_double, total_stride, upsampled

SIZE = 16


class Square(nn.Module):
    """A nonlinearity that doubles the highest frequency, and no more."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.square(x)


def network(dims: int, activation: type[nn.Module] = Square) -> Network:
    conv: type[nn.Conv2d] = getattr(nn, f"Conv{dims}d")
    average: type[nn.AvgPool2d] = getattr(nn, f"AvgPool{dims}d")
    torch.manual_seed(dims)
    module = nn.Sequential(
        conv(2, 4, 3, padding=1), activation(), conv(4, 4, 3, 2, 1), activation(), average(2), conv(4, 3, 3, padding=1)
    )  # fmt: skip
    return Network(module.eval(), input=(2, *[SIZE] * dims))


def moved(x: Tensor, by: float, axes: Sequence[int]) -> Tensor:
    """Shift through the spectrum, by any fraction."""
    for axis in axes:
        n = x.shape[axis]
        frequency = torch.fft.rfftfreq(n, dtype=x.dtype)
        turn = torch.exp(-2j * torch.pi * frequency * by)
        shape = [-1 if i == axis else 1 for i in range(x.dim())]
        x = torch.fft.irfft(torch.fft.rfft(x, dim=axis) * turn.reshape(shape), n=n, dim=axis)
    return x


def without_nyquist(x: Tensor, axes: Sequence[int]) -> Tensor:
    for axis in axes:
        spectrum = torch.fft.rfft(x, dim=axis)
        spectrum.select(axis, -1).zero_()
        x = torch.fft.irfft(spectrum, n=x.shape[axis], dim=axis)
    return x


def error(net: Network, by: float, dtype: torch.dtype) -> float:
    axes = range(2, 2 + net.dims)
    torch.manual_seed(1)
    x = without_nyquist(torch.rand(1, *net.input.shape, dtype=dtype), axes)
    with torch.no_grad():
        z, shifted = net(x), net(moved(x, by, axes))
    expected = moved(z, by / 4, axes)
    return float((shifted - expected).square().sum() / (z - z.mean()).square().sum())


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("by", [0.25, 0.5, 1, 3])
def test_nothing_is_left_of_the_error(dims: int, by: float) -> None:
    net = circular(in_double(network(dims)))
    assert error(net, by, torch.float64) > 1e-6  # there was something to take out
    assert error(upsampled(net), by, torch.float64) > 1e-7  # strides alone do it
    assert error(ideal(upsampled(net)), by, torch.float64) < 1e-28


def test_nothing_is_left_in_single_precision() -> None:
    net = circular(network(2))
    assert error(ideal(upsampled(net)), 0.5, torch.float32) < 1e-11 < error(net, 0.5, torch.float32)


def test_a_rectifier_comes_near() -> None:
    net = circular(in_double(network(2, nn.ReLU)))
    exact = error(ideal(upsampled(net)), 0.5, torch.float64)
    assert 1e-12 < exact < 0.3 * error(net, 0.5, torch.float64)


def test_a_wave_below_the_limit_passes_and_one_above_is_gone() -> None:
    pool = nn.AvgPool1d(2)
    net = ideal(in_double(Network(pool, input=(1, 32))))
    t = torch.arange(32, dtype=torch.float64)
    for k, passes in ((3, True), (7, True), (8, False), (11, False)):
        wave = torch.cos(2 * torch.pi * k * t / 32)[None, None]
        smooth = (wave + wave.roll(-1, -1)) / 2  # the average at every position
        expected = smooth[..., ::2] if passes else torch.zeros(1, 1, 16, dtype=torch.float64)
        assert torch.allclose(net(wave), expected, atol=1e-12), k


def test_layers_keep_their_names_and_the_stride_is_known() -> None:
    net = circular(load("demo"))
    made = ideal(upsampled(net))
    names = [layer.name for layer in made.layers]
    assert [name for name in names if "fft" not in name] == [layer.name for layer in net.layers]
    assert total_stride(made) == (16, 16)


def test_the_weights_are_shared_and_learn_and_the_network_is_saved(tmp_path: Path) -> None:
    net = network(2)
    made = ideal(upsampled(net))
    assert {id(p) for p in made.graph.parameters()} == {id(p) for p in net.graph.parameters()}
    x = torch.rand(2, *net.input.shape)
    made(x).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in made.graph.parameters())
    again = load(str(made.save(tmp_path / "made.pt2")))
    assert torch.equal(again(x), made(x))
    assert [layer.name for layer in again.layers] == [layer.name for layer in made.layers]
