"""Files are whole or absent, and what the operating system says becomes advice."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from convscope.atlas.files import as_json, explained, make_folder, sweep, write
from convscope.errors import SpecError, WorkError


def test_replaces_the_whole_file(tmp_path: Path) -> None:
    place = tmp_path / "a.json"
    write(place, b"a long old content")
    write(place, b"new")
    assert place.read_bytes() == b"new"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        (errno.ENOSPC, WorkError, "free some space and run the same command again"),
        (errno.EDQUOT, WorkError, "free some space"),
        (errno.EROFS, SpecError, "name a folder that is yours"),
        (errno.EACCES, SpecError, "change its permissions"),
        (errno.EIO, WorkError, "name another folder"),
    ],
)
def test_a_failed_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type, advice: str
) -> None:
    place = tmp_path / "a.json"
    write(place, b"old")

    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(kind, match=advice):
        write(place, b"new")
    assert place.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_an_interrupted_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.json"
    write(place, b"old")

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(place, b"new")
    assert place.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]


def test_a_real_full_file_system_is_named() -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("wb", buffering=0) as full:  # noqa: PT011
        full.write(b"x")
    assert isinstance(explained(caught.value, Path("there")), WorkError)


def test_sweeps_leftovers_only(tmp_path: Path) -> None:
    for name in (".a.json.123.tmp", "a.json", "notes.tmp", ".lock"):
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == [".lock", "a.json", "notes.tmp"]


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SpecError, match="name another folder"):
            make_folder(place)


def test_json_is_strict() -> None:
    text = as_json(
        {
            "nan": float("nan"),
            "inf": [float("-inf")],
            "numpy": np.float32(0.5),
            "array": np.array([[1, 2]]),
            "tuple": (1, True),
            "path": Path("a"),
            "none": None,
        }
    )
    assert json.loads(text, parse_constant=pytest.fail) == {
        "nan": None,
        "inf": [None],
        "numpy": 0.5,
        "array": [[1, 2]],
        "tuple": [1, True],
        "path": "a",
        "none": None,
    }
    with pytest.raises(TypeError, match="object has no place"):
        as_json({"x": object()})
