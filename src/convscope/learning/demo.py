"""Training a built-in network from scratch, and saying how it compares with the shipped one.

The training samples come from worlds that nobody is shown by default, the unseen ones from world
0, which is what ``parts`` opens. Everything random follows from the seed and the epoch's number, so
a run that was stopped and resumed ends with the weights of one that was not.
"""

import json
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

import convscope
from convscope.data import Source, open_source
from convscope.data.world import VERSION
from convscope.learning.checkpoint import write_atomically
from convscope.learning.intervals import wilson
from convscope.learning.run import Recipe, Run, normalised, whole
from convscope.learning.timeline import Climb, Timeline
from convscope.network import Network
from convscope.network.demo import DemoNetwork, Design, demo_record
from convscope.progress import Progress, silent

CHECKPOINT = "training.safetensors"
"""The file in ``out`` that a stopped run is resumed from."""

_WATCHED = 1000
"""Unseen samples that every moment of the timeline is tested on: the first ones."""

Judge = Callable[[Network], Climb]
"""What says how the levels of a network's units climb with depth."""


@dataclass(frozen=True)
class DemoTraining:
    """What a training of a built-in network came to.

    Args:
        recipe: how it was trained.
        accuracy: share of the unseen samples that are right.
        interval: of the accuracy, 95 % (Wilson).
        correct: how many of ``unseen`` are right.
        unseen: how many samples were tested.
        by_class: accuracy of each class.
        wall_s: seconds it took, drawing and testing included.
        cpu_s: seconds of processor time in all threads.
        threads: that torch computed with.
        date: when it ended, year-month-day.
        versions: of what it was made with.
        shipped: the record of the network that convscope comes with; None while there is none.
        network: the trained network.
        timeline: the first layer's filters over the training, and how well the network did.
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
    timeline: Timeline = field(repr=False, compare=False)

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
            "train_data": _trained_on(self.recipe),
            "test_data": _tested_on(self.recipe),
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "wall_s": round(self.wall_s, 1),
            "cpu_s": round(self.cpu_s, 1),
            "threads": self.threads,
            "date": self.date,
            "versions": dict(self.versions),
            "timeline": self.timeline.record(),
        }

    def summary(self) -> str:
        """Return what came of it, in one paragraph of plain text."""
        text = (
            f"{self.accuracy:.1%} of {self.unseen:,} unseen {self.recipe.kind}s are right (95 % interval "
            f"{self.interval[0]:.1%} to {self.interval[1]:.1%}), after {self.recipe.epochs} epochs "
            "of "
            f"{self.recipe.samples:,} in {self.wall_s / 60:.1f} minutes, seed "
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
    recipe: Recipe | None = None,
    *,
    out: Path | None = None,
    judge: Judge | None = None,
    progress: Progress = silent,
) -> DemoTraining:
    """Train a built-in network from scratch.

    Args:
        recipe: which, and how; None is how the shipped network for pictures was trained.
        out: a folder for the weights, their record and the timeline. While training it also holds a
            checkpoint after every epoch, from which a stopped run (Ctrl-C, a crash) is resumed when
            called again.
        judge: scores the network at each moment of the timeline; None leaves the score out.
        progress: told of samples drawn, trained on and tested.

    Returns:
        Accuracy with its interval, beside the shipped record; the network; the timeline.

    Raises:
        SpecError: ``out`` holds a checkpoint of another recipe, or something that is no checkpoint.
    """
    recipe = recipe or Recipe()
    started, used = time.perf_counter(), time.process_time()
    run = Run.begun(recipe) if out is None else Run.resumed(recipe, out / CHECKPOINT)
    if run.epoch < recipe.epochs:
        source = open_source(_trained_on(recipe))
        samples = _drawn(source, recipe.design, progress, "drawing training samples")
        labels = torch.from_numpy(source.labels)
        for _ in range(run.epoch, recipe.epochs):
            run.train_epoch(samples, labels, progress)
            if out is not None:
                now = time.perf_counter(), time.process_time()
                run.save(out / CHECKPOINT, now[0] - started, now[1] - used)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - used
    source = open_source(_tested_on(recipe))
    unseen = _drawn(source, recipe.design, progress, "drawing unseen samples")
    labels = np.asarray(source.labels)
    correct = _told(run.network, unseen, recipe.design) == labels
    hits = int(correct.sum())
    training = DemoTraining(
        recipe=recipe,
        accuracy=hits / recipe.unseen,
        interval=wilson(hits, recipe.unseen),
        correct=hits,
        unseen=recipe.unseen,
        by_class={
            name: float(correct[labels == k].mean())
            for k, name in enumerate(recipe.design.classes)
            if (labels == k).any()
        },
        wall_s=run.wall_s + wall_s,
        cpu_s=run.cpu_s + cpu_s,
        threads=torch.get_num_threads(),
        date=date.today().isoformat(),
        versions=_versions(),
        shipped=demo_record(recipe.design) if recipe.design.record.is_file() else None,
        network=run.network.eval(),
        timeline=_watched(run, unseen[:_WATCHED], labels[:_WATCHED], judge, progress),
    )
    if out is not None:
        _write(training, out)
    return training


def _trained_on(recipe: Recipe) -> str:
    return f"{recipe.design.data}:{recipe.samples}:{recipe.seed + 1}"


def _tested_on(recipe: Recipe) -> str:
    return f"{recipe.design.data}:{recipe.unseen}:0"


def _drawn(source: Source, design: Design, progress: Progress, what: str) -> np.ndarray:
    """Return all samples as whole numbers of the steps in which they are drawn, (N, C, *S)."""
    samples = np.empty((len(source), *design.input), whole(np.zeros(1), design).dtype)
    for index in range(len(source)):
        if index % 256 == 0:
            progress(what, index, len(source))
        samples[index] = whole(source[index].array, design)
    progress(what, len(source), len(source))
    return samples


def _told(network: DemoNetwork, samples: np.ndarray, design: Design) -> np.ndarray:
    """Return the class that the network names for each sample, (N,)."""
    network.eval()
    with torch.no_grad():
        answers = [
            network(normalised(samples[at : at + 250], design)).argmax(1).numpy()
            for at in range(0, len(samples), 250)
        ]
    return np.concatenate(answers)


def _watched(
    run: Run, samples: np.ndarray, labels: np.ndarray, judge: Judge | None, progress: Progress
) -> Timeline:
    """Return what the network was like at each moment that was kept."""
    design = run.recipe.design
    correct: list[int] = []
    climbs: list[Climb] = []
    for k, weights in enumerate(run.kept):
        progress("looking back at the training", k, len(run.kept))
        network = DemoNetwork(design)
        network.load_state_dict(weights)
        correct.append(int((_told(network, samples, design) == labels).sum()))
        if judge is not None:
            climbs.append(
                judge(
                    Network(
                        network, design.input, mean=design.mean, std=design.std, spec=design.spec
                    )
                )
            )
    progress("looking back at the training", len(run.kept), len(run.kept))
    return Timeline(
        steps=tuple(run.seen),
        unit="samples",
        net=design.spec,
        filters=_filters(run.kept),
        tested=len(samples),
        correct=tuple(correct),
        hierarchy=tuple(climbs) if judge is not None else None,
    )


def _filters(kept: Sequence[Mapping[str, Tensor]]) -> np.ndarray:
    return torch.stack([weights["conv1.weight"] for weights in kept]).numpy()


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
    design = training.recipe.design
    weights = {k: v.contiguous() for k, v in training.network.state_dict().items()}
    write_atomically(out / design.weights.name, save(weights))
    filters = {"conv1.weight": torch.from_numpy(training.timeline.filters).contiguous()}
    write_atomically(out / design.timeline.name, save(filters))
    record = json.dumps(training.record(), indent=2) + "\n"
    write_atomically(out / design.record.name, record.encode())
    (out / CHECKPOINT).unlink(missing_ok=True)
