"""Which family a unit belongs to, and everything else that is said of it, from what it answered."""

from collections.abc import Mapping

import numpy as np

from convscope.data.stimuli import heading
from convscope.features.tuning.peaks import aligned, oriented, sparse
from convscope.features.tuning.polish import Found, Polished
from convscope.features.tuning.preferred import Shelf, curves, preferred
from convscope.features.tuning.record import NONE, Tuning
from convscope.features.tuning.seen import WAVES, Seen
from convscope.features.tuning.squares import SQUARE

SIMPLER_FIRST = (
    "uniform",
    "channel",
    "colour",
    "edge",
    "colour edge",
    "grating",
    "bar",
    "tone",
    "click",
    "blob",
    "centre-surround",
    "colour spot",
    "corner",
    "line end",
    "L",
    "T",
    "cross",
    "noise band",
    "chirp",
    "circle",
    "shell",
    "arc",
)
"""Families from simple to involved."""
MARGIN = 0.05
"""An involved family must beat a simpler one by this share: with more parameters it wins ties by luck."""
_CURVES = {
    "grating": ("orientation", "frequency"),
    "edge": ("polarity",),
    "colour": ("hue",),
    "tone": ("frequency",),
    "uniform": ("level",),
    "circle": ("radius",),
    "shell": ("radius",),
    "corner": ("direction", "angle"),
}
_STRIPED = ("edge", "bar")
_OWN = ("orientation", "polarity", "direction", "hue", "radius", "width", "angle", "frequency")


def judged(
    shelves: Mapping[str, Shelf],
    seen: Seen,
    polished: Found,
    unit: int,
    natural: float | None,
) -> Tuning:
    """Return what is known of one unit.

    Args:
        shelves: the recipes by family.
        seen: what the layer's units answered.
        polished: better stimuli that were found for single units.
        unit: which of them.
        natural: its natural maximum, if it is known.
    """
    values, peaks = seen.values[:, unit], seen.peaks[:, unit]
    baseline = float(seen.baseline[unit])
    best = {name: float(values[shelf.rows].max()) for name, shelf in shelves.items()}
    best |= {name: one.value for (owner, name), one in polished.items() if owner == unit}
    if SQUARE in best:
        best["grating"] = max(best["grating"], best.pop(SQUARE))
    rises = {name: value - baseline for name, value in best.items()}
    family, second = ranked(rises)
    wave = next((shelves[name] for name in WAVES if name in shelves), None)
    flat = family == NONE
    largest = max(best.values())
    return Tuning(
        family=family,
        preferred={} if flat else _preferred(shelves, family, peaks, polished.get((unit, family))),
        selectivity=0.0 if flat or wave is None else _selectivity(wave, peaks - baseline),
        phase_invariance=float("nan") if wave is None else _phase_invariance(wave, seen, unit),
        percent_of_natural=100 * largest / natural if natural and natural > 0 else float("nan"),
        curves=_curves(shelves, family, peaks),
        best_by_family=best,
        baseline=baseline,
        second=second,
    )


def ranked(rises: Mapping[str, float]) -> tuple[str, tuple[str, float]]:
    """Return the winning family and the runner-up with its share of the winner's rise.

    Args:
        rises: by family, best response above the baseline.

    >>> ranked({"edge": 0.98, "corner": 1.0, "uniform": 0.2})
    ('edge', ('corner', 1.0204081632653061))
    """
    largest = max(rises.values())
    scale = max(abs(value) for value in rises.values())
    if largest <= 1e-6 * scale or largest <= 1e-9:
        return NONE, (NONE, 0.0)
    near = [name for name in SIMPLER_FIRST if rises.get(name, 0) >= (1 - MARGIN) * largest]
    winner = near[0]
    other = max((name for name in rises if name != winner), key=lambda name: rises[name])
    return winner, (other, rises[other] / rises[winner])


def _preferred(
    shelves: Mapping[str, Shelf], family: str, answers: np.ndarray, polished: Polished | None
) -> Mapping[str, float]:
    """Return the best stimulus; edges and bars with the frequency of the best grating."""
    found = preferred(shelves[family], answers)
    if polished is not None:
        found |= {name: v for name, v in polished.recipe.parameters.items() if name in found}
    if family in _STRIPED and "grating" in shelves:
        found["frequency"] = preferred(shelves["grating"], answers)["frequency"]
    return found


def _selectivity(wave: Shelf, rise: np.ndarray) -> float:
    at = wave.best(rise)
    rise = np.maximum(rise, 0)
    if "orientation" in wave.names:
        angles, answers = wave.through(at, "orientation", rise)
        return oriented(angles, answers, 180)
    if "azimuth" in wave.names:
        same = (
            wave.table[:, wave.names.index("frequency")]
            == wave.table[at, wave.names.index("frequency")]
        )
        columns = [wave.names.index(name) for name in ("azimuth", "elevation")]
        ways = np.array([heading(3, a, e) for a, e in wave.table[same][:, columns]])
        return aligned(ways, rise[wave.rows[same]])
    return sparse(wave.through(at, "frequency", rise)[1])


def _phase_invariance(wave: Shelf, seen: Seen, unit: int) -> float:
    row = wave.rows[wave.best(seen.peaks[:, unit])]
    f0, f1 = float(seen.f0[row, unit]), float(seen.f1[row, unit])
    scale = np.abs(seen.values[:, unit] - seen.baseline[unit]).max()
    return f1 / f0 if f0 > 1e-6 * scale and f0 > 0 else float("nan")


def _curves(
    shelves: Mapping[str, Shelf], family: str, answers: np.ndarray
) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Return the curves that every unit has, and those of its own family."""
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, wanted in _CURVES.items():
        if name in shelves and (name != "corner" or family == "corner"):
            found |= curves(shelves[name], answers, wanted)
    if family in shelves:
        found |= curves(shelves[family], answers, _OWN)
    return {name: curve for name, curve in found.items() if len(curve[0]) > 1}
