"""A task spec, or any data spec with labels, becomes a Task."""

from collections.abc import Callable
from pathlib import Path

from convscope.errors import SpecError
from convscope.learning.tasks.planted import planted
from convscope.learning.tasks.task import Task
from convscope.progress import Progress, silent


def open_task(spec: str | Path, *, progress: Progress = silent) -> Task:
    """Open what a task spec or a data spec names.

    Args:
        spec: one of ``TASKS``, or any data spec of labelled samples.
        progress: told of samples read or drawn.

    Raises:
        SpecError: the spec is not understood, or the data have no labels or too few samples.
    """
    text = str(spec)
    head, _, rest = text.partition(":")
    if head in TASKS and not Path(text).exists():
        return TASKS[head](rest)
    from convscope.data import open_source
    from convscope.learning.tasks.sources import from_source

    return from_source(open_source(spec, progress=progress), progress=progress)


def _planted(rest: str, half: bool = False) -> Task:
    if rest not in ("", "1", "2", "3"):
        raise SpecError(
            f"planted:{rest} is not understood. Expected planted:1, planted:2 or planted:3."
        )
    return planted(int(rest or 1), half=half)


TASKS: dict[str, Callable[[str], Task]] = {
    "planted": _planted,
    "planted-half": lambda rest: _planted(rest, half=True),
}
"""What opens each task that has a name of its own, given what follows the colon."""
