"""Compare two networks, or two checkpoints of one, over the same data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from convscope.data import Source
from convscope.errors import SpecError
from convscope.features.comparing.finding import Comparison, LayerPair, UnitPair
from convscope.features.comparing.matching import STATUSES, Matching, matched, similarity
from convscope.features.exemplars import harvest
from convscope.finding import NetworkId
from convscope.finding import Protocol as Measured
from convscope.network import Network
from convscope.progress import Progress, silent

FEWEST = 20
"""Samples in common below which a correlation of the best of many units means nothing."""


class Responded(Protocol):
    """What a layer did over the data; a LayerHarvest is one."""

    @property
    def responses(self) -> np.ndarray:
        """The spatial maximum of each unit on each kept sample, ``(R, U)``."""
        ...

    @property
    def maximum(self) -> np.ndarray:
        """The natural maximum of each unit, ``(U,)``."""
        ...

    @property
    def density(self) -> np.ndarray:
        """The share of samples on which each unit is active, ``(U,)``."""
        ...


@dataclass(frozen=True, eq=False)
class Side:
    """One of two networks that are compared.

    Args:
        network: which network.
        kept: int64 ``(R,)``: the samples of the responses, by index.
        layers: what each layer did over them, in the order in which layers run.
        data: fingerprint of the source.
        labels: what units are called, by layer; None for a unit without a label.
        units: the numbers of the units that were looked at, by layer, where that is not all.
        called: what the user calls it, beside the network's spec; "" where that is all.
    """

    network: NetworkId
    kept: np.ndarray
    layers: Mapping[str, Responded]
    data: str
    labels: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    units: Mapping[str, Sequence[int]] = field(default_factory=dict)
    called: str = ""

    def number(self, layer: str, place: int) -> int:
        """Return the number of the unit that is at a place among those that were looked at."""
        return self.units[layer][place] if layer in self.units else place


def compare(
    net: Network,
    other: Network,
    source: Source,
    *,
    layers: Sequence[str],
    other_layers: Sequence[str] | None = None,
    limit: int | None = 500,
    progress: Progress = silent,
) -> Comparison:
    """Match the units of two networks by their responses to the same samples.

    Args:
        net: the first network.
        other: the second.
        source: the data; fitted to each network's input.
        layers: layers of the first network, names or module paths.
        other_layers: layers of the second; by default the same.
        limit: samples, spread evenly over the source; None for all.
        progress: told of samples done.

    Returns:
        The comparison.

    Raises:
        SpecError: a layer that does not exist, or too few samples.
    """
    sides: list[Side] = []
    for network, names in ((net, layers), (other, other_layers or layers)):
        found = harvest(network, source, names, k=1, limit=limit, progress=progress)
        sides.append(Side(network.id, found.kept, found.layers, source.fingerprint))
    return compared(sides[0], sides[1])


def compared(one: Side, two: Side, *, shuffles: int = 20, seed: int = 0) -> Comparison:
    """Match the units of two networks whose responses are known.

    Args:
        one: the first network.
        two: the second.
        shuffles: how often samples are shuffled for the null.
        seed: of the shuffles.

    Returns:
        The comparison. Each layer is compared with the layer of the same name; where the networks do not share
        theirs, with the one in which most of its units are found.

    Raises:
        SpecError: the responses are to different data, or to too few samples in common.
    """
    if one.data != two.data:
        raise SpecError(
            f"{one.network.spec} and {two.network.spec} were shown different data, so their responses cannot be "
            "compared. Look at both with the same data and the same number of samples."
        )
    _, rows, other_rows = np.intersect1d(one.kept, two.kept, return_indices=True)
    if len(rows) < FEWEST:
        raise SpecError(
            f"{one.network.spec} and {two.network.spec} have {len(rows)} samples in common; at least {FEWEST} are "
            "needed to tell a match from chance. Look at both with the same data, and with more samples."
        )
    tables = (
        {name: np.asarray(layer.responses)[rows] for name, layer in one.layers.items()},
        {name: np.asarray(layer.responses)[other_rows] for name, layer in two.layers.items()},
    )
    known: dict[tuple[int, str, str], Matching] = {}
    layers: list[LayerPair] = []
    units: list[UnitPair] = []
    for index, (mine, theirs) in enumerate(((one, two), (two, one))):
        for name in mine.layers:
            partner = _partner(name, tables[index], tables[1 - index])
            if (index, name, partner) not in known:
                both = matched(
                    tables[index][name], tables[1 - index][partner], shuffles=shuffles, seed=seed
                )
                known[index, name, partner], known[1 - index, partner, name] = both
            found = known[index, name, partner]
            pairs = _pairs(index, found, (mine, name), (theirs, partner))
            units += pairs
            layers.append(_layer(index, found, name, partner, pairs))
    return Comparison(
        network=one.network,
        protocol=Measured(
            id="compare/pearson/best/shuffled",
            seed=seed,
            samples=len(rows),
            settings={"shuffles": shuffles},
        ),
        other=two.network,
        layers=tuple(layers),
        units=tuple(units),
        called=(one.called, two.called),
    )


def _partner(name: str, mine: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> str:
    if name in theirs:
        return name
    scores = {other: similarity(mine[name], table) for other, table in theirs.items()}
    return max(scores, key=lambda other: np.nan_to_num(scores[other], nan=-2.0))


def _layer(
    index: int, found: Matching, name: str, partner: str, pairs: Sequence[UnitPair]
) -> LayerPair:
    return LayerPair(
        network=index,
        layer=name,
        other_layer=partner,
        units=len(found.status),
        counts={status: found.count(status) for status in STATUSES},
        similarity=_number(found.similarity),
        null99=_number(found.null99),
        relabelled=sum(
            pair.status == "matched"
            and None not in (pair.label, pair.other_label)
            and pair.label != pair.other_label
            for pair in pairs
        ),
    )


def _pairs(
    index: int, found: Matching, mine: tuple[Side, str], theirs: tuple[Side, str]
) -> list[UnitPair]:
    rows = []
    for place, (best, value, status) in enumerate(
        zip(found.best.tolist(), found.correlation.tolist(), found.status, strict=True)
    ):
        maximum, density, label = _known(*mine, place)
        other = _known(*theirs, best) if best >= 0 else (None, None, None)
        rows.append(
            UnitPair(
                network=index,
                layer=mine[1],
                unit=mine[0].number(mine[1], place),
                other_layer=theirs[1],
                other_unit=theirs[0].number(theirs[1], best) if best >= 0 else None,
                status=status,
                correlation=_number(value),
                maximum=maximum,
                other_maximum=other[0],
                density=density,
                other_density=other[1],
                label=label,
                other_label=other[2],
            )
        )
    return rows


def _known(side: Side, layer: str, place: int) -> tuple[float | None, float | None, str | None]:
    row, labels = side.layers[layer], side.labels.get(layer)
    label = None if labels is None else labels[place]
    return _number(row.maximum[place]), _number(row.density[place]), label


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
