"""A unit's response along the phase of a wave: its mean F0, its first harmonic F1, its peak.

The same wave is shown at four phases, and neighbouring units see it at others, so the phases at hand are
uneven and many. A short Fourier series is fitted to them by least squares.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

HARMONICS = 2
_FINE = np.arange(48) * 2 * np.pi / 48


@final
@dataclass(frozen=True, eq=False)
class WaveResponse:
    """What U units answered to one wave.

    Args:
        shown: the largest response, (U,).
        peak: the largest value of the fitted series, (U,): not missed where it lies between phases.
        f0: mean over phase of the rise above the baseline, falls cut off, (U,).
        f1: amplitude of its first harmonic, (U,).
    """

    shown: np.ndarray
    peak: np.ndarray
    f0: np.ndarray
    f1: np.ndarray


def along_phase(phases: np.ndarray, responses: np.ndarray, baseline: np.ndarray) -> WaveResponse:
    """Fit the responses to one wave along its phase.

    Args:
        phases: of each response, in radians, (N,).
        responses: (N, U).
        baseline: response to grey, (U,).

    A linear unit behind a ReLU gives F1/F0 = pi/2, an energy unit 0:

    >>> phases = np.arange(64) * 2 * np.pi / 64
    >>> both = np.stack([np.maximum(np.cos(phases), 0), np.ones(64)], 1)
    >>> found = along_phase(phases, both, np.zeros(2))
    >>> (found.f1 / found.f0).round(2).tolist()
    [1.57, 0.0]
    """
    inverse = np.linalg.pinv(_series(phases), rcond=1e-3)
    rise = np.maximum(responses - baseline, 0)
    coefficients = inverse @ rise
    peak = (_series(_FINE) @ (inverse @ responses)).max(0)
    return WaveResponse(
        responses.max(0),
        peak,
        np.maximum(coefficients[0], 0),
        np.hypot(coefficients[1], coefficients[2]),
    )


def _series(phases: np.ndarray) -> np.ndarray:
    orders = np.arange(1, HARMONICS + 1)
    angles = phases[:, None] * orders
    pairs = np.stack([np.cos(angles), np.sin(angles)], 2).reshape(len(phases), -1)
    return np.concatenate([np.ones((len(phases), 1)), pairs], 1)
