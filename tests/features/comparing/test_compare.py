"""Comparing networks: a network with its units shuffled is the same network; one that was changed is not."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data.arrays import ArraySource, Scale
from convscope.errors import SpecError
from convscope.features.comparing import Side, compare, compared
from convscope.finding import NetworkId
from convscope.network import Network


def module(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Conv2d(12, 8, 3), nn.ReLU(), nn.Conv2d(8, 4, 1)
    ).eval()


def source(count: int = 120) -> ArraySource:
    pictures = np.random.default_rng(0).random((count, 3, 12, 12), np.float32)
    pictures *= np.random.default_rng(1).random((count, 3, 1, 1), np.float32)
    return ArraySource("noise", pictures, Scale(1.0))


def test_units_in_another_order_are_all_found() -> None:
    one, two = module(), module()
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    state = one.state_dict()
    shuffled = {
        "0.weight": state["0.weight"][order],
        "0.bias": state["0.bias"][order],
        "2.weight": state["2.weight"][:, order],
    }
    two.load_state_dict(state | shuffled)
    before, after = (Network(m, input=(3, 12, 12)) for m in (one, two))
    found = compare(before, after, source(), layers=["1", "3"])
    first = [row for row in found.units if row.network == 0 and row.layer == "1"]
    alive = [row for row in first if row.status != "silent"]
    assert len(alive) >= 10
    assert all(row.status == "matched" for row in alive)
    assert [order[row.other_unit] for row in alive] == [row.unit for row in alive]
    second = [row for row in found.units if row.network == 0 and row.layer == "3"]
    assert all(row.other_unit in (row.unit, None) for row in second)
    assert found.share("unmatched") == found.share("unmatched", 1) == 0
    assert not found.most_changed()
    assert found.protocol.samples == 120


def test_without_common_names_the_most_similar_layer_is_the_partner() -> None:
    net = Network(module(), input=(3, 12, 12))
    wrapped = Network(nn.Sequential(nn.Identity(), module()), input=(3, 12, 12))
    found = compare(net, wrapped, source(), layers=["1", "3"], other_layers=["1.1", "1.3"])
    partners = {(row.network, row.layer): row.other_layer for row in found.layers}
    assert partners == {(0, "1"): "1.1", (0, "3"): "1.3", (1, "1.1"): "1", (1, "1.3"): "3"}
    assert all(row.similarity == pytest.approx(1, abs=1e-5) for row in found.layers)


def side(responses: np.ndarray, **more: Any) -> Side:
    rows: Any = SimpleNamespace(
        responses=responses, maximum=responses.max(0), density=(responses > 0).mean(0)
    )
    made = Side(NetworkId("one", "f"), np.arange(len(responses)), {"layer": rows}, "data")
    return replace(made, **more)


def test_what_changed_is_said() -> None:
    a = np.maximum(np.random.default_rng(0).normal(size=(300, 6)), 0).astype(np.float32)
    b = a.copy()
    b[:, 2] = np.random.default_rng(1).random(300)  # another unit altogether
    b[:, 4] = np.maximum(b[:, 4] - 1, 0)  # the same, but pickier
    names = ["edge", "edge", "dot", None, "dot", "dot"]
    one = side(a, labels={"layer": names})
    other_names = {"layer": ["edge", "bar", "dot", "dot", "dot", "dot"]}
    two = side(b, network=NetworkId("two", "g"), labels=other_names)
    found = compared(one, two)
    first = found.layers[0]
    assert first.counts == {"matched": 5, "shared": 0, "unmatched": 1, "silent": 0}
    assert first.relabelled == 1
    assert found.units[2].status == "unmatched"
    assert found.most_changed()[0].unit == 4
    assert "83% have a counterpart in two (each is" in found.summary()
    document = found.document()
    assert document["other"] == {"spec": "two", "fingerprint": "g"}
    assert document["most_changed"][0] == {
        "layer": "layer",
        "unit": 4,
        "changed": found.units[4].changed,
    }
    assert "0%" not in found.summary()  # what is nowhere is not listed
    table = found.table()
    assert table.num_rows == 12
    assert table.column("status").to_pylist()[:3] == ["matched", "matched", "unmatched"]


def test_only_common_samples_count_whatever_their_order() -> None:
    a = np.random.default_rng(0).random((100, 5)).astype(np.float32)
    later = replace(side(a[40:]), kept=np.arange(40, 100))
    found = compared(side(a), later)
    assert found.protocol.samples == 60
    assert found.share("matched") == 1


def test_other_data_are_refused() -> None:
    a = np.random.default_rng(0).random((100, 5)).astype(np.float32)
    with pytest.raises(SpecError, match="were shown different data"):
        compared(side(a), side(a, data="other"))


def test_too_few_samples_are_refused() -> None:
    a = np.random.default_rng(0).random((19, 5)).astype(np.float32)
    with pytest.raises(SpecError, match="have 19 samples in common"):
        compared(side(a), side(a))


def test_a_silent_network_has_a_document_without_nan() -> None:
    found = compared(side(np.zeros((40, 3), np.float32)), side(np.zeros((40, 2), np.float32)))
    assert found.share("silent") == 1
    assert found.layers[0].similarity is None
    assert found.layers[0].null99 is None
    assert "NaN" not in json.dumps(found.document())


def test_two_checkpoints_of_one_network_are_told_apart_by_their_order() -> None:
    a = np.maximum(np.random.default_rng(0).normal(size=(60, 4)), 0).astype(np.float32)
    one = side(a)
    later = replace(one, network=NetworkId("one", "later"))
    found = compared(one, later)
    assert found.names == ("one, first", "one, second")
    assert "4 units of one, first, 100% have a counterpart in one, second" in found.summary()
    assert not found.same
    itself = compared(one, one)
    assert itself.summary().startswith("Both are one network, with the same weights.")
    assert not itself.most_changed()
