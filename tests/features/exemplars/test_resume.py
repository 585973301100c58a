"""An interrupted pass goes on where it stopped, and nothing shows afterwards."""

import os
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from convscope.errors import SpecError
from convscope.features.exemplars import Harvest, harvest, passing

SLOW = """
import sys, time
from pathlib import Path
import numpy as np
from convscope.data import open_source
from convscope.features.exemplars import harvest, passing
from convscope.network import load

passing._SECONDS = 0.0
def slowly(what, done, total):
    print(done, flush=True)
    time.sleep(0.2)
harvest(load("demo"), open_source("parts:640"), ["relu2"], checkpoint=Path(sys.argv[1]), progress=slowly)
"""


class StopError(Exception):
    """What stops a pass in these tests."""


def stop_after(count: int):
    """Return a progress callback that raises once so many samples are done."""

    def progress(what: str, done: int, total: int | None) -> None:
        if done >= count:
            raise StopError

    return progress


def test_a_stopped_pass_goes_on_and_ends_alike(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(passing, "_SECONDS", 0.0)
    monkeypatch.setattr(passing, "together", lambda shape: 8)
    path = tmp_path / "exemplars"
    settings: dict[str, Any] = {"kept": 20}
    whole = harvest(pictures.net, pictures.source, ["1", "5"], **settings)
    seen = []
    for count in (24, 64):
        with pytest.raises(StopError):
            harvest(pictures.net, pictures.source, ["1", "5"], checkpoint=path,
                    progress=stop_after(count), **settings)  # fmt: skip
        # The callback comes before its batch is saved, so that batch is done again.
        found = harvest(pictures.net, pictures.source, ["1", "5"], checkpoint=path,
                        progress=lambda what, done, total: seen.append(done), **settings) \
            if count == 64 else None  # fmt: skip
    assert seen[0] == 64
    assert found is not None
    whole.save(tmp_path / "whole")
    found.save(tmp_path / "found")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "found").read_bytes()


def test_a_finished_pass_is_not_run_again(pictures, tmp_path):
    path = tmp_path / "exemplars"
    first = harvest(pictures.net, pictures.source, ["1"], checkpoint=path)
    again = harvest(pictures.net, pictures.source, ["1"], checkpoint=path, progress=stop_after(0))
    assert (first["1"].values == again["1"].values).all()


def test_a_checkpoint_of_another_study_is_not_used(pictures, tmp_path):
    path = tmp_path / "exemplars"
    harvest(pictures.net, pictures.source, ["1"], checkpoint=path, limit=10)
    found = harvest(pictures.net, pictures.source, ["1"], checkpoint=path)
    assert found.samples == 90
    path.write_bytes(b"not a harvest")
    assert harvest(pictures.net, pictures.source, ["1"], checkpoint=path).samples == 90


def test_a_pass_survives_being_killed(tmp_path):
    path = tmp_path / "exemplars"
    worker = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    for line in worker.stdout:
        if int(line) >= 256:
            break
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    from convscope.data import open_source
    from convscope.network import load

    net, source, seen = load("demo"), open_source("parts:640"), []
    found = harvest(net, source, ["relu2"], checkpoint=path,
                    progress=lambda what, done, total: seen.append(done))  # fmt: skip
    assert seen[0] > 192
    whole = harvest(net, source, ["relu2"])
    whole.save(tmp_path / "whole")
    found.save(tmp_path / "found")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "found").read_bytes()


def test_a_file_comes_back_as_it_was(small, tmp_path):
    found = harvest(small.net, small.source, small.layers, indices=range(30))
    found.save(tmp_path / "one")
    again = Harvest.load(tmp_path / "one")
    again.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    rest = harvest(small.net, small.source, small.layers, indices=range(30, 90))
    merged = again.merge(rest)
    assert np.array_equal(
        merged["1"].values, harvest(small.net, small.source, small.layers)["1"].values
    )
    with pytest.raises(SpecError, match="not a harvest"):
        Harvest.load(tmp_path / "none")
    assert not list(tmp_path.glob(".*"))
