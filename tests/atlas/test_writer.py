"""Writing: what is listed is whole, what is there is kept, what is foreign is left alone."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from convscope.atlas import Atlas, AtlasWriter, Entry
from convscope.atlas import writer as writer_module
from convscope.errors import SpecError, WorkError
from convscope.finding import Finding


def test_round_trip(tmp_path: Path, network: dict, data: dict, counted: Finding) -> None:
    folder = tmp_path / "a" / "b"
    with AtlasWriter(folder, network, data) as atlas:
        atlas.put_finding("counted", "k1", counted, pictures={"one.webp": b"RIFF"}, seconds=0.5)
        atlas.leave({"receptive": "the budget ran out"})
    read = Atlas.open(folder)
    assert read.names == ("counted",)
    assert "counted" in read
    assert read.table("counted").to_pylist() == [{"value": 1}, {"value": 2}, {"value": 3}]
    assert read.document("counted")["values"] == [1, 2, 3]
    assert read.document("counted")["network"] == network
    assert read.picture("one.webp").read_bytes() == b"RIFF"
    assert read.manifest == atlas.manifest
    assert read.manifest.left == {"receptive": "the budget ran out"}
    assert read.entry("counted").seconds == 0.5
    assert [entry.summary for entry in read] == ["3 values"]


def test_readable_without_convscope(tmp_path: Path, network: dict, counted: Finding) -> None:
    with AtlasWriter(tmp_path / "a", network) as atlas:
        atlas.put_finding("counted", "k1", counted)
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["schema"] == 1
    entry = manifest["entries"]["counted"]
    assert pq.read_table(tmp_path / "a" / entry["table"]).num_rows == 3
    assert json.loads((tmp_path / "a" / entry["document"]).read_text())["values"] == [1, 2, 3]


def test_resumes_by_fingerprint(tmp_path: Path, network: dict, counted: Finding) -> None:
    with AtlasWriter(tmp_path / "a", network) as atlas:
        assert not atlas.has("counted", "k1")
        atlas.put_finding("counted", "k1", counted)
    with AtlasWriter(tmp_path / "a", network) as again:
        assert again.has("counted", "k1")
        assert not again.has("counted", "k2")
        (tmp_path / "a" / "tables" / "counted.parquet").unlink()
        assert not again.has("counted", "k1")
    assert again.manifest.created == atlas.manifest.created


def test_a_new_result_replaces_the_old_one_and_its_files(
    tmp_path: Path, network: dict, counted: Finding
) -> None:
    folder = tmp_path / "a"
    with AtlasWriter(folder, network) as atlas:
        atlas.put_finding("counted", "k1", counted, pictures={"old.webp": b"1"})
        atlas.put(
            "counted", "k2", {"n": 1}, idea="counted", summary="", pictures={"new.webp": b"2"}
        )
    assert [item.name for item in (folder / "pictures").iterdir()] == ["new.webp"]
    assert list((folder / "tables").iterdir()) == []
    assert Atlas.open(folder).document("counted") == {"n": 1}


@pytest.mark.parametrize("stop_at", range(1, 12))
def test_whenever_it_stops_every_listed_entry_is_whole(
    tmp_path: Path, network: dict, counted: Finding, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    """Die before the n-th file of a run that measures one entry again and one anew."""
    folder = tmp_path / "a"
    with AtlasWriter(folder, network) as atlas:
        atlas.put(
            "first", "k1", {"value": "old"}, idea="i", summary="", pictures={"p.webp": b"old"}
        )
    writes = 0

    def write(path: Path, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == stop_at:
            raise SystemExit
        path.write_bytes(content)

    monkeypatch.setattr(writer_module, "write", write)

    def run() -> None:
        with AtlasWriter(folder, network) as atlas:
            atlas.put(
                "first", "k2", {"value": "new"}, idea="i", summary="", pictures={"p.webp": b"new"}
            )
            atlas.put_finding("counted", "k3", counted)

    if stop_at <= 8:
        with pytest.raises(SystemExit):
            run()
    else:
        run()
        assert writes == 8
    read = Atlas.open(folder)
    for entry in read:
        assert all((folder / place).is_file() for place in entry.files)
    if "first" in read:
        state = read.document("first")["value"]
        assert read.picture("p.webp").read_bytes() == state.encode()
        assert read.entry("first").fingerprint == {"old": "k1", "new": "k2"}[state]
    if "counted" in read:
        assert read.table("counted").num_rows == 3


def test_leftovers_of_a_killed_writer_are_swept(tmp_path: Path, network: dict) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    killed_at_first = folder / ".manifest.json.1.tmp"
    killed_later = folder / "tables" / ".counted.parquet.1.tmp"
    killed_at_first.touch()
    with AtlasWriter(folder, network):
        assert not killed_at_first.exists()
    killed_later.touch()
    with AtlasWriter(folder, network):
        assert not killed_later.exists()


def test_refuses_a_folder_of_other_things(tmp_path: Path, network: dict) -> None:
    mine = tmp_path / "thesis.tex"
    mine.write_text("do not touch")
    with (
        pytest.raises(SpecError, match=r"holds 'thesis.tex'.*name a new folder"),
        AtlasWriter(tmp_path, network),
    ):
        pass
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.tex"]


def test_refuses_a_file(tmp_path: Path, network: dict) -> None:
    mine = tmp_path / "thesis.tex"
    mine.write_text("do not touch")
    for place in (mine, mine / "below"):
        with pytest.raises(SpecError, match="folder"), AtlasWriter(place, network):
            pass
    assert mine.read_text() == "do not touch"


@pytest.mark.parametrize("what", ["network", "data"])
def test_refuses_an_atlas_of_other_things(
    tmp_path: Path, network: dict, data: dict, what: str
) -> None:
    with AtlasWriter(tmp_path / "a", network, data):
        pass
    before = (tmp_path / "a" / "manifest.json").read_bytes()
    parts: dict[str, Any] = {"network": network, "data": data}
    parts[what] = {"spec": "other", "fingerprint": "ef" * 8}
    with (
        pytest.raises(SpecError, match=f"about other {what}: .* name a new folder with -o"),
        AtlasWriter(tmp_path / "a", **parts),
    ):
        pass
    assert (tmp_path / "a" / "manifest.json").read_bytes() == before


def test_data_can_come_later_and_stay(tmp_path: Path, network: dict, data: dict) -> None:
    for given in (None, data, None):
        with AtlasWriter(tmp_path / "a", network, given):
            pass
    assert Atlas.open(tmp_path / "a").manifest.data == data


def test_refuses_a_second_writer_at_once(tmp_path: Path, network: dict) -> None:
    with AtlasWriter(tmp_path / "a", network) as atlas:
        with pytest.raises(WorkError, match="is writing to"), AtlasWriter(tmp_path / "a", network):
            pass
        atlas.put("one", "k", {}, idea="i", summary="")
    assert Atlas.open(tmp_path / "a").names == ("one",)


def test_a_name_cannot_lead_elsewhere(tmp_path: Path, network: dict) -> None:
    with AtlasWriter(tmp_path / "a", network) as atlas:
        for name in ("../out", "a/b", "/etc/x", ".hidden", "", "A", "a..b"):
            with pytest.raises(ValueError, match="cannot name"):
                atlas.put(name, "k", {}, idea="i", summary="")
            with pytest.raises(ValueError, match="cannot name"):
                atlas.put("ok", "k", {}, idea="i", summary="", pictures={name: b""})
    assert Atlas.open(tmp_path / "a").names == ()


def test_entry_lists_its_files() -> None:
    entry = Entry("a", "i", "k", "", {}, "now", has_table=True, pictures=("p.webp",))
    assert entry.files == ("documents/a.json", "tables/a.parquet", "pictures/p.webp")
