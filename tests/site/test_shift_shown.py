"""Idea 4 in the report: what was measured, in words, tables, charts and stills."""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.site import report
from convscope.site.charts.shift import _ticks, shift, shift_invariance

TITLE = "What follows a move, and what holds still"


def _section(folder: Path) -> str:
    """Return the report's part on moves; empty where there is none."""
    page = report(folder, folder.parent / "report.html").read_text(encoding="utf-8")
    return page.partition(f"<h2>{TITLE}</h2>")[2].partition("<h2>")[0]


def _pictures(section: str) -> list[np.ndarray]:
    stills = section.partition('<div class="stills">')[2].partition("</div>")[0]
    found = []
    for held in re.findall(r'src="data:image/webp;base64,([^"]+)"', stills):
        with Image.open(io.BytesIO(base64.b64decode(held))) as opened:
            found.append(np.asarray(opened.convert("RGB"), np.int16))
    return found


@pytest.mark.parametrize("name", ["demo", "sound", "volume"])
def test_the_report_tells_what_was_measured(atlas: Callable[..., Path], name: str) -> None:
    text = re.sub(r"<[^>]+>", " ", section := _section(atlas(name, shift="exact")))
    for word in (
        "same class at two offsets", "90.0 % (72.0 to 108.0 %)", "moved round", "cropped elsewhere", "What breaks it",
        "padding 0.300, strides 0.250, nonlinearities 0.100", "felt 16 positions into the input", "Floor",
        "roll/all/made-up", "The split was made on 8 of the",
    ):  # fmt: skip
        assert word in text, word
    for chart in ("shift", "shift-invariance", "shift-causes"):
        assert f'aria-label="Chart of {chart};' in section
    assert ("stills" in section) == (name == "demo")  # of pictures alone


def test_stills_are_the_sample_and_its_map_before_and_after(
    atlas: Callable[..., Path], made_up_shift: Any
) -> None:
    section = _section(atlas("demo", shift="exact"))
    for said in ("not moved", "by 8: a step of the map", "by 4: half a step"):
        assert f"<figcaption>{said}</figcaption>" in section
    sample, before, turned, step, _, half = _pictures(section)
    assert (turned == np.roll(sample, 8 * sample.shape[1] // 64, 1)).all()
    assert (turned != sample).any()
    (maps,) = (m for m in made_up_shift._as_it_is(_Plan).maps if m.shape[-1] == 8)
    unit = int(maps[0, 0].max((1, 2)).argmax())
    low, high = maps[:, :, unit].min(), maps[:, :, unit].max()
    for picture, far in ((before, 0), (step, 8), (half, 4)):
        levels = picture[:: len(picture) // 8, :: len(picture) // 8, 0]
        made = maps[0, made_up_shift.ALONG.index(far), unit]
        np.testing.assert_allclose(low + (high - low) * levels / 255, made, atol=0.003)


class _Plan:
    shape = (3, 64, 64)


def test_what_cannot_be_tested_exactly_says_why(atlas: Callable[..., Path]) -> None:
    section = _section(atlas("demo", shift="not"))
    assert "Not testable exactly: its maps of 65 positions" in section
    assert "The nearest input that can: 3 × 64 × 64" in section
    assert "stills" not in section


def test_the_report_says_that_a_repair_fails(atlas: Callable[..., Path]) -> None:
    text = re.sub(r"<[^>]+>", " ", _section(atlas("demo", shift="exact", repair=True)))
    text = " ".join(text.partition("Before and after a repair")[2].split())
    assert "This repair fails without fine-tuning." in text
    assert "not moved right 98.0 % 86.0 % −12.0 (−16.0 to −9.0) points worse" in text
    assert "same class at two offsets 90.0 % 95.0 % +5.0 (+1.0 to +9.0) points better" in text


def test_what_strides_is_marked_from_the_first_layer_on() -> None:
    rows = [
        {"name": f"conv{i}", "kind": "conv", "total_stride": [stride], "invariance": 0.5}
        for i, stride in enumerate((4, 4, 8))
    ]
    made = shift_invariance({"layers": rows})
    assert made is not None
    points = made.to_dict()["layer"][0].get("data", made.to_dict().get("data"))["values"]
    assert [point["what"] == "pools or strides" for point in points] == [True, False, True]


def test_nothing_measured_nothing_told(atlas: Callable[..., Path]) -> None:
    assert _section(atlas("demo")) == ""


@pytest.mark.parametrize("values", [[1.0], [0.3, 0.3], [1e-8, 1.0], [0.04, 2.0], [0.5, 0.9]])
def test_an_axis_of_errors_holds_all_of_them(values: list[float]) -> None:
    ticks = _ticks(values)
    assert len(ticks) > 1
    assert ticks == sorted(ticks)
    assert ticks[0] <= min(values)
    assert ticks[-1] >= max(values)


@pytest.mark.parametrize("errors", [[0.0, 0.2], [0.0, 1e-12], [0.05, 0.2], [0.3]])
def test_what_is_exact_lies_on_the_lower_edge(errors: list[float]) -> None:
    rows = [
        {"name": f"conv{i}", "total_stride": [1, 1], "aligned_error": found}
        for i, found in enumerate(errors)
    ]
    made = shift({"layers": rows})
    assert made is not None
    drawn = made.to_dict()["layer"][0]
    low = drawn["encoding"]["y"]["scale"]["domain"][0]
    points = made.to_dict()["layer"][0].get("data", made.to_dict().get("data"))["values"]
    for point, found in zip(points, errors, strict=True):
        assert point["measured"] == found
        assert (point["error"] == low) == (found <= 1e-8)
        assert found <= 1e-8 or point["error"] == found
    tall = [found for found in errors if found > 1e-8]
    assert not tall or low > min(tall) / 100  # the rest is not squeezed into a corner
