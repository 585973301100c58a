"""Two measurements of the same kind, side by side: what a repair changed, and what it did not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convscope.errors import SpecError
from convscope.shift.causes import CAUSES

if TYPE_CHECKING:
    from convscope.shift.finding import Answers, Shift

_BETTER_IS_MORE = {"consistency", "accuracy", "worst_case_accuracy", "fidelity"}
_ANSWERS = (
    "invariance", "consistency", "flip_1px", "wobble", "accuracy", "worst_case_accuracy", "fidelity",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One number, before and after.

    Args:
        what: its name.
        before: the number before.
        after: the number after.
        interval: 95 % interval of the change, over the samples that both saw; None where it is not known.
        verdict: ``better``, ``worse``, or ``within the interval``; None without an interval.
    """

    what: str
    before: float | None
    after: float | None
    interval: tuple[float, float] | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What changed between two measurements.

    Args:
        before: spec of the network before.
        after: spec of the network after.
        answers: changes of the answers, moved round and cropped.
        causes: changes by cause.
        layers: the unaligned error of each layer that both have.
    """

    before: str
    after: str
    answers: Mapping[str, tuple[Change, ...]]
    causes: tuple[Change, ...]
    layers: tuple[Change, ...]

    def document(self) -> dict[str, Any]:
        """Return the comparison as JSON."""
        return {
            "before": self.before,
            "after": self.after,
            "answers": {key: [vars(c) for c in rows] for key, rows in self.answers.items()},
            "causes": [vars(change) for change in self.causes],
            "layers": [vars(change) for change in self.layers],
        }

    def __str__(self) -> str:
        lines = []
        for kind, rows in self.answers.items():
            for row in rows:
                if row.before is None or row.after is None:
                    continue
                ends = (
                    ""
                    if row.interval is None
                    else f" ({row.interval[0]:+.4f} to {row.interval[1]:+.4f})"
                )
                change = row.after - row.before
                lines.append(
                    f"{kind}, {row.what}: {row.before:.4f} -> {row.after:.4f}, {change:+.4f}{ends}"
                    + (f": {row.verdict}" if row.verdict else "")
                )
        return "\n".join(lines) or "Nothing was measured in both."


def compared(before: "Shift", after: "Shift") -> Comparison:
    """Return what changed between two measurements.

    Args:
        before: the one.
        after: the other.

    Raises:
        SpecError: they were measured under different protocols.
    """
    if before.protocol.id != after.protocol.id or before.protocol.seed != after.protocol.seed:
        raise SpecError(
            f"The two were measured differently: {before.protocol.id} with seed {before.protocol.seed}, and "
            f"{after.protocol.id} with seed {after.protocol.seed}. Measure both with the same settings."
        )
    answers = {
        kind: _answers(one, other)
        for kind, one, other in (
            ("moved round", before.output, after.output),
            ("cropped", before.crops, after.crops),
        )
        if one is not None and other is not None
    }
    causes: list[Change] = []
    if before.causes is not None and after.causes is not None:
        for cause in CAUSES:
            causes.append(
                Change(cause, before.causes.parts.get(cause), after.causes.parts.get(cause))
            )
        causes.append(Change("total", before.causes.total, after.causes.total))
    rows = {row.name: row for row in before.layers}
    layers = tuple(
        Change(row.name, rows[row.name].unaligned_error, row.unaligned_error)
        for row in after.layers
        if row.name in rows
    )
    return Comparison(before.network.spec, after.network.spec, answers, tuple(causes), layers)


def _answers(before: "Answers", after: "Answers") -> tuple[Change, ...]:
    from convscope.shift.votes import change_intervals

    ends = change_intervals(before.votes, after.votes)
    rows = []
    for name in _ANSWERS:
        old, new = getattr(before.held, name), getattr(after.held, name)
        if old is None and new is None:
            continue
        interval = ends.get(name)
        rows.append(Change(name, old, new, interval, _verdict(name, interval)))
    return tuple(rows)


def _verdict(name: str, interval: tuple[float, float] | None) -> str | None:
    if interval is None:
        return None
    low, high = interval
    if low <= 0 <= high:
        return "within the interval"
    rises = low > 0
    return "better" if rises == (name in _BETTER_IS_MORE) else "worse"
