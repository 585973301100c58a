"""What an atlas says about a network."""

import base64
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from convscope.atlas.facts import layer_table, network_document
from convscope.network import Network


def small(**settings: object) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        OrderedDict(
            first=nn.Conv2d(3, 70, 3),
            act=nn.ReLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
        )
    )
    return Network(module, input=(3, 8, 8), spec="small", **settings)  # pyright: ignore[reportArgumentType]


def test_layers_as_pages_read_them() -> None:
    network = small()
    document = network_document(network, "cpu", "convscope look small")
    assert document["network"] == {"spec": "small", "fingerprint": network.fingerprint}
    assert document["input"] == (3, 8, 8)
    assert document["parameters"] == network.parameters == 70 * 27 + 70
    first = document["layers"][0]
    assert first["feeds_from"] == ("input",)
    assert first["parameters"] == first["weights"] + first["biases"]
    assert "parameter_names" not in first
    assert {"convscope", "torch", "python"} <= document["versions"].keys()
    assert layer_table(network).num_rows == len(network.layers)


def test_first_filters_are_the_weights_themselves() -> None:
    network = small(mean=[0.5] * 3, std=[0.25] * 3)
    filters = network_document(network, "cpu", None)["filters"]
    assert filters is not None
    assert filters["shape"] == (70, 3, 3, 3)
    assert filters["shown"] == 64
    values = np.frombuffer(base64.b64decode(filters["values"]), "<f4").reshape(64, 3, 3, 3)
    weight = next(t for name, t in network.graph.state_dict().items() if "first.weight" in name)
    assert np.array_equal(values, weight[:64].numpy())


def test_a_border_around_the_input_hides_no_filters() -> None:
    network = Network(nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(3, 8, 5)), input=(3, 16, 16))
    filters = network_document(network, "cpu", None)["filters"]
    assert filters is not None
    assert filters["shape"] == (8, 3, 5, 5)


def test_no_filters_where_the_first_convolution_sees_no_picture() -> None:
    module = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(3, 4, 3))
    network = Network(module, input=(3, 8, 8))
    assert network_document(network, "cpu", None)["filters"] is None
    module = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    network = Network(module, input=(3, 2, 2))
    assert network_document(network, "cpu", None)["filters"] is None
