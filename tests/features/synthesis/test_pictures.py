"""The parts of synthesis: colours of the data, pictures, views, objectives, redirected gradients."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import open_source
from convscope.features.synthesis import Colours, synthesise
from convscope.features.synthesis.cone import cone
from convscope.features.synthesis.objectives import Objective
from convscope.features.synthesis.phases import Phases, magnitudes
from convscope.features.synthesis.picture import Fourier, Prior, multiplicity, radial
from convscope.features.synthesis.redirect import redirected
from convscope.features.synthesis.robust import View
from convscope.network import Network

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Wish:
    """A picture that is wanted."""

    unit: int
    low: bool = False
    diverse: bool = False


def drawn(colours_of_data: np.ndarray, count: int = 400, size: int = 16) -> np.ndarray:
    """Return white noise with a known covariance between channels."""
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(count, len(colours_of_data), size, size))
    return 0.5 + np.einsum("ij,bjxy->bixy", colours_of_data, noise)


def test_colours_are_those_of_the_data() -> None:
    mixing = np.array(
        [[0.05, 0.02, 0.0, 0.0], [0.02, 0.03, 0.0, 0.0], [0.0, 0.0, 0.04, 0.0], [0, 0, 0, 0.01]]
    )
    found = Colours.from_arrays([drawn(mixing)])
    np.testing.assert_allclose(found.mean, 0.5, atol=0.002)
    np.testing.assert_allclose(found.covariance, mixing @ mixing.T, atol=2e-5)
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.spectrum is not None
    inside = found.spectrum[:, 1:, 1:-1]
    assert inside.std() / inside.mean() < 0.1  # white noise has a flat spectrum


def test_colours_of_a_source_are_read_from_samples_spread_over_it() -> None:
    source = open_source("parts:40:1")
    found = Colours.from_source(source, (3, 32, 32), samples=20, seed=0)
    assert found.samples == 20
    assert found.size == (32, 32)
    again = Colours.from_source(source, (3, 32, 32), samples=20, seed=0)
    assert np.array_equal(found.covariance, again.covariance)


@pytest.mark.parametrize("values", [(0.1, 0.9), (-0.7, 0.5), (-3.0, 7.0)])
def test_the_range_is_the_natural_one_around_the_data(values: tuple[float, float]) -> None:
    array = np.random.default_rng(0).uniform(*values, (4, 1, 64))
    found = Colours.from_arrays([array])
    expected = {0.1: (0.0, 1.0), -0.7: (-1.0, 1.0)}.get(values[0], (array.min(), array.max()))
    assert (found.low, found.high) == pytest.approx(expected)


@pytest.mark.parametrize("size", [(9,), (8, 11), (6, 7, 8)])
def test_coefficients_are_counted_as_often_as_they_stand_in_the_whole_transform(
    size: tuple,
) -> None:
    z = torch.randn(2, 1, *size)
    axes = tuple(range(2, z.dim()))
    half = torch.fft.rfftn(z, dim=axes, norm="ortho").abs().square() * multiplicity(size)
    torch.testing.assert_close(half.sum(axes), z.square().sum(axes))
    assert half.shape[2:] == radial(size).shape


@pytest.mark.parametrize("size", [(64,), (21, 32), (9, 10, 11)])
def test_pictures_stay_in_range_and_on_the_sphere(size: tuple[int, ...]) -> None:
    channels = 1 if len(size) == 1 else 3
    colours = Colours.unknown(channels, len(size))
    prior = Prior.of(size)
    pictures = Fourier(3, size, colours, prior, torch.Generator().manual_seed(0), CPU)
    image = pictures.image()
    for _ in range(59):
        image = pictures.image()
    assert image.shape == (3, channels, *size)
    done = pictures.finished()
    assert colours.low <= float(done.min()) <= float(done.max()) <= colours.high
    lengths = pictures.pattern().detach().square().flatten(1).sum(1)
    if prior.strength == 0:
        # What the constant and the highest coefficients hold besides their real part shows in no picture.
        assert ((lengths > 0.8) & (lengths < 1.001)).all()


def test_the_prior_grows_with_the_field_and_spares_sound() -> None:
    strengths = [Prior.of((side, side)).strength for side in (3, 15, 24, 32, 45, 224)]
    assert strengths == sorted(strengths)
    assert (strengths[0], strengths[-1]) == (0.0, 0.4)
    assert Prior.of((1024,)).strength == 0.0


def test_phases_keep_the_magnitudes_of_the_data() -> None:
    colours = Colours.from_source(open_source("parts:20:1"), (3, 32, 32), samples=20)
    for size in ((32, 32), (20, 31)):
        pictures = Phases(2, size, colours, torch.Generator().manual_seed(0), CPU)
        before = pictures.image().detach()
        with torch.no_grad():
            pictures.parameter += torch.randn_like(pictures.parameter)
        after = pictures.image().detach()
        assert not torch.allclose(before, after)
        # One sample of each channel before clipping has variance 1, so the contrast is that of the data.
        assert float(after.std()) == pytest.approx(
            float(np.sqrt(np.diag(colours.covariance).mean())), rel=0.25
        )
        assert magnitudes(colours, size).shape[1:] == radial(size).shape


def test_a_still_view_is_the_middle_and_a_moved_one_near_it() -> None:
    view = View((5, 7), (2, 1))
    image = torch.arange(9 * 9.0).reshape(1, 1, 9, 9)
    assert view.canvas == (9, 9)
    assert torch.equal(view.still(image), image[:, :, 2:7, 1:8])
    generator = torch.Generator().manual_seed(0)
    corners = {tuple(view.moved(image, generator)[0, 0, 0, :1].tolist()) for _ in range(200)}
    assert corners == {(float(9 * r + c),) for r in range(5) for c in range(3)}


def test_a_zoomed_view_has_the_size_of_the_field() -> None:
    view = View((8,), (2,), zoom=0.4, noise=0.1)
    moved = view.moved(torch.zeros(2, 1, 12), torch.Generator().manual_seed(0))
    assert moved.shape == (2, 1, 8)
    assert float(moved.std()) == pytest.approx(0.1, abs=0.05)


def test_the_objective_asks_for_high_low_and_unlike() -> None:
    values = torch.tensor([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]], requires_grad=True)
    up = Objective([Wish(10), Wish(11, low=True)], 10, CPU)
    assert up.own(values).tolist() == [1.0, 4.0]
    assert float(up.loss(values).detach()) == -1.0 + 4.0
    assert up.silent(values)
    alike = torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]])
    unlike = torch.tensor([[2.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    diverse = Objective([Wish(0, diverse=True), Wish(0, diverse=True)], 0, CPU)
    assert float(diverse.loss(alike)) > float(diverse.loss(unlike)) == -4.0


def test_diverse_pictures_of_a_unit_with_two_wishes_show_both() -> None:
    """A unit that takes either of two stripes: alone it shows one, together the pictures differ more."""
    torch.manual_seed(0)
    first = nn.Conv2d(1, 2, 9, bias=False)
    stripes = torch.sin(torch.arange(9) * 1.4)
    with torch.no_grad():
        first.weight.copy_(
            torch.stack([stripes[:, None].expand(9, 9), stripes.expand(9, 9)])[:, None]
        )
    second = nn.Conv2d(2, 3, 1, bias=False)
    with torch.no_grad():
        second.weight.copy_(torch.tensor([[1.0, 1], [1, 0], [0, 1]])[:, :, None, None])
    net = Network(nn.Sequential(first, nn.ReLU(), second, nn.ReLU()), (1, 32, 32))
    asked = {"colours": Colours.unknown(1, 2), "natural_max": [1.0] * 3, "seed": 3}
    pictures = [one.image for one in synthesise(net, "3", [0], kinds=("diverse 2",), **asked)]
    names = [one.kind for one in synthesise(net, "3", [0], kinds=("diverse 2",), steps=1, **asked)]
    assert names == ["diverse 1", "diverse 2"]
    plain = [synthesise(net, "3", [0], **{**asked, "seed": seed})[0].image for seed in (3, 4)]
    one, other = (
        float(np.corrcoef(pair[0].ravel(), pair[1].ravel())[0, 1]) for pair in (pictures, plain)
    )
    assert one < other - 0.2


def test_a_closed_rectifier_passes_the_gradient_on_only_while_all_is_silent() -> None:
    net = Network(
        nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1, bias=False)), (1, 1, 2)
    )
    with torch.no_grad():
        for name, parameter in net.graph.named_parameters():
            parameter.fill_(-3.0 if "bias" in name else 1.0)
    one = cone(net, "2", (0, 1))
    open_ = redirected(one.module)
    for value, closed, opened in ((1.0, 0.0, 1.0), (5.0, 1.0, 1.0)):
        x = torch.full((1, 1, *[b - a for a, b in one.box]), value, requires_grad=True)
        for module, expected in ((one.module, closed), (open_, opened)):
            (gradient,) = torch.autograd.grad(-one(x, module).sum(), x)
            assert float(-gradient.sum()) == expected
    # Downward, a closed rectifier has nothing to give.
    x = torch.ones(1, 1, *[b - a for a, b in one.box], requires_grad=True)
    (gradient,) = torch.autograd.grad(one(x, open_).sum(), x)
    assert float(gradient.abs().sum()) == 0.0


def test_a_unit_behind_closed_rectifiers_is_woken() -> None:
    """Grey starts give no gradient at all here; without redirection the tile would stay grey."""
    torch.manual_seed(1)
    steps = [nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Conv2d(4, 1, 1), nn.ReLU()]
    module = nn.Sequential(*steps)
    with torch.no_grad():
        for parameter in (steps[0].weight, steps[2].weight):
            parameter.abs_() if parameter.shape[1] == 4 else parameter.sub_(parameter.mean())
        steps[0].bias.fill_(-0.9)
        steps[2].bias.zero_()
    net = Network(module, (1, 24, 24))
    (found,) = synthesise(net, "3", [0], colours=Colours.unknown(1, 2), natural_max=[0.05])
    assert found.status == "ok"


def test_maco_pictures_drive_a_unit_too() -> None:
    torch.manual_seed(0)
    net = Network(nn.Sequential(nn.Conv2d(3, 4, 9), nn.ReLU()), (3, 32, 32))
    colours = Colours.from_source(open_source("parts:20:1"), (3, 32, 32), samples=20)
    plain = synthesise(
        net, "1", [0, 1], colours=colours, natural_max=[1.0] * 4, style="maco", steps=1
    )
    climbed = synthesise(net, "1", [0, 1], colours=colours, natural_max=[1.0] * 4, style="maco")
    assert all(b.activation > a.activation + 0.2 for a, b in zip(plain, climbed, strict=True))
