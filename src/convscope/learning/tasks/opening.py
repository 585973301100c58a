"""A task spec, or any data spec with labels, becomes a Task."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from convscope.data import open_source
from convscope.errors import SpecError
from convscope.learning.tasks.built import norm_compare, parts, spectra
from convscope.learning.tasks.mnist1d import mnist1d
from convscope.learning.tasks.planted import planted
from convscope.learning.tasks.sources import from_source
from convscope.learning.tasks.task import Task
from convscope.progress import Progress, silent

TASKS = {
    "planted[:D]": "the sign of a signal that is in one of many patches of noise, in D = 1, 2 or 3 dimensions",
    "planted-half[:D]": "the same, learned where the signal is in one half, tested everywhere",
    "mnist1d": "digits in one dimension",
    "norm-compare": "which of two channels of noise is larger",
    "spectra": "in which band of a spectrum the strongest peak is",
    "parts": "the built-in world: what is it?",
    "parts-centred": "the same with every object in the middle",
    "parts-left": "the same, learned in the left half, tested everywhere",
    "parts-position": "the built-in world: where is it?",
    "spectra:DATA": "the mean spectra of the user's sounds",
    "spectrogram:DATA": "sounds as pictures of frequency and time",
}
"""Every task that has a name of its own."""

_PARTS: dict[str, dict[str, str]] = {
    "parts": {},
    "parts-centred": {"position": "centred"},
    "parts-left": {"position": "left half"},
    "parts-position": {"label": "position"},
}
_MADE: dict[str, Callable[[], Task]] = {
    "mnist1d": mnist1d,
    "norm-compare": norm_compare,
    "spectra": spectra,
}


def open_task(spec: str | Path, *, quick: bool = False, progress: Progress = silent) -> Task:
    """Open what a task spec or a data spec names.

    Args:
        spec: one of ``TASKS``, or any data spec of labelled samples.
        quick: smaller pictures and volumes, and fewer of them where they are drawn.
        progress: told of samples read or drawn.

    Returns:
        The task, split into pool, validation and test.

    Raises:
        SpecError: the spec is not understood, or the data have no labels or too few samples.

    >>> open_task("spectra").shape
    (1, 64)
    """
    text = str(spec)
    head, _, rest = text.partition(":")
    if Path(text).exists():
        return from_source(open_source(text, progress=progress), quick=quick, progress=progress)
    if text in _MADE:
        return _MADE[text]()
    if text in _PARTS:
        size = {"side": 16, "pool": 3000, "tests": 1000} if quick else {}
        options: dict[str, Any] = {**_PARTS[text], **size}
        return parts(name=text, progress=progress, **options)
    if head in ("planted", "planted-half"):
        if rest not in ("", "1", "2", "3"):
            raise SpecError(
                f"{text!r} is not understood. Expected {head}, {head}:2 or {head}:3: one, two or three axes."
            )
        return planted(int(rest or 1), half=head == "planted-half")
    view = head if head in ("spectra", "spectrogram") and rest else ""
    source = open_source(rest if view else text, progress=progress)
    return from_source(source, view=view, quick=quick, progress=progress)
