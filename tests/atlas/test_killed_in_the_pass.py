"""Killed in the pass over the data, a look goes on inside it, and ends as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from convscope.atlas import Atlas
from convscope.atlas.feature_steps import WORK
from convscope.atlas.looking import look
from convscope.data import open_source
from convscope.features.exemplars import storing
from convscope.network import load

SLOW = """
import sys, time
import torch
from convscope.atlas.looking import look
from convscope.data import open_source
from convscope.features.exemplars import passing
from convscope.network import load

torch.set_num_threads(1)
passing._SECONDS = 0.0
def slowly(what, done, total):
    if what == "exemplars":
        time.sleep(0.2)
look(load("demo"), open_source("parts:256"), out=sys.argv[1], only=["features"], layers=["relu1"], units=2,
     progress=slowly)
"""


def test_a_look_goes_on_inside_the_pass_over_the_data(tmp_path: Path) -> None:
    folder = tmp_path / "atlas"
    checkpoint = folder / WORK / "exemplars.safetensors"
    with subprocess.Popen([sys.executable, "-c", SLOW, str(folder)]) as child:
        deadline = time.monotonic() + 60
        while not checkpoint.exists() and time.monotonic() < deadline:
            assert child.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
    begun = storing.load(checkpoint)[0].samples
    assert 0 < begun < 256
    told: list[int] = []

    def note(what: str, done: int, total: int | None) -> None:
        if what == "exemplars":
            told.append(done)

    def finished(out: Path) -> Atlas:
        return look(
            load("demo"), open_source("parts:256"), out=out, only=["features"], layers=["relu1"], units=2,
            progress=note,
        )  # fmt: skip

    atlas = finished(folder)
    assert told[0] > begun, "it began where it was killed"
    assert not (folder / WORK).exists()
    told.clear()
    whole = finished(tmp_path / "whole")
    assert told[0] <= begun
    for name in whole.names:
        assert atlas.document(name) == whole.document(name), name
