"""Five claims, decided before anything is trained, and what the runs say of each.

Every claim is about differences of accuracy, averaged over all training sizes of the grid, so that
nobody picks the size that shows most; a size at which a net was refused is left out, and named. A
claim of superiority is supported when the difference lies above zero; one of equivalence when it lies
inside ±2 points, which "no significant difference" does not show. Each is tested both ways and all of
them together by Holm's procedure (1979), so that all verdicts of one study are right with 95 %
confidence: supported, not supported (the opposite is shown), or undecided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from convscope.learning.analysis.resample import LEVEL, Cell, Means, interval

DELTA = 0.02
"""Accuracies that differ by less are called equal: 2 points."""

Verdict = Literal["supported", "not supported", "undecided"]
Rule = Literal["above", "inside", "at most"]

_POOLED, _PLAIN, _DENSE = "conv+pool", "conv", "dense"


@dataclass(frozen=True)
class Part:
    """One difference that a claim is about.

    Args:
        what: the difference in words.
        rule: ``above`` zero, ``inside`` ±delta, or ``at most`` delta.
        estimate: accuracy, averaged over sizes.
        interval: 95 %.
        by_size: the same at each size: ``(n, estimate, interval)``.
        p_for: of the data if the claim were false (two-sided convention).
        p_against: of the data if the claim were true.
        left_out: sizes of the study that it is not about, as a net of it was refused there.
    """

    what: str
    rule: Rule
    estimate: float
    interval: tuple[float, float]
    by_size: tuple[tuple[int, float, tuple[float, float]], ...]
    p_for: float
    p_against: float
    left_out: tuple[int, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the difference as JSON."""
        return {
            "what": self.what,
            "rule": self.rule,
            "estimate": self.estimate,
            "interval": list(self.interval),
            "by_size": [
                {"n": n, "estimate": estimate, "interval": list(ends)}
                for n, estimate, ends in self.by_size
            ],
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True)
class Claim:
    """A claim and its verdict.

    Args:
        id: ``C1`` to ``C5``.
        statement: what is claimed.
        threshold: what decides it.
        parts: the differences it is about; it holds where all do.
        p: the smaller of for and against, over all parts.
        p_holm: the same, corrected for all claims of the study.
        verdict: the word.
    """

    id: str
    statement: str
    threshold: str
    parts: tuple[Part, ...]
    p: float
    p_holm: float = 1.0
    verdict: Verdict = "undecided"

    @property
    def estimate(self) -> float:
        """Return the first difference."""
        return self.parts[0].estimate

    @property
    def interval(self) -> tuple[float, float]:
        """Return the first difference's interval."""
        return self.parts[0].interval

    def document(self) -> dict[str, Any]:
        """Return the claim as JSON."""
        return {
            "id": self.id,
            "statement": self.statement,
            "threshold": self.threshold,
            "estimate": self.estimate,
            "interval": list(self.interval),
            "p": self.p,
            "p_holm": self.p_holm,
            "verdict": self.verdict,
            "parts": [part.document() for part in self.parts],
        }


