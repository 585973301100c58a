"""The study: twins on training sets of growing size, with all else equal, and what each run came to.

Runs are paired: a seed gives all twins the same samples, the same order and the same permutation, and a
smaller training set is the beginning of a larger one. Each takes the same number of steps, with the
learning rate that suits its cell. A run that is stored is never done again, so a study that was
stopped, or killed, goes on where it was, and ends with the same table.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from convscope.engine import Workers
from convscope.learning.checkpoint import write_atomically
from convscope.learning.plan import planned
from convscope.learning.record import Run
from convscope.learning.tasks import Task
from convscope.learning.trials.conditions import INTACT, trained_under
from convscope.learning.trials.keeping import done, kept, moments, timeline_file
from convscope.learning.trials.search import (
    DECAYS,
    RATES,
    Cell,
    Search,
    reported,
    searched,
    unreported,
)
from convscope.learning.trials.trial import Outcome, Trial
from convscope.learning.twins import Twin, costs
from convscope.progress import Progress, silent


@dataclass(frozen=True)
class Study:
    """Everything that came of a study.

    Args:
        task: its name.
        fingerprint: of its data.
        shape: ``(C, *S)`` of a sample.
        classes: their names.
        bayes: the accuracy that no network exceeds; None where it is not known.
        chance: the accuracy of always naming the most common class.
        nets: the twins and what each is, in one line.
        settings: everything else that a repeat needs.
        runs: one for each net, size, seed and condition, in this order.
        searches: how learning rates and weight decays were chosen.
        refused: cells that have no runs because their best learning rate is at the end of all that are tried.
        timeline: the file of one network's weights over training, and the steps they are from; None without a folder.
        notes: what to tell a person once.
        costs: units, parameters and multiply-adds of each twin.
    """

    task: str
    fingerprint: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    bayes: float | None
    chance: float
    nets: Mapping[str, str]
    settings: Mapping[str, Any]
    runs: tuple[Run, ...]
    searches: tuple[Search, ...]
    refused: tuple[Cell, ...] = ()
    timeline: tuple[Path, tuple[int, ...]] | None = None
    notes: tuple[str, ...] = ()
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return runs and searches as JSON can hold them; equal studies give equal documents."""
        runs = [
            {key: value for key, value in vars(run).items() if key != "correct"}
            for run in self.runs
        ]
        return {
            "task": self.task,
            "fingerprint": self.fingerprint,
            "shape": list(self.shape),
            "classes": list(self.classes),
            "bayes": self.bayes,
            "chance": self.chance,
            "nets": dict(self.nets),
            "settings": dict(self.settings),
            "runs": runs,
            "searches": [asdict(search) for search in self.searches],
            "refused": [list(cell) for cell in self.refused],
            "notes": list(self.notes),
            "costs": {net: dict(cost) for net, cost in self.costs.items()},
        }


