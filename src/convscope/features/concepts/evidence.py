"""One concept a unit may respond to, with what speaks for it; and the label that is made of such pieces."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from convscope.features.concepts.grading import Grades, information
from convscope.features.concepts.ladder import UNKNOWN

ENOUGH = 0.5
"""Bits that firing must say about a concept, on held-out samples, for it to be a label."""
_AS_GOOD = 0.8  # share of the best concept's bits from which what stimuli say is preferred: it is more exact


@dataclass(frozen=True)
class Evidence:
    """One concept that a unit may respond to, graded on samples that had no part in choosing it.

    Args:
        source: ``"tuning"``, ``"overlap"`` or ``"class"``.
        name: the concept.
        level: its level on the ladder, 1 to 4.
        scale: input positions to a pixel of its operator; None where there is none.
        precision: share of the places (of a class: the highest samples) at which the unit fires that are it.
        recall: share of it at which the unit fires.
        score: intersection over union; of a class, the area under the curve.
        null99: what shuffled samples (or labels) reach in one of a hundred cases.
        interval: of the precision, 95 %.
        share: how common it is.
        bits: what firing says about it.
        chosen_bits: the same on the half on which it was chosen, weighted (see ``Concept.weight``).
    """

    source: str
    name: str
    level: int
    scale: float | None
    precision: float
    recall: float
    score: float
    null99: float
    interval: tuple[float, float]
    share: float
    bits: float
    chosen_bits: float

    @property
    def above_null(self) -> bool:
        """Whether it is more than chance."""
        return self.score > self.null99

    @property
    def holds(self) -> bool:
        """Whether it is more than chance, and enough to call the unit by it."""
        return self.above_null and self.bits >= ENOUGH

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "source": self.source,
            "name": self.name,
            "level": self.level,
            "scale": self.scale,
            "precision": _number(self.precision),
            "recall": _number(self.recall),
            "score": _number(self.score),
            "null99": _number(self.null99),
            "interval": {"precision": [_number(end) for end in self.interval]},
            "share": _number(self.share),
            "bits": _number(self.bits),
            "above_null": self.above_null,
        }


@dataclass(frozen=True)
class Label:
    """What a unit responds to.

    Args:
        name: the concept, or ``"unknown"``.
        level: its level on the ladder, 1 to 4; None where it is unknown.
        source: ``"tuning"``, ``"overlap"``, ``"class"`` or ``"none"``.
        evidence: all that was found, the label's own first, or what came nearest.
        precision: held out; None where it is unknown.
        recall: the same.
        score: intersection over union or area under the curve, held out.
        null99: what it had to exceed.
        interval: of the precision, 95 %.
        bits: what firing says about it, held out.
    """

    name: str
    level: int | None
    source: str
    evidence: tuple[Evidence, ...] = ()
    precision: float | None = None
    recall: float | None = None
    score: float | None = None
    null99: float | None = None
    interval: tuple[float, float] | None = None
    bits: float | None = None

    @property
    def above_null(self) -> bool:
        """Whether the best concept is more than chance, even where it is too little to be a label."""
        return bool(self.evidence) and self.evidence[0].above_null

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        own = int(self.name != UNKNOWN)
        return {
            "name": self.name,
            "level": self.level,
            "source": self.source,
            "precision": _number(self.precision),
            "recall": _number(self.recall),
            "score": _number(self.score),
            "null99": _number(self.null99),
            "interval": None
            if self.interval is None
            else {"precision": [_number(end) for end in self.interval]},
            "bits": _number(self.bits),
            "others": [piece.document() for piece in self.evidence[own:]],
        }


def decided(evidence: tuple[Evidence, ...]) -> Label:
    """Choose one piece of evidence on the first half alone, and see whether it holds on the other.

    Args:
        evidence: all that there is about one unit.
    """
    ranked = sorted(evidence, key=lambda piece: -piece.chosen_bits)
    if not ranked or ranked[0].chosen_bits <= 0:
        return Label(UNKNOWN, None, "none", tuple(ranked))
    for piece in ranked:
        if piece.source == "tuning" and piece.chosen_bits >= _AS_GOOD * ranked[0].chosen_bits:
            ranked.remove(piece)
            ranked.insert(0, piece)
            break
    best = ranked[0]
    if not best.holds:
        return Label(UNKNOWN, None, "none", tuple(ranked))
    return Label(
        best.name,
        best.level,
        best.source,
        tuple(ranked),
        best.precision,
        best.recall,
        best.score,
        best.null99,
        best.interval,
        best.bits,
    )


def evidence_of(
    source: str,
    name: str,
    level: int,
    scale: float | None,
    grades: Grades,
    u: int,
    chosen_bits: float,
) -> Evidence:
    """Return the evidence about one unit.

    Args:
        source: where it comes from.
        name: the concept.
        level: its level.
        scale: of its operator.
        grades: of all units.
        u: which unit.
        chosen_bits: what firing says about it on the half on which it was chosen, weighted.
    """
    precision, share = grades.precision[u], grades.share[u]
    hits = 0.0 if np.isnan(precision) else precision
    return Evidence(
        source=source,
        name=name,
        level=level,
        scale=scale,
        precision=float(precision),
        recall=float(grades.recall[u]),
        score=float(grades.score[u]),
        null99=float(grades.null99[u]),
        interval=(float(grades.low[u]), float(grades.high[u])),
        share=float(share),
        bits=float(information(np.array(hits), np.array(1.0), np.array(share), 0.0)),
        chosen_bits=float(chosen_bits),
    )


def _number(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 6)
