"""Charts say what the documents say."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from convscope.finding import Finding, NetworkId, Protocol
from convscope.site import charts, palette

BODIES = {"sharing", "receptive"}


@dataclass(frozen=True)
class _Found(Finding):
    idea: ClassVar[str] = "sharing"
    content: dict[str, Any]

    def table(self) -> pa.Table:
        return pa.table({})

    def summary(self) -> str:
        return "what was found"

    def body(self) -> dict[str, Any]:
        return self.content


@pytest.fixture(scope="module")
def documents(made_up: Any) -> dict[str, Any]:
    plan = made_up.branched()
    return {
        "network": plan.network(),
        "sharing": plan.sharing(),
        "receptive": plan.receptive(effective=True),
    }


def test_bars_of_sharing_run_from_one_to_the_dense_weights(documents: dict[str, Any]) -> None:
    spec = charts.specs(documents)["sharing"]
    pieces = defaultdict(list)
    for piece in spec["data"]["values"]:
        pieces[piece["layer"]].append((piece["from"], piece["to"]))
    rows = {row["name"]: row for row in documents["sharing"]["layers"]}
    convolutions = {name for name, row in rows.items() if row["kind"] in ("conv", "linear")}
    assert set(pieces) == convolutions
    for name, ends in pieces.items():
        assert ends[0][0] == 1
        assert ends[0][1] == rows[name]["weights"]
        assert all(to == after for (_, to), (after, _) in pairwise(ends))
        assert ends[-1][1] == pytest.approx(rows[name]["dense_weights"])


def test_one_bar_for_the_whole_ends_at_the_sums(documents: dict[str, Any]) -> None:
    sums = documents["sharing"]["totals"]["by_kind"]["conv"]
    bars = charts.sharing_whole(sums).to_dict()
    values = next(iter(bars["datasets"].values())) if "datasets" in bars else bars["data"]["values"]
    assert [bar["to"] for bar in values] == [
        sums["weights"],
        sums["local_weights"],
        sums["dense_weights"],
    ]


def test_the_line_of_fields_leaves_out_layers_without_places(documents: dict[str, Any]) -> None:
    kept = {row["name"] for row in charts.local_layers(documents["receptive"])}
    assert "mixed.cat" in kept
    assert not kept & {"mean", "fc"}


def test_axes_that_differ_have_lines_of_their_own() -> None:
    row = {"name": "a", "kind": "conv", "size": [3, 5], "stride": [1, 1], "effective": None}
    made = charts.receptive({"layers": [row | {"local_size": [3, 5]}]})
    assert made is not None
    fields = made.to_json()
    assert "theoretical field, height" in fields
    assert "theoretical field, width" in fields


def test_documents_that_measured_nothing_have_no_chart() -> None:
    empty = {"layers": [], "totals": {}}
    assert charts.sharing(empty) is None
    assert charts.receptive(empty) is None
    assert charts.specs({"sharing": empty, "receptive": empty}) == {}


def test_a_finding_finds_its_chart(documents: dict[str, Any]) -> None:
    body = {key: documents["sharing"][key] for key in ("layers", "totals")}
    found = _Found(NetworkId("made up", "0"), Protocol("exact"), body)
    assert found.chart().to_dict()["mark"]["type"] == "bar"
    with pytest.raises(ValueError, match="nothing to draw"):
        _Found(NetworkId("made up", "0"), Protocol("exact"), {"layers": []}).chart()


@pytest.mark.parametrize("name", sorted(BODIES))
def test_drawn_charts_take_their_colours_from_the_page(
    documents: dict[str, Any], name: str
) -> None:
    made = charts.drawn(documents, 400)[name]
    assert made is not None
    drawing = charts.svg(made)
    root = ElementTree.fromstring(drawing)
    assert root.tag.endswith("svg")
    assert "var(--" in drawing
    assert not any(colour in drawing for colour in palette.PROPERTIES)
    assert "aria-" not in drawing


def test_many_layers_are_not_all_named(documents: dict[str, Any]) -> None:
    spec = charts.specs(documents)["receptive"]
    layers = spec["layer"]
    named = next(
        found["encoding"]["x"]["axis"]["values"] for found in layers if "x" in found["encoding"]
    )
    assert 10 < len(named) <= 30 < len(charts.local_layers(documents["receptive"]))
