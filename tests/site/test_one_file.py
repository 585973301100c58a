"""The report: one file that needs nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from convscope.errors import SpecError
from convscope.site import report
from convscope.site.card import Card
from convscope.site.one_file import _claim

EMPTY = {"meta", "link", "img", "br", "input", "hr"}


class _Balanced(HTMLParser):
    """Fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that closes itself opens nothing."""

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module", params=["demo", "branched", "sound", "volume"])
def page(request: pytest.FixtureRequest, atlas: Callable[..., Path]) -> str:
    folder = atlas(request.param)
    return report(folder, folder.parent / "report.html").read_text(encoding="utf-8")


def test_it_is_whole(page: str) -> None:
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    for word in ("supported", "Threshold", "Floor", "One detector", "How it was measured"):
        assert word in parser.text


def test_it_needs_nothing_else(page: str) -> None:
    assert "<script" not in page
    assert "@import" not in page
    named = re.findall(r'(?:src|href)="([^"]+)"', page) + re.findall(r"url\(([^)]+)\)", page)
    assert all(place.startswith("data:image/") for place in named)
    assert "@media print" in page


def test_it_fits_into_a_mail(page: str) -> None:
    assert len(page.encode()) < 3e6


def test_an_atlas_without_data_has_a_report(atlas: Callable[..., Path], tmp_path: Path) -> None:
    page = report(atlas("demo", data=False), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "supported" in page
    assert "<image" not in page


def test_pictures_show_the_fields(atlas: Callable[..., Path], tmp_path: Path) -> None:
    page = report(atlas("demo"), tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count('<image href="data:image/webp;base64,') == 4
    for side in (3, 8, 18, 38):
        assert f'width="{side}" height="{side}"' in page
    assert 'alt="Filters of conv1"' in page


def test_a_folder_that_is_no_atlas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not an atlas"):
        report(tmp_path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_what_was_measured_without_a_verdict_is_not_called_unmeasured() -> None:
    told = "Its answers are no scores of classes, so none change."
    card = Card("shift", "Moves", "It moves.", "#/shift", "convscope shift MODEL", True, text=told)
    network = {
        "spec": "net.py:build",
        "command": "convscope look net.py:build --labels names.txt -o atlas",
    }
    assert told in _claim(card, network)
    assert "Not measured" not in _claim(card, network)
    unmeasured = _claim(replace(card, text=""), network)
    assert (
        "Not measured. <code>convscope shift net.py:build --labels names.txt</code>" in unmeasured
    )
    other = replace(card, idea="receptive", text="", command="convscope receptive MODEL")
    assert "<code>convscope receptive net.py:build</code>" in _claim(other, network)
