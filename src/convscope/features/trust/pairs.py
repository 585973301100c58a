"""The questions: two samples that no reference shows, one that drives the unit and one that does not."""

from dataclasses import dataclass

import numpy as np

from convscope.features.exemplars import LayerHarvest


@dataclass(frozen=True, eq=False)
class Pairs:
    """Questions about every unit of a layer; -1 where a unit has fewer than P.

    Args:
        high: int64 ``(U, P)``: samples that drive the unit.
        low: int64 ``(U, P)``: samples that do not.
        places: int32 ``(U, P, D)``: the position in the map at which both are looked at.
    """

    high: np.ndarray
    low: np.ndarray
    places: np.ndarray


def pairs(found: LayerHarvest, count: int, seed: int) -> Pairs:
    """Choose questions about each unit, from the samples whose responses were kept.

    The high ones are those that follow the exemplars in rank; the low ones are drawn from the lower half.
    Both are looked at in one place, where the high one has its maximum: what lies at the border, or how
    much of it is cut off, is then the same for both and gives nothing away. The low sample's largest value
    anywhere is below the high one's value there, so the answer is known.

    Args:
        found: what the layer did over the data; its exemplars are the references and are in no pair.
        count: questions about a unit, at most.
        seed: of the low samples.
    """
    units = found.units
    high, low = np.full((2, units, count), -1, np.int64)
    places = np.zeros((units, count, len(found.space)), np.int32)
    rng = np.random.default_rng(seed)
    for unit in range(units):
        responses = found.responses[:, unit]
        free = np.isfinite(responses) & ~np.isin(found.kept, found.samples[unit])
        rows = np.flatnonzero(free)
        rows = rows[np.argsort(-responses[rows], kind="stable")]
        top, bottom = rows[: min(count, len(rows) // 4)], rows[(len(rows) + 1) // 2 :]
        top = top[responses[top] > responses[bottom].max(initial=-np.inf)]
        if not len(top):
            continue
        drawn = rng.permutation(bottom)[: len(top)]
        high[unit, : len(top)] = found.kept[top]
        low[unit, : len(top)] = found.kept[drawn]
        if found.space:
            at = np.unravel_index(found.tally.places[top, unit], found.space)
            places[unit, : len(top)] = np.stack(at, -1)
    return Pairs(high, low, places)