def claims(means: Means, sizes: Sequence[int] | None = None) -> tuple[Claim, ...]:
    """Return the claims that a study can decide, with Holm-corrected verdicts.

    Args:
        means: accuracies with draws; a claim that needs a net or condition that was not trained is
            left out.
        sizes: that were planned, so that those that are lacking are named; None takes those there are.
    """
    shifts = sorted(
        {cell.condition for cell in means.accuracy if cell.condition.startswith("shifted")}
    )
    made = [
        claim
        for claim in (_claim(means, sizes, *row) for row in _wanted(shifts))
        if claim is not None
    ]
    corrected = holm([claim.p for claim in made])
    return tuple(
        replace(claim, p_holm=p, verdict=_verdict(claim, p))
        for claim, p in zip(made, corrected, strict=True)
    )


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected for their number (Holm, 1979).

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    corrected, least = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        least = max(least, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = least
    return corrected


Terms = Mapping[tuple[str, str], float]


def _wanted(shifts: Sequence[str]) -> list[tuple[str, str, str, list[tuple[str, Rule, Terms]]]]:
    """Return each claim: its name, statement, threshold, and its differences with their rules."""
    points = f"{100 * DELTA:g} points"
    gain = {(_POOLED, "intact"): 1.0, (_DENSE, "intact"): -1.0}
    permuted_gain = {(_POOLED, "permuted"): 1.0, (_DENSE, "permuted"): -1.0}
    plain_gain = {(_PLAIN, "permuted"): 1.0, (_DENSE, "permuted"): -1.0}
    lost: dict[tuple[str, str], float] = {(_DENSE, "intact"): 1.0, (_POOLED, "intact"): -1.0}
    for shift in shifts:
        lost |= {(_DENSE, shift): -1.0 / len(shifts), (_POOLED, shift): 1.0 / len(shifts)}
    rows: list[tuple[str, str, str, list[tuple[str, Rule, Terms]]]] = [
        (
            "C1",
            "On the data as they are, convolution with pooling beats the dense net.",
            "conv+pool − dense above 0",
            [("conv+pool − dense, intact", "above", gain)],
        ),
        (
            "C2",
            "With the pixels permuted the advantage is gone: convolution without pooling equals the dense "
            "net, and with pooling does not beat it.",
            f"conv − dense inside ±{points}, and conv+pool − dense at most {points}",
            [
                ("conv − dense, permuted", "inside", plain_gain),
                ("conv+pool − dense, permuted", "at most", permuted_gain),
            ],
        ),
        (
            "C3",
            "The advantage is larger on the data as they are than on permuted pixels.",
            "the difference of the differences above 0",
            [
                (
                    "(conv+pool − dense), intact − permuted",
                    "above",
                    gain | {key: -weight for key, weight in permuted_gain.items()},
                )
            ],
        ),
        (
            "C5",
            "The dense net does not care: permuted pixels are as good to it as intact ones.",
            f"intact − permuted inside ±{points}",
            [
                (
                    "dense, intact − permuted",
                    "inside",
                    {(_DENSE, "intact"): 1.0, (_DENSE, "permuted"): -1.0},
                )
            ],
        ),
    ]
    if shifts:
        rows.insert(
            3,
            (
                "C4",
                "When the test is shifted, convolution with pooling loses less than the dense net.",
                "what dense loses − what conv+pool loses, above 0",
                [("lost by dense − lost by conv+pool, shifted", "above", lost)],
            ),
        )
    return rows


def _claim(
    means: Means,
    sizes: Sequence[int] | None,
    name: str,
    statement: str,
    threshold: str,
    wanted: list[tuple[str, Rule, Terms]],
) -> Claim | None:
    parts = [difference(means, *row, planned=sizes) for row in wanted]
    found = [part for part in parts if part is not None]
    if len(found) < len(wanted):
        return None
    # All parts must hold, so the weakest decides for it; any that fails decides against it.
    support = max(part.p_for for part in found)
    refusal = min(1.0, len(found) * min(part.p_against for part in found))
    return Claim(name, statement, threshold, tuple(found), min(support, refusal))


def difference(
    means: Means, what: str, rule: Rule, terms: Terms, planned: Sequence[int] | None = None
) -> Part | None:
    """Return a weighted sum of accuracies, averaged over the sizes that all its terms have.

    Args:
        means: accuracies with draws.
        what: the sum in words.
        rule: what it should be.
        terms: the weight of each net and condition.
        planned: sizes that were meant to be trained; None takes those there are.

    Returns:
        The sum, or None where a net or condition was not trained at any common size.
    """
    common = set.intersection(*(set(means.sizes(*key)) for key in terms))
    if not common:
        return None
    sizes = sorted(common)
    found = [
        means.contrast({Cell(*key, n): weight for key, weight in terms.items()}) for n in sizes
    ]
    estimate = float(np.mean([value for value, _ in found]))
    draws = np.mean([drawn for _, drawn in found], axis=0)
    by_size = tuple(
        (n, value, interval(drawn)) for n, (value, drawn) in zip(sizes, found, strict=True)
    )
    grid = {cell.n for cell in means.accuracy} if planned is None else set(planned)
    return Part(
        what, rule, estimate, interval(draws), by_size, *_p_values(draws, rule),
        left_out=tuple(sorted(grid - common)),
    )  # fmt: skip


def _p_values(draws: np.ndarray, rule: str) -> tuple[float, float]:
    """Return the p value for a rule and against it; at most one of them is small."""
    if rule == "above":
        return _p(draws <= 0), _p(draws >= 0)
    if rule == "at most":
        return _p(draws >= DELTA), _p(draws <= DELTA)
    inside = max(_p(draws >= DELTA), _p(draws <= -DELTA))
    outside = min(_p(draws <= DELTA), _p(draws >= -DELTA))
    return inside, outside


def _p(contrary: np.ndarray) -> float:
    """Return twice the share of draws that say the contrary, so that p < 5 % is a 95 % interval."""
    return min(1.0, 2 * (1 + int(contrary.sum())) / (1 + len(contrary)))


def _verdict(claim: Claim, p: float) -> Verdict:
    if p > 1 - LEVEL:
        return "undecided"
    return "supported" if all(part.p_for <= claim.p for part in claim.parts) else "not supported"
