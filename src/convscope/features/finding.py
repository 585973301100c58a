"""What every unit of some layers responds to: the Finding of idea 3."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from convscope.errors import SpecError
from convscope.features.concepts import Family, Hierarchy
from convscope.features.trust import Score
from convscope.features.unit_documents import number
from convscope.features.units import DEAD, LayerFeatures, Unit
from convscope.finding import Finding, several

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = ("ok", "weak", "dead on data", "failed")
BRIEF = 3
"""Exemplars and links of a unit that the document lists; a layer's own document has all."""


@dataclass(frozen=True)
class Features(Finding):
    """What the units of some layers respond to.

    Args:
        layers: the layers, in the order in which they run.
        hierarchy: whether what units respond to grows more complex with depth; None where that was not measured.
        families: groups of units that are one feature in several orientations or hues.
    """

    idea: ClassVar[str] = "features"

    layers: tuple[LayerFeatures, ...]
    hierarchy: Hierarchy | None = None
    families: tuple[Family, ...] = ()

    def __getitem__(self, name: str) -> LayerFeatures:
        """Return the units of a layer.

        Raises:
            SpecError: it was not measured.
        """
        for row in self.layers:
            if row.name == name:
                return row
        raise SpecError(
            f"The features of layer {name!r} were not measured. Measured were "
            f"{', '.join(row.name for row in self.layers)}; name others with --layers."
        )

    def unit(self, layer: str, number: int) -> Unit:
        """Return one unit.

        Args:
            layer: its layer.
            number: which of the layer's units, from 0.

        Raises:
            SpecError: the layer was not measured.
            IndexError: it has no such unit.
        """
        return self[layer].unit(number)

    def table(self) -> "pa.Table":
        """Return one row per unit."""
        import pyarrow as pa

        return pa.Table.from_pylist(
            [_row(unit) for unit in units_of(self.layers)], schema=_schema()
        )

    def summary(self) -> str:
        """Return what was found, in one paragraph."""
        units = list(units_of(self.layers))
        statuses = Counter(unit.status for unit in units)
        every = sum(row.units for row in self.layers)
        of = f" (of their {every:,})" if every > len(units) else ""
        text = f"{several(len(units), 'unit')}{of} of {several(len(self.layers), 'layer')}."
        labelled = [unit.label for unit in units if unit.label is not None]
        if labelled:
            known = [label for label in labelled if label.name != "unknown"]
            names = Counter(label.name for label in known).most_common(5)
            text += f" {len(known):,} respond to something that has a name on held-out samples" + (
                f", most often {', '.join(f'{name} ({count})' for name, count in names)}."
                if names
                else "."
            )
        if statuses["dead on data"]:
            text += f" {statuses['dead on data']:,} never change over these data."
        if self.hierarchy is not None and len(self.layers) > 1:  # of one alone it says nothing
            text += _climbing(self.hierarchy)
        return text + _told(self.layers)

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "layers": [self._layer(row) for row in self.layers],
            "hierarchy": self.hierarchy and self.hierarchy.document(),
            "precision": self._precision(),
            "equivariant": [family.document() for family in self.families],
            "units": [brief(unit.document()) for unit in units_of(self.layers)],
        }

    def details(self, row: LayerFeatures) -> dict[str, Any]:
        """Return everything about one layer's units, as JSON."""
        group = {
            (family.layer, unit): place
            for place, family in enumerate(self.families)
            for unit in family.units
        }
        return {
            **{key: value for key, value in self._layer(row).items() if key != "name"},
            "layer": row.name,
            "stride": [float(step) for step in row.field.stride],
            "assumed": list(row.links.notes) if row.links else [],
            "detail": [
                {**row.unit(n).details(), "group": group.get((row.name, n))} for n in row.numbers
            ],
        }

    def _layer(self, row: LayerFeatures) -> dict[str, Any]:
        units = [row.unit(n) for n in row.numbers]
        statuses = Counter(unit.status for unit in units)
        labels = Counter((label.name, label.level) for u in units if (label := u.label))
        families = Counter(tuning.family for u in units if (tuning := u.tuning))
        named = [(name, level, n) for (name, level), n in labels.most_common() if name != "unknown"]
        return {
            "name": row.name,
            "units": row.units,
            "measured": len(row.numbers),
            "map": list(row.harvest.space),
            "field": list(row.field.size),
            "families": dict(families.most_common()),
            "levels": {str(k): sum(n for _, level, n in named if level == k) for k in (1, 2, 3, 4)},
            "unknown": sum(n for (name, _), n in labels.items() if name == "unknown"),
            "dead": statuses[DEAD],
            "statuses": {status: statuses[status] for status in STATUSES},
            "labels": [{"name": name, "level": level, "units": n} for name, level, n in named],
            "trust": row.trust and row.trust.document(),
        }

    def _precision(self) -> dict[str, Any] | None:
        """Return the mean held-out precision of the labels that can be graded by it."""
        graded = [
            unit.label.precision
            for unit in units_of(self.layers)
            if unit.label is not None and unit.label.precision is not None
        ]
        if not graded:
            return None
        return {"mean": number(sum(graded) / len(graded)), "labelled": len(graded)}


