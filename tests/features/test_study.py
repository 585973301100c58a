"""The whole of idea 3 on small networks: what is planted is found, and the document keeps its contract."""

import json
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from convscope.atlas.files import as_json
from convscope.data import open_source
from convscope.errors import SpecError
from convscope.features import Features, Settings, features
from convscope.features.study import STRANGER, survey
from convscope.network import Network, load, untrained

SETTINGS = Settings(samples=60, labelled=60, kinds=("positive",))


@cache
def demo() -> Features:
    net = load("demo")
    return features(
        net,
        open_source("parts:60"),
        ["relu1", "classifier"],
        units={"relu1": [3]},
        settings=SETTINGS,
    )


def test_the_document_keeps_its_contract_and_is_json():
    document = json.loads(as_json(demo().document()))
    first, last = document["layers"]
    assert (first["name"], first["units"], last["name"], last["units"]) == (
        "relu1",
        16,
        "classifier",
        8,
    )
    for row in (first, last):
        assert sum(row["levels"].values()) + row["unknown"] == row["units"]
        assert sum(row["families"].values()) == row["units"]
        assert sum(row["statuses"].values()) == row["units"]
    assert {"rho", "interval", "control_rho", "control_interval"} <= document["hierarchy"].keys()
    assert len(document["units"]) == 24
    fields = {
        "layer", "unit", "status", "natural_max", "density", "exemplars", "synthesis", "tuning", "label", "inputs",
        "outputs",
    }  # fmt: skip
    for unit in document["units"]:
        assert unit.keys() == fields
        assert {"sample", "value", "position", "box"} <= unit["exemplars"][0].keys()
        assert unit["exemplars"][0]["value"] == unit["natural_max"]
        assert {"family", "preferred", "selectivity", "percent_of_natural"} <= unit["tuning"].keys()
        assert {"name", "level", "source", "precision", "recall", "score", "null99"} <= unit[
            "label"
        ].keys()


def test_only_the_units_that_were_asked_for_have_pictures():
    made = [unit for unit in demo().document()["units"] if unit["synthesis"]]
    assert [(unit["layer"], unit["unit"]) for unit in made] == [("relu1", 3)]
    assert made[0]["synthesis"]["status"] in ("ok", "weak", "failed")
    picture = demo().unit("relu1", 3).show()
    assert min(picture.size) >= 64
    trust = demo()[
        "relu1"
    ].trust  # of six questions about each unit, sixty samples give five or none
    assert trust is not None
    assert trust.synthesis is not None
    assert np.isnan(np.delete(trust.synthesis, 3)).all()
    assert demo().unit("relu1", 3).details()["trust"].keys() == {"exemplars", "synthesis"}


def test_an_exemplars_box_is_what_makes_the_unit_fire():
    """Grey everywhere outside the box, the unit answers as before."""
    net, source = load("demo"), open_source("parts:60")
    taps = net.taps(["relu1"])
    unit = demo().unit("relu1", 5)
    best = unit.exemplars[0]
    whole = source[best["sample"]].array
    kept = np.full_like(whole, 0.5)
    inside = tuple(slice(low, high) for low, high in best["box"])
    kept[:, *inside] = whole[:, *inside]
    with torch.no_grad():
        value = taps(torch.from_numpy(kept)[None])["relu1"][0, 5][tuple(best["position"])]
    assert float(value) == pytest.approx(best["value"], rel=1e-3)


def test_the_outputs_are_labelled_by_their_own_class_or_not_at_all():
    """Of sixty samples half are left to grade eight classes on: some labels are too few to be sure of."""
    labels = [demo().unit("classifier", n).label for n in range(8)]
    named = {n: one.name for n, one in enumerate(labels) if one is not None and one.level}
    classes = load("demo").classes or ()
    assert len(named) >= 3
    assert all(name == classes[n] for n, name in named.items())


def test_the_table_has_a_row_for_each_unit_and_round_trips():
    table = demo().table()
    assert table.num_rows == 24
    assert table["label"].to_pylist()[0] == demo().unit("relu1", 0).label.name  # type: ignore[union-attr]
    assert len(table["exemplars"].to_pylist()[0]) == 9


def test_too_few_samples_for_labels_give_everything_else():
    found = survey(load("demo"), open_source("parts:10"), ["relu1"], settings=Settings(samples=10))
    assert found.hierarchy is None
    assert found.unit("relu1", 0).label is None
    assert found.unit("relu1", 0).tuning is not None
    assert len(found.unit("relu1", 0).exemplars) == 9


def test_the_control_is_measured_like_the_network_itself():
    """Asked of a network that is its own control, everything is the same twice."""
    net = untrained(load("demo"), STRANGER)
    found = survey(
        net, open_source("parts:100"), ["relu1", "relu3"], settings=Settings(samples=100)
    )
    assert found.hierarchy is not None
    assert found.hierarchy.labelled == found.hierarchy.control_labelled
    assert found.hierarchy.rho == found.hierarchy.control_rho is not None
    for row in found.layers:
        assert row.trust is not None
        assert row.trust.untrained is not None
        assert np.isfinite(row.trust.exemplars).any()
        assert np.array_equal(row.trust.untrained, row.trust.exemplars, equal_nan=True)
    assert "told right from a unit's exemplars" in found.summary()


def test_a_dead_unit_is_named():
    module = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU())
    nn.init.constant_(module[0].weight, 0.1)  # type: ignore[arg-type]
    nn.init.zeros_(module[0].bias)  # type: ignore[arg-type]
    module[0].bias.data[1] = -100  # type: ignore[union-attr]
    net = Network(module.eval(), input=(1, 16, 16))
    found = features(net, open_source("parts:24"), ["1"], settings=SETTINGS)
    assert [found.unit("1", n).status for n in range(3)][1] == "dead on data"
    assert found.document()["layers"][0]["dead"] == 1
    assert "never change" in found.summary()


def test_wrong_layers_are_refused_with_the_way_out():
    net = load("demo")
    with pytest.raises(SpecError, match="Did you mean relu"):
        features(net, open_source("parts:24"), ["relu9"])
    with pytest.raises(SpecError, match="--layers"):
        demo()["relu3"]
    with pytest.raises(IndexError, match="16 units"):
        demo().unit("relu1", 16)


def test_where_pictures_are_limited_every_unit_has_one_and_some_have_all_kinds():
    settings = Settings(samples=30, labelled=30, pictures=11, kinds=("positive", "diverse 2"))
    found = features(load("demo"), open_source("parts:30"), ["classifier"], settings=settings)
    made = {
        unit: [one.kind for one in all_] for unit, all_ in found["classifier"].syntheses.items()
    }
    everything = ["positive", "diverse 1", "diverse 2"]
    assert made == {unit: everything if unit == 0 else ["positive"] for unit in range(8)}
