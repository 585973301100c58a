"""Verdicts follow from the numbers, and every number says what decided it."""

from typing import Any

import pytest

from convscope.site.cards import FEWER, IDEAS, Card, cards


def _card(documents: dict[str, Any], idea: str) -> Card:
    return next(card for card in cards(documents) if card.idea == idea)


def _documents(made_up: Any, name: str = "demo") -> dict[str, Any]:
    plan = made_up.PLANS[name]()
    return {
        "network": plan.network(),
        "sharing": plan.sharing(),
        "receptive": plan.receptive(effective=False),
    }


def test_there_are_five_ideas_in_the_order_of_the_lesson() -> None:
    assert [card.idea for card in IDEAS] == ["sharing", "receptive", "features", "shift", "learn"]
    assert all(card.command.startswith("convscope ") for card in IDEAS)


def test_what_is_moved_is_called_what_it_is(made_up: Any) -> None:
    for name, what in (("demo", "picture"), ("sound", "sound"), ("volume", "volume")):
        documents = {"network": made_up.PLANS[name]().network()}
        assert _card(documents, "shift").title == f"Move the {what}, the maps move"


def test_the_command_for_learning_names_the_atlas_that_it_fills() -> None:
    assert _card({}, "learn").command.endswith("-o ATLAS")


def test_what_was_not_measured_has_no_verdict() -> None:
    assert all(not card.verdict and not card.number for card in cards({}))


def test_every_verdict_has_threshold_floor_and_chart(made_up: Any) -> None:
    measured = [card for card in cards(_documents(made_up)) if card.verdict]
    assert {card.idea for card in measured} == {"sharing", "receptive"}
    for card in measured:
        assert card.threshold
        assert card.floor.startswith("0")
        assert card.chart.startswith("<svg")
        assert card.caption


def test_sharing_is_the_ratio_of_sums_over_convolutions(made_up: Any) -> None:
    documents = _documents(made_up)
    convolutions = [row for row in documents["sharing"]["layers"] if row["kind"] == "conv"]
    local = sum(row["local_weights"] for row in convolutions)
    weights = sum(row["weights"] for row in convolutions)
    card = _card(documents, "sharing")
    assert card.number == f"×{local / weights:,.0f}"
    assert card.verdict == "supported"


@pytest.mark.parametrize(("factor", "verdict"), [(FEWER, "supported"), (9.9, "not supported")])
def test_the_threshold_decides(made_up: Any, factor: float, verdict: str) -> None:
    documents = _documents(made_up)
    sums = documents["sharing"]["totals"]["by_kind"]["conv"]
    sums["local_weights"] = int(sums["weights"] * factor)
    assert _card(documents, "sharing").verdict == verdict


def test_unknown_operations_are_told(made_up: Any) -> None:
    documents = _documents(made_up)
    documents["sharing"]["totals"]["status"] = "partial"
    assert "unknown" in _card(documents, "sharing").text


def test_a_network_without_convolutions_is_told_so(made_up: Any) -> None:
    documents = _documents(made_up)
    documents["sharing"]["totals"]["by_kind"] = {}
    documents["receptive"]["layers"] = []
    for idea in ("sharing", "receptive"):
        card = _card(documents, idea)
        assert not card.verdict
        assert card.text


def test_fields_of_the_demo_network_grow_from_3(made_up: Any) -> None:
    documents = _documents(made_up)
    convolutions = [r for r in documents["receptive"]["layers"] if r["kind"] == "conv"]
    assert [row["size"] for row in convolutions] == [[3, 3], [8, 8], [18, 18], [38, 38]]
    card = _card(documents, "receptive")
    assert card.number == "3 → 46"
    assert card.verdict == "supported"


def test_layers_that_see_everything_count_against_locality(made_up: Any) -> None:
    documents = _documents(made_up)
    for row in documents["receptive"]["layers"]:
        row["local_size"] = [64, 64]
    assert _card(documents, "receptive").verdict == "not supported"


def test_what_is_used_of_a_field_is_told_where_it_was_measured(made_up: Any) -> None:
    documents = _documents(made_up)
    assert "95 %" not in _card(documents, "receptive").text
    documents["receptive"] = made_up.demo().receptive(effective=True)
    text = _card(documents, "receptive").text
    assert "conv4 finds 95 % of what moves it in 31 % of its field (29 to 34 %, 16 samples)" in text
