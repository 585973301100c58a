"""What is known of one unit after it was shown stimuli."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np

NONE = "none"
"""The family of a unit that no stimulus drives above its response to grey."""

_PER_SAMPLE = ("frequency", "sweep")


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

    def at_rate(self, rate: float) -> "Tuning":
        """Return the tuning with frequencies per second, where they were per sample.

        Args:
            rate: samples per second.
        """
        preferred = {n: v * rate if n in _PER_SAMPLE else v for n, v in self.preferred.items()}
        curves = {
            name: (places * rate if name in _PER_SAMPLE else places, responses)
            for name, (places, responses) in self.curves.items()
        }
        return replace(self, preferred=preferred, curves=curves)
