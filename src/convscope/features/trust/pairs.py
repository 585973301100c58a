"""The questions: two samples that no reference shows, one that drives the unit and one that does not."""

from dataclasses import dataclass

import numpy as np

from convscope.features.exemplars import LayerHarvest

_TOP = 0.1
"""Share of the samples that count as driving a unit."""
_ROUNDS = 6
"""Times that units are paired anew, per question asked."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Questions about every unit of a layer; -1 where a unit has fewer than P.

    Args:
        high: int64 ``(U, P)``: samples that drive the unit.
        low: int64 ``(U, P)``: samples that do not, and drive another unit.
        high_places: int32 ``(U, P, D)``: where in the map the unit is highest on ``high``.
        low_places: int32 ``(U, P, D)``: where the other unit is highest on ``low``.
    """

    high: np.ndarray
    low: np.ndarray
    high_places: np.ndarray
    low_places: np.ndarray


def pairs(found: LayerHarvest, count: int, seed: int) -> Pairs:
    """Choose questions about each unit, from the samples whose responses were kept.

    Units are paired at random. Of two, one sample is taken that drives the first (in its top tenth after its
    exemplars) and not the second (not above its median), and one that drives the second and not the first.
    Which of the two drives the first is one question, which drives the second is another. Each crop is
    strong for some unit, and each is the right answer once: references that have nothing to do with the
    units, or that only tell that there is something rather than nothing, are right half the time.

    Args:
        found: what the layer did over the data; its exemplars are the references and are in no question
            about their unit.
        count: questions about a unit, at most.
        seed: of the pairing.
    """
    units, responses = found.units, found.responses
    known = np.asarray(np.isfinite(responses).all(axis=1))
    middle = np.median(responses[known], 0) if known.any() else np.zeros(units)
    quiet = known[:, None] & (responses <= middle)
    top = [_top(found, unit, known, middle[unit]) for unit in range(units)]
    asked: list[list[tuple[int, int, int]]] = [[] for _ in range(units)]
    rng = np.random.default_rng(seed)
    for _ in range(_ROUNDS * count):
        order = rng.permutation(units)
        for one, other in zip(order[0::2], order[1::2], strict=False):
            if max(len(asked[one]), len(asked[other])) >= count:
                continue
            first = _fitting(top[one], quiet[:, other])
            second = _fitting(top[other], quiet[:, one])
            if first is not None and second is not None:
                asked[one].append((first, second, other))
                asked[other].append((second, first, one))
                top[one], top[other] = top[one][top[one] != first], top[other][top[other] != second]
    return _pairs(found, asked, count)


def _top(found: LayerHarvest, unit: int, known: np.ndarray, middle: float) -> np.ndarray:
    """Return the rows of ``responses`` that drive a unit, highest first, without its exemplars."""
    responses = found.responses[:, unit]
    rows = np.flatnonzero(known & ~np.isin(found.kept, found.samples[unit]))
    rows = rows[np.argsort(-responses[rows], kind="stable")][: int(_TOP * known.sum())]
    return rows[responses[rows] > middle]


def _fitting(rows: np.ndarray, quiet: np.ndarray) -> int | None:
    """Return the first of some rows on which another unit is quiet."""
    fitting = rows[quiet[rows]]
    return int(fitting[0]) if len(fitting) else None


def _pairs(found: LayerHarvest, asked: list[list[tuple[int, int, int]]], count: int) -> Pairs:
    high, low = np.full((2, found.units, count), -1, np.int64)
    places = np.zeros((2, found.units, count, len(found.space)), np.int32)
    for unit, questions in enumerate(asked):
        for i, (first, second, other) in enumerate(questions):
            high[unit, i], low[unit, i] = found.kept[first], found.kept[second]
            places[0, unit, i] = _place(found, first, unit)
            places[1, unit, i] = _place(found, second, other)
    return Pairs(high, low, places[0], places[1])


def _place(found: LayerHarvest, row: int, unit: int) -> tuple[int, ...]:
    if not found.space:
        return ()
    return tuple(map(int, np.unravel_index(found.tally.places[row, unit], found.space)))
