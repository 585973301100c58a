"""What is known of one unit after it was shown stimuli."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

NONE = "none"
"""The family of a unit that no stimulus drives above its response to grey."""


@final
@dataclass(frozen=True, eq=False)
class Tuning:
    """What one unit prefers.

    Args:
        family: the family of stimuli that drives it most; ``"none"`` where nothing does better than plain grey.
        preferred: the best stimulus of that family, refined between the ones shown, by parameter.
        selectivity: how narrowly it is tuned, 0 to 1: for pictures 1 minus the circular variance over
            orientation; for volumes the same over axes; for sound 1 minus mean over peak along frequency.
        phase_invariance: F1/F0 of its response to the preferred grating or tone: below 1 complex (it does not
            mind the phase), above 1 simple; NaN where no wave drives it.
        percent_of_natural: best response as a percentage of its natural maximum; NaN without one above zero.
        curves: by parameter, values and the unit's responses to them, all else at its best.
        best_by_family: largest response in each family, in the unit's own scale.
        baseline: response to plain grey, or silence.
        second: the runner-up family and its share of the winner's rise above the baseline.
    """

    family: str
    preferred: Mapping[str, float]
    selectivity: float
    phase_invariance: float
    percent_of_natural: float
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]]
    best_by_family: Mapping[str, float]
    baseline: float
    second: tuple[str, float]
