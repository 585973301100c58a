"""Which units drive a unit, and which it drives: ranked, with what each adds on data, checked by ablation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from convscope.data import Source
from convscope.features.circuits.ablation import End, Pair, Question, ablations
from convscope.features.circuits.kernels import INPUT, Stage
from convscope.features.circuits.ranking import Strengths, inputs_of, outputs_of, strengths
from convscope.features.exemplars import LayerHarvest
from convscope.network import Network
from convscope.progress import Progress, silent


@dataclass(frozen=True, eq=False, slots=True)
class Link:
    """One unit that enters another, or is entered by it.

    Args:
        layer: name of the layer at the other end; ``"input"`` for the network's input.
        unit: the unit at the other end.
        norm: L2 norm of the effective kernel, in units of the target per unit of the source.
        contribution: sum of the kernel times the mean of the source over the data: what it adds, on the average, to
            the target before activations. None where that mean is not known.
        ablation: change of the target's response on its exemplars when the source is silenced, as a share of it;
            None where it was not asked, or the response is 0.
        kernel: the effective kernel, ``(*K)``; None where it was not kept.
    """

    layer: str
    unit: int
    norm: float
    contribution: float | None = None
    ablation: float | None = None
    kernel: np.ndarray | None = field(default=None, repr=False)

    def document(self) -> dict[str, Any]:
        """Return it as JSON, without the kernel."""
        return {
            "layer": self.layer,
            "unit": self.unit,
            "norm": self.norm,
            "contribution": self.contribution,
            "ablation": self.ablation,
        }


class UnitLinks(NamedTuple):
    """The links of one unit, strongest first.

    Args:
        inputs: the units that enter it.
        outputs: the units that it enters.
    """

    inputs: tuple[Link, ...]
    outputs: tuple[Link, ...]


@dataclass(frozen=True, eq=False)
class LayerLinks:
    """The links of the units of one layer.

    Args:
        layer: its name.
        units: by channel.
        notes: what was taken for granted between the layer and its sources, as sentences.
    """

    layer: str
    units: Mapping[int, UnitLinks]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Keep:
    """How much of the links is worked out and kept.

    Args:
        most: links each way.
        kernels: kernels each way, of the strongest links.
        checked: inputs of each unit that are checked by ablation, the strongest.
        exemplars: on how many of the unit's exemplars.
    """

    most: int = 50
    kernels: int = 12
    checked: int = 5
    exemplars: int = 3


def links(
    net: Network,
    layers: Sequence[str],
    *,
    units: Mapping[str, Sequence[int]] | None = None,
    evidence: Mapping[str, LayerHarvest] | None = None,
    source: Source | None = None,
    keep: Keep | None = None,
    progress: Progress = silent,
) -> dict[str, LayerLinks]:
    """Rank the links between chosen layers, in and out.

    Args:
        net: the network.
        layers: the chosen layers, names or module paths. A unit's sources are in those from which its layer is reached
            without passing through another one, and the network's input where it is reached so.
        units: whose links to keep, by layer; all by default. Links lead to any unit at the other end.
        evidence: what the layers did over the data: gives contributions and exemplars.
        source: the data; with evidence, the strongest inputs are checked by ablation.
        keep: how much is worked out and kept.
        progress: told of layers and samples done.

    Returns:
        By layer. Pairs without any path between them are no links.
    """
    keep = keep or Keep()
    names = [net.layer(name).name for name in layers]
    stages = [Stage(net, name, names) for name in names]
    wanted = {
        stage.layer: sorted((units or {}).get(stage.layer, () if units else range(stage.units)))
        for stage in stages
    }
    every: list[Strengths] = []
    inputs: dict[End, list[Pair]] = {}
    for done, stage in enumerate(stages, start=1):
        every.append(strengths(stage))
        inputs |= inputs_of(every[-1], wanted[stage.layer], keep.most)
        progress("links", done, len(stages))
    outputs = outputs_of(every, wanted, keep.most)
    facts = _Facts(every, evidence or {})
    if source is not None and evidence:
        facts.effects = ablations(
            net, source, _questions(inputs, evidence, keep), progress=progress
        )
    shown = {
        pair for side in (inputs, outputs) for row in side.values() for pair in row[: keep.kernels]
    }
    for stage, found in zip(stages, every, strict=True):
        facts.kernels |= _kernels(stage, found, shown)
    return {
        stage.layer: LayerLinks(
            stage.layer,
            {
                unit: UnitLinks(
                    tuple(facts.link(pair, pair[1]) for pair in inputs[stage.layer, unit]),
                    tuple(facts.link(pair, pair[0]) for pair in outputs[stage.layer, unit]),
                )
                for unit in wanted[stage.layer]
            },
            stage.notes,
        )
        for stage in stages
    }


class _Facts:
    """What is known of each pair."""

    def __init__(self, every: Iterable[Strengths], evidence: Mapping[str, LayerHarvest]):
        self._tables = {found.layer: found for found in every}
        self._columns = {
            found.layer: {end: i for i, end in enumerate(found.ends)} for found in every
        }
        self._evidence = evidence
        self.effects: Mapping[Pair, float] = {}
        self.kernels: dict[Pair, np.ndarray] = {}

    def link(self, pair: Pair, other: End) -> Link:
        """Return what is known of a pair, seen from the end that is not ``other``."""
        (layer, unit), end = pair
        row, column = unit, self._columns[layer][end]
        table = self._tables[layer]
        known = self._evidence.get(end[0])
        mean = None if known is None else float(known.mean[end[1]])
        if mean is not None and not isfinite(mean):
            mean = None  # nothing the unit did was finite
        return Link(
            *other,
            norm=float(table.norms[row, column]),
            contribution=None if mean is None else float(table.sums[row, column]) * mean,
            ablation=self.effects.get(pair),
            kernel=self.kernels.get(pair),
        )


def _questions(
    inputs: Mapping[End, Sequence[Pair]], evidence: Mapping[str, LayerHarvest], keep: Keep
) -> list[Question]:
    asked = []
    for target, pairs in inputs.items():
        known = evidence.get(target[0])
        sources = tuple(end for _, end in pairs[: keep.checked] if end[0] != INPUT)
        if known is None or not sources:
            continue
        samples = known.samples[target[1], : keep.exemplars]
        there = samples >= 0
        places = known.positions[target[1], : keep.exemplars][there]
        asked.append(
            Question(
                target,
                tuple(samples[there].tolist()),
                tuple(tuple(place) for place in places.tolist()),
                sources,
            )
        )
    return asked


def _kernels(stage: Stage, found: Strengths, shown: set[Pair]) -> dict[Pair, np.ndarray]:
    """Return the kernels of those shown pairs whose target is in the stage's layer."""
    by_unit: dict[int, list[End]] = {}
    for (layer, unit), end in shown:
        if layer == found.layer:
            by_unit.setdefault(unit, []).append(end)
    kept: dict[Pair, np.ndarray] = {}
    for chunk in stage.chunks(sorted(by_unit)):
        for kernels in chunk.values():
            for row, unit in enumerate(kernels.units):
                for end in by_unit[unit]:
                    if end[0] == kernels.source:
                        kept[(found.layer, unit), end] = kernels.values[row, end[1]].numpy().copy()
    return kept
