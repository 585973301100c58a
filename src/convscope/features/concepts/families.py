"""The same feature in several orientations, polarities or hues: found from what is alike and what differs.

Units of one layer belong together if they prefer one family of stimuli with equal sizes and frequencies, and
their curves over the turning parameter are one curve, each turned to its own preferred value. Sorted by hand, such
groups are what Olah et al. (2020) call equivariance in early vision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.features.tuning import NONE, Tuning

TURNS: Mapping[str, float] = {"polarity": 360, "direction": 360, "orientation": 180, "hue": 360}
"""Parameters by which a feature may be turned, and the degrees after which each repeats."""
FEWEST = 3
"""Members of a family, and different values among them, at least."""
_RATIO = 1.25  # by which frequencies, radii and widths of members may differ
_ALIKE = 0.9  # correlation of the members' curves, turned to their preferred value
_APART = 10.0  # degrees from which two values are different
_STEPS = 24
_SIGNED = ("contrast",)
_SCALED = ("frequency", "radius", "width")


@dataclass(frozen=True)
class Family:
    """Units that are one feature, turned.

    Args:
        layer: their layer.
        name: the family of stimuli that all prefer.
        by: what differs: ``"orientation"``, ``"polarity"``, ``"direction"`` or ``"hue"``.
        units: the members, by value.
        values: their preferred values, in degrees.
    """

    layer: str
    name: str
    by: str
    units: tuple[int, ...]
    values: tuple[float, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "layer": self.layer,
            "name": self.name,
            "by": self.by,
            "units": list(self.units),
            "values": [round(value, 3) for value in self.values],
        }


def families(layer: str, tunings: Sequence[Tuning], least: float = 25.0) -> list[Family]:
    """Return the families among the units of one layer, the largest first.

    Args:
        layer: its name.
        tunings: one a unit.
        least: percent of the natural maximum that a unit's best stimulus must reach for it to be compared; units
            of which that is not known are compared.
    """
    found: list[Family] = []
    for by, period in TURNS.items():
        units = [
            u
            for u, tuning in enumerate(tunings)
            if tuning.family != NONE
            and by in tuning.preferred
            and _turned_by(tuning) == by
            and not tuning.percent_of_natural < least
        ]
        found += _grouped(layer, by, period, units, tunings)
    return sorted(found, key=lambda family: (-len(family.units), family.units))


def _turned_by(tuning: Tuning) -> str | None:
    """Return the parameter by which a family of stimuli turns: its direction, or its hue where it has none."""
    return next((name for name in TURNS if name in tuning.preferred), None)


def _grouped(
    layer: str, by: str, period: float, units: list[int], tunings: Sequence[Tuning]
) -> list[Family]:
    if len(units) < FEWEST:
        return []
    curves = np.stack([_curve(tunings[u], by, period) for u in units])
    curves = curves - curves.mean(1, keepdims=True)
    norms = np.linalg.norm(curves, axis=1, keepdims=True)
    curves = np.divide(curves, norms, out=np.zeros_like(curves), where=norms > 0)
    alike = curves @ curves.T >= _ALIKE
    for i, a in enumerate(units):
        for j, b in enumerate(units[:i]):
            same = _same(tunings[a], tunings[b], by)
            alike[i, j] &= same
            alike[j, i] &= same
    found, left = [], set(range(len(units)))
    while left:  # around the unit with most that are alike; each in one family only
        middle = max(left, key=lambda i: (sum(alike[i, j] for j in left), -i))
        group = sorted(j for j in left if alike[middle, j] or j == middle)
        left -= set(group)
        values = [tunings[units[j]].preferred[by] % period for j in group]
        order = np.argsort(values, kind="stable")
        if _different(values, period) >= FEWEST:
            name = tunings[units[middle]].family
            members = tuple(units[group[i]] for i in order)
            found.append(Family(layer, name, by, members, tuple(float(values[i]) for i in order)))
    return found


def _same(a: Tuning, b: Tuning, by: str) -> bool:
    """Tell whether two units prefer the same stimulus but for the parameter that turns."""
    if a.family != b.family:
        return False
    for name in set(a.preferred) & set(b.preferred) - {by}:
        one, two = a.preferred[name], b.preferred[name]
        if name in _SIGNED and one * two < 0:
            return False
        if name in _SCALED and max(one, two) > _RATIO * min(one, two):
            return False
        if name == "hue" and abs((one - two + 180) % 360 - 180) > 30:
            return False
    return True


def _curve(tuning: Tuning, by: str, period: float) -> np.ndarray:
    """Return the unit's curve around its preferred value, at equal steps over a period."""
    if by not in tuning.curves:
        return np.zeros(_STEPS)
    values, responses = (np.asarray(one, np.float64) for one in tuning.curves[by])
    at = tuning.preferred[by] + np.arange(_STEPS) * period / _STEPS
    return np.interp(at % period, values % period, responses, period=period)


def _different(values: Sequence[float], period: float) -> int:
    """Return how many of the values are apart from each other."""
    found: list[float] = []
    for value in sorted(values):
        if all(abs((value - one + period / 2) % period - period / 2) >= _APART for one in found):
            found.append(value)
    return len(found)
