"""Reading: what cannot be read says why, and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from convscope.atlas import Atlas, AtlasWriter
from convscope.errors import SpecError, WorkError
from convscope.finding import Finding


@pytest.fixture
def folder(tmp_path: Path, network: dict, counted: Finding) -> Path:
    """Return a good atlas with one entry."""
    with AtlasWriter(tmp_path / "atlas", network) as atlas:
        atlas.put_finding("counted", "k1", counted)
    return tmp_path / "atlas"


def change(folder: Path, **fields: Any) -> None:
    """Change the manifest by hand."""
    place = folder / "manifest.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), **fields}))


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no such folder.*convscope look"):
        Atlas.open(tmp_path / "absent")


def test_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"it has no manifest\.json"):
        Atlas.open(tmp_path)


def test_file(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(SpecError, match="it is a file"):
        Atlas.open(tmp_path / "x")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b'{"convscope": "1", "schema": 1, "entries": 3}']
)
def test_damaged_manifest(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(SpecError, match=r"is damaged.*measure again into a new folder"):
        Atlas.open(folder)


@pytest.mark.parametrize("content", [b"[]", b'{"name": "a web app"}'])
def test_manifest_of_another_program(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(SpecError, match="written by another program"):
        Atlas.open(folder)


def test_newer_schema(folder: Path, network: dict) -> None:
    change(folder, schema=2, convscope="9.0")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(SpecError, match=r"convscope 9\.0 with schema 2.*pip install -U convscope"):
        Atlas.open(folder)
    with pytest.raises(SpecError, match=r"pip install -U"), AtlasWriter(folder, network):
        pass
    assert (folder / "manifest.json").read_bytes() == before


def test_unknown_fields_of_the_same_schema_are_ignored(folder: Path) -> None:
    change(folder, colour="blue")
    assert Atlas.open(folder).names == ("counted",)


def test_a_manifest_cannot_point_outside(folder: Path) -> None:
    entry = json.loads((folder / "manifest.json").read_text())["entries"]["counted"]
    (folder.parent / "secret.json").write_text("{}")
    change(folder, entries={"counted": {**entry, "document": "../secret.json"}})
    assert Atlas.open(folder).document("counted")["values"] == [1, 2, 3]
    change(folder, entries={"../../secret": entry})
    with pytest.raises(SpecError, match="cannot name"):
        Atlas.open(folder)
    change(folder, entries={"counted": {**entry, "pictures": ["../secret.json"]}})
    with pytest.raises(SpecError, match="cannot name"):
        Atlas.open(folder)
    change(folder, entries={})
    with pytest.raises(ValueError, match="cannot name"):
        Atlas.open(folder).picture("../secret.json")


def test_not_measured(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"no 'sharing'; it has counted\. Measure it with"):
        Atlas.open(folder).document("sharing")


def test_missing_or_damaged_files_are_named(folder: Path) -> None:
    atlas = Atlas.open(folder)
    (folder / "documents" / "counted.json").write_text("{")
    (folder / "tables" / "counted.parquet").write_bytes(b"not parquet")
    for read in (atlas.document, atlas.table):
        with pytest.raises(WorkError, match=r"counted\.(json|parquet) cannot be read.*Delete that"):
            read("counted")
    (folder / "documents" / "counted.json").unlink()
    with pytest.raises(WorkError, match="No such file"):
        atlas.document("counted")


def test_shows_itself_in_a_notebook(folder: Path) -> None:
    assert "<dt>counted</dt><dd>3 values</dd>" in Atlas.open(folder)._repr_html_()
