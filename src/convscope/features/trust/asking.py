"""Samples as a machine sees them: crops gathered and described, and questions about them answered."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convscope.data import Source
from convscope.features.trust.likeness import Box, alike, described
from convscope.network import Network
from convscope.progress import Progress

FEWEST = 5
"""Questions, for a unit to have a score."""


class Wanted:
    """Crops to describe, gathered so that every sample is read once."""

    def __init__(self) -> None:
        self._crops: dict[int, list[tuple[str, int, Box]]] = {}
        self._count: dict[str, int] = {}

    def add(
        self, name: str, samples: np.ndarray, places: np.ndarray, box: Callable[[np.ndarray], Box]
    ) -> np.ndarray:
        """Ask for crops of one layer.

        Args:
            name: of the layer.
            samples: which, ``(U, n)``; -1 for none.
            places: positions in the map, ``(U, n, D)``.
            box: gives the crop that a unit at a position sees.

        Returns:
            Which row of the descriptions each will be, ``(U, n)``; -1 for none.
        """
        rows = np.full(samples.shape, -1, np.int64)
        self._count.setdefault(name, 0)
        for at in zip(*np.nonzero(samples >= 0), strict=True):
            rows[at] = self._count[name]
            crop = (name, int(rows[at]), box(places[at]))
            self._crops.setdefault(int(samples[at]), []).append(crop)
            self._count[name] = int(rows[at]) + 1
        return rows

    def described(self, net: Network, source: Source, progress: Progress) -> dict[str, np.ndarray]:
        """Return the descriptions of all crops by layer, ``(crops, F)``; NaN for a sample that is gone."""
        found: dict[str, np.ndarray] = {}
        for done, (sample, crops) in enumerate(sorted(self._crops.items()), start=1):
            batch = source.take(np.array([sample]), net.input.shape)
            if len(batch.indices):
                features = described(batch.arrays[0], [box for _, _, box in crops])
                for (name, row, _), feature in zip(crops, features, strict=True):
                    if name not in found:
                        shape = (self._count[name], len(feature))
                        found[name] = np.full(shape, np.nan, np.float32)
                    found[name][row] = feature
            progress("trust", done, len(self._crops))
        none = {name: np.full((many, 1), np.nan, np.float32) for name, many in self._count.items()}
        return none | found


@dataclass(frozen=True, eq=False)
class Asked:
    """Questions about a layer's units, each number in standard deviations about its mean.

    Args:
        high: descriptions of the samples that drive a unit, float32 ``(U, P, F)``; NaN where there is none.
        low: of those that do not.
        mean: of a description, ``(F,)``, over all crops.
        scale: its standard deviation, ``(F,)``; infinite for what does not vary.
    """

    high: np.ndarray
    low: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray, high: np.ndarray, low: np.ndarray) -> "Asked":
        """Return the questions that some crops make.

        Args:
            features: descriptions of the layer's crops, ``(crops, F)``, NaN for those that are gone.
            high: rows of those that drive a unit, ``(U, P)``; -1 for none.
            low: rows of those that do not.
        """
        there = features[np.isfinite(features).all(1)]
        if not len(there):
            there = np.zeros((1, features.shape[1]), np.float32)
        mean, deviation = there.mean(0), there.std(0)
        scale = np.where(deviation > 1e-6 * np.abs(mean).max(initial=1e-9), deviation, np.inf)
        last = np.concatenate([(features - mean) / scale, np.full((1, len(mean)), np.nan)])
        last = last.astype(np.float32)
        return cls(last[high], last[low], mean, scale)

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """Return descriptions ``(n, F)`` in the measure of the questions."""
        return (features - self.mean) / self.scale

    def right(self, unit: int, references: np.ndarray) -> float:
        """Return how often the sample that drives a unit is the one that is more like references.

        Args:
            unit: which is asked about.
            references: scaled descriptions, ``(n, F)``.

        Returns:
            The share, ties as halves; NaN where fewer than five questions can be asked.
        """
        known = np.isfinite(self.high[unit]).all(1) & np.isfinite(self.low[unit]).all(1)
        there = references[np.isfinite(references).all(1)]
        if known.sum() < FEWEST or not len(there):
            return float("nan")
        one = alike(self.high[unit, known][:, None], there[None]).mean(1)
        other = alike(self.low[unit, known][:, None], there[None]).mean(1)
        return float(((one > other) + 0.5 * (one == other)).mean())
