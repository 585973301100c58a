"""Starting: the port, the pages, and what is missing."""

import asyncio
import os
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from convscope.atlas import AtlasWriter
from convscope.errors import SpecError, WorkError
from convscope.server import running
from convscope.server.running import PORT, build_if_old, listening, serve


@pytest.fixture
def atlas(tmp_path: Path) -> Path:
    """Return an atlas with nothing measured."""
    with AtlasWriter(tmp_path / "atlas", {"spec": "hand:made", "fingerprint": "ab" * 8}):
        pass
    return tmp_path / "atlas"


def test_takes_a_free_port_where_the_usual_one_is_taken() -> None:
    with listening(None) as first, listening(None) as second:
        ports = {first.getsockname()[1], second.getsockname()[1]}
        assert len(ports) == 2
        assert ports - {PORT}


def test_a_port_that_was_asked_for_is_not_swapped() -> None:
    with listening(None) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WorkError, match=f"Port {port} is taken.*leave out --port"):
            listening(port)


def test_no_atlas_no_server(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is not an atlas"):
        serve(tmp_path, browser=False, ready=pytest.fail)


def test_a_missing_extra_is_named(atlas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(WorkError, match=r'pip install "convscope\[server\]"'):
        serve(atlas, browser=False, ready=pytest.fail)


def test_pages_are_made_when_they_are_missing_or_older(
    atlas: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope import site

    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "index.html").touch()

    monkeypatch.setattr(site, "build", build)
    build_if_old(atlas)
    build_if_old(atlas)
    assert built == [atlas]
    later = time.time() + 10
    os.utime(atlas / "manifest.json", (later, later))
    build_if_old(atlas)
    assert built == [atlas, atlas]


def test_in_a_notebook_it_serves_and_returns(atlas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (atlas / "index.html").write_text("<title>pages</title>")
    monkeypatch.setattr(running, "build_if_old", lambda folder: None)
    said: list[str] = []

    async def cell() -> None:
        serve(atlas, browser=False, ready=said.append)

    asyncio.run(cell())
    with urllib.request.urlopen(said[0], timeout=10) as page:
        assert page.read() == b"<title>pages</title>"