def units_of(layers: Sequence[LayerFeatures]) -> list[Unit]:
    """Return every unit of some layers that was looked at, in order."""
    return [row.unit(n) for row in layers for n in row.numbers]


def brief(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a unit's document with the first of each list only."""
    lists = ("exemplars", "inputs", "outputs")
    return {key: value[:BRIEF] if key in lists else value for key, value in document.items()}


def _told(layers: Sequence[LayerFeatures]) -> str:
    """Return in words how often units are predicted rightly from their pictures; empty where none was asked."""
    trusts = [row.trust for row in layers if row.trust is not None]
    words = {
        "exemplars": "from a unit's exemplars",
        "synthesis": "from pictures made for it",
        "untrained": "from exemplars of the same network untrained",
    }
    told = []
    for kind, word in words.items():
        shares = [found for trust in trusts if (found := getattr(trust, kind)) is not None]
        score = Score.over(np.concatenate(shares)) if shares else None
        if score is not None:
            low, high = (f"{100 * end:.0f}" for end in score.interval)
            told.append(f"{word} {100 * score.mean:.0f} % ({low} to {high})")
    if not told:
        return ""
    return f" Which of two other samples drives it is told right {', '.join(told)}; chance is 50 %."


def _row(unit: Unit) -> dict[str, Any]:
    found, n, label, tuning = unit.of.harvest, unit.number, unit.label, unit.tuning
    made = next(iter(unit.syntheses), None)
    return {
        "layer": unit.of.name,
        "unit": n,
        "status": unit.status,
        "natural_max": float(found.maximum[n]),
        "natural_min": float(found.minimum[n]),
        "mean": float(found.mean[n]),
        "variance": float(found.variance[n]),
        "density": float(found.density[n]),
        "label": label and label.name,
        "level": label and label.level,
        "source": label and label.source,
        "precision": label and label.precision,
        "recall": label and label.recall,
        "score": label and label.score,
        "null99": label and label.null99,
        "family": tuning and tuning.family,
        "selectivity": tuning and tuning.selectivity,
        "phase_invariance": tuning and tuning.phase_invariance,
        "activation": made and made.activation,
        "percent_of_natural": made and made.percent_of_natural,
        "exemplars": found.samples[n][found.samples[n] >= 0].tolist(),
        **{f"trust_{kind}": share for kind, share in _trusted(unit).items()},
    }


def _trusted(unit: Unit) -> dict[str, float | None]:
    trust = unit.of.trust
    return {} if trust is None else trust.unit(unit.number)


def _schema() -> "pa.Schema":
    import pyarrow as pa

    words = ("layer", "status", "label", "source", "family")
    kinds = {"unit": pa.int64(), "level": pa.int64(), "exemplars": pa.list_(pa.int64())}
    names = (
        "layer", "unit", "status", "natural_max", "natural_min", "mean", "variance", "density", "label", "level",
        "source", "precision", "recall", "score", "null99", "family", "selectivity", "phase_invariance",
        "activation", "percent_of_natural", "exemplars", "trust_exemplars", "trust_synthesis",
    )  # fmt: skip
    return pa.schema(
        [(n, kinds.get(n, pa.string() if n in words else pa.float64())) for n in names]
    )


def _climbing(found: Hierarchy) -> str:
    if found.rho is None:
        return ""
    if found.interval is None:
        return f" All {found.labelled:,} sure labels are on one level, so none goes with depth."
    low, high = found.interval
    text = f" Level and depth go together with a rank correlation of {found.rho:.2f} ({low:.2f} to {high:.2f})"
    if found.control_rho is None:
        return f"{text}."
    if found.control_interval is None:
        return f"{text}; in the same network untrained all labels are on one level."
    return f"{text}; in the same network untrained {found.control_rho:.2f}."
