"""Gratings with hard edges, where they could decide between a grating and something simpler or rarer.

Edges, bars and corners are shown at full contrast everywhere; a sinusoid is not, which costs it up to a factor
of 4/pi against them. So where a unit's best grating comes that near to its best stimulus, its stripes are
shown again with hard edges.
"""

from collections.abc import Mapping

import numpy as np

from convscope.data.stimuli import PHASES, Recipe
from convscope.features.tuning.preferred import Shelf
from convscope.features.tuning.seen import Seen

SQUARE = "square grating"
_GAIN = 4 / np.pi


def worth_showing(shelves: Mapping[str, Shelf], seen: Seen) -> list[Recipe]:
    """Return the hard-edged gratings that could change the family of some unit of a layer.

    Args:
        shelves: the recipes by family.
        seen: what the layer's units answered.
    """
    if "grating" not in shelves:
        return []
    rise = seen.values - seen.baseline
    waves = shelves["grating"].rows
    rest = np.setdiff1d(np.arange(len(rise)), waves)
    own, others = rise[waves].max(0), rise[rest].max(0)
    near = (own > 0) & (own < others) & (own * _GAIN * 1.05 > others)
    best = waves[rise[waves].argmax(0)][near]
    cells = [seen.recipes[row].parameters for row in sorted(set(best.tolist()))]
    return [Recipe(SQUARE, {**cell, "phase": phase}) for cell in cells for phase in PHASES]
