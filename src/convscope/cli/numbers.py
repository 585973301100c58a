"""Numbers as a terminal shows them."""

from collections.abc import Sequence

_UNITS = ("", "K", "M", "G", "T", "P", "E")


def count(value: int | None) -> str:
    """Return a count with three digits and a unit of a thousand, or exactly where it is short.

    >>> [count(n) for n in (576, 9_999, 77_070_336, 999_999, 16_710_000_000_000, None)]
    ['576', '9,999', '77.1M', '1.00M', '16.7T', '?']
    """
    if value is None:
        return "?"
    if abs(value) < 10_000:
        return f"{value:,}"
    scaled, unit = float(value), 0
    while abs(scaled) >= 999.5 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    return f"{scaled:,.{digits}f}{_UNITS[unit]}"


def factor(value: float | None) -> str:
    """Return how many times more.

    >>> [factor(v) for v in (1.0, 2.25, 133802.0, None)]
    ['×1', '×2.25', '×134K', '']
    """
    if value is None:
        return ""
    if value >= 100:
        return f"×{count(round(value))}"
    return f"×{value:.3g}"


def shape(sizes: Sequence[int] | None) -> str:
    """Return sizes joined by a multiplication sign.

    >>> shape((3, 224, 224))
    '3×224×224'
    """
    return "×".join(map(str, sizes or ()))


def per_axis(values: Sequence[float] | None) -> str:
    """Return one number where all axes agree, all of them otherwise.

    >>> per_axis((3, 3)), per_axis((1, 7)), per_axis((0.5, 0.5)), per_axis(())
    ('3', '1×7', '0.5', '')
    """
    if not values:
        return ""
    written = [f"{value:g}" for value in values]
    return written[0] if len(set(written)) == 1 else "×".join(written)


def duration(text: str) -> float:
    """Return the seconds of a duration such as ``90``, ``45s``, ``10m``, ``1.5h`` or ``1h30m``.

    Raises:
        SpecError: it is no duration.

    >>> duration("10m"), duration("1h30m"), duration("90")
    (600.0, 5400.0, 90.0)
    """
    import re

    from convscope.errors import SpecError

    found = re.fullmatch(
        r"(?:(?P<h>\d+(?:\.\d+)?)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+(?:\.\d+)?)s?)?",
        text.strip().lower(),
    )
    parts = found.groupdict() if found else {}
    seconds = sum(
        float(parts[unit]) * size
        for unit, size in (("h", 3600), ("m", 60), ("s", 1))
        if parts.get(unit)
    )
    if seconds <= 0:
        raise SpecError(f"{text!r} is not a duration. Type for example --budget 45s, 10m or 1h30m.")
    return seconds
