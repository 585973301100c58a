"""The data-equivalence factor: how many times more samples a net without the priors needs.

``F(a) = n_plain(a) / n_prior(a)``, the training sizes at which two nets reach the same accuracy.
It is asked at an accuracy that the two mean curves fix: the middle of the range that both pass
through; and at a quarter and three quarters of it, as curves of unlike shapes have no one factor, and
may cross. Where a curve does not pass it within the sizes that were trained, only a bound is known, and
the factor says so; an interval takes the lower bound of each draw below and the upper one above.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Any

import numpy as np

from convscope.learning.analysis.curves import needed, rising
from convscope.learning.analysis.resample import LEVEL, Cell, Means


@dataclass(frozen=True)
class Equivalence:
    """How many times more samples one net needs than another for the same accuracy.

    Args:
        net: the net with the priors.
        than: the one that needs more.
        condition: under which both were trained.
        at_accuracy: where they are compared.
        factor: ``n_than / n_net``; the bound where it is censored.
        interval: 95 %; an end is None where the sizes that were trained do not bound it.
        censored: ``">="`` or ``"<="`` where the factor itself is only a bound, else None.
        samples: how many samples each needs, ``(net, than)``; bounds where censored.
        elsewhere: the same nets at a lower and a higher accuracy, where both curves pass through a range.
    """

    net: str
    than: str
    condition: str
    at_accuracy: float
    factor: float
    interval: tuple[float | None, float | None]
    censored: str | None
    samples: tuple[float, float]
    elsewhere: tuple["Equivalence", ...] = ()

    @property
    def turns(self) -> bool:
        """Whether curves cross: by their intervals, more samples are needed at one accuracy and fewer at another."""
        ends = [one.interval for one in (self, *self.elsewhere)]
        fewer = any(high is not None and high < 1 for _, high in ends)
        return fewer and any(low is not None and low > 1 for low, _ in ends)

    def document(self) -> dict[str, Any]:
        """Return the factor as JSON."""
        return self._facts() | {"elsewhere": [one._facts() for one in self.elsewhere]}

    def _facts(self) -> dict[str, Any]:
        return {
            "net": self.net,
            "than": self.than,
            "condition": self.condition,
            "at_accuracy": self.at_accuracy,
            "factor": self.factor,
            "interval": list(self.interval),
            "censored": self.censored,
            "samples": list(self.samples),
        }


def equivalence(
    means: Means,
    net: str = "conv+pool",
    than: str = "dense",
    *,
    condition: str = "intact",
    at: float | None = None,
) -> Equivalence | None:
    """Return the data-equivalence factor of two nets.

    Args:
        means: accuracies with draws.
        net: the net with the priors.
        than: the one it is compared with.
        condition: under which.
        at: the accuracy; None takes the middle of the range that both mean curves pass through, with a
            quarter and three quarters of it beside it; or where there is none, the middle between them.

    Returns:
        The factor, or None where either net has fewer than two sizes.
    """
    sizes = [np.array(means.sizes(name, condition), float) for name in (net, than)]
    if min(map(len, sizes)) < 2:
        return None
    cells = [
        [Cell(name, condition, int(n)) for n in ns]
        for name, ns in zip((net, than), sizes, strict=True)
    ]
    curves = [np.array([means.accuracy[cell] for cell in row]) for row in cells]
    draws = [np.stack([means.draws[cell] for cell in row], -1) for row in cells]

    def asked(accuracy: float) -> Equivalence:
        return _asked((net, than, condition), sizes, curves, draws, accuracy)

    if at is not None:
        return asked(at)
    ends = [rising(curve)[[0, -1]] for curve in curves]
    low, high = float(max(e[0] for e in ends)), float(min(e[1] for e in ends))
    others = (0.25, 0.75) if low < high else ()
    elsewhere = tuple(asked(low + share * (high - low)) for share in others)
    return replace(asked((low + high) / 2), elsewhere=elsewhere)


def _asked(
    names: tuple[str, str, str],
    sizes: Sequence[np.ndarray],
    curves: Sequence[np.ndarray],
    draws: Sequence[np.ndarray],
    at: float,
) -> Equivalence:
    """Return the factor at one accuracy; of each sequence the first is about the net, the second about the other."""
    (few_low, few_high), (many_low, many_high) = (
        needed(ns, curve, at) for ns, curve in zip(sizes, curves, strict=True)
    )
    low, high = _ratio(many_low, few_high), _ratio(many_high, few_low)
    bounds = [needed(ns, drawn, at) for ns, drawn in zip(sizes, draws, strict=True)]
    lows = _ratio(bounds[1][0], bounds[0][1])
    highs = _ratio(bounds[1][1], bounds[0][0])
    tail = (1 - LEVEL) / 2
    bottom = _quantile(lows, tail)
    top = _quantile(highs, 1 - tail)
    censored = None if np.isclose(low, high) else "<=" if low <= 0 else ">="
    return Equivalence(
        *names,
        at_accuracy=at,
        factor=float(high if censored == "<=" else low),
        interval=(bottom if bottom > 0 else None, top if isfinite(top) else None),
        censored=censored,
        samples=tuple(
            float(b if isfinite(b) else a) for a, b in ((few_low, few_high), (many_low, many_high))
        ),  # type: ignore[arg-type]
    )


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        made = np.asarray(above, float) / np.asarray(below, float)
    return np.where(np.isinf(below), 0.0, np.where(np.isnan(made), inf, made))


def _quantile(values: np.ndarray, share: float) -> float:
    """Return an order statistic; no interpolation, as values may be infinite."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    return float(ordered[int(np.floor(place)) if share < 0.5 else int(np.ceil(place))])
