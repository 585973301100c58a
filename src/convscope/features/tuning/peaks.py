"""Between the stimuli that were shown: where a tuning curve peaks, and how narrow it is."""

import numpy as np

_FINER = 32  # points interpolated for each one measured


def circular_peak(angles: np.ndarray, values: np.ndarray, period: float) -> float:
    """Return where a curve over a full circle peaks: the centroid of its summit.

    The curve is interpolated trigonometrically. Its summit is what lies in the upper sixth around the highest
    point; its centroid is right for sharp peaks and for flat ones, whose highest point is a matter of ripples.

    Args:
        angles: evenly spaced over the period, in degrees, ascending.
        values: at those angles.
        period: in degrees.

    >>> angles = np.arange(0, 360, 45.0)
    >>> round(circular_peak(angles, np.cos(np.radians(angles - 100)), 360), 1)
    100.0
    """
    count = len(values)
    fine = count * _FINER
    spectrum = np.fft.rfft(values)
    if count % 2 == 0:
        spectrum[-1] /= 2  # the highest frequency is shared between its two signs
    dense = np.fft.irfft(spectrum, fine) * _FINER
    at = int(np.argmax(dense))
    above = np.roll(dense, fine // 2 - at) - (dense[at] - (dense[at] - dense.min()) / 6)
    low = np.flatnonzero(above <= 0)
    if not len(low) or above.max() <= 0:
        return float(angles[0] + at * period / fine) % period  # a flat curve
    left = low[low < fine // 2].max(initial=-1) + 1
    right = low[low > fine // 2].min(initial=fine)
    summit = above[left:right]
    middle = float((summit * np.arange(left, right)).sum() / summit.sum()) - fine // 2
    # Rounded, so that 0 does not come out as just below a full turn.
    return round(float(angles[0] + (at + middle) * period / fine), 3) % period


def peak(places: np.ndarray, values: np.ndarray) -> float:
    """Return where a curve over an open axis peaks, by a parabola through the largest and its neighbours.

    Args:
        places: ascending.
        values: at those places.
    """
    at = int(np.argmax(values))
    if not 0 < at < len(values) - 1:
        return float(places[at])
    x, y = places[at - 1 : at + 2], values[at - 1 : at + 2]
    a, b, _ = np.polyfit(x - x[1], y, 2)
    if a >= 0:
        return float(x[1])
    return float(np.clip(x[1] - b / (2 * a), x[0], x[2]))


def oriented(angles: np.ndarray, rise: np.ndarray, period: float) -> float:
    """Return 1 minus the circular variance of responses over a circle; 0 flat, 1 one angle only.

    Args:
        angles: in degrees, evenly spaced over the period.
        rise: responses, none below zero.
        period: 180 for orientations, 360 for directions.
    """
    total = rise.sum()
    if total <= 0:
        return 0.0
    return float(abs((rise * np.exp(2j * np.pi * angles / period)).sum()) / total)


def aligned(axes: np.ndarray, rise: np.ndarray) -> float:
    """Return how far responses to axes in space agree on one: 0 flat, 1 one axis only.

    Args:
        axes: unit vectors, (N, D).
        rise: responses, none below zero, (N,).
    """
    total = rise.sum()
    if total <= 0:
        return 0.0
    largest = np.linalg.eigvalsh((rise[:, None] * axes).T @ axes / total)[-1]
    dims = axes.shape[1]
    return float((dims * largest - 1) / (dims - 1))


def sparse(rise: np.ndarray) -> float:
    """Return 1 minus mean over peak of responses along an open axis; 0 flat, near 1 one value only."""
    largest = rise.max(initial=0.0)
    return float(1 - rise.mean() / largest) if largest > 0 else 0.0
