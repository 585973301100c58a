"""Do the pictures of a unit tell what it does? A test with two alternatives, marked by a machine.

Of two samples that nobody was shown, which drives the unit more? People answer right in 92 % of cases from
natural exemplars and in 82 % from synthetic pictures (Borowski et al. 2021); a machine that compares pictures
can stand in for them (Zimmermann et al. 2024). Here the one is chosen whose crop is, on average, more like
the references, by the plain measure of ``likeness``. Half right is chance; how much is right with the
references of another unit of the layer shows what any reference would give away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.data import Source
from convscope.features.exemplars import LayerHarvest
from convscope.features.trust.likeness import Box, alike, described
from convscope.features.trust.pairs import pairs
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import LayerField
from convscope.receptive.units import Units

_RESAMPLES = 2000
_FEWEST = 5  # questions, for a unit to have a score


@dataclass(frozen=True)
class Score:
    """The share of questions answered right, over the units of a layer.

    Args:
        mean: over units, each counting once.
        interval: 95 %, by bootstrap over units.
        units: those that could be asked about.
    """

    mean: float
    interval: tuple[float, float]
    units: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"mean": self.mean, "interval": list(self.interval), "units": self.units}


@dataclass(frozen=True, eq=False)
class Trust:
    """How well the pictures of a layer's units predict them.

    Args:
        layer: its name.
        exemplars: float64 ``(U,)``: share right from the exemplars; NaN for a unit that cannot be asked about.
        synthesis: the same from the pictures made for it; None where none were made.
        others: the same from the exemplars of another unit.
        seed: of the bootstrap.
    """

    layer: str
    exemplars: np.ndarray
    synthesis: np.ndarray | None
    others: np.ndarray
    seed: int = 0

    def score(self, kind: str = "exemplars") -> Score | None:
        """Return the layer's score; None where no unit has one.

        Args:
            kind: ``exemplars``, ``synthesis`` or ``others``.
        """
        shares = getattr(self, kind)
        known = np.zeros(0) if shares is None else shares[np.isfinite(shares)]
        if not len(known):
            return None
        rng = np.random.default_rng(self.seed)
        means = known[rng.integers(0, len(known), (_RESAMPLES, len(known)))].mean(1)
        low, high = np.quantile(means, [0.025, 0.975])
        return Score(float(known.mean()), (float(low), float(high)), len(known))

    def document(self) -> dict[str, Any]:
        """Return the layer's scores as JSON; null where there is none."""
        found = {kind: self.score(kind) for kind in ("exemplars", "synthesis", "others")}
        return {kind: score and score.document() for kind, score in found.items()}

    def unit(self, number: int) -> dict[str, float | None]:
        """Return one unit's shares as JSON; null where it cannot be asked about."""
        kinds = {"exemplars": self.exemplars, "synthesis": self.synthesis}
        return {
            kind: None
            if shares is None or not np.isfinite(shares[number])
            else float(shares[number])
            for kind, shares in kinds.items()
        }


def trust(
    net: Network,
    source: Source,
    harvests: Mapping[str, LayerHarvest],
    fields: Mapping[str, LayerField],
    *,
    pictures: Mapping[str, Mapping[int, Sequence[np.ndarray]]] | None = None,
    count: int = 10,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Trust]:
    """Ask, of every unit, which of two unseen samples drives it, and answer from its pictures.

    Args:
        net: the network, for the shape of its input.
        source: the data of the harvest.
        harvests: what the layers did over the data; their exemplars are the references.
        fields: what their units can see.
        pictures: by layer and unit, pictures ``(C, *s)`` that were made for it, as other references.
        count: questions about a unit, at most.
        seed: of the questions and the bootstrap.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        By layer, the shares answered right.
    """
    asked = {name: pairs(one, count, seed) for name, one in harvests.items()}
    wanted = _Wanted()
    rows = {}
    for name, one in harvests.items():
        box = boxes(fields[name])
        questions = asked[name]
        rows[name] = (
            wanted.add(name, one.samples, one.positions, box),
            wanted.add(name, questions.high, questions.places, box),
            wanted.add(name, questions.low, questions.places, box),
        )
    features = wanted.described(net, source, progress)
    made = pictures or {}
    return {
        name: _scored(name, rows[name], features[name], made.get(name), seed) for name in harvests
    }


