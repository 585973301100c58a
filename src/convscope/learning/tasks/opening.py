"""A task spec, or any data spec with labels, becomes a Task."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from convscope.data import Source, open_source
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
_QUICK = {"side": 16, "pool": 3000, "tests": 1000}
_KINDS = ("dog", "car")  # what a small network tells apart best at this size; all eight take hours
_DATA = ("parts", "parts1d", "parts3d", "digits", "torchvision")  # words that begin a data spec
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
        options: dict[str, Any] = {**_PARTS[text], **(_QUICK if quick else {})}
        if quick and "label" not in options:
            options |= {"kinds": _KINDS, "width": 12}
        return parts(name=text, progress=progress, **options)
    if head in ("planted", "planted-half"):
        if rest not in ("", "1", "2", "3"):
            raise SpecError(
                f"{text!r} is not understood. Expected {head}, {head}:2 or {head}:3: one, two or three axes."
            )
        return planted(int(rest or 1), half=head == "planted-half")
    view = head if head in ("spectra", "spectrogram") and rest else ""
    source = _source(rest if view else text, progress)
    return from_source(source, view=view, quick=quick, progress=progress)


def open_whole(spec: str | Path, *, progress: Progress = silent) -> Task | Source:
    """Open what is to be audited: a named task, or all samples of anything else.

    Args:
        spec: one of ``TASKS``, or any data spec; the built-in world is data, and is taken whole.
        progress: told of samples read or drawn.

    Raises:
        SpecError: the spec is not understood.
    """
    text = str(spec)
    named = text.partition(":")[0] in _heads() - {"parts"}
    if named and not Path(text).exists():
        return open_task(text, progress=progress)
    return _source(text, progress)


def _source(text: str, progress: Progress) -> Source:
    """Open a data spec; where it is a word that means nothing, name the tasks too."""
    try:
        return open_source(text, progress=progress)
    except SpecError as error:
        head = text.partition(":")[0]
        if not re.fullmatch(r"[\w-]+", head) or head in _DATA or Path(text).exists():
            raise
        near = get_close_matches(head, sorted(_heads()), 2)
        tasks = (
            f"Tasks of such a name: {', '.join(near)}." if near else f"Tasks: {', '.join(TASKS)}."
        )
        raise SpecError(f"{error} {tasks}") from None


def _heads() -> set[str]:
    return {re.split(r"[:\[]", name)[0] for name in TASKS}
