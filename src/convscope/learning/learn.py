"""The study and what it says, in one call: do the priors of convolution help on these data?"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from json import dumps
from pathlib import Path

from convscope.data import Source
from convscope.errors import SpecError, WorkError
from convscope.finding import NetworkId, Protocol
from convscope.learning.agreement import agreement
from convscope.learning.analysis import (
    DELTA,
    Equivalence,
    Means,
    Point,
    claims,
    curves,
    equivalence,
    power_law,
    resampled,
    saturated,
    unlearned,
)
from convscope.learning.analysis.resample import DRAWS
from convscope.learning.finding import Learning
from convscope.learning.logging import tracker
from convscope.learning.prior import Prior, prior
from convscope.learning.study import Study, study
from convscope.learning.tasks import Task, open_task
from convscope.learning.tasks.sources import from_source
from convscope.learning.timeline import timeline
from convscope.progress import Progress, silent


def learn(
    data: str | Path | Source | Task,
    *,
    quick: bool = False,
    nets: Sequence[str] | None = None,
    sizes: Sequence[int] | None = None,
    seeds: int | None = None,
    conditions: Sequence[str] | None = None,
    steps: int | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    seed: int = 0,
    audit: bool = True,
    log: str | None = None,
    progress: Progress = silent,
) -> Learning:
    """Train twins with and without the priors of convolution, and judge five claims.

    Args:
        data: a task, labelled data, or the spec of either.
        quick: three nets, up to three sizes, five seeds and fewer steps: minutes in place of an hour.
        nets: some of conv+pool, conv, local+pool, local, dense; None takes all (quick: three).
        sizes: training samples; None takes a grid that quadruples.
        seeds: runs of each net, size and condition; None takes 10 (quick: 5).
        conditions: ``intact``, ``permuted``, ``block-permuted:B``, ``shifted:D``; None takes intact,
            permuted and a shift.
        steps: of each run; None takes 600 (quick: 300, and 400 with two or three axes).
        out: a folder where finished runs are kept, so that a stopped study goes on; None keeps nothing.
        workers: processes; None takes one per core.
        seed: of samples drawn, orders, permutations, first weights, the audit and the intervals; studies of different
            seeds share no run. The task's samples, and which of them are the test, stay as they are.
        audit: whether to audit the data too (see ``prior``).
        log: a tracker that gets every run in the end: ``tensorboard:FOLDER`` or ``mlflow:URI``.
        progress: told of what is done.

    Returns:
        Runs, curves with intervals, claims with verdicts, data-equivalence factors.

    Raises:
        SpecError: the data have no labels or too few samples, an argument does not fit them, or the tracker is not
            installed.
        WorkError: a process died, or no net learns anything.
    """
    if seeds is not None and seeds < 2:
        raise SpecError(
            f"{seeds} seeds give no interval, as nothing says how much runs differ. Give 2 or more, or none at all "
            "for 10 (5 where it is to be quick)."
        )
    hand = None if log is None else tracker(log)
    if isinstance(data, Source):
        task = from_source(data, quick=quick, progress=progress)
    else:
        task = data if isinstance(data, Task) else open_task(data, quick=quick, progress=progress)
    audited = prior(task, seed=seed, progress=progress) if audit else None
    done = study(
        task,
        nets=nets,
        sizes=sizes,
        seeds=seeds,
        conditions=conditions,
        quick=quick,
        steps=steps,
        folder=None if out is None else Path(out),
        workers=workers,
        seed=seed,
        progress=progress,
    )
    found = judged(done, seed=seed, audited=audited)
    # A tracker may raise anything, and hours of training are not lost for it.
    failed = None if hand is None else hand(done)
    if failed is None:
        return found
    said = f"The runs were not logged to {log}: {type(failed).__name__}: {str(failed)[:200]}"
    return replace(found, notes=(*found.notes, said))


def judged(done: Study, *, seed: int = 0, audited: Prior | None = None) -> Learning:
    """Return what a study says: curves, claims and factors, from its runs.

    Args:
        done: the study.
        seed: of the bootstrap.
        audited: the audit of the same data.

    Raises:
        SpecError: fewer than two seeds are in every cell.
        WorkError: every cell was refused, so there are no runs.
    """
    if not done.runs:
        raise WorkError(
            f"No net learns {done.task!r} in {done.settings['steps']} steps: the best learning rate of every cell is "
            "at the end of all that were tried. Give more --steps, or larger --sizes."
        )
    means = resampled(done.runs, seed=seed)
    facts = done.document()
    settings = {**done.settings, "delta": DELTA, "draws": DRAWS}
    key = sha256(dumps([done.fingerprint, done.settings, dict(done.nets)], sort_keys=True).encode())
    kept = done.timeline
    points = curves(done.runs, means)
    poor = unlearned(points, done.chance, done.bayes or 1.0)
    held = saturated(points, done.chance, done.bayes or 1.0)
    return Learning(
        network=NetworkId("twins", key.hexdigest()[:16]),
        protocol=Protocol(
            "paired runs, tuned per cell; seeds and items redrawn; Holm",
            seed=seed,
            samples=means.items,
            floor=0.0,
            settings=settings,
        ),
        task={
            "name": done.task,
            **{
                name: facts[name] for name in ("fingerprint", "shape", "classes", "bayes", "chance")
            },
        },
        nets=done.nets,
        runs=done.runs,
        curves=points,
        claims=claims(means, done.settings["sizes"]),
        equivalences=_equivalences(done, means),
        power=tuple(
            law
            for condition in ("intact", "permuted")
            for net in done.nets
            if (law := power_law(means, net, condition)) is not None
        ),
        searches=tuple(asdict(search) for search in done.searches),
        refused=done.refused,
        notes=(
            *done.notes,
            *(_too_little(point, done.chance) for point in poor),
            *(_held_back(point) for point in held),
        ),
        costs=done.costs,
        prior=audited,
        agreement=None
        if audited is None
        else agreement(audited, means, done.settings["sizes"], done.chance, poor),
        timeline=None
        if kept is None or not kept[0].is_file()
        else timeline(*kept, next(net for net in done.nets if net.startswith("conv"))),
    )


def _too_little(point: Point, chance: float) -> str:
    return (
        f"{point.net} gets {point.train:.0%} of its own {point.n:,} training samples right, and chance is "
        f"{chance:.0%}: it is too small or was trained too briefly, or its priors hide what is asked. Give more "
        "--steps before you take its verdicts for those of the priors."
    )


def _equivalences(done: Study, means: Means) -> tuple[Equivalence, ...]:
    """Return every net's factor against the dense one: on intact data first, then permuted."""
    made = [
        equivalence(means, net, condition=condition)
        for condition in ("intact", "permuted")
        for net in done.nets
        if net != "dense"
    ]
    return tuple(one for one in made if one is not None)


def _held_back(point: Point) -> str:
    return (
        f"{point.net} gets {point.train:.0%} of its own {point.n:,} training samples right and {point.mean:.0%} of the "
        "test: there it is held back by its size or its --steps, and no longer by its samples. What the priors are "
        "worth shows at the smaller sizes."
    )
