"""Numbers as a reader wants them: whole where they are counted, short where they are compared."""

from collections.abc import Sequence


def times(factor: float) -> str:
    """Return a factor with enough digits to compare it by.

    >>> times(44600.8912), times(1024.0), times(18.46), times(1.0)
    ('×44,601', '×1,024', '×18.5', '×1')
    """
    text = f"{factor:,.0f}" if factor >= 100 else f"{factor:.3g}"
    return f"×{text}"


def shape(sizes: Sequence[int]) -> str:
    """Return sizes as a person writes them.

    >>> shape((3, 224, 224))
    '3 × 224 × 224'
    """
    return " × ".join(f"{size:,}" for size in sizes)


def bytes_of(count: int) -> str:
    """Return a number of bytes in the unit that fits, in powers of ten.

    >>> bytes_of(6_912), bytes_of(308_281_344)
    ('6.91 kB', '308 MB')
    """
    size, units = float(count), iter(("B", "kB", "MB", "GB", "TB", "PB"))
    unit = next(units)
    while size >= 999.5 and unit != "PB":
        size, unit = size / 1000, next(units)
    return f"{size:.3g} {unit}"
