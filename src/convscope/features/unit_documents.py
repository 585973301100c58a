"""What is known of a unit, as JSON holds it."""

from math import isfinite
from typing import Any

import numpy as np

from convscope.features.circuits import Link
from convscope.features.exemplars import LayerHarvest, histogram
from convscope.features.synthesis import Synthesis
from convscope.features.tuning import Tuning


def number(value: float) -> float | None:
    """Return a number as JSON holds it: five digits, None where there is none.

    >>> number(0.123456789), number(float("nan"))
    (0.12346, None)
    """
    return float(f"{value:.5g}") if isfinite(value) else None


def tuning_document(tuning: Tuning, *, curves: bool = False) -> dict[str, Any]:
    """Return what a unit prefers, as JSON.

    Args:
        tuning: what it prefers.
        curves: whether the curves behind it come along.
    """
    found: dict[str, Any] = {
        "family": tuning.family,
        "preferred": {name: number(value) for name, value in tuning.preferred.items()},
        "selectivity": number(tuning.selectivity),
        "phase_invariance": number(tuning.phase_invariance),
        "percent_of_natural": number(tuning.percent_of_natural),
    }
    if curves:
        found["baseline"] = number(tuning.baseline)
        found["best_by_family"] = {f: number(v) for f, v in tuning.best_by_family.items()}
        found["curves"] = {
            name: {"values": list(map(number, values)), "responses": list(map(number, responses))}
            for name, (values, responses) in tuning.curves.items()
        }
    return found


def synthesis_document(made: Synthesis) -> dict[str, Any]:
    """Return a picture made for a unit, as JSON."""
    percent = made.percent_of_natural
    return {
        "kind": made.kind,
        "status": made.status,
        "activation": number(made.activation),
        "percent_of_natural": None if percent is None else number(percent),
        "why": made.why,
    }


def link_document(link: Link) -> dict[str, Any]:
    """Return a link with the kernel it goes through, as JSON."""
    kernel = link.kernel
    return link.document() | {
        "kernel": None
        if kernel is None
        else {"shape": list(kernel.shape), "values": list(map(number, kernel.ravel().tolist()))}
    }


def histogram_document(found: LayerHarvest, unit: int, bars: int = 40) -> dict[str, list] | None:
    """Return the share of a unit's values in bars of equal width over its range."""
    low, high = found.minimum[unit], found.maximum[unit]
    counts = found.histogram[unit]
    if not high > low or not counts.sum():
        return None
    at = np.linspace(low, high, bars + 1)
    # The bins are finer than the bars near zero and wider far from it: their counts are spread evenly.
    below = np.interp(at, np.clip(histogram.edges(), low, high), np.append(0, np.cumsum(counts)))
    share = np.diff(below) / counts.sum()
    return {
        "edges": [number(edge) for edge in at],
        "share": [number(part) for part in share],
    }
