"""What is known of the units of one layer, put together: evidence side by side, nothing measured here."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from convscope.features.circuits import LayerLinks, Link, UnitLinks
from convscope.features.concepts import Label
from convscope.features.exemplars import LayerHarvest
from convscope.features.synthesis import Synthesis
from convscope.features.trust import Trust
from convscope.features.tuning import Tuning
from convscope.features.unit_documents import (
    histogram_document,
    link_document,
    number,
    synthesis_document,
    tuning_document,
)
from convscope.network import Layer
from convscope.receptive import LayerField

if TYPE_CHECKING:
    from PIL.Image import Image

DEAD = "dead on data"
Box = list[list[int]]


@final
@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """The units of one layer.

    Args:
        layer: the layer.
        field: what its units can see.
        harvest: what they did over the data.
        tunings: what stimuli they prefer, one a unit; None where that was not measured.
        labels: what they respond to, one a unit; None where that was not measured.
        syntheses: pictures made for them, by unit.
        links: the units that feed them and those that they feed; None where that was not measured.
        trust: how well their pictures predict them; None where that was not measured.
        listed: the units that were looked at, ascending; None for all.
    """

    layer: Layer
    field: LayerField
    harvest: LayerHarvest
    tunings: Sequence[Tuning] | None = None
    labels: Sequence[Label] | None = None
    syntheses: Mapping[int, Sequence[Synthesis]] = dataclasses.field(default_factory=dict)
    links: LayerLinks | None = None
    trust: Trust | None = None
    listed: Sequence[int] | None = None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def units(self) -> int:
        """How many units it has."""
        return self.harvest.units

    @property
    def numbers(self) -> Sequence[int]:
        """The units that were looked at."""
        return range(self.units) if self.listed is None else self.listed

    @property
    def dead(self) -> np.ndarray:
        """Which units never changed over the data, booleans ``(U,)``."""
        return ~(self.harvest.maximum > self.harvest.minimum)

    def unit(self, number: int) -> "Unit":
        """Return one unit.

        Args:
            number: which of them, from 0.

        Raises:
            IndexError: there is no such unit, or it is not one of those that were looked at.
        """
        if not 0 <= number < self.units:
            raise IndexError(f"{self.name} has {self.units} units, from 0; there is no {number}")
        if number not in self.numbers:
            raise IndexError(
                f"unit {number} of {self.name} is not among the {len(self.numbers)} of {self.units} "
                "that were looked at"
            )
        return Unit(self, number)

    def box(self, position: np.ndarray) -> Box:
        """Return what the units at a position of the map can see: ``[low, high)`` per axis of the input.

        Args:
            position: indices into the map, ``(D,)``; empty for a layer without positions.
        """
        whole = [[0, size] for size in self.field.input]
        if len(position) != len(whole) or any(self.field.is_global):
            return whole
        seen = self.field.box([int(place) for place in position])
        return whole if seen is None else [[low, high + 1] for low, high in seen]


@final
@dataclass(frozen=True, eq=False)
class Unit:
    """One unit of a layer.

    Args:
        of: the layer's units.
        number: which of them.
    """

    of: LayerFeatures
    number: int

    @property
    def status(self) -> str:
        """``"dead on data"``, what became of its synthesis (``"ok"``, ``"weak"``, ``"failed"``), or ``"ok"``."""
        if self.of.dead[self.number]:
            return DEAD
        return self.syntheses[0].status if self.syntheses else "ok"

    @property
    def tuning(self) -> Tuning | None:
        """What stimuli it prefers."""
        return None if self.of.tunings is None else self.of.tunings[self.number]

    @property
    def label(self) -> Label | None:
        """What it responds to."""
        return None if self.of.labels is None else self.of.labels[self.number]

    @property
    def syntheses(self) -> Sequence[Synthesis]:
        """Pictures made for it, the positive one first."""
        return self.of.syntheses.get(self.number, ())

    @property
    def inputs(self) -> Sequence[Link]:
        """The units that feed it, the strongest first."""
        return self._linked.inputs

    @property
    def outputs(self) -> Sequence[Link]:
        """The units that it feeds, the strongest first."""
        return self._linked.outputs

    @property
    def exemplars(self) -> list[dict[str, Any]]:
        """The samples where it is highest: sample, value, position in the map, box in the input."""
        found = self.of.harvest
        return self._shown(found.samples, found.values, found.positions)

    @property
    def lows(self) -> list[dict[str, Any]]:
        """The samples where it is lowest, in the same form."""
        found = self.of.harvest
        return self._shown(found.low_samples, found.low_values, found.low_positions)

    @property
    def deciles(self) -> list[dict[str, Any]]:
        """One sample from each tenth of its range, in the same form, ``decile`` from 1."""
        found = self.of.harvest
        shown = zip(
            range(1, found.decile_samples.shape[1] + 1),
            found.decile_samples[self.number],
            found.decile_values[self.number],
            found.decile_positions[self.number],
            strict=True,
        )
        return [
            {"decile": decile, **self._one(sample, value, position)}
            for decile, sample, value, position in shown
            if sample >= 0
        ]

    @property
    def _linked(self) -> UnitLinks:
        return self.of.links.units[self.number] if self.of.links else UnitLinks((), ())

    def document(self) -> dict[str, Any]:
        """Return the fields of the contract, as JSON."""
        found, first = self.of.harvest, next(iter(self.syntheses), None)
        return {
            "layer": self.of.name,
            "unit": self.number,
            "status": self.status,
            "natural_max": number(found.maximum[self.number]),
            "density": number(found.density[self.number]),
            "exemplars": self.exemplars,
            "synthesis": first and synthesis_document(first),
            "tuning": self.tuning and tuning_document(self.tuning),
            "label": self.label and self.label.document(),
            "inputs": [link.document() for link in self.inputs],
            "outputs": [link.document() for link in self.outputs],
        }

    def details(self) -> dict[str, Any]:
        """Return everything that is known of it, as JSON."""
        found, n = self.of.harvest, self.number
        links = {"inputs": self.inputs, "outputs": self.outputs}
        return {
            **self.document(),
            "natural_min": number(found.minimum[n]),
            "mean": number(found.mean[n]),
            "deviation": number(found.variance[n] ** 0.5),
            "deciles": self.deciles,
            "lows": self.lows,
            "histogram": histogram_document(found, n),
            "synthesis": [synthesis_document(one) for one in self.syntheses],
            "tuning": self.tuning and tuning_document(self.tuning, curves=True),
            **{way: [link_document(link) for link in links[way]] for way in links},
            "trust": self.of.trust and self.of.trust.unit(n),
        }

    def show(self) -> "Image":
        """Return its syntheses as one picture, for a notebook.

        Raises:
            ValueError: none was made, or they are not pictures.
        """
        from convscope.features.showing import sheet

        return sheet([one.image for one in self.syntheses])

    def _shown(
        self, samples: np.ndarray, values: np.ndarray, positions: np.ndarray
    ) -> list[dict[str, Any]]:
        rows = zip(samples[self.number], values[self.number], positions[self.number], strict=True)
        return [self._one(*row) for row in rows if row[0] >= 0]

    def _one(self, sample: int, value: float, position: np.ndarray) -> dict[str, Any]:
        return {
            "sample": int(sample),
            "value": number(value),
            "position": [int(place) for place in position],
            "box": self.of.box(position),
        }
