"""What a repair changed, for better and for worse: a Finding."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding
from convscope.shift.comparing import Comparison
from convscope.shift.finding import Shift
from convscope.shift.repairing.menu import Changed

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Accuracy:
    """Share of right answers, before and after, on the same samples.

    Args:
        before: the network as it was.
        after: the repaired one.
        change: after minus before.
        interval: 95 % interval of the change, paired over samples.
        samples: how many.
    """

    before: float
    after: float
    change: float
    interval: tuple[float, float]
    samples: int


@dataclass(frozen=True)
class Cost:
    """What one sample costs.

    Args:
        before: the network as it was.
        after: the repaired one.
    """

    before: float | None
    after: float | None

    @property
    def ratio(self) -> float | None:
        """How many times as much it costs afterwards."""
        return self.after / self.before if self.before and self.after is not None else None


@dataclass(frozen=True)
class Repair(Finding):
    """A network before and after a repair, measured under the same protocol.

    Args:
        steps: what was done.
        before: how the network followed moves.
        after: how the repaired one does.
        changes: by layer.
        accuracy: None where there are no labels.
        macs: multiply-adds of one sample.
        latency: milliseconds for one sample, the shortest of a few passes by turns.
        finetuned: whether the repaired network was fine-tuned.
    """

    idea: ClassVar[str] = "repair"

    steps: tuple[str, ...]
    before: Shift
    after: Shift
    changes: tuple[Changed, ...]
    accuracy: Accuracy | None
    macs: Cost
    latency: Cost
    finetuned: bool

    @property
    def comparison(self) -> Comparison:
        """What changed, number by number, each with its interval and verdict."""
        return self.after.compare(self.before)

    def table(self) -> "pa.Table":
        """Return one row per number that was measured before and after."""
        import pyarrow as pa

        rows = [
            (kind, one.what, one.before, one.after, one.interval, one.verdict)
            for kind, changes in self.comparison.answers.items()
            for one in changes
        ]
        if self.accuracy is not None:
            one = self.accuracy
            rows.append(("unmoved", "accuracy", one.before, one.after, one.interval, _verdict(one)))
        rows.append(("cost", "multiply-adds", self.macs.before, self.macs.after, None, None))
        rows.append(("cost", "ms", self.latency.before, self.latency.after, None, None))
        names = ("kind", "what", "before", "after", "interval", "verdict")
        types = (
            pa.string(),
            pa.string(),
            pa.float64(),
            pa.float64(),
            pa.list_(pa.float64()),
            pa.string(),
        )
        columns = list(zip(*rows, strict=True))
        return pa.table(
            {
                name: pa.array(list(column), kind)
                for name, column, kind in zip(names, columns, types, strict=True)
            }
        )

    def summary(self) -> str:
        """Return what was gained and lost, in one paragraph."""
        said = [f"Repaired with {', '.join(self.steps)}" + self._tuned() + "."]
        for kind, changes in self.comparison.answers.items():
            one = next((change for change in changes if change.what == "consistency"), None)
            if one is None or one.before is None or one.after is None:
                continue
            text = f"Consistency, {kind}: {one.before:.4f} becomes {one.after:.4f}"
            if one.interval is not None:
                text += f" (change {one.interval[0]:+.4f} to {one.interval[1]:+.4f}: {one.verdict})"
            said.append(text + ".")
        if self.accuracy is not None:
            one = self.accuracy
            said.append(
                f"Accuracy {one.before:.4f} becomes {one.after:.4f} (change {one.interval[0]:+.4f} to "
                f"{one.interval[1]:+.4f} on {one.samples:,} samples: {_verdict(one)})."
            )
            if one.interval[1] < 0 and not self.finetuned:
                said.append("This repair fails without fine-tuning: give --finetune DATA.")
        if self.macs.ratio is not None and self.latency.ratio is not None:
            said.append(
                f"It takes {self.macs.ratio:.2f} times the multiply-adds and {self.latency.ratio:.2f} times the time."
            )
        return " ".join(said)

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "steps": list(self.steps),
            "finetuned": self.finetuned,
            "before": self.before.document(),
            "after": self.after.document(),
            "changes": [asdict(change) for change in self.changes],
            "comparison": self.comparison.document(),
            "accuracy": None if self.accuracy is None else asdict(self.accuracy),
            "macs": {**asdict(self.macs), "ratio": self.macs.ratio},
            "latency": {**asdict(self.latency), "ratio": self.latency.ratio, "unit": "ms"},
        }

    def _tuned(self) -> str:
        return " and fine-tuned" if self.finetuned else ", not fine-tuned"


def _verdict(one: Accuracy) -> str:
    low, high = one.interval
    return "within the interval" if low <= 0 <= high else "better" if low > 0 else "worse"