def boxes(field: LayerField) -> Callable[[np.ndarray], Box]:
    """Return the function that gives the crop which a unit at a position of the map can see.

    Args:
        field: of its layer; the crop is the whole sample where an axis is read as a whole.
    """
    whole = [(0, size) for size in field.input]
    sites = [axis.site for axis in field.axes]
    hulls = [] if any(field.is_global) else [Units().hulls(site) for site in sites if site]

    def box(position: np.ndarray) -> Box:
        if len(hulls) != len(whole) or len(position) != len(whole):
            return whole
        ends = [(int(f[p]), int(e[p]) + 1) for (f, e), p in zip(hulls, position, strict=True)]
        return whole if any(first >= end for first, end in ends) else ends

    return box


class _Wanted:
    """Crops to describe, gathered so that every sample is read once."""

    def __init__(self) -> None:
        self._crops: dict[int, list[tuple[str, int, Box]]] = {}
        self._count: dict[str, int] = {}

    def add(
        self, name: str, samples: np.ndarray, places: np.ndarray, box: Callable[[np.ndarray], Box]
    ) -> np.ndarray:
        """Ask for crops ``(U, n)`` of one layer; return where each will be, -1 for none."""
        rows = np.full(samples.shape, -1, np.int64)
        for at in zip(*np.nonzero(samples >= 0), strict=True):
            rows[at] = self._count.get(name, 0)
            crop = (name, int(rows[at]), box(places[at]))
            self._crops.setdefault(int(samples[at]), []).append(crop)
            self._count[name] = int(rows[at]) + 1
        return rows

    def described(self, net: Network, source: Source, progress: Progress) -> dict[str, np.ndarray]:
        """Return the descriptions of all crops by layer, ``(crops, F)``; NaN for a sample that is gone."""
        found: dict[str, np.ndarray] = {name: np.zeros((0, 0)) for name in self._count}
        for done, (sample, crops) in enumerate(sorted(self._crops.items()), start=1):
            batch = source.take(np.array([sample]), net.input.shape)
            if len(batch.indices):
                features = described(batch.arrays[0], [box for _, _, box in crops])
                for (name, row, _), feature in zip(crops, features, strict=True):
                    if not found[name].size:
                        shape = (self._count[name], len(feature))
                        found[name] = np.full(shape, np.nan, np.float32)
                    found[name][row] = feature
            progress("trust", done, len(self._crops))
        return found


def _scored(
    name: str,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    features: np.ndarray,
    pictures: Mapping[int, Sequence[np.ndarray]] | None,
    seed: int,
) -> Trust:
    units = len(rows[0])
    exemplars, others = np.full((2, units), np.nan)
    synthesis = None if pictures is None else np.full(units, np.nan)
    if features.size:
        mean, deviation = np.nanmean(features, 0), np.nanstd(features, 0)
        scale = np.where(deviation > 1e-6 * np.abs(mean).max(initial=1e-9), deviation, np.inf)
        known = [unit for unit in range(units) if (rows[1][unit] >= 0).sum() >= _FEWEST]
        for i, unit in enumerate(known):
            questions = rows[1][unit] >= 0
            high = (features[rows[1][unit, questions]] - mean) / scale
            low = (features[rows[2][unit, questions]] - mean) / scale

            def right(references: np.ndarray, high=high, low=low) -> float:
                shown = (references - mean) / scale
                return _share_right(shown, high, low)

            exemplars[unit] = right(features[_real(rows[0][unit])])
            if len(known) > 1:
                others[unit] = right(features[_real(rows[0][known[i - 1]])])
            if synthesis is not None and pictures is not None and pictures.get(unit):
                shown = [
                    described(picture, [[(0, n) for n in picture.shape[1:]]])[0]
                    for picture in pictures[unit]
                ]
                synthesis[unit] = right(np.stack(shown))
    return Trust(name, exemplars, synthesis, others, seed)


def _real(rows: np.ndarray) -> np.ndarray:
    return rows[rows >= 0]


def _share_right(references: np.ndarray, high: np.ndarray, low: np.ndarray) -> float:
    """Return how often the high crop is the one that is more like the references; ties count half."""
    one = alike(high[:, None], references[None]).mean(1)
    other = alike(low[:, None], references[None]).mean(1)
    known = np.isfinite(one) & np.isfinite(other)
    if not known.any():
        return float("nan")
    return float(((one > other) + 0.5 * (one == other))[known].mean())
