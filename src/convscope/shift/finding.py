"""What moves with the picture, what holds still, and why not: the Finding of idea 4."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.errors import SpecError
from convscope.finding import Finding
from convscope.shift.boundary import Boundary
from convscope.shift.causes import CAUSES, Causes, Cells
from convscope.shift.layererror import decibels
from convscope.shift.rows import Interval, LayerShift
from convscope.shift.votes import Held, Votes, flips

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Answers:
    """What a network's answers did under one kind of move.

    Args:
        held: the measures.
        intervals: their 95 % intervals, over samples.
        protocol: the id under which they were measured.
        votes: the answers themselves.
    """

    held: Held
    intervals: Mapping[str, Interval]
    protocol: str
    votes: Votes = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Return the measures as JSON."""
        places = self.votes.offsets
        return {
            **vars(self.held),
            "interval": {name: list(ends) for name, ends in self.intervals.items()},
            "protocol": self.protocol,
            "samples": len(self.votes),
            "offsets": {
                "looked_at": len(places.places),
                "of": places.of,
                "span": list(places.span),
            },
            "flips": [
                {"move": list(place), "share": float(share)}
                for place, share in zip(places.places, flips(self.votes), strict=True)
            ],
        }


@dataclass(frozen=True)
class Testable:
    """Why a network cannot be tested exactly, and at which input it could.

    Args:
        reason: why not.
        nearest_input: the nearest shape ``(C, *S)`` at which it can; None where no size helps.
    """

    reason: str
    nearest_input: tuple[int, ...] | None


@dataclass(frozen=True)
class Shift(Finding):
    """How a network's layers and answers follow moves of its input.

    Args:
        layers: one row per layer that was looked at.
        output: the answers, with the input moved round; None where outputs are not one vector per sample.
        crops: the answers for crops of a larger canvas.
        causes: the split of the error of the last layer that has place; None where it cannot be tested exactly.
        boundary: the borders.
        testable: None where circular padding makes the network exact; otherwise why not.
        last: name of the last layer that has place.
    """

    idea: ClassVar[str] = "shift"

    layers: tuple[LayerShift, ...]
    output: Answers | None
    crops: Answers | None
    causes: Causes | None
    boundary: Boundary
    testable: Testable | None
    last: str | None

    def __getitem__(self, name: str) -> LayerShift:
        """Return the row of a layer.

        Raises:
            SpecError: it was not measured.
        """
        for row in self.layers:
            if row.name == name:
                return row
        raise SpecError(
            f"How layer {name!r} follows moves was not measured. Measured were "
            f"{', '.join(row.name for row in self.layers)}; name others with layers=."
        )

    def table(self) -> "pa.Table":
        """Return one row per layer."""
        import pyarrow as pa

        numbers = [row.errors() for row in self.layers]
        columns: dict[str, Any] = {
            "name": pa.array([row.name for row in self.layers], pa.string()),
            "kind": pa.array([row.layer.kind for row in self.layers], pa.string()),
            "total_stride": pa.array(
                [[float(r) for r in row.total_stride] for row in self.layers],
                pa.list_(pa.float64()),
            ),
        }
        for name in LayerShift(self.layers[0].layer).errors() if self.layers else ():
            columns[name] = pa.array([row[name] for row in numbers], pa.float64())
        for cause in CAUSES:
            parts = [row.causes and row.causes.parts.get(cause) for row in self.layers]
            columns[cause] = pa.array(parts, pa.float64())
        return pa.table(columns)

    def summary(self) -> str:
        """Return what was found, in one paragraph."""
        said = []
        row = next((row for row in self.layers if row.name == self.last), None)
        if row is not None and row.unaligned_error is not None:
            said.append(
                f"The map of {row.name}, the last layer with place, is off by {row.unaligned_error:.3f} of its energy "
                f"({decibels(row.unaligned_error) or float('inf'):.1f} dB) when the input moves by less than its "
                "total stride"
                + (
                    f", and by {row.aligned_error:.3g} when it moves by a multiple of it."
                    if row.aligned_error is not None
                    else "."
                )
            )
        if self.causes is not None and self.causes.parts:
            parts = ", ".join(f"{cause} {self.causes.parts[cause]:.3f}" for cause in CAUSES)
            said.append(f"By cause, on {self.causes.samples} of the samples: {parts}.")
        if self.testable is not None:
            at = self.testable.nearest_input
            hint = f" An input of {'x'.join(map(str, at))} can." if at else ""
            said.append(f"This cannot be split exactly: {self.testable.reason}.{hint}")
        for answers, what in ((self.output, "moved round"), (self.crops, "cropped elsewhere")):
            if answers is not None and answers.held.consistency is not None:
                said.append(_answered(answers, what))
        return (
            " ".join(said) or "No layer of this network has a place, and its answers are no vector."
        )

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        output = None if self.output is None else self.output.document()
        crops = None if self.crops is None else self.crops.document()
        if output is not None:
            output["crop_consistency"] = crops and crops["consistency"]
        return {
            "layers": [row.document() for row in self.layers],
            "last": self.last,
            "output": output,
            "crops": crops,
            "causes": None if self.causes is None else _causes(self.causes),
            "boundary": self.boundary.document(),
            "testable": True
            if self.testable is None
            else {
                "reason": self.testable.reason,
                "nearest_input": self.testable.nearest_input and list(self.testable.nearest_input),
            },
        }

    def compare(self, before: "Shift") -> "Comparison":
        """Return what changed since another measurement, such as before a repair.

        Args:
            before: the other, measured under the same protocol.

        Raises:
            SpecError: the two were measured differently.
        """
        from convscope.shift.comparing import compared

        return compared(before, self)


if TYPE_CHECKING:
    from convscope.shift.comparing import Comparison


def _answered(answers: Answers, what: str) -> str:
    held = answers.held
    text = f"With the input {what}, two offsets agree on the class with probability {held.consistency:.4f}"
    ends = answers.intervals.get("consistency")
    text += f" ({ends[0]:.4f} to {ends[1]:.4f})" if ends else ""
    if held.flip_1px is not None:
        text += f", one position changes it with {held.flip_1px:.4f}"
    if held.worst_case_accuracy is not None and held.accuracy is not None:
        text += (
            f"; {100 * held.accuracy:.1f} % are right on average, {100 * held.worst_case_accuracy:.1f} % at "
            "every offset looked at"
        )
    return text + "."


def _causes(causes: Causes) -> dict[str, Any]:
    cells: Cells = causes.cells
    return {
        "layer": causes.layer,
        **causes.document(),
        "cells": {**vars(cells), "interaction": cells.interaction},
        "swaps": dict(causes.swaps),
        "samples": causes.samples,
    }
