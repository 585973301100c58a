"""Why a layer does not follow moves: padding, stride, nonlinearity.

The question: how much of the error would go away without zero padding, how much with better sampling?
Errors do not add (a random ResNet-18 has 0.91 from padding alone, 0.75 from sampling alone, 0.99
together), so none may be subtracted from another. Two things can be said exactly:

- **Cells**: the network as it is, and with circular padding, under moves that its strides can follow
  and under others. Circular and aligned is 0 by theorem; native and aligned is padding alone, circular and
  unaligned sampling alone. The interaction is what is left over.
- **Shapley values** (1953) over eight networks, in which each of three causes is there or has been taken out
  by an oracle: padding made circular; an ideal low-pass before each stride; each nonlinearity at twice
  the resolution with a low-pass after. A cause's value is the mean, over all orders in which causes can be
  taken out, of what its going changes; the three sum to the change from all to none.

Limit: the oracles are other functions than the network; their values say what would happen, not what
a repaired and retrained network does. What is left with all three taken out (``leftover``) is what a
pointwise nonlinearity still does at twice the resolution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Any

CAUSES = ("padding", "stride", "nonlinearity")


@dataclass(frozen=True)
class Cells:
    """The error under {native, circular padding} and {aligned, unaligned} moves."""

    native_aligned: float | None
    native_unaligned: float | None
    circular_aligned: float | None
    circular_unaligned: float | None

    @property
    def interaction(self) -> float | None:
        """What the four cells have beyond a sum: 0 where padding and sampling do not meet."""
        cells = (self.native_aligned, self.circular_unaligned, self.native_unaligned)
        if any(cell is None for cell in cells):
            return None
        aligned, sampling, everything = (float(cell or 0) for cell in cells)
        return everything - aligned - sampling + (self.circular_aligned or 0.0)


@dataclass(frozen=True)
class Causes:
    """The error of one layer, split by cause.

    Args:
        layer: the layer.
        parts: the Shapley value of each cause; empty where an oracle cannot take the place of some operation.
        swaps: the error for each set of causes that are there, joined by ``+``; ``none`` for the empty one.
        cells: the factorial, over all samples that were looked at.
        samples: of these, how many the parts and swaps are of.
    """

    layer: str
    parts: Mapping[str, float]
    swaps: Mapping[str, float]
    cells: Cells
    samples: int

    @property
    def leftover(self) -> float | None:
        """The error with all causes taken out."""
        return self.swaps.get(name_of(()))

    @property
    def total(self) -> float | None:
        """What all causes do together: the sum of the parts."""
        whole, leftover = self.swaps.get(name_of(CAUSES)), self.leftover
        return None if whole is None or leftover is None else whole - leftover

    def document(self) -> dict[str, Any]:
        """Return the split as JSON."""
        return {
            **{cause: self.parts.get(cause) for cause in CAUSES},
            "total": self.total,
            "leftover": self.leftover,
        }


def name_of(causes: tuple[str, ...]) -> str:
    """Return the name of a set of causes.

    >>> name_of(("padding", "stride")), name_of(())
    ('padding+stride', 'none')
    """
    return "+".join(causes) or "none"


def every_set() -> list[tuple[str, ...]]:
    """Return the eight sets of causes, from none to all."""
    return [one for count in range(len(CAUSES) + 1) for one in combinations(CAUSES, count)]


def shapley(value: Callable[[tuple[str, ...]], float]) -> dict[str, float]:
    """Return the Shapley value of each cause.

    ``phi_i = sum over sets S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))``

    Args:
        value: the error with a set of causes there, in the order of ``CAUSES``.

    >>> shapley(lambda there: float(len(there)))
    {'padding': 1.0, 'stride': 1.0, 'nonlinearity': 1.0}
    """
    count = len(CAUSES)
    parts = {}
    for cause in CAUSES:
        part = 0.0
        for there in every_set():
            if cause in there:
                continue
            weight = factorial(len(there)) * factorial(count - len(there) - 1) / factorial(count)
            joined = tuple(one for one in CAUSES if one == cause or one in there)
            part += weight * (value(joined) - value(there))
        parts[cause] = part
    return parts


def causes_of(layer: str, swaps: Mapping[str, float], cells: Cells, samples: int) -> Causes:
    """Return the split of a layer's error.

    Args:
        layer: the layer.
        swaps: the error for each set of causes that are there, by ``name_of``; those that could be measured.
        cells: the factorial.
        samples: that ``swaps`` are of.
    """
    known = len(swaps) == 2 ** len(CAUSES)
    parts = shapley(lambda there: swaps[name_of(there)]) if known else {}
    return Causes(layer, parts, dict(swaps), cells, samples)