def study(
    task: Task,
    *,
    nets: Sequence[str] | Mapping[str, Twin] | None = None,
    sizes: Sequence[int] | None = None,
    seeds: int | None = None,
    conditions: Sequence[str] | None = None,
    quick: bool = False,
    steps: int | None = None,
    batch: int | None = None,
    threshold: float | None = None,
    folder: Path | None = None,
    workers: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Study:
    """Train every net at every size, seed and condition, and return the records.

    Args:
        task: what is learned.
        nets: names of twins, or networks of one's own; None takes all five (``quick``: three).
        sizes: training samples; None takes a grid that quadruples, as far as the pool goes.
        seeds: runs of each cell; None takes 10 (``quick``: 5).
        conditions: ``intact``, ``permuted``, ``block-permuted:B``, ``shifted:D``; None takes intact, permuted and a
            shift by an eighth of the shortest axis.
        quick: fewer nets, sizes, seeds and steps.
        steps: of every run; None takes 600 (``quick``: 300 for one axis, 400 for more).
        batch: samples to a step, at most; None takes 128 for one axis and 64 for more (``quick``: 32).
        threshold: accuracy for steps-to-threshold; None takes half way from chance to the best that is possible.
        folder: where finished runs are kept, and found again; None keeps nothing.
        workers: processes; None takes one per core.
        seed: of samples drawn, orders, permutations and first weights; studies of different seeds share no run. The
            task's own samples, and which of them are the test, stay as they are.
        progress: told of runs done.

    Returns:
        All records.

    Raises:
        SpecError: a net, size or condition does not fit the task.
        WorkError: a process died.
    """
    plan = planned(
        task,
        nets=nets,
        sizes=sizes,
        seeds=seeds,
        conditions=conditions,
        quick=quick,
        steps=steps,
        batch=batch,
        threshold=threshold,
    )
    cells = plan.cells

    def trial_for(
        cell: Cell, lr: float, decay: float, at: int, on: str = "valid", timeline: bool = False
    ) -> Trial:
        net, n, condition = cell
        tested = (condition,)
        if on == "test":
            tested = tuple(one for one in plan.conditions if trained_under(one) == condition)
        return Trial(
            plan.nets[net], n, at, condition, tested, lr, decay, plan.steps, plan.batch, plan.threshold,
            on,  # type: ignore[arg-type]
            timeline,
        )  # fmt: skip

    pool = Workers(done, shared=(task, folder), workers=workers)
    doing = partial(_all_done, task, folder, pool, progress)
    told = reported(seed, plan.seeds)
    shown = next((name for name in plan.nets if name.startswith("conv")), None)
    with closing(pool):
        found = searched(
            cells,
            trial_for,
            partial(doing, "choosing learning rates"),
            rates=RATES,
            decays=DECAYS[:1] if quick else DECAYS,
            seeds=unreported(seed, 1 if quick else 2),
        )
        trials = [
            trial_for(
                cell,
                found[cell].lr,
                found[cell].weight_decay,
                one,
                "test",
                folder is not None and one == told[0] and cell == (shown, plan.sizes[-1], INTACT),
            )
            for cell in cells
            if found[cell].settled
            for one in told
        ]
        outcomes = doing("training", trials)
    names = [cell[0] for cell in cells if found[cell].settled for _ in told]
    runs = [
        run
        for name, trial, outcome in zip(names, trials, outcomes, strict=True)
        for run in _runs(name, trial, outcome)
    ]
    place = {one: k for k, one in enumerate((*plan.nets, *plan.conditions))}
    runs.sort(key=lambda run: (place[run.net], place[run.condition], run.n, run.seed))
    result = Study(
        task=task.name,
        fingerprint=task.fingerprint,
        shape=task.shape,
        classes=task.classes,
        bayes=task.bayes,
        chance=task.chance,
        nets={name: twin.described() for name, twin in plan.nets.items()},
        settings={
            "sizes": list(plan.sizes),
            "seeds": told,
            "conditions": list(plan.conditions),
            "steps": plan.steps,
            "batch": plan.batch,
            "threshold": plan.threshold,
            "pool": len(task.x_train),
            "validation": len(task.x_valid),
            "test": len(task.x_test),
            "optimiser": "AdamW",
            "quick": quick,
        },
        runs=tuple(runs),
        searches=tuple(found[cell] for cell in cells),
        refused=tuple(cell for cell in cells if not found[cell].settled),
        timeline=_timeline(task, folder, trials),
        notes=task.notes,
        costs={name: costs(twin) for name, twin in plan.nets.items()},
    )
    if folder is not None:
        text = json.dumps(result.document(), indent=1) + "\n"
        write_atomically(folder / "study.json", text.encode())
    return result


def _all_done(
    task: Task,
    folder: Path | None,
    pool: Workers[Trial, Outcome],
    progress: Progress,
    what: str,
    trials: Sequence[Trial],
) -> list[Outcome]:
    """Return the outcome of every trial: from the folder where it is there, trained where not."""
    outcomes = [kept(folder, trial.key(task.fingerprint)) for trial in trials]
    missing = [k for k, outcome in enumerate(outcomes) if outcome is None]
    progress(what, len(trials) - len(missing), len(trials))
    # The longest first, so that no process is left alone with one at the end.
    missing.sort(key=lambda k: (trials[k].twin.name != "dense", -trials[k].n))
    results = pool.run([trials[k] for k in missing])
    for finished, (k, outcome) in enumerate(results, start=1):
        outcomes[missing[k]] = outcome
        progress(what, len(trials) - len(missing) + finished, len(trials))
    return [outcome for outcome in outcomes if outcome is not None]


def _runs(name: str, trial: Trial, outcome: Outcome) -> list[Run]:
    return [
        Run(
            net=name,
            n=trial.n,
            seed=trial.seed,
            condition=condition,
            accuracy=answers.accuracy,
            train_accuracy=outcome.train_accuracy,
            steps_to_threshold=answers.steps_to_threshold,
            lr=trial.lr,
            weight_decay=trial.weight_decay,
            steps=trial.steps,
            parameters=outcome.parameters,
            correct=answers.correct,
        )
        for condition, answers in outcome.answers.items()
    ]


def _timeline(
    task: Task, folder: Path | None, trials: Sequence[Trial]
) -> tuple[Path, tuple[int, ...]] | None:
    """Return the file of the trial whose weights were kept."""
    for trial in trials:
        if trial.timeline and folder is not None:
            file = timeline_file(folder, trial.key(task.fingerprint))
            return file, tuple(moments(trial.steps))
    return None
