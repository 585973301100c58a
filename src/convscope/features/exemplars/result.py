"""What a harvest found: per layer and unit, the samples that drive it and how it responds to all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from convscope.errors import SpecError
from convscope.features.exemplars import histogram, ranking, sums
from convscope.features.exemplars.tally import Tally

DECILES = 10


@dataclass(frozen=True, eq=False)
class LayerHarvest:
    """What one layer of U units and D spatial axes did over the data.

    ``values``, ``samples`` and ``positions`` hold the k samples with the largest spatial maximum of each
    unit, in the order (value descending, sample ascending); the position is the first of equals, the last
    axis running fastest. Where there are fewer, the value is NaN and the sample -1. The ``low_`` ones hold
    the smallest spatial minima, ascending.

    Args:
        layer: its name.
        space: the size of its map; empty for a layer without positions.
        tally: the running results, exact.
        kept: int64 ``(R,)``: the samples of ``responses``.
    """

    layer: str
    space: tuple[int, ...]
    tally: Tally = field(repr=False)
    kept: np.ndarray = field(repr=False)

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.tally.seen)

    @cached_property
    def values(self) -> np.ndarray:
        """The k largest spatial maxima of each unit, float32 ``(U, k)``."""
        return ranking.values_of(self.tally.best)

    @cached_property
    def samples(self) -> np.ndarray:
        """Their samples, int64 ``(U, k)``."""
        return ranking.samples_of(self.tally.best)

    @cached_property
    def positions(self) -> np.ndarray:
        """Their positions in the map, int32 ``(U, k, D)``."""
        return self._positions(self.tally.best_at)

    @cached_property
    def low_values(self) -> np.ndarray:
        """The smallest spatial minima of each unit, float32 ``(U, 3)``."""
        return np.float32(0) - ranking.values_of(self.tally.least)

    @cached_property
    def low_samples(self) -> np.ndarray:
        """Their samples, int64 ``(U, 3)``."""
        return ranking.samples_of(self.tally.least)

    @cached_property
    def low_positions(self) -> np.ndarray:
        """Their positions in the map, int32 ``(U, 3, D)``."""
        return self._positions(self.tally.least_at)

    @property
    def responses(self) -> np.ndarray:
        """The spatial maximum of each unit on each kept sample, float32 ``(R, U)``; NaN where not finite."""
        return self.tally.responses

    @property
    def maximum(self) -> np.ndarray:
        """The natural maximum of each unit, float64 ``(U,)``; NaN where nothing was finite."""
        return self.values[:, 0].astype(np.float64)

    @property
    def minimum(self) -> np.ndarray:
        """The smallest value of each unit at any position, float64 ``(U,)``."""
        return self.low_values[:, 0].astype(np.float64)

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean of each unit over all samples and positions, float64 ``(U,)``."""
        return self._moments[0]

    @cached_property
    def variance(self) -> np.ndarray:
        """The variance of each unit over all samples and positions, float64 ``(U,)``."""
        return self._moments[1]

    @property
    def density(self) -> np.ndarray:
        """The share of samples on which each unit is active (spatial maximum above zero), float64 ``(U,)``."""
        seen = self.tally.seen
        return np.divide(self.tally.active, seen, out=np.full(len(seen), np.nan), where=seen > 0)

    @property
    def positions_seen(self) -> int:
        """Values of each unit behind mean and variance, where all were finite: samples times positions."""
        return int(self.tally.taken[0]) * int(np.prod(self.space, dtype=np.int64))

    @property
    def histogram(self) -> np.ndarray:
        """Counts int64 ``(U, BINS)`` between ``histogram.edges()``, of the counted positions."""
        return self.tally.counts

    @property
    def not_finite(self) -> np.ndarray:
        """Samples left out of each unit because its map held NaN or infinity, int64 ``(U,)``."""
        return self.tally.taken - self.tally.seen

    def quantile(self, q: float) -> np.ndarray:
        """Return the q-quantile of each unit over samples and positions.

        Args:
            q: share of the values that lie below, from 0 to 1.

        Returns:
            float64 ``(U,)``, off by less than an eighth of its value where every position is counted.
        """
        return histogram.quantile(self.histogram, q, self.minimum, self.maximum)

    @property
    def decile_values(self) -> np.ndarray:
        """Maxima of one sample from each tenth of the range of kept responses, float32 ``(U, 10)``."""
        return self._deciles[0]

    @property
    def decile_samples(self) -> np.ndarray:
        """Their samples, int64 ``(U, 10)``; -1 where no response lies in that tenth."""
        return self._deciles[1]

    @property
    def decile_positions(self) -> np.ndarray:
        """Their positions in the map, int32 ``(U, 10, D)``."""
        return self._deciles[2]

    def _positions(self, places: np.ndarray) -> np.ndarray:
        if not self.space:
            return np.zeros((*places.shape, 0), np.int32)
        return np.stack(np.unravel_index(places, self.space), axis=-1).astype(np.int32)

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray]:
        positions = int(np.prod(self.space, dtype=np.int64))
        means, variances = np.full(self.units, np.nan), np.full(self.units, np.nan)
        pairs = zip(sums.exact(self.tally.total), sums.exact(self.tally.squares), strict=True)
        for unit, (total, squares) in enumerate(pairs):
            count = int(self.tally.seen[unit]) * positions
            if count:
                mean = total / count
                means[unit] = float(mean)
                # Each sample's own sums were rounded, so a constant unit may come out below zero.
                variances[unit] = max(0.0, float(Fraction(squares, count) - mean**2))
        return means, variances

    @cached_property
    def _deciles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        responses = self.responses.astype(np.float64)
        values = np.full((self.units, DECILES), np.nan, np.float32)
        samples = np.full((self.units, DECILES), -1, np.int64)
        places = np.zeros((self.units, DECILES), np.int32)
        known = np.isfinite(responses)
        low = np.where(known, responses, np.inf).min(0, initial=np.inf)
        high = np.where(known, responses, -np.inf).max(0, initial=-np.inf)
        width = np.where(high > low, high - low, np.nan)
        with np.errstate(invalid="ignore"):
            share = (responses - low) / width
            tenth = np.minimum(np.floor(share * DECILES), DECILES - 1)
        for decile in range(DECILES):
            inside = tenth == decile
            distance = np.where(inside, np.abs(share - (decile + 0.5) / DECILES), np.inf)
            for unit in np.flatnonzero(inside.any(0)):
                row = int(distance[:, unit].argmin())
                values[unit, decile] = self.responses[row, unit]
                samples[unit, decile] = self.kept[row]
                places[unit, decile] = self.tally.places[row, unit]
        return values, samples, self._positions(places)


