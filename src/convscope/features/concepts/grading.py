"""Choosing a concept for each unit on one half of the samples, and grading it on the other.

With n the places where unit and concept meet, a those where the unit fires, m those where the concept is, P all:
precision ``n / a``, recall ``n / m``, intersection over union ``n / (a + m - n)`` (Bau et al. 2017).

Chosen is the concept about which firing says most: the Kullback-Leibler divergence, in bits, of the concept's share
where the unit fires from its share everywhere. It weighs rare concepts against common ones; plain precision would
always prefer the larger of two nested things (car over wheel), plain overlap whatever has the unit's own size.

Graded is the one that was chosen, on samples that had no part in choosing. The null pairs each sample's firing
with the masks of another one: it keeps how often and where in the frame units fire and concepts are, and only breaks
what the picture has to do with it. All permutations come from one N x N table for each unit (firing of sample j
against masks of sample i), so they cost next to nothing.
"""

from dataclasses import dataclass

import numpy as np
import torch

from convscope.features.concepts.bits import Bits

PERMUTATIONS = 500
_LEVEL = 0.99
_RESAMPLES = 300
_PRIOR = 10.0  # places that a precision is pulled by, so that three hits do not win
_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Choice:
    """What was counted on the half on which labels are chosen.

    Args:
        bits: (U, K), what firing says about each concept; 0 where it says it is absent.
    """

    bits: np.ndarray

    def best(self, weights: np.ndarray | float = 1.0) -> np.ndarray:
        """Return the concept of most bits for each unit (U,), each concept's weighted (K,)."""
        return (self.bits * weights).argmax(1)


@dataclass(frozen=True, eq=False)
class Grades:
    """How well one concept for each unit holds on the other half; all arrays are (U,).

    Args:
        precision: share of the firing places that are in the concept; NaN where the unit does not fire.
        recall: share of the concept's places at which the unit fires.
        score: intersection over union.
        null99: what 99 % of pairings with other samples' masks stay at or below.
        low: lower end of the precision's 95 % interval, over samples.
        high: its upper end.
        share: of all places, the concept's.
    """

    precision: np.ndarray
    recall: np.ndarray
    score: np.ndarray
    null99: np.ndarray
    low: np.ndarray
    high: np.ndarray
    share: np.ndarray


def information(
    hits: np.ndarray, fired: np.ndarray, share: np.ndarray, prior: float = _PRIOR
) -> np.ndarray:
    """Return the bits that firing gives about a concept.

    Args:
        hits: firing places in the concept.
        fired: firing places.
        share: of all places, the concept's.
        prior: how many more places are taken to have fired by chance, which pulls the precision to the share.

    Returns:
        ``p log2(p / share) + (1 - p) log2((1 - p) / (1 - share))`` with p the precision;
        0 where p is no larger than the share.

    >>> float(information(np.array(90.0), np.array(90.0), np.array(0.5)).round(2))
    0.71
    """
    share = np.clip(share, 1e-9, 1 - 1e-9)
    p = np.clip((hits + prior * share) / (fired + prior), 1e-12, 1 - 1e-12)
    bits = p * np.log2(p / share) + (1 - p) * np.log2((1 - p) / (1 - share))
    return np.where((p > share) & (fired > 0), bits, 0.0)


def choose(firing: Bits, present: Bits, samples: np.ndarray) -> Choice:
    """Count unit against concept on some samples.

    Args:
        firing: (N, U, P).
        present: (N, K, P).
        samples: the samples to use.
    """
    hits = torch.zeros(firing.rows, present.rows, dtype=torch.float64)
    fired, there = np.zeros(firing.rows), np.zeros(present.rows)
    for start in range(0, len(samples), _AT_ONCE):
        some = samples[start : start + _AT_ONCE]
        fires, masks = firing.unpacked(some), present.unpacked(some)
        fired += fires.sum((0, 2), dtype=np.int64)
        there += masks.sum((0, 2), dtype=np.int64)
        hits += _rows(fires) @ _rows(masks).T
    share = there / max(1, len(samples) * present.places)
    return Choice(information(hits.numpy(), fired[:, None], share[None]))


def _rows(facts: np.ndarray) -> torch.Tensor:
    """Return facts (n, R, P) as numbers (R, n P)."""
    return torch.from_numpy(facts).transpose(0, 1).flatten(1).float()


def grade(
    firing: Bits, present: Bits, samples: np.ndarray, concept: np.ndarray, seed: int = 0
) -> Grades:
    """Grade one concept for each unit.

    Args:
        firing: (N, U, P).
        present: (N, K, P).
        samples: the samples to use; none that had a part in choosing.
        concept: (U,) the concept of each unit.
        seed: of the null and the interval.
    """
    rng = np.random.default_rng(seed)
    count = len(samples)
    orders = torch.from_numpy(rng.permuted(np.tile(np.arange(count), (PERMUTATIONS, 1)), axis=1))
    weights = torch.from_numpy(rng.multinomial(count, [1 / count] * count, _RESAMPLES)).float()
    parts = [
        _graded(
            torch.from_numpy(firing.unpacked(samples, slice(start, start + _AT_ONCE))).float(),
            torch.from_numpy(present.unpacked(samples, concept[start : start + _AT_ONCE])).float(),
            orders,
            weights,
        )
        for start in range(0, firing.rows, _AT_ONCE)
    ]
    return Grades(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _graded(
    fires: torch.Tensor, masks: torch.Tensor, orders: torch.Tensor, weights: torch.Tensor
) -> tuple[np.ndarray, ...]:
    """Return the columns of ``Grades`` for some units: fires and masks are (n, u, P)."""
    table = torch.bmm(
        masks.permute(1, 0, 2), fires.permute(1, 2, 0)
    )  # (u, masks' sample, firing's)
    hits_of = table.diagonal(dim1=1, dim2=2)  # (u, n)
    fired_of = fires.sum(2).T
    hits, fired, there = hits_of.sum(1), fired_of.sum(1), masks.sum((0, 2))
    met = table[:, orders, torch.arange(orders.shape[1])].sum(2)  # (u, permutations)
    together = (fired + there)[:, None]
    null = torch.quantile(met / (together - met).clamp_min(1), _LEVEL, 1, interpolation="higher")
    drawn = (hits_of @ weights.T) / (fired_of @ weights.T)
    low, high = torch.nanquantile(drawn, torch.tensor([0.025, 0.975]), 1)
    columns = (
        hits / fired,
        hits / there,
        hits / (fired + there - hits).clamp_min(1),
        null,
        low,
        high,
        there / masks[:, 0].numel(),
    )
    return tuple(column.numpy().astype(np.float64) for column in columns)
