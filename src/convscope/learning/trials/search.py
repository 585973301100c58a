"""Choosing learning rate and weight decay: per net, size and condition, on other seeds and other samples.

A comparison of networks at one learning rate compares how well it suits them. Every cell of the study
gets its own, the best of a grid by the accuracy on samples that are neither trained nor tested on,
averaged over seeds that are not reported. If the best rate lies at the end of the grid, the grid is
extended; a cell whose best rate is still at the end is refused.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from convscope.learning.trials.trial import Outcome, Trial

RATES = (0.001, 0.003, 0.01)
"""Learning rates that are tried first."""
LADDER = (1e-5, 3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""All that may be tried."""
DECAYS = (0.01, 0.3)
"""Weight decays that are tried with each."""
MOST_SEEDS = 1000
"""Runs that a cell may have: each study has so many seeds to report, and so many others for its search."""


def reported(seed: int, count: int) -> list[int]:
    """Return the seeds of a study's reported runs; studies of different seeds share none.

    Args:
        seed: of the study.
        count: how many, up to ``MOST_SEEDS``.

    >>> reported(0, 3), unreported(0, 2), reported(1, 2)
    ([0, 1, 2], [1000, 1001], [2000, 2001])
    """
    return [2 * MOST_SEEDS * seed + k for k in range(count)]


def unreported(seed: int, count: int) -> list[int]:
    """Return the seeds of a study's search, none of which is reported by any study."""
    return [(2 * seed + 1) * MOST_SEEDS + k for k in range(count)]


@dataclass(frozen=True)
class Tried:
    """One point of the grid: the mean over the search's seeds.

    Args:
        lr: learning rate.
        weight_decay: of AdamW.
        accuracy: on the validation samples.
        loss: likewise, nats.
    """

    lr: float
    weight_decay: float
    accuracy: float
    loss: float


@dataclass(frozen=True)
class Search:
    """The whole search for one cell.

    Args:
        net: which twin.
        n: training samples.
        condition: of the training samples.
        tried: every point, in the order of learning rate and weight decay.
        lr: the one that was chosen.
        weight_decay: likewise.
        settled: whether the chosen learning rate has a worse one on either side.
    """

    net: str
    n: int
    condition: str
    tried: tuple[Tried, ...]
    lr: float
    weight_decay: float
    settled: bool


Cell = tuple[str, int, str]
Done = Callable[[Sequence[Trial]], list[Outcome]]


def searched(
    cells: Sequence[Cell],
    trial_for: Callable[[Cell, float, float, int], Trial],
    done: Done,
    *,
    rates: Sequence[float] = RATES,
    decays: Sequence[float] = DECAYS,
    seeds: Sequence[int] = (MOST_SEEDS, MOST_SEEDS + 1),
) -> dict[Cell, Search]:
    """Search all cells together, in rounds: a grid first, then one rate more wherever the best is at the end.

    Args:
        cells: net, size and condition of each.
        trial_for: makes the trial of a cell with a rate, a decay and a seed.
        done: trains trials and returns what came of them, in their order.
        rates: tried first; neighbours in ``LADDER``.
        decays: tried with each.
        seeds: those whose runs are averaged.

    Returns:
        The search of every cell.
    """
    tried: dict[Cell, dict[tuple[float, float], Tried]] = {cell: {} for cell in cells}
    wanted: dict[Cell, tuple[float, ...]] = dict.fromkeys(cells, tuple(rates))
    while wanted:
        points = [
            (cell, lr, decay) for cell, new in wanted.items() for lr in new for decay in decays
        ]
        trials = [trial_for(cell, lr, decay, seed) for cell, lr, decay in points for seed in seeds]
        outcomes = done(trials)
        for k, (cell, lr, decay) in enumerate(points):
            answers = [
                next(iter(one.answers.values()))
                for one in outcomes[k * len(seeds) : (k + 1) * len(seeds)]
            ]
            accuracy = sum(one.accuracy for one in answers) / len(seeds)
            loss = sum(one.loss for one in answers) / len(seeds)
            tried[cell][lr, decay] = Tried(lr, decay, accuracy, loss)
        wanted = {
            cell: (lr,) for cell in cells if (lr := _beyond(tried[cell].values())) is not None
        }
    return {cell: _search(cell, list(tried[cell].values())) for cell in cells}


def best(tried: Sequence[Tried]) -> Tried:
    """Return the point of highest accuracy; of equal ones that of lowest loss."""
    return max(tried, key=lambda one: (one.accuracy, -one.loss, -one.lr, -one.weight_decay))


def _beyond(tried: Iterable[Tried]) -> float | None:
    """Return the rate next to the best one that has not been tried, if there is one on the ladder."""
    points = list(tried)
    at = LADDER.index(best(points).lr)
    known = {one.lr for one in points}
    for k in (at - 1, at + 1):
        if 0 <= k < len(LADDER) and LADDER[k] not in known:
            return LADDER[k]
    return None


def _search(cell: Cell, tried: list[Tried]) -> Search:
    chosen = best(tried)
    rows = tuple(sorted(tried, key=lambda one: (one.lr, one.weight_decay)))
    inner = rows[0].lr < chosen.lr < rows[-1].lr
    return Search(*cell, rows, chosen.lr, chosen.weight_decay, inner)
