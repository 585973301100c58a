"""Hues of equal strength: a circle around grey, so that no hue is shown louder than another.

Hue is as in a colour wheel: 0 red, 60 yellow, 120 green, 180 cyan, 240 blue, 300 magenta. The circle lies in
the plane of equal R + G + B; a linear unit answers to it as a cosine, whose peak is the unit's hue exactly.
"""

import numpy as np

_RED = np.array([2.0, -1.0, -1.0]) / np.sqrt(6)
_GREEN_OVER_BLUE = np.array([0.0, 1.0, -1.0]) / np.sqrt(2)
_LARGEST = np.sqrt(2 / 3)  # the largest component of a unit vector in that plane


def hue_direction(hue: float) -> np.ndarray:
    """Return the direction of a hue from grey, ``(3,)``; no component is larger than 1.

    Args:
        hue: degrees on the colour wheel.

    >>> hue_direction(0).round(2).tolist()
    [1.0, -0.5, -0.5]
    """
    turn = np.radians(hue)
    return (np.cos(turn) * _RED + np.sin(turn) * _GREEN_OVER_BLUE) / _LARGEST


def hue_of(colour: np.ndarray) -> float:
    """Return the hue of red, green and blue in degrees, [0, 360).

    Args:
        colour: ``(3,)``; only the differences between the channels count.

    >>> round(hue_of(np.array([0.0, 0.0, 1.0])), 6)
    240.0
    """
    return float(np.degrees(np.arctan2(colour @ _GREEN_OVER_BLUE, colour @ _RED)) % 360)
