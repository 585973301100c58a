"""A handful of moves of a network as it is: each map is that of the moved sample, and only so many are kept."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from convscope.atlas import shift_native, shift_pictures
from convscope.atlas.shift_native import Reader, handful, placed_units, worthwhile
from convscope.atlas.shift_pictures import native_document
from convscope.network import Network
from convscope.shift.fourier import moved
from convscope.shift.grids import grids

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
POOL = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}


def _network(dims: int, side: int = 8, *, scores: bool = True) -> Network:
    torch.manual_seed(dims)
    conv = CONV[dims]
    body = [conv(1, 4, 3, padding=1), nn.ReLU(), conv(4, 4, 3, stride=2, padding=1), nn.ReLU()]
    head = [POOL[dims](1), nn.Flatten(), nn.Linear(4, 3)] if scores else []
    return Network(nn.Sequential(*body, *head).eval(), input=(1, *(side,) * dims))


def _samples(net: Network, count: int = 2) -> Tensor:
    return torch.rand(count, *net.input.shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_each_map_is_that_of_the_moved_sample(dims: int) -> None:
    net = _network(dims)
    x = _samples(net)
    made = handful(net, x)
    assert made is not None
    assert [layer.stride for layer in made.layers] == [(1.0,) * dims, (2.0,) * dims]
    assert made.stride == (2,) * dims
    assert made.moves[0] == (0,) * dims
    assert {far for move in made.moves for far in move} == {0, Fraction(1, 2), 1, -1, 2, -2, 4}
    assert made.scores is not None
    for number, move in enumerate(made.moves):
        with torch.no_grad():
            turned = moved(x, move)
            maps = net.taps([layer.name for layer in made.layers])(turned)
            shares = net(turned).softmax(1).numpy()
        for layer, kept in zip(made.layers, made.maps, strict=True):
            explicit = maps[layer.name][:, list(layer.units)].numpy()
            np.testing.assert_allclose(kept[:, number], explicit, atol=1e-6)
        for sample, classes in enumerate(made.classes):
            np.testing.assert_allclose(
                made.scores[sample, number, :-1], shares[sample, list(classes)], atol=1e-6
            )
            assert made.scores[sample, number, -1] == shares[sample].argmax()


def test_zeros_at_the_border_are_in_it() -> None:
    """With a move by the whole stride the middle follows and the border does not."""
    net = _network(1, 16, scores=False)
    made = handful(net, _samples(net))
    assert made is not None
    assert made.scores is None
    (last,) = (
        maps for layer, maps in zip(made.layers, made.maps, strict=True) if layer.stride == (2.0,)
    )
    follows = np.roll(last[:, 0], 1, -1) - last[:, made.moves.index((2,))]
    assert np.abs(follows[..., 3:-2]).max() < 1e-6
    assert np.abs(follows).max() > 1e-3


def test_the_moves_that_tell_most_come_first() -> None:
    moves = worthwhile((64, 64), (16, 16))
    assert moves[:5] == ((0, 0), (0, 1), (0, 8), (0, 16), (0, Fraction(1, 2)))
    assert len(moves) == len(set(moves)) == 25
    assert (0, 32) in moves
    assert (0, -32) not in moves
    assert (-3,) in worthwhile((7,), (1,))  # of an odd size, half-way round is two places


def test_only_what_fits_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    net = _network(1)
    x = _samples(net)
    whole = handful(net, x)
    assert whole is not None
    values = sum(maps[0, 0].size for maps in whole.maps)
    monkeypatch.setattr(shift_native, "VALUES", 3 * values)
    made = handful(net, x)
    assert made is not None
    assert made.moves == whole.moves[:3]
    assert {len(maps) for maps in made.maps} == {1}
    monkeypatch.setattr(shift_native, "VALUES", values)
    assert handful(net, x) is None
    monkeypatch.setattr(shift_native, "VALUES", 1e9)
    monkeypatch.setattr(shift_native, "MACS", 0)
    assert handful(net, x) is None


def test_layers_and_units_may_be_given() -> None:
    net = _network(2)
    x = _samples(net)
    names = [layer.name for layer in net.layers]
    (layer,) = placed_units(net, x, {names[0]: [3], names[-1]: [0]})
    assert (layer.name, layer.units) == (names[0], (3,))  # the last has no places
    maps, shares = Reader(net, grids(net), [layer])(x, (0.3, -1.7))
    with torch.no_grad():
        explicit = net.taps([names[0]])(moved(x, (0.3, -1.7)))[names[0]][:, [3]]
    torch.testing.assert_close(maps[names[0]], explicit)
    assert shares is not None


@pytest.mark.parametrize("tallest", [16_383, 64])
def test_pictures_hold_the_maps_to_eight_bits(
    tmp_path: Path, tallest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they are folded, as no side of a picture may be longer than a format allows."""
    monkeypatch.setattr(shift_pictures, "TALLEST", tallest)
    net = _network(2)
    made = handful(net, _samples(net))
    assert made is not None
    document, files = native_document(made, [4, 7])
    assert [row["index"] for row in document["samples"]] == [4, 7]
    assert document["moves"][3] == [0.0, 0.5]
    for layer, maps in zip(document["layers"], made.maps, strict=True):
        for sample, name in enumerate(layer["pictures"]):
            (tmp_path / "map.webp").write_bytes(files[name.removeprefix("pictures/")])
            with Image.open(tmp_path / "map.webp") as opened:
                assert max(opened.size) <= tallest
                levels = np.asarray(opened.convert("L"), np.float64).reshape(-1)[: maps[0].size]
            low, high = (np.array(layer[end]).reshape(1, -1, 1, 1) for end in ("low", "high"))
            read = low + (high - low) * levels.reshape(maps[0].shape) / 255
            step = (high - low).max() / 255
            np.testing.assert_allclose(read, maps[sample], atol=0.51 * step)
