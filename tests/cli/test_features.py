"""`features`: the table, the JSON, one unit; some units of each layer, and as much as there is time for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.atlas import Atlas

Run = Callable[..., Any]

WORDS = ("features", "model.py:net", "--data", "many.npz", "--layers", "1", "--samples", "24")


@pytest.fixture
def many(desk: Path) -> Path:
    """Put twenty-four digits on the desk."""
    draw = np.random.default_rng(0)
    np.savez(
        desk / "many.npz", images=draw.random((24, 16, 16), np.float32), labels=np.arange(24) % 3
    )
    return desk


def test_some_units_of_each_layer_are_those_of_all(many: Path, convscope: Run) -> None:
    """Three of four: the first, the last, and one between, with the numbers that they have among all."""
    result = convscope(*WORDS, "--units", 3, "--no-pictures", "--json", "-q")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    (row,) = found["layers"]
    assert (row["units"], row["measured"]) == (4, 3)
    assert sum(row["levels"].values()) + row["unknown"] == row["measured"]
    assert sum(row["statuses"].values()) == row["measured"]
    assert found["protocol"]["settings"]["units"] == 3
    every = json.loads(convscope(*WORDS, "--no-pictures", "--json", "-q").stdout)
    assert found["units"] == [every["units"][n] for n in (0, 2, 3)]


def test_the_table_says_how_many_of_how_many(many: Path, convscope: Run) -> None:
    result = convscope(*WORDS, "--units", 1)
    assert result.exit_code == 0, result.stderr
    assert "1 of 4" in result.stdout
    assert "1 unit (of their 4) of 1 layer." in " ".join(result.stdout.split())


def test_one_unit_or_some_but_not_both(many: Path, convscope: Run) -> None:
    result = convscope(*WORDS, "--units", 3, "--unit", "1:0")
    assert result.exit_code == 2
    assert "type one of them" in result.stderr
    assert convscope(*WORDS, "--units", 0).exit_code == 2


def test_when_the_time_is_up_no_more_pictures_are_begun(many: Path, convscope: Run) -> None:
    result = convscope(*WORDS, "--budget", "0.01s", "--json")
    assert result.exit_code == 0, result.stderr
    assert "The budget of 0.01s ran out: no pictures for 1." in " ".join(result.stderr.split())
    assert not any(unit["synthesis"] for unit in json.loads(result.stdout)["units"])


def test_an_atlas_holds_those_units_and_no_others(many: Path, convscope: Run) -> None:
    words = (
        "look",
        *WORDS[1:4],
        "--layers",
        "1",
        "-o",
        "atlas",
        "--only",
        "features",
        "--units",
        3,
    )
    result = convscope(*words, "-q")
    assert result.exit_code == 0, result.stderr
    atlas = Atlas.open(many / "atlas")
    detail = atlas.document("features-0001")["detail"]
    assert [unit["unit"] for unit in detail] == [0, 2, 3]
    tiles = [one["tile"] for unit in detail for one in unit["synthesis"]]
    assert tiles == list(range(len(tiles)))
    assert atlas.table("features-0001")["unit"].to_pylist() == [0, 2, 3]
    shown = json.loads((many / "atlas/data/features.json").read_text())
    assert [row["listed"] for row in shown["layers"]] == [[0, 2, 3]]
    # Compared, units keep their own numbers.
    pairs = json.loads(convscope("compare", "atlas", "atlas", "--json", "-q").stdout)["units"]
    numbers = {(pair["unit"], pair["other_unit"]) for pair in pairs if pair["status"] == "matched"}
    assert numbers == {(0, 0), (2, 2), (3, 3)}


def test_two_networks_side_by_side_on_a_page(many: Path, convscope: Run) -> None:
    """Each look draws the weights anew: what looks the same here does so by chance."""
    for name in ("one", "two"):
        words = ("look", *WORDS[1:4], "--layers", "1", "-o", name, "--only", "features", "-q")
        assert convscope(*words, "--input", "1x16x16").exit_code == 0
    result = convscope("compare", "one", "two", "-o", "both.html", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    page = (many / "both.html").read_text()
    assert "<h1>model.py:net, one, beside model.py:net, two</h1>" in page
    assert page.count("<tr>") == 1 + len(found["layers"])
    unmatched = sum(unit["status"] == "unmatched" for unit in found["units"])
    assert page.count("<figure>") == unmatched + len(found["most_changed"])
    assert page.count("<img") == unmatched + 2 * len(found["most_changed"])
    assert "http" not in page.replace("http-equiv", "")
    assert convscope("compare", "one", "two", "-o", "both.txt").exit_code == 2
