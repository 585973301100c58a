"""Outcomes on disk: one file for each trial, named by what it depends on, whole or not there."""

import json
from pathlib import Path
from typing import Any

from convscope.learning.checkpoint import save_checkpoint, write_atomically
from convscope.learning.tasks.task import Task
from convscope.learning.trials.training import train
from convscope.learning.trials.trial import Outcome, Trial


def kept(folder: Path | None, key: str) -> Outcome | None:
    """Return the outcome that is stored under a key; None where there is none that can be read."""
    if folder is None:
        return None
    try:
        document = json.loads(_file(folder, key).read_text(encoding="utf-8"))
        return Outcome.read(document["outcome"])
    except (OSError, ValueError, KeyError, TypeError):  # lost or damaged: it is trained again
        return None


def done(shared: tuple[Task, Path | None], trial: Trial) -> Outcome:
    """Train one trial, and store what came of it before saying so.

    Args:
        shared: the task, and the folder to store in; None stores nothing.
        trial: what is trained.

    Returns:
        What came of it.
    """
    task, folder = shared
    outcome, weights = train(task, trial)
    if folder is not None:
        key = trial.key(task.fingerprint)
        if weights:
            tensors = {f"{k}.{name}": w for k, one in enumerate(weights) for name, w in one.items()}
            save_checkpoint(timeline_file(folder, key), tensors, {"steps": moments(trial.steps)})
        document: dict[str, Any] = {"trial": trial.facts(), "outcome": outcome.document()}
        write_atomically(_file(folder, key), json.dumps(document, indent=1).encode())
    return outcome


def moments(steps: int) -> list[int]:
    """Return the steps after which weights are kept: 0, 1, 2, 4, ... and the last.

    >>> moments(10)
    [0, 1, 2, 4, 8, 10]
    """
    return sorted({0, steps} | {2**j for j in range(steps.bit_length())})


def timeline_file(folder: Path, key: str) -> Path:
    """Return where the weights over training of a trial lie."""
    return folder / "trials" / f"{key}.safetensors"


def _file(folder: Path, key: str) -> Path:
    return folder / "trials" / f"{key}.json"
