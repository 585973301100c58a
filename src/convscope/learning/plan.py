"""What a study trains: which nets, sizes, conditions and seeds, and for how long; checked before anything begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from convscope.errors import SpecError
from convscope.learning.record import NETS
from convscope.learning.tasks import Task
from convscope.learning.trials.conditions import INTACT, trained_under, understood
from convscope.learning.trials.search import MOST_SEEDS, Cell
from convscope.learning.twins import Twin, twins

QUICK_NETS = ("conv+pool", "conv", "dense")
"""The twins that the claims are about."""

_SMALLEST = 32  # samples of a grid that is not asked for


@dataclass(frozen=True)
class Plan:
    """Everything that is chosen before training.

    Args:
        nets: the twins by name.
        sizes: training samples, in order.
        conditions: of the tests, in the order asked for.
        seeds: runs of each cell.
        steps: of every run.
        batch: samples to a step, at most.
        threshold: accuracy whose first passing is noted.
    """

    nets: Mapping[str, Twin]
    sizes: tuple[int, ...]
    conditions: tuple[str, ...]
    seeds: int
    steps: int
    batch: int
    threshold: float

    @property
    def cells(self) -> list[Cell]:
        """Every net, size and condition of training."""
        trained = tuple(dict.fromkeys(trained_under(one) for one in self.conditions))
        return [(net, n, one) for one in trained for n in self.sizes for net in self.nets]


def planned(
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
) -> Plan:
    """Return what is trained; see ``study`` for the arguments.

    Raises:
        SpecError: a net, size, condition or number does not fit the task.
    """
    flat = len(task.shape) == 2
    asked = (INTACT, "permuted", f"shifted:{max(1, min(task.shape[1:]) // 8)}")
    return Plan(
        nets=_nets(task, nets, quick),
        sizes=_sizes(task, sizes, quick),
        conditions=tuple(
            understood(one, task.shape) for one in (asked if conditions is None else conditions)
        ),
        seeds=_count("seeds", seeds, 5 if quick else 10, MOST_SEEDS),
        steps=_count("steps", steps, (300 if flat else 400) if quick else 600),
        batch=_count("batch", batch, 128 if flat else 32 if quick else 64),
        threshold=(task.chance + (task.bayes or 1.0)) / 2 if threshold is None else threshold,
    )


def _count(what: str, asked: int | None, usual: int, most: int | None = None) -> int:
    if asked is not None and asked < 1:
        raise SpecError(
            f"{asked} is too few for the number of {what}. Give 1 or more, or none at all for {usual}."
        )
    if asked is not None and most is not None and asked > most:
        raise SpecError(f"{asked:,} is too many for the number of {what}. Give {most:,} at most.")
    return usual if asked is None else asked


def _nets(
    task: Task, nets: Sequence[str] | Mapping[str, Twin] | None, quick: bool
) -> dict[str, Twin]:
    if isinstance(nets, Mapping):
        return dict(nets)
    names = tuple((QUICK_NETS if quick else NETS) if nets is None else nets)
    wrong = [name for name in names if name not in NETS]
    if not names:
        raise SpecError(f"No nets are named. Expected some of: {', '.join(NETS)}.")
    if wrong:
        near = get_close_matches(wrong[0], NETS, 1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise SpecError(
            f"There is no net {wrong[0]!r}. {meant}Expected some of: {', '.join(NETS)}."
        )
    return twins(task.shape, len(task.classes), names=names, geometry=task.geometry)


def _sizes(task: Task, sizes: Sequence[int] | None, quick: bool) -> tuple[int, ...]:
    """Return the training sizes in order: those asked for, or a grid that quadruples up to the whole pool."""
    pool = len(task.x_train)
    if sizes is not None:
        grid = tuple(sorted(set(sizes)))
        if not grid or grid[0] < 2 or grid[-1] > pool:
            raise SpecError(
                f"Training sizes {list(sizes)} do not fit {task.name!r}: give sizes from 2 to {pool:,}, the samples "
                "that are left to learn from once a test and a part to choose learning rates on are set apart. "
                f"For example: --sizes {','.join(map(str, _grid(pool, True)))}."
            )
        return grid
    return _grid(pool, quick)


def _grid(pool: int, quick: bool) -> tuple[int, ...]:
    """Return sizes that quadruple, the largest a power of two within the pool.

    >>> _grid(899, True), _grid(40, True)
    ((32, 128, 512), (32,))
    """
    largest = 2048 if quick else 8192
    while largest > pool:
        largest //= 2
    grid = [largest]
    while grid[0] >= 4 * _SMALLEST and len(grid) < (3 if quick else 5):
        grid.insert(0, grid[0] // 4)
    return tuple(grid)
