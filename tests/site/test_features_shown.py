"""What the pages and the report are given of idea 3 follows from what was found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.atlas import Atlas
from convscope.site import build, charts, report
from convscope.site.cards import cards
from convscope.site.features.card import verdict
from convscope.site.features.data import CHUNK
from convscope.site.features.traces import POINTS, trace

HEAD = {"convscope": "0.1.0", "schema": 1, "network": {}, "protocol": {}}


@pytest.fixture(scope="module")
def folder(atlas: Callable[..., Path]) -> Path:
    return build(atlas("demo", features="full")).parent


@pytest.fixture
def document(made_up: Any, made_up_features: Any) -> dict[str, Any]:
    return made_up_features.document(made_up.demo(), HEAD)


def _read(folder: Path, name: str) -> Any:
    return json.loads((folder / "data" / f"{name}.json").read_text(encoding="utf-8"))


def test_the_overview_holds_no_unit_and_leads_to_every_layer(folder: Path) -> None:
    overview = _read(folder, "features")
    assert not {"units", "samples"} & overview.keys()
    for row in overview["layers"]:
        assert _read(folder, row["data"])["layer"] == row["name"]
        for sheet in filter(None, row["sheets"].values()):
            assert all((folder / picture).is_file() for picture in sheet["pictures"])
    assert (folder / "data" / "features.json").stat().st_size < 10_000


def test_columns_are_the_units_in_their_order(folder: Path, made_up_features: Any) -> None:
    made, found = made_up_features, _read(folder, "features-0004")
    columns = found["columns"]
    assert columns["unit"] == list(range(32))
    assert columns["status"] == [made.status(u) for u in range(32)]
    assert columns["label"] == [made.name(1, u) for u in range(32)]
    assert columns["natural_max"] == pytest.approx([made.natural_max(u, 32) for u in range(32)])
    assert columns["percent"][:3] == [made.percent(u) for u in range(3)]
    assert "trace" not in columns  # pictures have none, and an empty column is not sent


def test_details_come_in_parts(folder: Path, atlas: Callable[..., Path]) -> None:
    whole = Atlas.open(folder).document("features-0010")["detail"]
    assert len(whole) == 96
    parts = [_read(folder, f"features-0010-{k:02d}")["detail"] for k in range(3)]
    assert [len(part) for part in parts] == [CHUNK] * 3
    assert [unit["unit"] for part in parts for unit in part] == list(range(96))
    one, kept = whole[40], parts[1][8]
    assert kept["exemplars"][0]["box"] == one["exemplars"][0]["box"]
    assert kept["histogram"]["share"] == pytest.approx(one["histogram"]["share"], rel=1e-3)


def test_a_part_is_not_an_entry_of_its_own_to_the_reader(folder: Path) -> None:
    names = [entry["name"] for entry in _read(folder, "site")["entries"]]
    assert "features" in names
    assert not any(name.startswith("features-") for name in names)


def test_units_that_were_left_out_are_found_by_their_number(made_up: Any, tmp_path: Path) -> None:
    folder = made_up.write_atlas(tmp_path / "atlas", made_up.demo(), features="grid")
    place = folder / "documents" / "features-0004.json"
    content = json.loads(place.read_text(encoding="utf-8"))
    content["detail"] = content["detail"][3:9]
    place.write_text(json.dumps(content), encoding="utf-8")
    build(folder)
    row = next(r for r in _read(folder, "features")["layers"] if r["name"] == "relu2")
    assert row["listed"] == [3, 4, 5, 6, 7, 8]
    assert _read(folder, "features-0004")["columns"]["unit"] == row["listed"]


def test_a_trace_keeps_the_peaks_of_a_waveform(tmp_path: Path) -> None:
    wave = np.zeros(1000, "<f4")
    wave[500] = 0.5
    wave[10] = -0.5
    (tmp_path / "a.f32").write_bytes(wave.tobytes())
    ends = trace({"synthesis": [{"waveform": "a.f32"}]}, tmp_path)
    assert ends is not None
    least, greatest = ends[::2], ends[1::2]
    assert len(least) == len(greatest) == POINTS
    assert [i for i, level in enumerate(greatest) if level == 100] == [500 * POINTS // 1000]
    assert [i for i, level in enumerate(least) if level == -100] == [0]
    assert greatest.count(0) == POINTS - 1
    assert trace({"synthesis": [{"waveform": "gone.f32"}]}, tmp_path) is None
    assert trace({}, tmp_path) is None


def test_a_trace_joins_the_few_values_of_a_short_waveform(tmp_path: Path) -> None:
    np.array([2, 3, 4], "<f4").tofile(tmp_path / "a.f32")
    ends = trace({"synthesis": [{"waveform": "a.f32"}]}, tmp_path)
    assert ends is not None
    assert ends[::2] == ends[1::2] == sorted(ends[::2])
    assert (ends[0], ends[-1]) == (-100, 100)


@pytest.mark.parametrize(
    ("axes", "first"), [(1, "1 tone"), (2, "1 edge, colour"), (3, "1 surface")]
)
def test_the_first_level_is_named_by_what_the_axes_can_hold(
    document: dict[str, Any], axes: int, first: str
) -> None:
    rows = [dict(row, field=[3] * axes) for row in document["layers"]]
    made = charts.features(dict(document, layers=rows))
    assert made is not None
    assert charts.spec(made)["encoding"]["color"]["scale"]["domain"][0].startswith(first)
    named = {bar["stands for"] for bar in charts.spec(made)["data"]["values"]}
    assert any(name.startswith(first) for name in named)


def test_bars_of_the_mix_add_up_to_all_units(document: dict[str, Any]) -> None:
    for row in document["layers"]:
        counts = charts.counts(row)
        assert sum(counts.values()) == row["measured"]
        assert counts["dead on data"] == row["dead"]
        assert counts["unknown"] + counts["dead on data"] == row["unknown"]
    made = charts.features(document)
    assert made is not None
    bars = charts.spec(made)["data"]["values"]
    for row in document["layers"]:
        own = [bar for bar in bars if bar["layer"] == row["name"]]
        assert own[0]["from"] == 0
        assert own[-1]["to"] == pytest.approx(1)
        assert sum(bar["units"] for bar in own) == row["measured"]


def test_labels_stand_where_their_units_do(document: dict[str, Any]) -> None:
    made = charts.features_labels(document)
    assert made is not None
    spec = charts.spec(made)
    order = spec["encoding"]["y"]["scale"]["domain"]
    assert set(order[:2]) == {"edge", "colour blob"}
    assert set(order[-2:]) == {"face", "character"}
    for cell in spec["data"]["values"]:
        row = next(r for r in document["layers"] if r["name"] == cell["layer"])
        units = next(label["units"] for label in row["labels"] if label["name"] == cell["label"])
        assert cell["share"] == pytest.approx(units / row["measured"])


def test_layers_of_which_nothing_was_measured_have_no_bar(document: dict[str, Any]) -> None:
    for row in document["layers"]:
        row["measured"] = 0
    assert charts.features(document) is None
    assert charts.features_mix(document) is None
    assert charts.features_labels(document) is None


@pytest.mark.parametrize(
    ("interval", "control", "word"),
    [
        ([0.30, 0.60], [-0.10, 0.10], "supported"),
        ([0.05, 0.60], [-0.10, 0.10], "undecided"),  # it overlaps the control's
        ([0.30, 0.60], None, "undecided"),  # above nothing that was measured
        ([-0.10, 0.60], [-0.40, -0.20], "undecided"),  # it holds zero
        ([-0.40, -0.10], [-0.10, 0.10], "not supported"),
        ([0.01, 0.05], [0.10, 0.20], "not supported"),
    ],
)
def test_the_verdict_follows_from_both_intervals(
    interval: list[float], control: list[float] | None, word: str
) -> None:
    assert verdict(interval, control) == word


def test_the_card_prints_its_threshold_and_its_floor(
    made_up: Any, document: dict[str, Any]
) -> None:
    documents = {"network": made_up.demo().network(), "features": document}
    card = next(card for card in cards(documents) if card.idea == "features")
    assert card.number == "ρ = 0.62"
    assert card.verdict == "supported"
    assert "above 0 and above the untrained" in card.threshold
    assert card.floor == "the same network with fresh weights, 0.01 (−0.09 to 0.11)"
    assert "208 units of 4 layers" in card.text
    assert "right 78 % of the time" in card.text
    assert card.chart.startswith("<svg")
    document["hierarchy"] = None
    card = next(card for card in cards(documents) if card.idea == "features")
    assert not card.verdict
    assert "too few" in card.text


def test_the_report_shows_the_best_graded_units(
    atlas: Callable[..., Path], made_up_features: Any, tmp_path: Path
) -> None:
    page = report(atlas("demo", features="full"), tmp_path / "report.html").read_text("utf-8")
    assert "What units stand for, by depth" in page
    assert "81 % (77 to 85)" in page
    assert page.count("its best graded units") == 4
    assert page.count('src="data:image/webp;base64,') == 4 * 6 * 2
    assert "unknown, precision" not in page
    assert len(page.encode()) < 3e6


def test_a_tile_of_the_report_is_the_units_own(atlas: Callable[..., Path], tmp_path: Path) -> None:
    from convscope.site.features.report import tiles_of

    sheet = np.zeros((4, 12, 3), np.uint8)
    sheet[:, 8:] = (250, 20, 20)
    folder = atlas("demo")
    Image.fromarray(sheet).save(folder / "pictures" / "t.webp", lossless=True)
    described = {"pictures": ["pictures/t.webp"], "tile": [4, 4], "columns": 3, "per": 3}
    black, red = tiles_of(Atlas.open(folder), described, [0, 2])
    assert black != red


@pytest.mark.parametrize("name", ["sound", "volume"])
def test_other_kinds_of_input_have_a_report(
    atlas: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    page = report(atlas(name, features="full"), tmp_path / "report.html").read_text("utf-8")
    assert "What units stand for, by depth" in page
