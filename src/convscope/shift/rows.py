"""One layer's row of the finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from convscope.network import Layer
from convscope.shift.causes import Causes
from convscope.shift.layererror import decibels

Interval = tuple[float, float]


@dataclass(frozen=True)
class LayerShift:
    """How one layer follows moves of the input. Errors are relative to the map's energy; 0 is perfect, 2 unrelated.

    Args:
        layer: the layer.
        total_stride: input positions between its own, per axis; empty for a layer without place.
        period: the moves that it could follow exactly, per axis.
        aligned_error: under moves by multiples of the period.
        unaligned_error: under other whole moves.
        alias_fraction: energy that its sampling folds, over all energy, with circular padding.
        subpixel_error: under moves by parts of an input position.
        infinitesimal_error: under infinitesimal moves.
        started_error: what the layer adds itself, under the moves of ``unaligned_error``.
        circular_error: as ``unaligned_error``, with circular padding.
        invariance: mean squared change of the map where it is when the input moves by one position along every
            axis, over that between samples.
        holds: the same for each distance that was looked at.
        floor: as ``aligned_error``, where the truth is 0.
        intervals: 95 % intervals of ``aligned_error`` and ``unaligned_error``.
        heat: the error at each phase, moves modulo the stride, with circular padding where that is exact.
        causes: the split of ``unaligned_error`` by cause.
    """

    layer: Layer
    total_stride: tuple[Fraction, ...] = ()
    period: tuple[int, ...] = ()
    aligned_error: float | None = None
    unaligned_error: float | None = None
    alias_fraction: float | None = None
    subpixel_error: float | None = None
    infinitesimal_error: float | None = None
    started_error: float | None = None
    circular_error: float | None = None
    invariance: float | None = None
    holds: Mapping[int, float] = field(default_factory=dict, repr=False)
    floor: float | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    heat: Mapping[tuple[int, ...], float] = field(default_factory=dict, repr=False)
    causes: Causes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    def document(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "name": self.name,
            "kind": self.layer.kind,
            "total_stride": [_number(r) for r in self.total_stride],
            "period": list(self.period),
            **self.errors(),
            "aligned_db": decibels(self.aligned_error),
            "unaligned_db": decibels(self.unaligned_error),
            "interval": {name: list(ends) for name, ends in self.intervals.items()},
            "heat": [
                {"move": list(move), "error": error}
                for move, error in self.heat.items()
                if self.total_stride
            ],
            "holds": [{"distance": d, "invariance": v} for d, v in self.holds.items()],
            "causes": None
            if self.causes is None
            else {
                **self.causes.parts,
                "total": self.causes.total,
                "leftover": self.causes.leftover,
            },
        }

    def errors(self) -> dict[str, float | None]:
        """Return the measured numbers by name."""
        names = (
            "aligned_error", "unaligned_error", "alias_fraction", "subpixel_error", "infinitesimal_error",
            "started_error", "circular_error", "invariance", "floor",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
