"""The strength of every pair of a layer's units and their sources, and the strongest each way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.features.circuits.ablation import End, Pair
from convscope.features.circuits.kernels import Kernels, Stage


@dataclass(frozen=True, eq=False)
class Strengths:
    """All pairs of one target layer.

    Args:
        layer: the target layer.
        ends: the source units, those of every source layer in turn, ``(E,)``.
        norms: L2 norm of each pair's kernel, ``(U, E)`` float32.
        sums: sum of each pair's kernel, ``(U, E)`` float32.
    """

    layer: str
    ends: tuple[End, ...]
    norms: np.ndarray
    sums: np.ndarray

    def pair(self, unit: int, column: int) -> Pair:
        """Return the pair of a target unit and a source: a row and a column of the tables."""
        return (self.layer, unit), self.ends[column]


def strengths(stage: Stage) -> Strengths:
    """Work out the strength of every pair of a layer, in a fixed piece of memory beside the result.

    Args:
        stage: the target layer and its sources.
    """
    norms = sums = [np.zeros((stage.units, 0), np.float32)]
    ends: tuple[End, ...] = ()
    if not stage.is_far:
        norms, sums = [], []
    for found in stage.chunks():
        tables = [one.values for one in found.values()]
        flat = [table.reshape(*table.shape[:2], -1) for table in tables]
        norms.append(np.concatenate([one.norm(dim=2).numpy() for one in flat], 1))
        sums.append(np.concatenate([one.sum(2).numpy() for one in flat], 1))
        ends = tuple(_ends(found.values()))
    return Strengths(stage.layer, ends, np.concatenate(norms), np.concatenate(sums))


def _ends(kernels: Iterable[Kernels]) -> Iterator[End]:
    for one in kernels:
        for unit in range(one.values.shape[1]):
            yield one.source, unit


def inputs_of(found: Strengths, units: Sequence[int], most: int) -> dict[End, list[Pair]]:
    """Return the strongest sources of each unit, strongest first.

    Args:
        found: all pairs of the layer.
        units: the target units.
        most: pairs kept per unit; pairs of norm 0 are none.
    """
    return {
        (found.layer, unit): [
            found.pair(unit, column) for column in _strongest(found.norms[unit], most)
        ]
        for unit in units
    }


def outputs_of(
    every: Sequence[Strengths], units: Mapping[str, Sequence[int]], most: int
) -> dict[End, list[Pair]]:
    """Return the strongest targets of each unit, of whatever layer, strongest first.

    Args:
        every: all pairs of every layer.
        units: the source units, by layer.
        most: pairs kept per unit; pairs of norm 0 are none.
    """
    wanted = {(layer, unit) for layer, some in units.items() for unit in some}
    heard: dict[End, list[tuple[float, Pair]]] = {end: [] for end in wanted}
    for found in every:
        for column, end in enumerate(found.ends):
            if end in wanted:
                norms = found.norms[:, column]
                heard[end] += [
                    (float(norms[unit]), found.pair(unit, column))
                    for unit in _strongest(norms, most)
                ]
    return {
        end: [pair for _, pair in sorted(pairs, key=lambda one: -one[0])[:most]]
        for end, pairs in heard.items()
    }


def _strongest(norms: np.ndarray, most: int) -> list[int]:
    order = np.argsort(-norms, kind="stable")[:most]
    return order[norms[order] > 0].tolist()
