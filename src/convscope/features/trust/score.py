"""Do the pictures of a unit tell what it does? A test with two alternatives, marked by a machine.

Of two samples that nobody was shown, which drives the unit more? People answer right in 92 % of cases from
natural exemplars and in 82 % from synthetic pictures (Borowski et al. 2021); a machine that compares pictures
can stand in for them (Zimmermann et al. 2024). Here the one is chosen whose crop is, on average, more like
the references, by the plain measure of ``likeness``. Half right is chance; the same questions answered from
the exemplars of another unit, and from those of the network before training, show what references that have
nothing to do with a unit give away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from convscope.data import Source
from convscope.features.exemplars import LayerHarvest
from convscope.features.trust.asking import FEWEST, Asked, Wanted
from convscope.features.trust.likeness import Box, described
from convscope.features.trust.pairs import pairs
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import LayerField
from convscope.receptive.units import Units

KINDS = ("exemplars", "synthesis", "others", "untrained")
"""What questions are answered from."""
_RESAMPLES = 2000


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

    @classmethod
    def over(cls, shares: np.ndarray, seed: int = 0) -> "Score | None":
        """Return the score of some units; None where none of them has one.

        Args:
            shares: answered right, by unit; NaN for one that cannot be asked about.
            seed: of the bootstrap.
        """
        known = shares[np.isfinite(shares)]
        if not len(known):
            return None
        rng = np.random.default_rng(seed)
        means = [known[rng.integers(0, len(known), len(known))].mean() for _ in range(_RESAMPLES)]
        low, high = np.quantile(means, [0.025, 0.975])
        return cls(float(known.mean()), (float(low), float(high)), len(known))

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"mean": self.mean, "interval": list(self.interval), "units": self.units}


@dataclass(frozen=True, eq=False)
class Trust:
    """How well the pictures of a layer's units predict them.

    Args:
        layer: its name.
        exemplars: float64 ``(U,)``: share right from the exemplars; NaN for a unit that cannot be asked about.
        others: the same from the exemplars of another unit.
        untrained: the same from the exemplars of the unit in the network before training; None where that
            was not measured.
        asked: the questions, as descriptions of the samples that they are about.
        synthesis: the share right from the pictures made for a unit; None where none were made.
        seed: of the bootstrap.
    """

    layer: str
    exemplars: np.ndarray
    others: np.ndarray
    untrained: np.ndarray | None
    asked: Asked
    synthesis: np.ndarray | None = None
    seed: int = 0

    def with_pictures(self, pictures: Mapping[int, Sequence[np.ndarray]]) -> "Trust":
        """Return it with the same questions answered from pictures that were made for units.

        Args:
            pictures: by unit, ``(C, *s)`` each.
        """
        shares = np.full(len(self.exemplars), np.nan)
        for unit, made in pictures.items():
            if len(made):
                whole = [described(one, [[(0, n) for n in one.shape[1:]]])[0] for one in made]
                shares[unit] = self.asked.right(unit, self.asked.scaled(np.stack(whole)))
        return replace(self, synthesis=shares)

    def score(self, kind: str = "exemplars") -> Score | None:
        """Return the layer's score; None where no unit has one.

        Args:
            kind: one of ``KINDS``.
        """
        shares = getattr(self, kind)
        return None if shares is None else Score.over(shares, self.seed)

    def document(self) -> dict[str, Any] | None:
        """Return the layer's scores as JSON, null where there is none; None where no unit could be asked about."""
        if self.score() is None:
            return None
        return {kind: score and score.document() for kind in KINDS for score in [self.score(kind)]}

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
    control: Mapping[str, LayerHarvest] | None = None,
    units: Mapping[str, Sequence[int]] | None = None,
    count: int = 10,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Trust]:
    """Ask, of every unit, which of two unseen samples drives it, and answer from its exemplars.

    Args:
        net: the network, for the shape of its input.
        source: the data of the harvest.
        harvests: what the layers did over the data; their exemplars are the references.
        fields: what their units can see.
        control: what the layers of the untrained network did over the data.
        units: those that are asked about, by layer; None for all.
        count: questions about a unit, at most.
        seed: of the questions and the bootstrap.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        By layer, the shares answered right; ``with_pictures`` answers from other pictures.
    """
    wanted = Wanted()
    rows = {}
    for name, one in harvests.items():
        questions = pairs(one, count, seed)
        asked = np.isin(np.arange(one.units), range(one.units) if units is None else units[name])
        want = partial(_want, wanted, name, boxes(fields[name]), asked)
        fresh = None if control is None else control[name]
        rows[name] = _Rows(
            want(one.samples, one.positions),
            want(questions.high, questions.high_places),
            want(questions.low, questions.low_places),
            None if fresh is None else want(fresh.samples, fresh.positions),
        )
    features = wanted.described(net, source, progress)
    return {name: _scored(name, rows[name], features[name], seed) for name in harvests}


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


def _want(
    wanted: Wanted,
    name: str,
    box: Callable[[np.ndarray], Box],
    asked: np.ndarray,
    samples: np.ndarray,
    places: np.ndarray,
) -> np.ndarray:
    """Ask for the crops of the units that are asked about, ``asked`` (U,) bool."""
    return wanted.add(name, np.where(asked[:, None], samples, -1), places, box)


class _Rows(NamedTuple):
    """Where the descriptions of a layer's crops are: ``(U, n)`` each, -1 for none."""

    references: np.ndarray
    high: np.ndarray
    low: np.ndarray
    untrained: np.ndarray | None


def _scored(name: str, rows: _Rows, features: np.ndarray, seed: int) -> Trust:
    asked = Asked.of(features, rows.high, rows.low)
    units = len(rows.references)
    known = [unit for unit in range(units) if (rows.high[unit] >= 0).sum() >= FEWEST]

    def right(unit: int, references: np.ndarray) -> float:
        there = references[references >= 0]
        return asked.right(unit, asked.scaled(features[there])) if len(there) else np.nan

    exemplars, others, untrained = np.full((3, units), np.nan)
    for i, unit in enumerate(known):
        exemplars[unit] = right(unit, rows.references[unit])
        if len(known) > 2:  # of two, the other is the one that the questions are about, too
            others[unit] = right(unit, rows.references[known[i - 1]])
        if rows.untrained is not None:
            untrained[unit] = right(unit, rows.untrained[unit])
    return Trust(
        name, exemplars, others, None if rows.untrained is None else untrained, asked, seed=seed
    )
