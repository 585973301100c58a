"""The process at the other end of a pipe: it does one job after another until the pipe is closed.

It is started by name, and not by ``multiprocessing``, so that a script that starts a study needs no
``if __name__ == "__main__"``: nothing of the caller's is run again here but the imports of the job.
"""

import os
import pickle
import sys
import threading
import time
import traceback
from typing import Any

START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from convscope.engine.worker import serve; serve()"
)
"""What the process's Python runs: the search path comes first, so that it finds what the caller found."""


def serve() -> None:
    """Answer jobs from standard input on standard output, one pickle each, until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get among the answers
    import torch

    torch.set_num_threads(1)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    function, shared = pickle.load(sys.stdin.buffer)
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(_done(function, shared, job), answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


def _done(function: Any, shared: Any, job: Any) -> tuple[bool, Any]:
    """Return whether it went well, and the result or the error with its traceback."""
    try:
        return True, function(shared, job)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error that cannot travel goes as its words
            error = RuntimeError(str(error))
        return False, (error, traceback.format_exc())


def _follow(parent: int) -> None:
    """End this process when the one that started it has gone, killed perhaps in the middle of a job."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
