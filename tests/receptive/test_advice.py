"""Advice: said where it is true, silent where it is not."""

from torch import nn

from convscope.data import open_source
from convscope.network import Network, load
from convscope.receptive import advice, receptive


def said(*steps: nn.Module, size: int = 64) -> dict[str, tuple[str, ...]]:
    net = Network(nn.Sequential(*steps), input=(1, size, size))
    return {piece.id: piece.layers for piece in receptive(net).advice}


def plain(kernel: int = 3, **more: int) -> nn.Conv2d:
    return nn.Conv2d(1, 1, kernel, **{"padding": kernel // 2, **more})  # type: ignore[arg-type]


def test_nothing_is_said_of_a_network_that_fits_its_input() -> None:
    assert said(plain(), plain(), nn.MaxPool2d(2), plain()) == {}


def test_layers_beyond_the_input_are_unproductive() -> None:
    found = said(*(plain(5) for _ in range(6)), size=16)
    # 5, 9, 13, 17: from the fifth on, the fourth has seen all 16.
    assert found["unproductive"] == ("4", "5")
    assert found["beyond"] == ("3", "4", "5")


def test_a_shortcut_keeps_layers_productive() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList(plain(5) for _ in range(6))

        def forward(self, x):
            for step in self.steps:
                x = x + step(x)
            return x

    found = receptive(Network(Residual(), input=(1, 16, 16)))
    assert "unproductive" not in {piece.id for piece in found.advice}
    assert found["steps.5"].axes[0].shortest == 5


def test_kernels_on_padding() -> None:
    assert said(nn.MaxPool2d(32), plain(5), size=64)["padding"] == ("1",)
    assert "padding" not in said(plain(5), size=64)


def test_gridding() -> None:
    found = said(plain(dilation=2, padding=2), plain(dilation=2, padding=2))
    assert found["gridding"] == ("0", "1")
    assert said(nn.Conv2d(1, 1, 1, stride=2), plain(), size=8)["gridding"] == ("1",)


def test_off_centre_fields_of_one_sided_padding() -> None:
    assert said(nn.ZeroPad2d((0, 2, 0, 2)), nn.Conv2d(1, 1, 3))["off-centre"] == ("1",)
    assert "off-centre" not in said(plain(4, padding=2))


def test_input_that_is_no_multiple_of_the_stride() -> None:
    found = said(plain(stride=2), plain(stride=2), size=30)
    assert found["period"] == ("0", "1")


def test_objects_larger_than_all_fields() -> None:
    source = open_source("parts:8:0")
    small = receptive(
        Network(
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(15376, 2)), input=(3, 64, 64)
        )
    )
    assert "objects" in {piece.id for piece in advice(small, source)}
    assert "objects" not in {piece.id for piece in advice(receptive(load("demo")), source)}


def objects(kernel: int, size: int) -> bool:
    """Return whether a field of some pixels is said to be smaller than the objects, at some input size."""
    steps = (nn.Conv2d(3, 2, kernel), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
    found = receptive(Network(nn.Sequential(*steps), input=(3, size, size)))
    return "objects" in {piece.id for piece in advice(found, open_source("parts:8:0"))}


def test_objects_are_whole_things_and_not_their_parts() -> None:
    # Most boxes are eyes and strokes of some ten pixels; the things themselves fill half of the 64.
    assert objects(20, 64)
    assert not objects(51, 64)


def test_objects_are_measured_as_the_network_sees_them() -> None:
    # 64 pixels shown at 224: the same field is 3.5 times smaller against the thing.
    assert objects(51, 224)


def test_every_piece_names_layers_cost_and_limits() -> None:
    found = receptive(load("torchvision:resnet18", input=(3, 32, 32)))
    assert {piece.id for piece in found.advice} >= {"unproductive", "padding", "beyond"}
    for piece in found.advice:
        assert piece.layers
        assert piece.macs > 0
        assert len(piece.limits) > 30
        assert set(piece.document()) == {"id", "title", "text", "layers", "macs", "limits"}
