"""The three sources of evidence about the units of a layer: overlap, what stimuli claim, and classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from convscope.features.concepts.bits import Bits
from convscope.features.concepts.classes import choose_class, grade_class, usable
from convscope.features.concepts.evidence import Evidence, evidence_of
from convscope.features.concepts.grading import Choice, choose, grade
from convscope.features.concepts.ladder import WHOLE
from convscope.features.concepts.operators import Concept
from convscope.features.concepts.tuned import claims, tuning_level, tuning_name
from convscope.features.tuning import NONE, Tuning


@dataclass(frozen=True, eq=False)
class Places:
    """Where the units of one layer fire, beside where the concepts are.

    Args:
        firing: (N, U, P).
        present: (N, K, P).
        concepts: the K concepts.
        graded: (N,) bool, the half on which labels are graded.
        seed: of the nulls.
    """

    firing: Bits
    present: Bits
    concepts: Sequence[Concept]
    graded: np.ndarray
    seed: int

    @cached_property
    def choice(self) -> Choice:
        """What firing says about each concept on the half on which labels are chosen."""
        return choose(self.firing, self.present, np.flatnonzero(~self.graded))

    def by_overlap(self) -> list[Evidence]:
        """Return for each unit the concept about which its firing says most."""
        best = self.choice.best(np.array([concept.weight for concept in self.concepts]))
        return self._graded(best, [(self.concepts[k].name, self.concepts[k].level) for k in best])

    def by_tuning(self, tunings: Sequence[Tuning], rate: int | None) -> list[Evidence | None]:
        """Return for each unit what stimuli say that it prefers; None where no operator can confirm it.

        Args:
            tunings: one a unit.
            rate: samples of sound a second, by which tones are named.
        """
        claimed = self._claimed(tunings, rate)
        said = [
            ("", 0) if k < 0 else (tuning_name(tuning), tuning_level(tuning))
            for tuning, k in zip(tunings, claimed, strict=True)
        ]
        pieces = self._graded(np.maximum(claimed, 0), said, "tuning")
        return [piece if k >= 0 else None for piece, k in zip(pieces, claimed, strict=True)]

    def _graded(
        self, concept: np.ndarray, said: Sequence[tuple[str, int]], source: str = "overlap"
    ) -> list[Evidence]:
        grades = grade(self.firing, self.present, np.flatnonzero(self.graded), concept, self.seed)
        bits = self.choice.bits
        return [
            evidence_of(
                source,
                *said[u],
                self.concepts[k].scale,
                grades,
                u,
                bits[u, k] * self.concepts[k].weight,
            )
            for u, k in enumerate(concept)
        ]

    def _claimed(self, tunings: Sequence[Tuning], rate: int | None) -> np.ndarray:
        """Return for each unit the concept that its tuning claims, the best of several; -1 for none."""
        places: dict[str, list[int]] = {}
        for k, concept in enumerate(self.concepts):
            places.setdefault(concept.name, []).append(k)
        found = np.full(len(tunings), -1)
        for u, tuning in enumerate(tunings):
            if tuning.family == NONE:
                continue
            among = [k for name in claims(tuning, rate) for k in places.get(name, ())]
            if among:
                found[u] = among[int(self.choice.bits[u, among].argmax())]
        return found


def by_class(
    responses: np.ndarray,
    classes: np.ndarray,
    graded: np.ndarray,
    names: tuple[str, ...],
    seed: int = 0,
) -> list[Evidence | None]:
    """Return for each unit the class that it tells best; None where there are too few samples of classes.

    Args:
        responses: (N, U), the spatial maximum of each unit on each sample.
        classes: (N,) class indices.
        graded: (N,) bool, the half on which labels are graded.
        names: of the classes.
        seed: of the null.
    """
    asked = usable(classes, graded)
    if len(asked) < 2:
        return [None] * responses.shape[1]
    choice = choose_class(responses[~graded], classes[~graded], asked)
    best = choice.best.tolist()
    grades = grade_class(responses[graded], classes[graded], choice.best, seed)
    found: list[Evidence | None] = []
    for u, k in enumerate(best):
        found.append(evidence_of("class", names[k], WHOLE, None, grades, u, choice.bits[u]))
    return found
