"""Many independent jobs, one process per core, one thread in each.

Small networks do not gain from a second thread, and on a busy machine they lose by it; two of them
side by side take half the time of one after the other. Which job runs where, and what ends first,
must not matter: results come with the index of their job.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from convscope.engine.worker import START
from convscope.errors import ConvscopeError, WorkError

Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(
    function: Callable[[Any, Job], Result],
    jobs: Sequence[Job],
    *,
    shared: Any = None,
    workers: int | None = None,
) -> Generator[tuple[int, Result], None, None]:
    """Do every job, and yield each result as soon as it is there.

    Args:
        function: called with ``shared`` and one job; of a module that can be imported.
        jobs: what is to be done, in the order in which it is begun.
        shared: sent once to each process.
        workers: processes; 1 does everything in this one, None takes one per core.

    Yields:
        The index of a job and its result, in the order in which they end.

    Raises:
        WorkError: a process ended in the middle of a job, or a job raised an error that is none of
            convscope's own. Leaving the loop early, by Ctrl-C too, ends all processes.
    """
    with closing(Workers(function, shared=shared, workers=workers)) as pool:
        yield from pool.run(jobs)


class Workers(Generic[Job, Result]):
    """Processes that are kept for several rounds of jobs, until ``close``.

    Args:
        function: called with ``shared`` and one job; of a module that can be imported.
        shared: sent once to each process.
        workers: processes; 1 does everything in this one, None takes one per core.
    """

    def __init__(
        self,
        function: Callable[[Any, Job], Result],
        *,
        shared: Any = None,
        workers: int | None = None,
    ) -> None:
        self._function = function
        self._shared = shared
        self._most = cores() if workers is None else max(1, workers)
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, jobs: Sequence[Job]) -> Generator[tuple[int, Result], None, None]:
        """Do every job, and yield its index and its result as soon as it is there.

        Args:
            jobs: what is to be done, in the order in which it is begun.

        Yields:
            The index of a job and its result, in the order in which they end.

        Raises:
            WorkError: see ``run_jobs``.
        """
        if self._most == 1 or (len(jobs) == 1 and not self._processes):
            yield from self._here(jobs)
            return
        known = len(self._processes)
        while len(self._processes) < min(self._most, len(jobs)):
            self._processes.append(_started())
        work = (sys.path, (self._function, self._shared))
        waiting: SimpleQueue[int] = SimpleQueue()
        for index in range(len(jobs)):
            waiting.put(index)
        ended: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        threads = [
            threading.Thread(
                target=_feed,
                args=(process, work if k >= known else (), jobs, waiting, ended),
                daemon=True,
            )
            for k, process in enumerate(self._processes)
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in jobs:
                index, result = ended.get()
                if isinstance(result, _Failure):
                    raise result.error
                yield index, result
        except BaseException:  # Ctrl-C, an error, or a loop that was left: nothing may run on
            self.close()
            raise
        finally:
            for thread in threads:
                thread.join()

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was still to be written has nobody to read it
                    if pipe is not None:
                        pipe.close()
        self._processes = []

    def _here(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Do the jobs in this process, on one thread, as they would be done in another."""
        import torch

        for index, job in enumerate(jobs):
            before = torch.get_num_threads()
            torch.set_num_threads(1)
            try:
                result = self._function(self._shared, job)
            finally:
                torch.set_num_threads(before)
            yield index, result


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


def _started() -> subprocess.Popen[bytes]:
    """Start a process that a Ctrl-C in the terminal does not reach: this one ends it."""
    return subprocess.Popen(
        [sys.executable, "-c", START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def _feed(
    process: subprocess.Popen[bytes],
    first: Sequence[Any],
    jobs: Sequence[Any],
    waiting: "SimpleQueue[int]",
    ended: "SimpleQueue[tuple[int, Any]]",
) -> None:
    """Give one process jobs for as long as there are any, and hand on what it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    index = -1
    try:
        for thing in first:  # here, since a process that is just starting takes seconds to listen
            pickle.dump(thing, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        while True:
            index = waiting.get_nowait()
            pickle.dump(jobs[index], process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            good, result = pickle.load(process.stdout)
            ended.put((index, result if good else _Failure(_told(*result))))
    except Empty:
        return
    except Exception as reason:  # whatever happens here must reach the one who waits
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)  # it may need a moment to be gone
        gone = process.returncode
        error = WorkError(
            f"A process ended in the middle of its work ({type(reason).__name__}, exit status {gone}). "
            "It was killed, perhaps for want of memory; what was finished is kept. Run the same again, "
            "with fewer workers."
        )
        ended.put((index, _Failure(error)))


def _told(error: Exception, trace: str) -> Exception:
    if isinstance(error, ConvscopeError):
        return error
    return WorkError(f"A job failed in its process, with this traceback:\n{trace}")