@dataclass(frozen=True, eq=False)
class Harvest:
    """What all chosen layers did over the data.

    Args:
        layers: by name, in the order in which they were asked for.
        samples: how many were seen.
        kept: int64 ``(R,)``, sorted: the samples of every layer's ``responses``.
        facts: what it was made of; two harvests are merged only if it is the same.
    """

    layers: Mapping[str, LayerHarvest]
    samples: int
    kept: np.ndarray
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, layer: str) -> LayerHarvest:
        return self.layers[layer]

    def merge(self, other: Self) -> Self:
        """Return the harvest of both sets of samples; in which order does not matter.

        Args:
            other: of the same layers, network and source, over other samples.

        Raises:
            SpecError: it is of something else, or of some of the same samples.
        """
        if self.facts != other.facts or list(self.layers) != list(other.layers):
            raise SpecError(
                "These two harvests cannot be merged: they differ in network, data, layers or settings. "
                "Merge parts of one study only."
            )
        kept = np.concatenate([self.kept, other.kept])
        order = np.argsort(kept, kind="stable")
        kept = kept[order]
        if (kept[1:] == kept[:-1]).any():
            raise SpecError(
                f"These two harvests share samples, such as {int(kept[1:][kept[1:] == kept[:-1]][0])}. "
                "Merge parts that have none in common."
            )
        merged = {
            name: LayerHarvest(
                name, one.space, one.tally.merged(other.layers[name].tally, order), kept
            )
            for name, one in self.layers.items()
        }
        return type(self)(merged, self.samples + other.samples, kept, self.facts)

    def save(self, path: Path) -> None:
        """Write everything into one file, whole or not at all; equal harvests give equal bytes.

        Args:
            path: the file, in the safetensors format.
        """
        from convscope.features.exemplars.storing import save

        save(path, self)

    @classmethod
    def load(cls, path: Path) -> "Harvest":
        """Read what ``save`` wrote.

        Raises:
            SpecError: the file is missing or something else.
        """
        from convscope.features.exemplars.storing import load

        return load(path)[0]
