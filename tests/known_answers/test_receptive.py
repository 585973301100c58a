"""Receptive fields that are known beforehand: by hand, from the lesson, and from independent figures."""

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from torch import nn

from convscope.network import Network, load
from convscope.receptive import receptive

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_stacked_3_tap_convolutions_see_3_5_7_9(dims: int):
    layers = [CONVS[dims - 1](1, 1, 3, padding=1) for _ in range(4)]
    found = receptive(Network(nn.Sequential(*layers), input=(1,) + (12,) * dims))
    assert [row.size for row in found.layers] == [(size,) * dims for size in (3, 5, 7, 9)]
    assert all(row.stride == (1,) * dims and row.center == (0,) * dims for row in found.layers)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_convolution_and_pool_repeated_see_3_8_18_38(dims: int):
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [CONVS[dims - 1](1, 1, 3, padding=1), POOLS[dims - 1](2)]
    found = receptive(Network(nn.Sequential(*layers), input=(1,) + (16,) * dims))
    convolutions = [row for row in found.layers if row.layer.kind == "conv"]
    assert [row.size for row in convolutions] == [(size,) * dims for size in (3, 8, 18, 38)]
    assert [row.stride for row in convolutions] == [(stride,) * dims for stride in (1, 2, 4, 8)]


def test_vnet_and_its_decoder(shared: Path):
    net = load(f"{shared / 'networks.py'}:vnet_skeleton", input=(1, 32, 32, 32))
    found = receptive(net)
    with (shared / "oracle" / "vnet_rf.csv").open() as file:
        for row in csv.DictReader(file):
            side, number = row["stage"][0], int(row["stage"][-1])
            module = f"left.{number - 1}" if side == "L" else f"right.{4 - number}"
            assert found[module].size == (int(row["exact"]),) * 3, row["stage"]


@pytest.mark.parametrize(
    "name",
    ["alexnet", "efficientnet_b0", "segmentation.fcn_resnet50", "shufflenet_v2_x1_0", "resnet18"],
)
def test_last_local_map_of_published_networks(shared: Path, name: str):
    with (shared / "oracle" / "receptive_fields.csv").open() as file:
        expected = next(row for row in csv.DictReader(file) if row["model"] == name)
    found = receptive(load(f"torchvision:{name.rpartition('.')[2]}"))
    shape = tuple(map(int, expected["output_shape"].split("x")))[1:]
    last = [row for row in found.layers if row.layer.output == shape][-1]
    numbers = [
        tuple(map(Fraction, expected[key].split("x")))
        for key in ("size", "jump", "center_of_output_0")
    ]
    assert [last.local_size, last.stride, last.center] == numbers
    assert max(len(a.phases) or 1 for a in last.axes) == int(expected["phases"])
    assert any(last.is_global) == bool(expected["gates"])


@pytest.mark.parametrize(
    ("spec", "kernels", "pool"),
    [
        ("demo", (3, 3, 3, 3), 2),
        ("demo:sound", (31, 9, 9, 9, 9), 4),
        ("demo:volume", (3, 3, 3), 2),
    ],
)
def test_built_in_networks_see_what_is_derived_by_hand(
    spec: str, kernels: tuple[int, ...], pool: int
):
    """A field grows by kernel - 1 of its strides at a convolution, and by pool - 1 of them at a pooling."""
    net = load(spec)
    found = receptive(net)
    size, stride, by_hand = 1, 1, []
    for kernel in kernels:
        size += (kernel - 1) * stride
        by_hand.append((size, stride))
        size, stride = size + (pool - 1) * stride, stride * pool
    convolutions = [row for row in found.layers if row.layer.kind == "conv"]
    assert [(row.size, row.stride) for row in convolutions] == [
        ((a,) * net.dims, (b,) * net.dims) for a, b in by_hand
    ]
    told = {
        "demo": (3, 8, 18, 38),
        "demo:sound": (31, 66, 206, 766, 3006),
        "demo:volume": (3, 8, 18),
    }
    assert tuple(size for size, _ in by_hand) == told[spec]
