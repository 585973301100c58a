"""A fine map gives the map of every move, as if the moved sample had been passed through the network."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from convscope.atlas import shift_maps
from convscope.atlas.shift_maps import Moving, moving
from convscope.atlas.shift_pictures import moving_document
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.shift.fourier import moved

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
POOL = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
SIDE = {1: 16, 2: 16, 3: 8}


def _network(dims: int) -> Network:
    torch.manual_seed(dims)
    conv = CONV[dims]
    module = nn.Sequential(
        conv(1, 4, 3, padding=1),
        nn.ReLU(),
        conv(4, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        conv(4, 4, 3, stride=2, padding=1),
        POOL[dims](1),
        nn.Flatten(),
        nn.Linear(4, 3),
    ).eval()
    return circular(Network(module, input=(1, *(SIDE[dims],) * dims)))


def _made(dims: int) -> tuple[Network, torch.Tensor, Moving]:
    net = _network(dims)
    x = torch.rand(2, *net.input.shape, generator=torch.Generator().manual_seed(0))
    made = moving(net, x)
    assert made is not None
    return net, x, made


def _from_fine(made: Moving, layer: shift_maps.Fine, move: tuple[Fraction, ...]) -> np.ndarray:
    """Sample the fine map as the page does."""
    axis = 0 if made.form == "plane" else next((a for a, d in enumerate(move) if d), 0)
    fine = layer.maps[axis]
    places = [
        (made.per * r * np.arange(n) - int(made.per * d)) % (made.per * r * n)
        if made.form == "plane" or a == axis
        else np.arange(n)
        for a, (r, n, d) in enumerate(zip(layer.stride, layer.size, move, strict=True))
    ]
    return fine[np.ix_(np.arange(len(fine)), np.arange(len(layer.units)), *places)]


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("lines", [False, True])
def test_fine_maps_are_the_maps_of_every_move(
    dims: int, lines: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lines:
        monkeypatch.setattr(shift_maps, "PLANS", (("lines", 2),))
    net, x, made = _made(dims)
    assert made.form == ("lines" if lines else "plane")
    assert [layer.stride for layer in made.layers] == [(1,) * dims, (2,) * dims, (4,) * dims]
    moves = [(0, 0, Fraction(7, 2)), (0, 0, -3), (0, 0, 8)]
    moves += [] if lines else [(1, Fraction(-5, 2), 2), (2, 4, Fraction(1, 2))]
    for whole in moves:
        move = tuple(Fraction(d) for d in whole[-dims:])
        with torch.no_grad():
            maps = net.taps([layer.name for layer in made.layers])(moved(x, move))
        for layer in made.layers:
            explicit = maps[layer.name][:, list(layer.units)].numpy()
            np.testing.assert_allclose(_from_fine(made, layer, move), explicit, atol=2e-5)


def test_scores_are_those_of_every_phase() -> None:
    net, x, made = _made(2)
    assert made.scores is not None
    (scores,) = made.scores
    assert scores.shape == (2, 8, 8, 4)
    for place in product(range(0, 8, 3), repeat=2):
        with torch.no_grad():
            answer = net(moved(x, [Fraction(step, 2) for step in place])).softmax(1).numpy()
        for sample, classes in enumerate(made.classes):
            found = scores[sample][place]
            np.testing.assert_allclose(found[:-1], answer[sample][list(classes)], atol=1e-5)
            assert found[-1] == answer[sample].argmax()


def test_a_network_that_does_not_follow_its_own_strides_keeps_nothing() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU()).eval()
    assert moving(Network(module, input=(1, 8, 8)), torch.rand(2, 1, 8, 8)) is None


def test_passes_that_cost_too_much_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift_maps, "MACS", 1.0)
    net = _network(2)
    assert moving(net, torch.rand(1, 1, 16, 16)) is None


def test_levels_in_the_pictures_are_the_values_in_255_steps() -> None:
    import io

    from PIL import Image

    _, _, made = _made(2)
    document, files = moving_document(made, [3, 5])
    assert [sample["index"] for sample in document["samples"]] == [3, 5]
    for layer, row in zip(made.layers, document["layers"], strict=True):
        for sample in range(2):
            place = row["pictures"][sample][0].removeprefix("pictures/")
            with Image.open(io.BytesIO(files[place])) as opened:
                levels = np.asarray(opened.convert("L"), float)
            values = levels.reshape(len(layer.units), *row["fine"][0]) / 255
            low, high = (np.array(row[end])[:, None, None] for end in ("low", "high"))
            step = (high - low).max() / 255
            np.testing.assert_allclose(
                low + values * (high - low), layer.maps[0][sample], atol=step
            )
