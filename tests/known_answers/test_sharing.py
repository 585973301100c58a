"""Published and hand-computed figures of the first idea."""

import csv
from pathlib import Path

import pytest

from convscope.network import load
from convscope.sharing import LayerCost, described, lesson, sharing


def test_the_lesson() -> None:
    document = lesson().document()
    one, every = document["convolution"]["one_channel"], document["convolution"]["all_channels"]
    assert document["dense_weights"] == 224 * 224 * 3 * 512 == 77_070_336
    assert (one["weights"], int(one["factor"]), one["stated"]) == (576, 133_802, 133_802)
    assert (every["weights"], round(every["factor"]), every["stated"]) == (1728, 44_601, 44_601)


def test_the_same_maps_from_a_dense_layer() -> None:
    same = lesson().document()["same_outputs"]
    assert same["dense_weights"] == 483_385_147_392
    assert same["sharing_factor"] == 50_176
    assert same["locality_factor"] == pytest.approx(5_575, abs=0.2)


# network, (locality, grouping, sharing) of its convolutions, share of taps on padding in per cent
ANCHORS = [
    ("alexnet", (65, 1, 266), 8.6),
    ("vgg16", (1089, 1, 1043), 3.3),
    ("resnet18", (206, 1, 162), 7.4),
    ("resnet50", (635, 1, 174), 3.4),
    ("mobilenet_v2", (259, 18.5, 137), 0.4),
    ("convnext_tiny", (19, 87.7, 156), 5.2),
]


@pytest.mark.parametrize(("name", "factors", "padded"), ANCHORS)
def test_convolutions_of_known_networks(
    name: str, factors: tuple[float, float, float], padded: float
) -> None:
    net = load(f"torchvision:{name}")
    finding = sharing(net)
    some = finding.totals_of("conv")
    assert some.locality is not None
    assert some.grouping is not None
    assert some.sharing is not None
    assert float(some.locality) == pytest.approx(factors[0], abs=0.5)
    assert float(some.grouping) == pytest.approx(factors[1], abs=0.05)
    assert float(some.sharing) == pytest.approx(factors[2], abs=0.5)
    assert 100 * some.padded_share == pytest.approx(padded, abs=0.05)
    assert finding.totals.parameters == net.parameters
    if name == "vgg16":
        assert some.weights == pytest.approx(14.71e6, abs=0.005e6)
        assert some.local_weights == pytest.approx(15.35e9, abs=0.005e9)
        assert some.dense_weights == pytest.approx(1.671e13, abs=0.0005e13)


def published(shared: Path) -> dict[str, tuple[int, int]]:
    """Return parameters and connections of every layer, as LeCun's papers print them."""
    with (shared / "oracle" / "connections_lecun.csv").open() as lines:
        return {
            row["layer"].split(" (")[0]: (int(row["free_parameters"]), int(row["connections"]))
            for row in csv.DictReader(lines)
            if "TOTAL" not in row["layer"]
        }


def row(text: str) -> LayerCost:
    return described(text).layers[0]


def test_lenet5(shared: Path) -> None:
    # A connection is a link or a bias: (25 + 1) · 6 · 28 · 28 = 122,304 in C1.
    papers = published(shared)
    for name, text in {
        "LeNet-5 C1": "conv 1x32x32 6 5x5",
        "LeNet-5 C5": "conv 16x5x5 120 5x5",
        "LeNet-5 F6": "linear 120 84",
    }.items():
        layer = row(text)
        assert (layer.parameters, layer.connections) == papers[name]
    # S2 and S4 add four values, then scale and shift them: two parameters per map, five connections.
    assert row("depthwise 6x28x28 2x2 s2").connections == papers["LeNet-5 S2"][1]
    assert row("depthwise 16x10x10 2x2 s2").connections == papers["LeNet-5 S4"][1]
    # The table of C3: six maps read three, nine read four, one reads six.
    maps = (
        [row("conv 3x14x14 1 5x5")] * 6 + [row("conv 4x14x14 1 5x5")] * 9 + [row("conv 6x14x14 1 5x5")]
    )  # fmt: skip
    counted = (
        sum(layer.parameters for layer in maps), sum(layer.connections or 0 for layer in maps)
    )  # fmt: skip
    assert counted == papers["LeNet-5 C3"]
    # The output compares with fixed prototypes: connections, no parameters, no biases.
    assert row("linear 84 10 nobias").connections == papers["LeNet-5 output RBF"][1]


def test_lecun_1989(shared: Path) -> None:
    # These biases are not shared, and the border is a map of constant values, whose taps are counted.
    papers = published(shared)
    first = row("conv 1x16x16 12 5x5 s2 p same")
    assert first.output == (12, 8, 8)
    assert first.weights + first.twin_biases == papers["LeCun89 H1"][0]
    assert first.local_weights + first.twin_biases == papers["LeCun89 H1"][1]
    assert (first.links or 0) < first.local_weights
    # Each of the twelve maps of H2 reads eight of the twelve maps of H1.
    second = row("conv 8x8x8 12 5x5 s2 p same")
    assert second.weights + second.twin_biases == papers["LeCun89 H2"][0]
    assert second.local_weights + second.twin_biases == papers["LeCun89 H2"][1]
    for name, text in {"LeCun89 H3": "linear 192 30", "LeCun89 out": "linear 30 10"}.items():
        layer = row(text)
        assert (layer.parameters, layer.connections) == papers[name]
