"""Jobs in processes: every result once, errors with their words, nobody left behind."""

import operator
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.engine.work import leave, length, refused, told, who

from convscope.engine import Workers, cores, run_jobs
from convscope.errors import SpecError, WorkError


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_gives_one_result_with_its_index(workers):
    jobs = list(range(7))
    results = sorted(run_jobs(operator.mul, jobs, shared=3, workers=workers))
    assert results == [(k, 3 * k) for k in jobs]


def test_no_jobs_start_no_process():
    assert list(run_jobs(operator.mul, [], shared=3, workers=2)) == []


def test_processes_are_others_with_one_thread_each_and_stay_for_the_next_round():
    with closing(Workers(who, workers=2)) as pool:
        first = [result for _, result in pool.run([0.5] * 4)]
        second = [result for _, result in pool.run([0.0] * 4)]
    used = {pid for pid, _ in first}
    assert {pid for pid, _ in second} <= used
    assert len(used) <= 2
    assert os.getpid() not in used
    assert {threads for _, threads in first + second} == {1}
    assert not any(alive(pid) for pid in used)


def test_what_is_printed_in_a_process_is_not_taken_for_an_answer():
    assert sorted(run_jobs(told, ["x", "y"], workers=2)) == [(0, "x"), (1, "y")]


def test_much_can_be_shared():
    assert [n for _, n in run_jobs(length, [0, 1], shared=[1] * 300_000, workers=2)] == [
        300_000
    ] * 2


def test_an_error_of_ours_comes_as_it_is():
    with pytest.raises(SpecError, match="No small network"):
        list(run_jobs(refused, [(1, 3)] * 2, workers=2))


def test_another_error_comes_with_its_traceback():
    with pytest.raises(WorkError, match="ZeroDivisionError"):
        list(run_jobs(operator.truediv, [0, 0, 0], shared=1, workers=2))


def test_a_process_that_dies_is_told():
    with pytest.raises(WorkError, match="exit status 3"):
        list(run_jobs(leave, [3, 3], workers=2))


def test_leaving_early_ends_the_processes():
    with closing(Workers(who, workers=2)) as pool:
        running = pool.run([0.0, 0.0, 60.0, 60.0])
        seen = {next(running)[1][0], next(running)[1][0]}
        began = time.monotonic()
        running.close()
        assert time.monotonic() - began < 10
    assert not any(alive(pid) for pid in seen)


def test_killing_the_one_who_waits_ends_the_processes():
    program = (
        "from convscope.engine import run_jobs; from tests.engine.work import who\n"
        "for _, (pid, _) in run_jobs(who, [0, 0, 60, 60], workers=2): print(pid, flush=True)"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root
    ) as parent:
        assert parent.stdout is not None
        pids = {int(parent.stdout.readline()) for _ in range(2)}
        parent.kill()
    limit = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < limit:
        time.sleep(0.1)
    assert not any(alive(pid) for pid in pids)


def test_cores_are_counted():
    assert 1 <= cores() <= (os.cpu_count() or 1)
