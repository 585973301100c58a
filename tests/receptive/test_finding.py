"""The Finding: its document, its table, its words; and the networks people bring."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import nn

import convscope
from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.receptive import receptive
from convscope.receptive.verify import nan_dependence

FIELDS = {
    "name", "kind", "size", "stride", "start", "center", "global", "local_size", "groups",
    "exceeds_input", "effective",
}  # fmt: skip


def encoder_decoder() -> Network:
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1),
        nn.ConvTranspose2d(4, 4, 3, 2, 1, output_padding=1),
        nn.Conv2d(4, 1, 3),
    )
    return Network(module, input=(3, 20, 24))


class Chosen(nn.Module):
    """One place of a map, and what is made of it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(x)[:, :, 5, 6])


def test_a_place_that_was_chosen_has_no_neighbours() -> None:
    found = receptive(Network(Chosen(), input=(1, 16, 16)))
    row = found["head"]
    assert (row.size, row.stride, row.start) == ((3, 3), (0, 0), (9, 11))
    assert row.box((0, 0)) == ((9, 11), (11, 13))
    assert (row.reached(10), row.reached(8), row.tiling) == ((0, 0), None, None)
    assert "reads 3 × 3 input positions (input 16 × 16)." in found.summary()
    assert found["conv"].stride == (2, 2)


class LastState(nn.Module):
    """The last state of a recurrent network over what a convolution finds."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 4, 9, stride=4)
        self.lstm, self.head = nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(self.conv(x).transpose(1, 2))[0][:, -1])


def test_the_last_state_of_a_recurrent_network_is_one_unit() -> None:
    found = receptive(Network(LastState(), input=(1, 64)))
    assert found["head"].stride == (0,)
    assert found["conv"].stride == (4,)
    assert "one every 0" not in found.summary()


def test_document_keeps_the_contract() -> None:
    document = json.loads(json.dumps(receptive(encoder_decoder()).document()))
    assert {"convscope", "schema", "network", "protocol", "layers"} <= document.keys()
    assert all(row.keys() >= FIELDS for row in document["layers"])
    up = document["layers"][1]
    assert up["stride"] == [1, 1]
    assert up["phases"] == [[3, 5], [3, 5]]
    assert up["size"] == [5, 5]
    assert isinstance(up["size"][0], int)
    assert up["effective"] is None
    assert document["tiling"] == {"layer": "2", "step": [2, 2], "halo": [[1, 4], [1, 4]]}


def test_numbers_are_exact_fractions_in_python_and_floats_in_json() -> None:
    net = Network(nn.Sequential(nn.Conv1d(1, 1, 4), nn.Upsample(scale_factor=2)), input=(1, 16))
    last = receptive(net).layers[-1]
    assert last.stride == (Fraction(1, 2),)
    assert last.center == (Fraction(3, 2),)
    assert (last.document()["stride"], last.document()["center"]) == ([0.5], [1.5])


def test_table_has_a_row_per_layer_and_simple_columns() -> None:
    found = receptive(encoder_decoder())
    table = found.table()
    assert table.num_rows == len(found.layers) == 3
    assert table["size"].to_pylist()[0] == [3, 3]
    assert {"name", "stride", "center", "global_from", "border_share"} <= set(table.column_names)
    assert "3" in found._repr_html_()


def test_layers_are_found_as_the_network_finds_them() -> None:
    net = load("torchvision:resnet18")
    found = convscope.receptive(net)
    assert found["layer2.1"].size == (99, 99)
    assert found["layer2.1"].name == net.layer("layer2.1").name
    with pytest.raises(SpecError, match="layer2"):
        found["layer2.7"]
    assert "435 × 435" in found.summary()
    assert found["fc"].is_global == (True, True)
    assert found["fc"].axes[0].whole_from == "avgpool"


def test_nan_at_every_position_of_a_published_network() -> None:
    net = load("torchvision:squeezenet1_1", input=(3, 96, 96))
    result = nan_dependence(net.graph, (3, 96, 96), 2)
    assert len(result.nodes) > 60
    assert (result.unsound, result.loose) == ({}, {})


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        ("dncnn25_gray", "model.32", (35, 35)),
        ("crepe_tiny_1d", "conv1", (512,)),
        ("wakeword_dscnn_1d", "13", (30,)),
    ],
)
def test_fields_that_authors_give(
    shared: Path, name: str, layer: str, size: tuple[int, ...]
) -> None:
    shapes = {
        "dncnn25_gray": (1, 64, 64),
        "crepe_tiny_1d": (1, 1024),
        "wakeword_dscnn_1d": (40, 30),
    }
    net = load(f"{shared / 'networks.py'}:{name}", input=shapes[name])
    assert receptive(net)[layer].size == size


def test_a_sample_that_is_standardised_first_keeps_its_local_fields() -> None:
    net = Network(nn.Conv1d(1, 1, 5), input=(1, 32), mean="sample", std="sample")
    row = receptive(net).layers[0]
    assert (row.size, row.is_global) == ((5,), (False,))
    result = nan_dependence(net.graph, (1, 32), 6)
    assert (result.unsound, result.loose) == ({}, {})
