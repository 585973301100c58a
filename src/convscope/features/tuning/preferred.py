"""From answers to a grid of stimuli to the preferred value of each parameter, and the curves through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from convscope.data.stimuli import Recipe, heading
from convscope.features.tuning.peaks import circular_peak, peak

PERIODS = {"orientation": 180.0, "polarity": 360.0, "direction": 360.0, "hue": 360.0}
"""Parameters that come round again, in degrees."""
OPEN = ("frequency", "radius", "width", "angle")
"""Parameters between whose values one may interpolate, on a logarithmic scale."""
_UNTOLD = ("phase", "draw")
_LEAST = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Shelf:
    """The recipes of one family as a table.

    Args:
        family: its name.
        names: its parameters.
        table: their values, (N, P).
        rows: where the N recipes are among all that were shown.
    """

    family: str
    names: tuple[str, ...]
    table: np.ndarray
    rows: np.ndarray

    def best(self, answers: np.ndarray) -> int:
        """Return which of the N a unit answered most."""
        return int(np.argmax(answers[self.rows]))

    def through(self, at: int, name: str, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the curve along one parameter through recipe ``at``: values and answers, ascending."""
        column = self.names.index(name)
        others = [i for i in range(len(self.names)) if i != column]
        same = (self.table[:, others] == self.table[at, others]).all(1)
        order = np.argsort(self.table[same, column], kind="stable")
        return self.table[same, column][order], answers[self.rows[same]][order]

    def period(self, name: str) -> float | None:
        """Return after how many degrees a parameter comes round again; None if it does not."""
        return 90.0 if self.family == "cross" else PERIODS.get(name)


def shelves(recipes: Sequence[Recipe]) -> dict[str, Shelf]:
    """Return the recipes by family."""
    found: dict[str, Shelf] = {}
    families = np.array([recipe.family for recipe in recipes])
    for family in dict.fromkeys(families.tolist()):
        rows = np.flatnonzero(families == family)
        names = tuple(recipes[int(rows[0])].parameters)
        table = np.array([[recipes[i].parameters[name] for name in names] for i in rows.tolist()])
        if family == "colour edge":
            # The same pictures under their other name: turned by half a turn, with the opposite hue.
            opposite = table.copy()
            for name in ("polarity", "hue"):
                column = names.index(name)
                opposite[:, column] = (table[:, column] + 180) % 360
            table, rows = np.concatenate([table, opposite]), np.concatenate([rows, rows])
        found[family] = Shelf(family, names, table, rows)
    return found


def preferred(shelf: Shelf, answers: np.ndarray) -> dict[str, float]:
    """Return the best stimulus of a family, between the ones that were shown.

    Args:
        shelf: the family.
        answers: of one unit to all recipes, (R,).
    """
    at = shelf.best(answers)
    found = dict(zip(shelf.names, shelf.table[at].tolist(), strict=True))
    if shelf.family == "grating" and "orientation" in found:
        found |= _of_grating(shelf, at, answers)
    elif "azimuth" in found:
        found |= _in_space(shelf, at, answers)
    else:
        for name in shelf.names:
            found[name] = _along(shelf, at, name, answers)
    if shelf.family == "edge" and "polarity" in found:
        found["orientation"] = (found["polarity"] + 90) % 180
    if shelf.family == "tone":
        found["frequency"] = _along(shelf, at, "frequency", answers)
    return {name: value for name, value in found.items() if name not in _UNTOLD}


def _along(shelf: Shelf, at: int, name: str, answers: np.ndarray) -> float:
    places, values = shelf.through(at, name, answers)
    period = shelf.period(name)
    if period is not None and len(places) > 2 and _full(places, period):
        return circular_peak(places, values, period)
    if name in OPEN and len(places) > 2:
        return float(np.exp(peak(np.log(places), values)))
    return float(shelf.table[at, shelf.names.index(name)])


def _full(places: np.ndarray, period: float) -> bool:
    """Return whether places are evenly spaced over the whole period."""
    return bool(np.allclose(np.diff(places), period / len(places)))


