"""What a study found: curves, claims with verdicts, how many samples the priors are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, several
from convscope.learning.analysis import Claim, Equivalence, Point, PowerLaw
from convscope.learning.prior import Prior
from convscope.learning.record import Run
from convscope.learning.timeline import Timeline

if TYPE_CHECKING:
    import pyarrow as pa

LITTLE = 0.25
"""A net that gets less than this share of its own training samples right, above chance, has hardly learned."""


@dataclass(frozen=True)
class Learning(Finding):
    """What twins of one geometry learn from growing training sets, and whether the priors are the reason.

    Args:
        task: what was learned: name, fingerprint, shape, classes, chance, and the accuracy nobody exceeds.
        nets: the twins, each in one line.
        runs: every training.
        curves: mean accuracy with its interval, by net, condition and size.
        claims: C1 to C5 with verdicts, as far as what was trained decides them.
        equivalences: data-equivalence factors; the first is the headline.
        power: power laws of the curves, where there are four sizes or more.
        searches: how learning rates were chosen, by net, size and condition.
        refused: cells without runs, as their best learning rate is at the end of all that are tried.
        notes: what to tell a person once.
        prior: the audit of the same data, without training; None where it was not made.
        timeline: the first layer's filters over one training; None where none were kept.
    """

    idea: ClassVar[str] = "learn"
    task: Mapping[str, Any]
    nets: Mapping[str, str]
    runs: tuple[Run, ...] = field(repr=False)
    curves: tuple[Point, ...] = field(repr=False)
    claims: tuple[Claim, ...]
    equivalences: tuple[Equivalence, ...]
    power: tuple[PowerLaw, ...] = ()
    searches: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    refused: tuple[tuple[str, int, str], ...] = ()
    notes: tuple[str, ...] = ()
    prior: Prior | None = None
    timeline: Timeline | None = field(default=None, repr=False)

    def claim(self, name: str) -> Claim:
        """Return one claim, ``C1`` to ``C5``."""
        return next(claim for claim in self.claims if claim.id == name)

    def point(self, net: str, n: int, condition: str = "intact") -> Point:
        """Return one point of a curve.

        Args:
            net: the net.
            n: training samples.
            condition: the condition.
        """
        asked = (net, n, condition)
        return next(p for p in self.curves if (p.net, p.n, p.condition) == asked)

    def table(self) -> "pa.Table":
        """Return one row per run."""
        import pyarrow as pa

        return pa.Table.from_pylist([_row(run) for run in self.runs])

    def summary(self) -> str:
        """Return what was found, in one paragraph."""
        said = [
            f"{several(len(self.runs), 'run')} of {several(len(self.nets), 'net')} on {self.task['name']}."
        ]
        if self.equivalences:
            said.append(worth(self.equivalences[0]))
        words = [f"{claim.id} {claim.verdict}" for claim in self.claims]
        said.append(f"Claims: {', '.join(words)}." if words else "No claim can be decided.")
        if self.refused:
            cells = several(len(self.refused), "cell")
            said.append(f"{cells} refused: no learning rate suits them.")
        if self.prior is not None:
            said.append(agreement(self))
        return " ".join(said)

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "task": dict(self.task),
            "nets": dict(self.nets),
            "runs": [_row(run) for run in self.runs],
            "curves": [point.document() for point in self.curves],
            "claims": [claim.document() for claim in self.claims],
            "data_equivalence": self.equivalences[0].document() if self.equivalences else None,
            "equivalences": [one.document() for one in self.equivalences],
            "power_laws": [law.document() for law in self.power],
            "searches": [dict(search) for search in self.searches],
            "refused": [list(cell) for cell in self.refused],
            "notes": list(self.notes),
            "agreement": None if self.prior is None else agreement(self),
            "prior": None if self.prior is None else self.prior.document(),
            "timeline": self.timeline and self.timeline.document(),
        }


def worth(found: Equivalence) -> str:
    """Return the data-equivalence factor in words.

    Args:
        found: the factor.
    """
    low, high = found.interval
    bounds = {None: "", ">=": "at least ", "<=": "at most "}
    ends = (
        f"{low:.2g} to {high:.2g}"
        if low is not None and high is not None
        else f"{low:.2g} or more"
        if low is not None
        else f"{high:.2g} or less"
        if high is not None
        else "not bounded by these sizes"
    )
    return (
        f"For {found.at_accuracy:.1%} accuracy {found.than} needs {bounds[found.censored]}"
        f"{found.factor:.2g} times the samples of {found.net} (95 % interval: {ends})."
    )


def unlearned(found: Learning) -> tuple[Point, ...]:
    """Return the last point of each net that hardly learns its own training samples, as they are.

    Such a net is beaten for another reason than want of data: it is too small or was trained too briefly, or what is
    asked is hidden from it.

    Args:
        found: a study.
    """
    chance, best = found.task["chance"], found.task["bayes"] or 1.0
    last = {point.net: point for point in found.curves if point.condition == "intact"}
    return tuple(p for p in last.values() if p.train - chance < LITTLE * (best - chance))


def too_little(point: Point, chance: float) -> str:
    """Return in words that a net has hardly learned.

    Args:
        point: one of ``unlearned``.
        chance: the accuracy of always naming the most common class.
    """
    return (
        f"{point.net} gets {point.train:.0%} of its own {point.n:,} training samples right, and chance is "
        f"{chance:.0%}: it is too small or was trained too briefly, or its priors hide what is asked. Give more "
        "--steps before you take its verdicts for those of the priors."
    )


def agreement(found: Learning) -> str:
    """Return whether the study confirms what the audit said of the data.

    Args:
        found: a study with its audit.
    """
    prior = found.prior
    first = next((claim for claim in found.claims if claim.id == "C1"), None)
    words = set() if prior is None else {axis.share for axis in prior.axes}
    if prior is None or first is None or len(words) > 1 or "undecided" in words:
        said = "The audit decides nothing about sharing weights that this study could confirm."
    else:
        advised = words == {"yes"}
        poor = any(point.net == "conv+pool" for point in unlearned(found))
        judged = {
            "undecided": "does not decide it",
            "supported": "confirms it" if advised else "refutes it",
            "not supported": "refutes it" if advised else "confirms it",
        }[first.verdict]
        if poor and first.verdict == "not supported" and advised:
            judged = "does not decide it, as conv+pool hardly learned its own training samples"
        said = f"The audit advised {'to share' if advised else 'against sharing'} weights; the study {judged}."
    lost = None if prior is None or not prior.positioned else _lost(found)
    if lost is not None and prior is not None:
        said += (
            f" It said that position along {' and '.join(prior.positioned)} is the answer; moving the test takes "
            f"{min(lost, 1):.0%} of what conv+pool knows, which {'confirms' if lost > 0.5 else 'refutes'} it."
        )
    return said


def _lost(found: Learning) -> float | None:
    """Return the share of the accuracy above chance that conv+pool loses where the test is moved, over all sizes."""
    chance = found.task["chance"]
    rows = {(p.condition, p.n): p.mean - chance for p in found.curves if p.net == "conv+pool"}
    moved = [(condition, n) for condition, n in rows if condition.startswith("shifted")]
    known = sum(rows.get(("intact", n), 0.0) for _, n in moved)
    return None if known <= 0 else 1 - sum(rows[cell] for cell in moved) / known


def _row(run: Run) -> dict[str, Any]:
    return {key: value for key, value in vars(run).items() if key != "correct"}
