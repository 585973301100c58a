"""Killed at any moment, `look` leaves an atlas that can be read, and goes on with it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from convscope.atlas import Atlas
from convscope.atlas.lock import LOCK
from convscope.atlas.schema import MANIFEST

ROUNDS = 5
KILLS = 4  # in each round, one after another, on the same atlas


class Nursery:
    """Commands in children of one warm process; see ``nursery.py``.

    Args:
        process: that process.
    """

    def __init__(self, process: "subprocess.Popen[str]"):
        assert process.stdin is not None
        assert process.stdout is not None
        self._in: IO[str] = process.stdin
        self._out: IO[str] = process.stdout

    def run(self, *words: object, meanwhile: Callable[[int], None] | None = None) -> int:
        """Run one command to its end and return its exit status, negative for a signal."""
        print(*words, sep="\t", file=self._in, flush=True)
        child = int(self._out.readline())
        if meanwhile is not None:
            meanwhile(child)
        return int(self._out.readline())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, furnish: Callable[[Path], None]) -> Path:
    """Return the folder in which the commands run, with a model and data."""
    folder = tmp_path_factory.mktemp("killed")
    furnish(folder)
    return folder


@pytest.fixture(scope="module")
def nursery(place: Path) -> Iterator[Nursery]:
    """Return a warm nursery whose first look is in ``place/whole``."""
    command = [sys.executable, Path(__file__).with_name("nursery.py"), *words(place / "whole")]
    with subprocess.Popen(
        command, cwd=place, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("warm"):
            assert line, "the nursery died"
        assert line == "warm 0\n", "the first look failed"
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)


def words(out: Path) -> list[str]:
    return ["look", "model.py:net", "--data", "digits.npz", "-o", str(out), "-q"]


def test_killed_twenty_times(nursery: Nursery, place: Path) -> None:
    draw = random.Random(0)
    began = time.monotonic()
    assert nursery.run(*words(place / "timed")) == 0
    duration = time.monotonic() - began
    kept_over: list[int] = []
    killed = 0
    for number in range(ROUNDS):
        folder = place / f"atlas-{number}"
        before: dict[str, str] = {}
        for attempt in range(KILLS):
            from_writing = attempt % 2 == 1  # every other kill falls where files are written

            def kill(child: int, from_writing: bool = from_writing, folder: Path = folder) -> None:
                deadline = time.monotonic() + duration
                while from_writing and time.monotonic() < deadline and not (folder / LOCK).exists():
                    time.sleep(0.001)
                time.sleep(draw.uniform(0, 0.3 * duration if from_writing else duration))
                signal_to(child, signal.SIGKILL)

            status = nursery.run(*words(folder), meanwhile=kill)
            assert status in (0, -signal.SIGKILL)
            killed += status == -signal.SIGKILL
            now = readable(folder)
            assert before.items() <= now.items(), "what was finished is kept, not measured again"
            before = now
        kept_over.append(len(before))
        assert nursery.run(*words(folder)) == 0
        assert before.items() <= readable(folder).items()
        assert same(folder, place / "whole")
        assert not list(folder.rglob(".*")), "nothing is left over"
    assert killed >= ROUNDS * KILLS // 2
    assert any(kept_over), "some kills came after something was finished"


def test_ctrl_c_ends_with_130_and_keeps_what_was_finished(nursery: Nursery, place: Path) -> None:
    folder = place / "atlas"

    def interrupt(child: int) -> None:
        while not (folder / MANIFEST).exists():
            time.sleep(0.001)
        signal_to(child, signal.SIGINT)

    assert nursery.run(*words(folder), meanwhile=interrupt) in (130, 0)
    kept = readable(folder)
    assert not list(folder.rglob(".*.tmp"))
    assert nursery.run(*words(folder)) == 0
    assert kept.items() <= readable(folder).items()
    assert same(folder, place / "whole")


def signal_to(child: int, what: signal.Signals) -> None:
    """Send a signal to a child that may have ended by itself."""
    with suppress(ProcessLookupError):
        os.kill(child, what)


def readable(folder: Path) -> dict[str, str]:
    """Read everything an atlas lists; return when each entry was written."""
    if not (folder / MANIFEST).exists():
        left = [place.name for place in folder.rglob("*")]
        assert all(name.startswith(".") for name in left), left
        return {}
    atlas = Atlas.open(folder)
    for entry in atlas:
        assert atlas.document(entry.name)
        if entry.has_table:
            assert atlas.table(entry.name).num_rows
        for name in entry.pictures:
            place = atlas.picture(name)
            assert place.stat().st_size
            if place.suffix == ".webp":
                with Image.open(place) as picture:
                    picture.load()
    return {entry.name: entry.written for entry in atlas}


def same(one: Path, other: Path) -> bool:
    """Tell whether two atlases hold the same results."""
    a, b = Atlas.open(one), Atlas.open(other)
    measured = set(a.names) - {"network"}  # it tells the command, which names the folder
    return set(a.names) == set(b.names) and all(
        a.document(name) == b.document(name) for name in measured
    )
