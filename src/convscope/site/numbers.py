"""Numbers as a reader wants them: whole where they are counted, short where they are compared."""

from collections.abc import Sequence
from pathlib import PurePath


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


def short_name(spec: str) -> str:
    """Return what a person calls the network that a spec names.

    >>> short_name("models/own.py:tiny"), short_name("torchvision:resnet18"), short_name("a/net.pt2")
    ('tiny', 'torchvision:resnet18', 'net')
    """
    place, _, made = spec.rpartition(":")
    if "/" in spec or "\\" in spec or place.endswith(".py"):
        return made if place.endswith(".py") else PurePath(spec).stem
    return spec