def _of_grating(shelf: Shelf, at: int, answers: np.ndarray) -> dict[str, float]:
    """Fit a paraboloid to the logarithm of the answers around the best orientation and frequency.

    A Gabor's amplitude is a Gaussian over the plane of frequencies, so its logarithm is one exactly.
    """
    angle, frequency = (shelf.table[at, shelf.names.index(n)] for n in ("orientation", "frequency"))
    angles, _ = shelf.through(at, "orientation", answers)
    waves, _ = shelf.through(at, "frequency", answers)
    turn = 180 / len(angles)
    where = int(np.searchsorted(waves, frequency))
    near = waves[max(where - 1, 0) : where + 2]
    points, logs = [], []
    for row, (a, f) in zip(shelf.rows, _columns(shelf, "orientation", "frequency"), strict=True):
        away = (a - angle + 90) % 180 - 90
        if abs(away) < 1.5 * turn and near[0] <= f <= near[-1]:
            points.append((away / turn, f, away))
            logs.append(answers[row])
    height = np.array(logs)
    floor = max(height.max() * 1e-3, _LEAST)
    if height.max() <= 0 or len(near) < 3:
        return {
            "orientation": _along(shelf, at, "orientation", answers),
            "frequency": _along(shelf, at, "frequency", answers),
        }
    return _top(np.array(points), np.log(np.maximum(height, floor)), angle, frequency, near)


def _top(
    points: np.ndarray, logs: np.ndarray, angle: float, frequency: float, near: np.ndarray
) -> dict[str, float]:
    """Return the top of the paraboloid through points (turns away, frequency, degrees away)."""
    # In the plane of frequencies, along the best grating's own direction and across it.
    radians = np.radians(points[:, 2])
    u = points[:, 1] * np.cos(radians) / frequency - 1
    v = points[:, 1] * np.sin(radians) / frequency
    weights = np.exp(logs - logs.max())
    design = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1)
    fit, *_ = np.linalg.lstsq(design * weights[:, None], logs * weights, rcond=None)
    bend = np.array([[2 * fit[3], fit[4]], [fit[4], 2 * fit[5]]])
    if not (np.linalg.eigvalsh(bend) < -1e-9).all():
        return {"orientation": float(angle), "frequency": float(frequency)}
    du, dv = np.linalg.solve(bend, -fit[1:3])
    length = np.hypot(1 + du, dv) * frequency
    turned = np.degrees(np.arctan2(dv, 1 + du))
    half = 0.75 * 180 / (len(set(points[:, 0])) or 1)
    if abs(turned) > half:
        return {"orientation": float(angle), "frequency": float(frequency)}
    return {
        "orientation": round(float(angle + turned), 3) % 180,
        "frequency": float(np.clip(length, near[0], near[-1])),
    }


def _columns(shelf: Shelf, *names: str) -> np.ndarray:
    return shelf.table[:, [shelf.names.index(name) for name in names]]


def _in_space(shelf: Shelf, at: int, answers: np.ndarray) -> dict[str, float]:
    """Return the preferred direction in a volume, by spherical harmonics up to the second order."""
    others = [i for i, n in enumerate(shelf.names) if n not in ("azimuth", "elevation")]
    same = (shelf.table[:, others] == shelf.table[at, others]).all(1)
    ways = np.array([heading(3, a, e) for a, e in _columns(shelf, "azimuth", "elevation")[same]])
    values = answers[shelf.rows[same]]
    axes = shelf.family != "edge"
    design = harmonics(ways, even=axes)
    fit, *_ = np.linalg.lstsq(design, values, rcond=None)
    own = heading(3, *_columns(shelf, "azimuth", "elevation")[at])
    near = sphere(4000)
    close = near @ np.array(own) > 0.8
    top = near[close][int(np.argmax(harmonics(near[close], even=axes) @ fit))]
    depth, down, right = top
    azimuth = float(np.degrees(np.arctan2(-down, right)) % 360)
    return {"azimuth": azimuth, "elevation": float(np.degrees(np.arcsin(np.clip(depth, -1, 1))))}


def harmonics(ways: np.ndarray, *, even: bool) -> np.ndarray:
    """Return the monomials of directions up to the second order; without the first where opposites are alike.

    Args:
        ways: unit vectors, (N, 3).
        even: whether opposite directions are the same.
    """
    x, y, z = ways.T
    second = [np.ones(len(ways)), x * y, y * z, x * z, x * x - z * z, y * y - z * z]
    return np.stack(second if even else [*second, x, y, z], 1)


def sphere(count: int) -> np.ndarray:
    """Return directions spread evenly over a sphere (a Fibonacci lattice), (count, 3)."""
    steps = np.arange(count) + 0.5
    height = 1 - 2 * steps / count
    turn = steps * np.pi * (1 + 5**0.5)
    flat = np.sqrt(1 - height**2)
    return np.stack([height, flat * np.sin(turn), flat * np.cos(turn)], 1)


def curves(
    shelf: Shelf, answers: np.ndarray, names: Sequence[str]
) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Return curves through a family's best stimulus, along those of the parameters that it has.

    Args:
        shelf: the family.
        answers: of one unit to all recipes, (R,).
        names: parameters.
    """
    at = shelf.best(answers)
    return {name: shelf.through(at, name, answers) for name in names if name in shelf.names}
