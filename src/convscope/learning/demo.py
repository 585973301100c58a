"""Training the built-in network from scratch, and saying how it compares with the shipped one.

The training pictures come from worlds that nobody is shown by default, the unseen ones from world
0, which is what ``parts`` opens. Everything random follows from the seed and the epoch's number, so
a run that was stopped and resumed ends with the weights of one that was not.
"""

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

import convscope
from convscope.data.parts import Parts
from convscope.data.world import VERSION
from convscope.learning.checkpoint import write_atomically
from convscope.learning.intervals import wilson
from convscope.learning.run import Recipe, Run, normalised
from convscope.network.demo import (
    DEMO_CLASSES,
    RECORD,
    TIMELINE,
    WEIGHTS,
    DemoNetwork,
    demo_record,
)
from convscope.progress import Progress, silent

CHECKPOINT = "training.safetensors"
"""The file in ``out`` that a stopped run is resumed from."""


@dataclass(frozen=True)
class DemoTraining:
    """What a training of the built-in network came to.

    Args:
        recipe: how it was trained.
        accuracy: share of the unseen pictures that are right.
        interval: of the accuracy, 95 % (Wilson).
        correct: how many of ``unseen`` are right.
        unseen: how many pictures were tested.
        by_class: accuracy of each class.
        wall_s: seconds it took, drawing and testing included.
        cpu_s: seconds of processor time in all threads.
        threads: that torch computed with.
        date: when it ended, year-month-day.
        versions: of what it was made with.
        shipped: the record of the network that convscope comes with; None while there is none.
        network: the trained network.
        pictures_seen: training pictures seen at each point of the timeline, (T,).
        filters: the first layer's filters then, (T, 16, 3, 3, 3).
    """

    recipe: Recipe
    accuracy: float
    interval: tuple[float, float]
    correct: int
    unseen: int
    by_class: Mapping[str, float]
    wall_s: float
    cpu_s: float
    threads: int
    date: str
    versions: Mapping[str, str]
    shipped: Mapping[str, Any] | None
    network: DemoNetwork = field(repr=False, compare=False)
    pictures_seen: np.ndarray = field(repr=False, compare=False)
    filters: np.ndarray = field(repr=False, compare=False)

    @property
    def agrees(self) -> bool | None:
        """Whether the interval overlaps that of the shipped network; None where none is shipped."""
        if self.shipped is None:
            return None
        low, high = self.shipped["interval"]
        return self.interval[0] <= high and low <= self.interval[1]

    def record(self) -> dict[str, Any]:
        """Return the training record as it is shipped: everything but the weights."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "correct": self.correct,
            "unseen": self.unseen,
            "by_class": dict(self.by_class),
            "recipe": asdict(self.recipe),
            "train_data": f"parts:{self.recipe.pictures}:{self.recipe.seed + 1}",
            "test_data": f"parts:{self.unseen}:0",
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "wall_s": round(self.wall_s, 1),
            "cpu_s": round(self.cpu_s, 1),
            "threads": self.threads,
            "date": self.date,
            "versions": dict(self.versions),
        }

    def summary(self) -> str:
        """Return what came of it, in one paragraph of plain text."""
        text = (
            f"{self.accuracy:.1%} of {self.unseen:,} unseen pictures are right (95 % interval "
            f"{self.interval[0]:.1%} to {self.interval[1]:.1%}), after {self.recipe.epochs} epochs "
            "of "
            f"{self.recipe.pictures:,} pictures in {self.wall_s / 60:.1f} minutes, seed "
            f"{self.recipe.seed}."
        )
        if self.shipped is None:
            return text
        low, high = self.shipped["interval"]
        verdict = "The intervals overlap" if self.agrees else "The intervals do not overlap"
        return text + (
            f" The shipped network: {self.shipped['accuracy']:.1%} ({low:.1%} to {high:.1%}). "
            f"{verdict}."
        )


def train_demo(
    recipe: Recipe | None = None, *, out: Path | None = None, progress: Progress = silent
) -> DemoTraining:
    """Train the built-in network from scratch.

    Args:
        recipe: how; None is how the shipped network was trained.
        out: a folder for the weights, their record and the timeline. While training it also holds a
            checkpoint after every epoch, from which a stopped run (Ctrl-C, a crash) is resumed when
            called again.
        progress: told of pictures drawn, trained on and tested.

    Returns:
        Accuracy with its interval, beside the shipped record; the network; the timeline.

    Raises:
        SpecError: ``out`` holds a checkpoint of another recipe, or something that is no checkpoint.
    """
    recipe = recipe or Recipe()
    started, used = time.perf_counter(), time.process_time()
    run = Run.begun(recipe) if out is None else Run.resumed(recipe, out / CHECKPOINT)
    if run.epoch < recipe.epochs:
        source = Parts(recipe.pictures, recipe.seed + 1)
        pictures = _drawn(source, progress, "drawing training pictures")
        labels = torch.from_numpy(source.labels)
        for _ in range(run.epoch, recipe.epochs):
            run.train_epoch(pictures, labels, progress)
            if out is not None:
                now = time.perf_counter(), time.process_time()
                run.save(out / CHECKPOINT, now[0] - started, now[1] - used)
    correct = _tested(run.network, recipe, progress)
    hits = int(correct.sum())
    labels = Parts(recipe.unseen, 0).labels
    training = DemoTraining(
        recipe=recipe,
        accuracy=hits / recipe.unseen,
        interval=wilson(hits, recipe.unseen),
        correct=hits,
        unseen=recipe.unseen,
        by_class={
            name: float(correct[labels == k].mean())
            for k, name in enumerate(DEMO_CLASSES)
            if (labels == k).any()
        },
        wall_s=run.wall_s + time.perf_counter() - started,
        cpu_s=run.cpu_s + time.process_time() - used,
        threads=torch.get_num_threads(),
        date=date.today().isoformat(),
        versions=_versions(),
        shipped=demo_record() if RECORD.is_file() else None,
        network=run.network.eval(),
        pictures_seen=np.array(run.seen),
        filters=torch.stack(run.filters).numpy(),
    )
    if out is not None:
        _write(training, out)
    return training


def _drawn(source: Parts, progress: Progress, what: str) -> np.ndarray:
    """Return all pictures as uint8 (N, 3, 64, 64), which is exact: they are drawn in 256 steps."""
    pictures = np.empty((len(source), *(source.shape or ())), np.uint8)
    for index in range(len(source)):
        if index % 256 == 0:
            progress(what, index, len(source))
        pictures[index] = np.rint(source[index].array * 255)
    progress(what, len(source), len(source))
    return pictures


def _tested(network: DemoNetwork, recipe: Recipe, progress: Progress) -> np.ndarray:
    """Return for each unseen picture whether it is told right."""
    source = Parts(recipe.unseen, 0)
    network.eval()
    right = []
    for batch in source.batches(250):
        progress("testing on unseen pictures", int(batch.indices[0]), len(source))
        with torch.no_grad():
            scores = network(normalised(np.rint(batch.arrays * 255).astype(np.uint8)))
        right.append(scores.argmax(1).numpy() == batch.labels)
    progress("testing on unseen pictures", len(source), len(source))
    return np.concatenate(right)


def _versions() -> dict[str, str]:
    return {
        "convscope": convscope.__version__,
        "world": str(VERSION),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def _write(training: DemoTraining, out: Path) -> None:
    """Write weights, timeline and record, the record last, and remove the checkpoint."""
    weights = {k: v.contiguous() for k, v in training.network.state_dict().items()}
    write_atomically(out / WEIGHTS.name, save(weights))
    timeline = {
        "pictures_seen": torch.from_numpy(training.pictures_seen),
        "conv1.weight": torch.from_numpy(training.filters).contiguous(),
    }
    write_atomically(out / TIMELINE.name, save(timeline))
    write_atomically(out / RECORD.name, (json.dumps(training.record(), indent=2) + "\n").encode())
    (out / CHECKPOINT).unlink(missing_ok=True)
