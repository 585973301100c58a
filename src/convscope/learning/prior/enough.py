"""How many samples an audit would need where those it has do not decide.

An interval narrows with the root of the number of samples, and the error of products of correlations,
of which stationarity is made, with the number itself. Where either is as far from what decides as it
is wide, the answer is known. These are estimates from what is undecided, so they are rounded up, and
ask for half as many again.
"""

from math import ceil, floor, log10

from convscope.learning.prior.finding import ALIKE, NEAR, UNRELATED, Axis
from convscope.learning.prior.stationarity import CLEAR, FAINT

LEAST, MOST = 1.5, 100.0
"""Times the samples there are: less would not change the answer, and more is not to be had."""

_SPARE = 1.5


def needed(axis: Axis, used: int) -> int | None:
    """Return about how many samples would decide whether to share weights along an axis.

    ``N (h / d)²`` for an interval of half width h whose middle is d from what decides, and ``3 N e / (w + 2e)`` for
    structure w with the standard error e that does not stand out yet: w + 2e is the most that it may be.

    Args:
        axis: what was found along it.
        used: samples that were looked at.

    Returns:
        The number, rounded up to one digit; None where it is decided, or more samples would not decide it.
    """
    if axis.share != "undecided":
        return None
    times = [_for_locality(axis), _for_stationarity(axis)]
    if None in times:
        return None
    most = _SPARE * max(one for one in times if one is not None)
    return None if most > MOST else _up(used * max(LEAST, most))


def _for_locality(axis: Axis) -> float | None:
    """Return how many times the samples locality needs; 0 where it is decided, None where nothing would decide it."""
    found = axis.locality
    if axis.local != "undecided":
        return 0.0
    if found is None:
        return None
    if found.anywhere <= 0 and found.score <= found.null99:
        return None
    # Around this middle, a narrower interval may rise above the null, or end below what counts.
    middle, near = sum(found.interval) / 2, max(found.null99, NEAR)
    ways = []
    if middle > found.null99:
        ways.append(_narrowed(found.interval, found.null99))
    if middle < near and found.anywhere > UNRELATED:
        ways.append(_narrowed(found.interval, near))
    return min(ways, default=None)


def _for_stationarity(axis: Axis) -> float | None:
    """Return the same for stationarity; None where the axis is too short, or what there is too faint."""
    found = axis.stationarity
    if axis.stationary != "undecided":
        return 0.0
    if found is None or found.strength < FAINT:
        return None
    if not found.structured:
        most = found.structure + 2 * found.error
        return CLEAR * found.error / most if most > 0 else MOST / _SPARE
    return None if found.interval is None else _narrowed(found.interval, max(ALIKE, found.null99))


def _narrowed(interval: tuple[float, float], at: float) -> float:
    low, high = interval
    far = abs((low + high) / 2 - at)
    return ((high - low) / 2 / far) ** 2 if far else float("inf")


def _up(count: float) -> int:
    """Return a number rounded up to one digit.

    >>> _up(201.0), _up(3000.0)
    (300, 3000)
    """
    step = 10 ** floor(log10(count))
    return ceil(count / step) * step
