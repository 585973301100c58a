"""The Finding as others read it: document, table, text."""

import json

import pytest
from torch import nn

import convscope
from convscope.network import Network
from convscope.sharing import Sharing, described, lesson, sharing

LAYER_FIELDS = {
    "name", "kind", "input", "output", "kernel", "stride", "padding", "dilation", "groups", "parameters",
    "weights", "biases", "local_weights", "dense_weights", "links", "locality_factor", "grouping_factor",
    "sharing_factor", "factor", "macs", "local_macs", "dense_macs",
}  # fmt: skip
TOTAL_FIELDS = {
    "parameters", "weights", "local_weights", "dense_weights", "factor", "macs", "dense_macs"
}  # fmt: skip


@pytest.fixture(scope="module")
def finding() -> Sharing:
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.Flatten(),
        nn.Linear(8 * 64, 5),
    )
    return sharing(Network(module, input=(3, 8, 8), spec="small"))


def test_the_document_has_the_fields_of_the_contract(finding: Sharing) -> None:
    document = json.loads(json.dumps(finding.document()))
    assert document["convscope"] == convscope.__version__
    assert document["schema"] == 1
    assert document["network"]["spec"] == "small"
    assert document["protocol"]["id"] == "sharing/counted"
    assert all(set(row) >= LAYER_FIELDS for row in document["layers"])
    assert set(document["totals"]) >= TOTAL_FIELDS


def test_totals_are_the_sums_of_the_rows(finding: Sharing) -> None:
    document = finding.document()
    for name in (
        "parameters",
        "weights",
        "biases",
        "local_weights",
        "dense_weights",
        "macs",
        "bytes",
    ):
        assert document["totals"][name] == sum(row[name] for row in document["layers"])
    totals = finding.totals
    assert totals.factor is not None
    assert totals.locality is not None
    assert totals.grouping is not None
    assert totals.sharing is not None
    assert totals.factor == totals.locality * totals.grouping * totals.sharing
    assert totals.factor * totals.weights == totals.dense_weights


def test_a_network_s_factors_are_ratios_of_sums(finding: Sharing) -> None:
    rows = [row for row in finding.layers if row.kind == "conv"]
    some = finding.totals_of("conv")
    assert some.sharing == 64
    assert some.locality is not None
    assert float(some.locality) == pytest.approx(
        sum(row.dense_weights for row in rows)
        / sum(row.local_weights * (row.grouping or 1) for row in rows)
    )
    assert finding.body()["totals"]["by_kind"]["conv"]["weights"] == 8 * 27 + 8 * 9


def test_the_table_has_one_row_per_layer(finding: Sharing) -> None:
    table = finding.table()
    assert table.column("name").to_pylist() == [row.name for row in finding.layers]
    assert table.column("dense_weights").to_pylist()[0] == 3 * 64 * 8 * 64
    assert table.column("padding").to_pylist()[0] == [[1, 1], [1, 1]]


def test_counts_beyond_64_bits_still_make_a_table() -> None:
    huge = described("conv 3x99999999x99999999 64 3x3 p1")
    assert huge.layers[0].dense_weights == 3 * 64 * 99999999**4
    assert huge.table().column("dense_weights").to_pylist()[0] == pytest.approx(1.92e34, rel=1e-6)


def test_the_summary_says_what_each_factor_saves(finding: Sharing) -> None:
    said = finding.summary()
    assert "small: 2,973 parameters" not in said
    assert f"small: {finding.totals.parameters:,} parameters" in said
    assert "Locality and grouping save memory and arithmetic; sharing saves memory only" in said


def test_the_finding_prints_in_a_notebook(finding: Sharing) -> None:
    assert "<table>" in finding._repr_html_()


def test_the_room_is_callable(finding: Sharing) -> None:
    net = Network(nn.Conv1d(1, 2, 3), input=(1, 9))
    room = convscope.sharing
    assert room(net) == sharing(net)


def test_the_lesson_prints_its_document() -> None:
    document = json.loads(json.dumps(lesson().document()))
    assert document["dense_weights"] == 77_070_336
    assert {"convscope", "schema", "network", "protocol"} <= set(document)
    assert "133,802" in lesson().summary()
    assert lesson().table().num_rows == 2
