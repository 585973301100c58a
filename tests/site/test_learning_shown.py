"""What is shown of a study: its card, its charts, and the files that its page reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.site.learned import learned

from convscope.learning.finding import Learning, worth
from convscope.site import build, charts, report
from convscope.site.cards import IDEAS, cards
from convscope.site.learning.card import headline, measured


@pytest.fixture(scope="module")
def found() -> Learning:
    return learned()


@pytest.fixture(scope="module")
def document(found: Learning) -> dict[str, Any]:
    return json.loads(json.dumps(found.document(), allow_nan=False))


def test_the_card_gives_the_factor_and_a_verdict(document: dict[str, Any], made_up: Any) -> None:
    documents = {"network": made_up.demo().network(), "learn": document}
    card = next(card for card in cards(documents) if card.idea == "learn")
    assert card.verdict == "supported"
    assert card.number == headline(document)
    assert card.number.startswith("×")
    assert 6 < document["data_equivalence"]["factor"] < 30
    assert card.chart.startswith("<svg")
    assert card.page == "#/learning"
    assert "C5" in card.text


def test_nets_that_are_equal_support_nothing(made_up: Any) -> None:
    document = learned(advantage=False).document()
    documents = {"network": made_up.demo().network(), "learn": document}
    card = next(card for card in cards(documents) if card.idea == "learn")
    assert card.verdict == "undecided"


def test_a_bound_is_printed_as_one(document: dict[str, Any]) -> None:
    bounded = document["data_equivalence"] | {"censored": ">=", "factor": 256.0}
    assert headline(document | {"data_equivalence": bounded}) == "≥ ×256"
    without = document | {"data_equivalence": None}
    assert headline(without).endswith("points")


def test_every_condition_has_a_chart_on_one_scale(document: dict[str, Any]) -> None:
    specs = charts.specs({"learn": document, "prior": document["prior"]})
    assert set(specs) == {"learn-0", "learn-1", "learn-2", "learn-claims", "prior"}
    ranges = {json.dumps(domains(specs[f"learn-{i}"])) for i in range(3)}
    assert len(ranges) == 1
    assert "#" not in json.dumps(specs["learn-0"].get("layer")).replace(
        "#/", ""
    )  # the theme's hues


def domains(spec: Any) -> list[Any]:
    """Return the domains of accuracy in a chart."""
    if isinstance(spec, dict):
        own = (
            [spec["scale"]["domain"]]
            if "scale" in spec and spec.get("title") == "accuracy on the test"
            else []
        )
        axis = spec.get("axis") or {}
        if isinstance(axis, dict) and axis.get("title") == "accuracy on the test":
            own = [spec["scale"]["domain"]]
        return own + [found for value in spec.values() for found in domains(value)]
    return [found for item in spec for found in domains(item)] if isinstance(spec, list) else []


def test_chance_is_named_below_the_ends_of_the_curves(document: dict[str, Any]) -> None:
    spec = charts.specs({"learn": document})["learn-0"]
    (word,) = (mark for mark in marks(spec) if mark.get("baseline") == "top")
    assert word["align"] == "right"
    low, high = domains(spec)[0]
    ends = [end for row in document["curves"] for end in row["interval"]]
    assert min(document["task"]["chance"], *ends) - low >= 0.07 * (high - low)  # room for the word


def marks(spec: Any) -> list[Any]:
    """Return the marks of a chart, of all its layers."""
    own = [spec["mark"]] if "mark" in spec else []
    return own + [mark for layer in spec.get("layer", ()) for mark in marks(layer)]


def test_a_notebook_draws_a_study_and_an_audit(found: Learning) -> None:
    assert found.prior is not None
    for finding in (found, found.prior):
        assert charts.svg(finding.chart()).startswith("<svg")


def test_the_page_reads_no_single_runs(atlas: Callable[..., Path]) -> None:
    folder = build(atlas("demo", learn=2)).parent
    shown = json.loads((folder / "data" / "learn.json").read_text(encoding="utf-8"))
    assert not {"runs", "searches", "prior"} & set(shown)
    assert (
        shown["run_count"] == (8 * 5 - 1) * 8
    )  # cells and sizes, but for the one that was refused; seeds
    site = json.loads((folder / "data" / "site.json").read_text(encoding="utf-8"))
    assert {"learn", "prior"} <= set(site["documents"])
    assert not site["timeline"]  # the network is not the built-in one


def test_the_report_tells_of_learning(atlas: Callable[..., Path], tmp_path: Path) -> None:
    page = report(atlas("demo", learn=2), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Learning curves" in page
    for claim in ("C1", "C5"):
        assert claim in page


def test_words_of_a_factor_and_of_the_audit(found: Learning) -> None:
    assert worth(found.equivalences[0]).startswith("For 6")
    assert found.agreement is not None
    assert found.agreement.sharing == "confirms"
    assert "the study confirms it" in found.summary()
    assert "the study does not decide it" in learned(advantage=False).summary()
    assert found.claim("C1").verdict == "supported"
    assert found.point("dense", 512).mean == pytest.approx(0.678, abs=0.02)
    assert "C1 supported" in found.summary()
    assert found.table().num_rows == len(found.runs)


def test_without_its_control_the_card_is_not_supported(found: Learning) -> None:
    whole = found.document()
    alone = {**whole, "claims": [claim for claim in whole["claims"] if claim["id"] == "C1"]}
    card = next(one for one in IDEAS if one.idea == "learn")
    assert measured(card, whole, {}).verdict == "supported"
    shown = measured(card, alone, {})
    assert shown.verdict == "undecided"
    assert "Nothing was trained on permuted pixels" in shown.text
    assert shown.floor == "0, no control was trained"
