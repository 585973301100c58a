"""What a study found: curves, claims with verdicts, how many samples the priors are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, several
from convscope.learning.agreement import Agreement
from convscope.learning.analysis import Claim, Equivalence, Point, PowerLaw
from convscope.learning.prior import Prior
from convscope.learning.record import Run
from convscope.learning.timeline import Timeline

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Learning(Finding):
    """What twins of one geometry learn from growing training sets, and whether the priors are the reason.

    Args:
        task: what was learned: name, fingerprint, shape, classes, chance, and the accuracy nobody exceeds.
        nets: the twins, each in one line.
        runs: every training.
        curves: mean accuracy with its interval, by net, condition and size.
        claims: C1 to C5 with verdicts, as far as what was trained decides them.
        equivalences: data-equivalence factors of all nets against the dense one.
        power: power laws of the curves, where there are four sizes or more.
        searches: how learning rates were chosen, by net, size and condition.
        refused: cells without runs, as their best learning rate is at the end of all that are tried.
        notes: what to tell a person once.
        costs: units, parameters and multiply-adds of each twin.
        prior: the audit of the same data, without training; None where it was not made.
        agreement: whether the runs confirm the audit; None where it was not made.
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
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    prior: Prior | None = None
    agreement: Agreement | None = None
    timeline: Timeline | None = field(default=None, repr=False)

    def claim(self, name: str) -> Claim:
        """Return one claim, ``C1`` to ``C5``."""
        return next(claim for claim in self.claims if claim.id == name)

    @property
    def headline(self) -> Equivalence | None:
        """The factor of convolution with pooling on the data as they are; None where it was not trained."""
        asked = ("conv+pool", "intact")
        return next((one for one in self.equivalences if (one.net, one.condition) == asked), None)

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
        if self.headline is not None:
            said.append(worth(self.headline))
        words = [f"{claim.id} {claim.verdict}" for claim in self.claims]
        said.append(f"Claims: {', '.join(words)}." if words else "No claim can be decided.")
        if self.refused:
            cells = several(len(self.refused), "cell")
            said.append(f"{cells} refused: no learning rate suits them.")
        short = sorted({n for claim in self.claims for part in claim.parts for n in part.left_out})
        if short:
            said.append(f"Not all claims are about n = {', '.join(f'{n:,}' for n in short)}.")
        if self.agreement is not None:
            said.append(self.agreement.text)
        return " ".join(said)

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "task": dict(self.task),
            "nets": dict(self.nets),
            "costs": {net: dict(cost) for net, cost in self.costs.items()},
            "runs": [_row(run) for run in self.runs],
            "curves": [point.document() for point in self.curves],
            "claims": [claim.document() for claim in self.claims],
            "data_equivalence": None if self.headline is None else self.headline.document(),
            "equivalences": [one.document() for one in self.equivalences],
            "power_laws": [law.document() for law in self.power],
            "searches": [dict(search) for search in self.searches],
            "refused": [list(cell) for cell in self.refused],
            "notes": list(self.notes),
            "agreement": None if self.agreement is None else self.agreement.text,
            "prior": None if self.prior is None else self.prior.document(),
            "timeline": self.timeline and self.timeline.document(),
        }


def worth(found: Equivalence) -> str:
    """Return the data-equivalence factor in words.

    Args:
        found: the factor.
    """
    opening = "For" if found.condition == "intact" else f"With {found.condition} data: for"
    said = f"{opening} {_needs(found)}."
    if found.elsewhere:
        said += f" At other accuracies: {'; '.join(map(_needs, found.elsewhere))}."
    if found.turns:
        said += " The curves cross: which net needs more depends on the accuracy."
    return said


def _needs(found: Equivalence) -> str:
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
        f"{found.at_accuracy:.1%} accuracy {found.than} needs {bounds[found.censored]}"
        f"{found.factor:.2g} times the samples of {found.net} (95 % interval: {ends})"
    )


def _row(run: Run) -> dict[str, Any]:
    return {key: value for key, value in vars(run).items() if key != "correct"}
