"""Sums that do not depend on the order in which they are added.

Floating-point addition rounds, so adding the same numbers in another order, or in several parts, gives
another result. Here every number is taken apart into pieces of 32 bits, which are added as integers
into the row of digits where they belong (a Kulisch accumulator, Kulisch and Miranker 1986). Nothing is
rounded until the sum is read, and two rows of digits are merged by adding them.
"""

from fractions import Fraction

import numpy as np

DIGITS = 66
"""Pieces of 32 bits that hold every double: exponents from -1074 to 1023, and the mantissa's width."""

_LOWEST = -1074  # the exponent of the last bit of the smallest double
_PIECE = np.int64(0xFFFFFFFF)


def add(digits: np.ndarray, values: np.ndarray) -> None:
    """Add rows of numbers to running sums, in place and exactly.

    Args:
        digits: int64 ``(U, DIGITS)``; up to 2**30 numbers fit.
        values: float64 ``(n, U)``, all finite.
    """
    bits = np.ascontiguousarray(values, np.float64).view(np.int64)
    exponent = (bits >> 52) & 0x7FF
    mantissa = (bits & 0xFFFFFFFFFFFFF) | ((exponent > 0).astype(np.int64) << 52)
    place = np.maximum(exponent - 1, 0)
    shift = place & 31
    sign = np.where(bits < 0, -1, 1)
    low = (mantissa & _PIECE) << shift
    high = (mantissa >> 32) << shift
    pieces = ((low & _PIECE) * sign, ((low >> 32) + (high & _PIECE)) * sign, (high >> 32) * sign)
    first = place >> 5
    for digit in range(int(first.min(initial=DIGITS)), int(first.max(initial=-1)) + 1):
        here = first == digit
        for offset, piece in enumerate(pieces):
            digits[:, digit + offset] += np.where(here, piece, 0).sum(0)


def exact(digits: np.ndarray) -> list[Fraction]:
    """Return running sums as exact fractions.

    Args:
        digits: int64 ``(U, DIGITS)``.

    >>> digits = np.zeros((1, DIGITS), np.int64)
    >>> add(digits, np.array([[1e300], [1.0], [-1e300]]))
    >>> float(exact(digits)[0])
    1.0
    """
    unit = Fraction(1, 2**-_LOWEST)
    sums = []
    for row in digits:
        used = np.flatnonzero(row)
        sums.append(unit * sum(int(row[i]) << (32 * int(i)) for i in used))
    return sums
