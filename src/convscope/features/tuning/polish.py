"""Better stimuli for each unit than the shared ones: sizes and angles between those that were shown to all.

Which of two families drives a unit more is a fair question only once both are at their best: an arc of the
wrong radius loses to a straight bar. So where pictures are small, the families near the top of each unit are
varied, a step this way and that in each parameter that has a size, a few times over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np

from convscope.data.stimuli import Recipe
from convscope.features.tuning.preferred import Shelf, preferred
from convscope.features.tuning.seen import Seen, Theatre
from convscope.features.tuning.squares import SQUARE

NEAR = 0.75
"""Families that reach this share of a unit's best are varied."""
_MOST = 5
_ROUNDS = 4
_FACTORS = {"width": 1.3, "radius": 1.25, "frequency": 1.12, "sweep": 1.4}
_STEPS = {"angle": 15.0, "span": 30.0, "phase": 45.0}
_LIMITS = {"width": (1.0, np.inf), "radius": (0.5, np.inf), "frequency": (1e-4, 0.5)} | {
    "angle": (20.0, 160.0),
    "span": (60.0, 330.0),
}
_BUDGET = 6e6
"""Pixels of all pictures that one stage may show beyond the shared ones."""


@final
@dataclass(frozen=True)
class Polished:
    """The best stimulus found for one unit in one family, and the unit's response to it."""

    recipe: Recipe
    value: float


Found = dict[tuple[int, str], Polished]


def polish(
    theatre: Theatre, shelves: Mapping[str, Mapping[str, Shelf]], seen: Mapping[str, Seen]
) -> dict[str, Found]:
    """Vary the stimuli near the top of every unit.

    Args:
        theatre: where they are shown.
        shelves: by layer, the recipes by family.
        seen: by layer, what the units answered.

    Returns:
        By layer, the best stimulus by unit and family, where any was tried; nothing where the pictures are so
        large or the units so many that it would cost more than all that was shown before.
    """
    found = {name: _starts(shelves[name], seen[name]) for name in seen}
    trials = sum(2 * len(_varied(one.recipe)) for part in found.values() for one in part.values())
    if trials * _ROUNDS * prod(theatre.shape[1:]) * theatre.moves > _BUDGET:
        return {name: {} for name in seen}
    finer = 1.0
    for _ in range(_ROUNDS):
        for name, part in found.items():
            _round(theatre, name, part, finer)
        finer /= 1.6
    return found


def _starts(shelves: Mapping[str, Shelf], seen: Seen) -> Found:
    """Return what each unit starts from: the best of each family near its top, between the grid's steps."""
    found: Found = {}
    for unit, base in enumerate(seen.baseline):
        values, peaks = seen.values[:, unit], seen.peaks[:, unit]
        rises = {name: float(values[shelf.rows].max()) - base for name, shelf in shelves.items()}
        largest = max(rises.values())
        if largest <= 0:
            continue
        for name in sorted(rises, key=lambda n: -rises[n])[:_MOST]:
            shelf = shelves[name]
            grid = dict(zip(shelf.names, shelf.table[shelf.best(values)].tolist(), strict=True))
            if rises[name] >= NEAR * largest and _varied(Recipe(name, grid)):
                source = shelves["grating"] if name == SQUARE else shelf
                between = {k: v for k, v in preferred(source, peaks).items() if k in grid}
                # The start is not shown by itself: its neighbours are.
                start = Recipe(name, {**grid, **between})
                found[unit, name] = Polished(start, float(values[shelf.rows].max()))
    return found


def _round(theatre: Theatre, layer: str, found: Found, finer: float) -> None:
    """Try a step either way in every parameter, and the start itself; keep what is better."""
    owners, trials = [], []
    for key, one in found.items():
        options = [one.recipe, *_neighbours(one.recipe, finer)]
        owners += [key] * len(options)
        trials += options
    if not trials:
        return
    answers = theatre.answers(layer, trials, [unit for unit, _ in owners])
    for key, recipe, value in zip(owners, trials, answers.tolist(), strict=True):
        if value > found[key].value:
            found[key] = Polished(recipe, value)


def _neighbours(recipe: Recipe, finer: float) -> list[Recipe]:
    options = []
    for name in _varied(recipe):
        now = recipe.parameters[name]
        for sign in (1, -1):
            moved = _moved(name, now, sign * finer)
            options.append(recipe.with_(**{name: moved}))
    return options


def _moved(name: str, value: float, steps: float) -> float:
    factor = _FACTORS.get(name)
    moved = value + steps * _STEPS[name] if factor is None else value * factor**steps
    return float(np.clip(moved, *_LIMITS.get(name, (-np.inf, np.inf))))


def _varied(recipe: Recipe) -> list[str]:
    """Return the parameters that are varied; waves were fitted along all of theirs already."""
    if recipe.family in ("grating", "tone", "noise band"):
        return []
    return [name for name in recipe.parameters if name in _FACTORS or name in _STEPS]
