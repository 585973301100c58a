"""One writer at a time; a dead writer is no writer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.atlas.lock import LOCK, locked
from convscope.errors import WorkError

HOLD = """
import sys, time
from pathlib import Path
from convscope.atlas.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with locked(tmp_path):
        with (
            pytest.raises(WorkError, match=f"process {os.getpid()}\\) is writing to"),
            locked(tmp_path),
        ):
            pass
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()
    with locked(tmp_path):
        pass


def test_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WorkError, match=f"process {holder.pid}"), locked(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert (tmp_path / LOCK).exists()
    with locked(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_a_lock_file_with_the_id_of_a_living_process_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("1\n")
    with locked(tmp_path):
        pass
