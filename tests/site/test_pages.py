"""What ``build`` writes: everything the pages ask for, and nothing else."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convscope.errors import SpecError
from convscope.site import build
from convscope.site.pages import ASSETS

LINKED = re.compile(r'(?:href|src)="([^"#]+)"')
IMPORTED = re.compile(r'from "(\.[^"]+)"')


@pytest.fixture(scope="module", params=["demo", "sound", "volume"])
def folder(request: pytest.FixtureRequest, atlas: Callable[..., Path]) -> Path:
    return build(atlas(request.param)).parent


def test_everything_that_the_page_names_is_there(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<!--" not in page
    for place in LINKED.findall(page):
        assert (folder / place).is_file(), place


def test_modules_import_what_is_there_and_all_are_preloaded(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    for module in (folder / "assets").rglob("*.js"):
        if module.name == "vega.js":
            continue
        assert module.relative_to(folder).as_posix() in page
        for place in IMPORTED.findall(module.read_text(encoding="utf-8")):
            assert (module.parent / place).resolve().is_file(), f"{module.name}: {place}"


def test_data_are_json_that_a_browser_reads(folder: Path) -> None:
    places = sorted((folder / "data").glob("*.json"))
    assert {"site.json", "network.json", "sharing.json"} <= {place.name for place in places}
    for place in places:
        json.loads(place.read_text(encoding="utf-8"), parse_constant=_refuse)


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def test_the_first_page_needs_no_layer(folder: Path) -> None:
    site = json.loads((folder / "data" / "site.json").read_text(encoding="utf-8"))
    assert "layers" not in site["network"]
    assert "filters" not in site["network"]
    assert len(site["cards"]) == 5


def test_pictures_and_tables_that_are_named_are_there(folder: Path) -> None:
    data = json.loads((folder / "data" / "data.json").read_text(encoding="utf-8"))
    named = [
        sample[kind]
        for sample in data["samples"]
        for kind in ("picture", "waveform", "sound")
        if sample.get(kind)
    ]
    site = json.loads((folder / "data" / "site.json").read_text(encoding="utf-8"))
    named += [entry[kind] for entry in site["entries"] for kind in ("table", "document")]
    assert named
    assert all((folder / place).is_file() for place in named if place)


def test_effective_fields_are_listed_with_a_protocol_of_their_own(folder: Path) -> None:
    site = json.loads((folder / "data" / "site.json").read_text(encoding="utf-8"))
    told = {entry["name"]: entry["protocol"] for entry in site["entries"]}
    assert (told["receptive"]["dtype"], told["receptive"]["samples"]) == ("exact", None)
    used = told["effective fields"]
    assert (used["id"], used["samples"], used["seed"]) == ("receptive/effective", 16, 0)


def test_building_again_changes_nothing(folder: Path) -> None:
    def contents() -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    before = contents()
    build(folder)
    assert contents() == before


def test_only_its_own_files_are_written(atlas: Callable[..., Path]) -> None:
    folder = atlas("demo")
    before = {path for path in folder.rglob("*") if path.is_file()}
    kept = {path: path.read_bytes() for path in before}
    build(folder)
    after = {path for path in folder.rglob("*") if path.is_file()}
    added = {path.relative_to(folder).parts[0] for path in after - before}
    assert added == {"index.html", "assets", "data"}
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_a_folder_that_is_no_atlas_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not an atlas"):
        build(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_spec_cannot_break_out_of_the_page(made_up: Any, tmp_path: Path) -> None:
    plan = made_up.demo()
    plan.spec = "</title><script>alert(1)</script>.py:build"
    folder = made_up.write_atlas(tmp_path / "atlas", plan)
    assert "<script>alert" not in build(folder).read_text(encoding="utf-8")


def test_styles_use_no_colour_that_no_theme_knows() -> None:
    defined = set(
        re.findall(r"^\s*(--[a-z]+):", (ASSETS / "base" / "tokens.css").read_text(), re.M)
    )
    local = {"--hue", "--depth", "--graph", "--ratio", "--veil", "--name", "--value"}
    for place in ASSETS.rglob("*.css"):
        used = set(re.findall(r"var\((--[a-z]+)", place.read_text(encoding="utf-8")))
        assert used <= defined | local, place.name
