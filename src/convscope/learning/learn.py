"""The study and what it says, in one call: do the priors of convolution help on these data?"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from json import dumps
from pathlib import Path

from convscope.data import Source
from convscope.errors import SpecError, WorkError
from convscope.finding import NetworkId, Protocol
from convscope.learning.analysis import (
    DELTA,
    Equivalence,
    Means,
    claims,
    curves,
    equivalence,
    power_law,
    resampled,
)
from convscope.learning.analysis.resample import DRAWS
from convscope.learning.finding import Learning, too_little, unlearned
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
    progress: Progress = silent,
) -> Learning:
    """Train twins with and without the priors of convolution, and judge five claims.

    Args:
        data: a task, labelled data, or the spec of either.
        quick: three nets, up to three sizes, five seeds and half the steps: minutes in place of an hour.
        nets: some of conv+pool, conv, local+pool, local, dense; None takes all (quick: three).
        sizes: training samples; None takes a grid that quadruples.
        seeds: runs of each net, size and condition; None takes 10 (quick: 5).
        conditions: ``intact``, ``permuted``, ``block-permuted:B``, ``shifted:D``; None takes intact,
            permuted and a shift.
        steps: of each run; None takes 600 (quick: 300).
        out: a folder where finished runs are kept, so that a stopped study goes on; None keeps nothing.
        workers: processes; None takes one per core.
        seed: of everything drawn at random.
        audit: whether to audit the data too (see ``prior``).
        progress: told of what is done.

    Returns:
        Runs, curves with intervals, claims with verdicts, data-equivalence factors.

    Raises:
        SpecError: the data have no labels or too few samples, or an argument does not fit them.
        WorkError: a process died, or no net learns anything.
    """
    if seeds is not None and seeds < 2:
        raise SpecError(
            f"{seeds} seeds give no interval, as nothing says how much runs differ. Give 2 or more, or none at all "
            "for 10 (5 where it is to be quick)."
        )
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
    return judged(done, seed=seed, audited=audited)


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
    found = Learning(
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
        curves=curves(done.runs, means),
        claims=claims(means),
        equivalences=_equivalences(done, means),
        power=tuple(
            law
            for condition in ("intact", "permuted")
            for net in done.nets
            if (law := power_law(means, net, condition)) is not None
        ),
        searches=tuple(asdict(search) for search in done.searches),
        refused=done.refused,
        notes=done.notes,
        prior=audited,
        timeline=None
        if kept is None or not kept[0].is_file()
        else timeline(*kept, next(iter(done.nets))),
    )
    poor = tuple(too_little(point, done.chance) for point in unlearned(found))
    return replace(found, notes=found.notes + poor)


def _equivalences(done: Study, means: Means) -> tuple[Equivalence, ...]:
    """Return every net's factor against the dense one: on intact data first, then permuted."""
    made = [
        equivalence(means, net, condition=condition)
        for condition in ("intact", "permuted")
        for net in done.nets
        if net != "dense"
    ]
    return tuple(one for one in made if one is not None)
