"""What can be said of a place: masks that came with the data, and what classical operators find.

A computed concept is where its strength is among the top 2 % of the data's places. So all of them are equally rare,
none is a label because it is everywhere, and a hit counts the same for each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from convscope.data import Kind, Source, fit_masks
from convscope.features.concepts.cells import Grid
from convscope.features.concepts.operators import Concept, Strengths, strengths
from convscope.network import InputRule
from convscope.network.inputs import PER_SAMPLE

COVERAGE = 0.02
"""Share of places that a computed concept is at."""
LOOKED = 64
"""Samples of the first look, from which thresholds are taken where nothing else gives them."""
_KINDS: Mapping[int, Kind] = {1: "sound", 2: "image", 3: "volume"}
_AT_ONCE = 4  # samples that operators work on together


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The concepts that units of a network may be labelled with.

    Args:
        concepts: computed ones first, then those that came with the data.
        source: the data.
        shape: (C, *S) that samples are fitted to.
        standardised: whether the network sees each sample divided by its own deviation; then loud and quiet,
            or bright and dim, samples are alike to it, and must be to the operators.
        computed: which of the operators' maps are used.
        limits: by grid, the strength from which each computed concept is there.
        given: names of the masks that came with the data.
    """

    concepts: tuple[Concept, ...]
    source: Source
    shape: tuple[int, ...]
    standardised: bool
    computed: np.ndarray
    limits: Mapping[Grid, torch.Tensor]
    given: tuple[str, ...]

    @classmethod
    def of(
        cls,
        source: Source,
        rule: InputRule,
        grids: Iterable[Grid],
        samples: int = LOOKED,
        seed: int = 0,
    ) -> "Vocabulary":
        """Take the thresholds of computed concepts from a first look at some samples.

        Args:
            source: the data.
            rule: the network's input.
            grids: where the concepts are asked about.
            samples: how many are looked at.
            seed: of the grids' lattices.
        """
        wanted = list(grids)
        seen: dict[Grid, list[torch.Tensor]] = {grid: [] for grid in wanted}
        names: list[Concept] = []
        standardised = rule.std == PER_SAMPLE
        for batch in source.batches(_AT_ONCE, rule.shape, limit=samples):
            found = _found(batch.arrays, source, standardised)
            names = [concept for one in found for concept in one.concepts]
            for grid in wanted:
                seen[grid].append(_at(grid, found, seed).half())
        given = tuple(source.concepts)
        # A mask that came with the data says it better than an operator of the same name.
        computed = np.array([i for i, one in enumerate(names) if one.name not in given], np.int64)
        limits = {grid: _limits(pieces)[computed] for grid, pieces in seen.items() if pieces}
        concepts = [names[i] for i in computed.tolist()]
        concepts += [Concept(name, source.concepts[name], None) for name in given]
        return cls(tuple(concepts), source, rule.shape, standardised, computed, limits, given)

    def present(
        self, arrays: np.ndarray, indices: np.ndarray, seed: int = 0
    ) -> dict[Grid, np.ndarray]:
        """Return where each concept is in some samples.

        Args:
            arrays: (B, C, *S), fitted to the shape.
            indices: (B,) of the samples in the source.
            seed: of the grids' lattices.

        Returns:
            By grid, bool (B, K, P).
        """
        pieces: dict[Grid, list[np.ndarray]] = {grid: [] for grid in self.limits}
        for start in range(0, len(arrays), _AT_ONCE):
            some = arrays[start : start + _AT_ONCE]
            found = _found(some, self.source, self.standardised)
            masks = self._masks(indices[start : start + _AT_ONCE])
            for grid, limit in self.limits.items():
                strength = _at(grid, found, seed)[:, self.computed]
                there = strength > limit[:, None]
                if masks is not None:
                    there = torch.cat([there, grid.strongest(masks, 1, seed) > 0.5], 1)
                pieces[grid].append(there.numpy())
        return {grid: np.concatenate(parts) for grid, parts in pieces.items()}

    def _masks(self, indices: np.ndarray) -> torch.Tensor | None:
        if not self.given:
            return None
        stacks = []
        for index in indices.tolist():
            sample = self.source[index]
            masks = sample.masks or {}
            nothing = np.zeros(sample.array.shape[1:], bool)
            stack = np.stack([np.asarray(masks.get(name, nothing)) for name in self.given])
            stacks.append(fit_masks(stack, sample.array, self.shape))
        return torch.from_numpy(np.stack(stacks)).float()


def _found(arrays: np.ndarray, source: Source, standardised: bool) -> list[Strengths]:
    x = torch.from_numpy(arrays)
    if standardised:
        every = tuple(range(1, x.dim()))
        x = x - x.mean(every, keepdim=True)
        x = x / x.std(every, keepdim=True, unbiased=False).clamp_min(1e-8)
    return strengths(x, _KINDS[arrays.ndim - 2], source.rate)


def _at(grid: Grid, found: list[Strengths], seed: int) -> torch.Tensor:
    """Return all strengths at the places of a grid, (B, K, P)."""
    return torch.cat([grid.strongest(one.maps, one.factor, seed) for one in found], 1)


def _limits(pieces: list[torch.Tensor]) -> torch.Tensor:
    """Return the strength that the top of the places exceed, for each concept (K,); never below zero."""
    places = torch.cat([piece.transpose(0, 1).flatten(1) for piece in pieces], 1)  # (K, places)
    top = max(1, round(COVERAGE * places.shape[1]))
    limits = [row.float().topk(top).values[-1] for row in places]
    return torch.stack(limits).clamp_min(0)
