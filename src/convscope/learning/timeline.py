"""A network over one training: the first layer's filters from noise to edges, and how well it did.

``demo_timeline(kind)`` is that of a built-in network, read from the record that it is shipped with;
``timeline(path, ..)`` that of a study's network.
"""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file

from convscope.errors import SpecError
from convscope.learning.checkpoint import load_checkpoint
from convscope.learning.intervals import wilson
from convscope.network.demo import demo_record, design_of

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 16
"""Filters and moments that are kept, at most: what a page can show side by side."""


@dataclass(frozen=True)
class Climb:
    """How the levels of a network's units climb with depth: its hierarchy score at one moment.

    Args:
        rho: Spearman's correlation, -1 to 1; None where too few units have a sure label.
        interval: 95 %.
        labelled: units that have a sure label.
    """

    rho: float | None
    interval: tuple[float, float] | None
    labelled: int


@dataclass(frozen=True)
class Timeline:
    """The first filters at moments of a training, and what the network could do then.

    Args:
        steps: optimiser steps, or samples, seen at each moment.
        unit: what ``steps`` counts, such as ``"steps"``.
        net: whose filters they are.
        filters: float32 ``(T, F, C, *K)``.
        tested: unseen samples that it was tested on at each moment; 0 where it was not.
        correct: how many of them were right, at each moment; empty where it was not tested.
        hierarchy: its hierarchy score at each moment; None where it was not measured.
    """

    steps: tuple[int, ...]
    unit: str
    net: str
    filters: np.ndarray = field(repr=False, compare=False)
    tested: int = 0
    correct: tuple[int, ...] = ()
    hierarchy: tuple[Climb, ...] | None = None

    @property
    def accuracy(self) -> tuple[float, ...]:
        """Share of the unseen samples that were right at each moment; empty where it was not tested."""
        return tuple(hits / self.tested for hits in self.correct)

    def table(self) -> "pa.Table":
        """Return one row for each moment: accuracy and hierarchy score with their 95 % intervals."""
        import pyarrow as pa

        rows: list[dict[str, Any]] = []
        for k, step in enumerate(self.steps):
            row: dict[str, Any] = {self.unit: step}
            if self.correct:
                low, high = wilson(self.correct[k], self.tested)
                row |= {"accuracy": self.accuracy[k], "accuracy_low": low, "accuracy_high": high}
            if self.hierarchy is not None:
                climb = self.hierarchy[k]
                low, high = climb.interval or (None, None)
                row |= {"hierarchy": climb.rho, "hierarchy_low": low, "hierarchy_high": high}
                row["labelled"] = climb.labelled
            rows.append(row)
        return pa.Table.from_pylist(rows)

    def record(self) -> dict[str, Any]:
        """Return everything but the filters, as JSON can hold it."""
        facts: dict[str, Any] = {"steps": list(self.steps), "unit": self.unit, "net": self.net}
        if self.correct:
            facts |= {"tested": self.tested, "correct": list(self.correct)}
        if self.hierarchy is not None:
            facts["hierarchy"] = [
                {
                    "rho": climb.rho,
                    "interval": climb.interval and list(climb.interval),
                    "labelled": climb.labelled,
                }
                for climb in self.hierarchy
            ]
        return facts

    def document(self) -> dict[str, Any]:
        """Return the timeline as JSON: values in base 64, little-endian float32."""
        values = np.ascontiguousarray(self.filters, "<f4")
        return {
            **self.record(),
            "shape": list(values.shape),
            "values": base64.b64encode(values.tobytes()).decode(),
        }


def demo_timeline(kind: str = "image") -> Timeline:
    """Return what a built-in network was like while it was trained.

    Args:
        kind: ``"image"``, ``"sound"`` or ``"volume"``.

    Returns:
        Filters, accuracy and hierarchy score at each moment, from its shipped record.

    Raises:
        SpecError: there is no built-in network for it.

    >>> found = demo_timeline()
    >>> found.unit, found.steps[:3], found.filters.shape[1:]
    ('samples', (0, 500, 1000), (16, 3, 3, 3))
    """
    design = design_of(kind)
    facts = demo_record(design)["timeline"]
    climbs = facts.get("hierarchy")
    return Timeline(
        steps=tuple(facts["steps"]),
        unit=facts["unit"],
        net=facts["net"],
        filters=load_file(design.timeline)["conv1.weight"],
        tested=facts.get("tested", 0),
        correct=tuple(facts.get("correct", ())),
        hierarchy=None if climbs is None else tuple(_climb(**climb) for climb in climbs),
    )


def _climb(rho: float | None, interval: list[float] | None, labelled: int) -> Climb:
    return Climb(rho, None if interval is None else (interval[0], interval[1]), labelled)


def timeline(path: Path, steps: tuple[int, ...], net: str) -> Timeline | None:
    """Return the first filters of a network whose weights were kept at several moments.

    Args:
        path: the file: tensors named ``K.NAME``, K the number of the moment.
        steps: at each moment.
        net: the network's name.

    Returns:
        The kernels of its first layer, or None where the file holds no twin.

    Raises:
        SpecError: the file is something else.
    """
    tensors, _ = load_checkpoint(path)
    first = "layers.0.weight"
    if f"0.{first}" not in tensors:
        return None
    kept = np.unique(np.linspace(0, len(steps) - 1, min(SHOWN, len(steps))).round().astype(int))
    try:
        rows = [tensors[f"{k}.{first}"].float().numpy()[:SHOWN] for k in kept.tolist()]
    except KeyError as reason:
        raise SpecError(
            f"{path} is not a training that was kept whole ({reason}). Remove it to train again."
        ) from reason
    return Timeline(tuple(steps[k] for k in kept), "steps", net, np.stack(rows))
