"""Intervals for counted things."""

from math import sqrt

_Z95 = 1.959963984540054  # the normal distribution's 97.5 % point


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Return the 95 % interval of a probability from so many hits in so many tries.

    ``(p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n)``, which keeps its promise near 0 and 1,
    where the textbook's ``p ± z √(p(1 - p)/n)`` does not (Wilson, 1927).

    >>> low, high = wilson(95, 100)
    >>> round(low, 4), round(high, 4)
    (0.8882, 0.9785)
    """
    if not 0 <= hits <= tries or not tries:
        raise ValueError(f"{hits} hits in {tries} tries")
    share, square = hits / tries, _Z95**2
    middle = (share + square / (2 * tries)) / (1 + square / tries)
    half = _Z95 * sqrt(share * (1 - share) / tries + square / (4 * tries**2))
    half /= 1 + square / tries
    return max(0.0, middle - half), min(1.0, middle + half)
