"""What a study or an audit found, as tables on a terminal."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from convscope.cli.numbers import count
from convscope.cli.tables import empty
from convscope.site.learning.report import without

if TYPE_CHECKING:
    from rich.console import RenderableType

    from convscope.learning.analysis import Equivalence
    from convscope.learning.finding import Learning
    from convscope.learning.prior import Prior


def learn(found: "Learning", *, every: bool) -> "Iterator[RenderableType]":
    """Yield the learning curves, the claims, what the priors are worth, and the summary.

    Args:
        found: the study.
        every: list gaps, speeds and power laws too.
    """
    yield _curves(found)
    yield _protocol(found)
    if every:
        yield _nets(found)
        yield _details(found)
    if found.claims:
        yield _claims(found)
    if found.equivalences:
        yield _equivalences(found)
    if every and found.power:
        yield _laws(found)
    for cell in found.refused:
        yield f"{cell[0]} at {cell[1]:,} ({cell[2]}): refused, its best learning rate is at the end of the grid."
    yield found.summary()


def prior(found: "Prior") -> "Iterator[RenderableType]":
    """Yield one row for each axis, and the summary.

    Args:
        found: the audit.
    """
    table = empty(
        "axis", "*size", "*locality", "95 % interval", "*by chance", "*half distance",
        "*stationarity", "95 % interval ", "*by chance ", "*position tells", "share weights",
    )  # fmt: skip
    for axis in found.axes:
        near, alike, where = axis.locality, axis.stationarity, axis.place
        table.add_row(
            axis.name,
            count(axis.size),
            "" if near is None else f"{near.score:.2f}",
            "" if near is None else _ends(near.interval),
            "" if near is None else f"{near.null99:.2f}",
            "" if near is None or near.length is None else f"{near.length:.1f}",
            "" if alike is None or alike.score is None else f"{alike.score:.2f}",
            "" if alike is None or alike.interval is None else _ends(alike.interval),
            "" if alike is None or alike.score is None else f"{alike.null99:.2f}",
            "" if where is None or where.share is None else f"{where.share:.0%}",
            axis.share,
        )
    yield table
    yield found.summary()


def _curves(found: "Learning") -> "RenderableType":
    sizes = sorted({point.n for point in found.curves})
    table = empty("accuracy, %", "condition", *(f"*n = {n:,}" for n in sizes))
    rows: dict[tuple[str, str], dict[int, str]] = {}
    for point in found.curves:
        half = 50 * (point.interval[1] - point.interval[0])
        text = f"{100 * point.mean:.1f} ± {half:.1f}"
        rows.setdefault((point.net, point.condition), {})[point.n] = text
    for (net, condition), cells in rows.items():
        table.add_row(net, condition, *(cells.get(n, "") for n in sizes))
    return table


def _protocol(found: "Learning") -> str:
    settings, best = found.protocol.settings, found.task["bayes"]
    known = "" if best is None else f", the best rule {best:.1%}"
    return (
        f"± is half of the 95 % interval over seeds and test items; {count(len(settings['seeds']))} seeds, "
        f"{count(settings['steps'])} steps, {count(settings['test'])} test items; "
        f"chance {found.task['chance']:.1%}{known}."
    )


def _nets(found: "Learning") -> "RenderableType":
    table = empty("net", "*units", "*parameters", "*multiply-adds")
    for net, cost in found.costs.items():
        table.add_row(net, *(count(cost[name]) for name in ("units", "parameters", "macs")))
    return table


def _details(found: "Learning") -> "RenderableType":
    table = empty(
        "net", "condition", "*n", "*train, %", "*gap, points", "*steps to threshold", "*reached"
    )
    for point in found.curves:
        table.add_row(
            point.net,
            point.condition,
            f"{point.n:,}",
            f"{100 * point.train:.1f}",
            f"{100 * point.gap:.1f}",
            "never" if point.steps is None else f"{point.steps:,}",
            f"{point.reached:.0%}",
        )
    return table


def _claims(found: "Learning") -> "RenderableType":
    table = empty("", "claim", "decided by", "*points", "95 % interval", "*p (Holm)", "verdict")
    for claim in found.claims:
        for number, part in enumerate(claim.parts):
            first = number == 0
            table.add_row(
                claim.id if first else "",
                claim.statement if first else "",
                (part.what if len(claim.parts) > 1 else claim.threshold) + without(part.left_out),
                f"{100 * part.estimate:+.1f}",
                f"{100 * part.interval[0]:+.1f} to {100 * part.interval[1]:+.1f}",
                f"{claim.p_holm:.3f}" if first else "",
                claim.verdict if first else "",
            )
    return table


def _equivalences(found: "Learning") -> "RenderableType":
    table = empty("dense needs", "of", "condition", "*at accuracy", "95 % interval")
    rows = (sorted((one, *one.elsewhere), key=_accuracy) for one in found.equivalences)
    for one in chain.from_iterable(rows):
        low, high = one.interval
        table.add_row(
            f"{one.censored + ' ' if one.censored else ''}×{one.factor:.3g}",
            one.net,
            one.condition,
            f"{one.at_accuracy:.1%}",
            f"{'?' if low is None else f'{low:.3g}'} to {'?' if high is None else f'{high:.3g}'}",
        )
    return table


def _accuracy(found: "Equivalence") -> float:
    return found.at_accuracy


def _laws(found: "Learning") -> "RenderableType":
    table = empty(
        "error = alpha n^-beta + gamma", "condition", "*alpha", "*beta", "95 % interval", "*gamma"
    )
    for law in found.power:
        table.add_row(
            law.net,
            law.condition,
            f"{law.alpha:.2f}",
            f"{law.beta:.2f}{' (end of the grid)' if law.at_edge else ''}",
            _ends(law.beta_interval),
            f"{law.gamma:.2f}",
        )
    return table


def _ends(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"
