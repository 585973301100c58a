"""What an audit advises, in plain words: along which axes to share weights, how far to look, what is wanting."""

from collections.abc import Sequence

from convscope.learning.prior.enough import needed
from convscope.learning.prior.finding import Axis
from convscope.learning.prior.stationarity import FAINT


def advised(axes: Sequence[Axis], used: int, given: int) -> tuple[str, ...]:
    """Return one sentence for each axis, and one for how far a unit should see.

    Args:
        axes: what was found along each.
        used: samples that were looked at.
        given: samples that there are.
    """
    said = [_axis(axis, axes, used, given) for axis in axes]
    known = [
        (axis.name, axis.locality.length)
        for axis in axes
        if axis.share != "no" and axis.locality is not None and axis.locality.length is not None
    ]
    if known:
        reach = " and ".join(f"{length:.1f} along {name}" for name, length in known)
        said.append(
            f"Correlation falls to half within {reach}: first windows of that size see what belongs together."
        )
    return tuple(said)


def _axis(axis: Axis, axes: Sequence[Axis], used: int, given: int) -> str:
    said = _sharing(axis, axes) if axis.share != "undecided" else _undecided(axis, used, given)
    where = axis.place
    if axis.positioned == "yes" and where is not None and where.share is not None:
        said += (
            f" But where a thing is along {axis.name} tells {where.share:.0%} of what can be told of the labels: keep "
            "the position, and do not pool it away."
        )
    return said


def _sharing(axis: Axis, axes: Sequence[Axis]) -> str:
    name = axis.name
    if axis.local == "no":
        return (
            f"Along {name}, neighbours belong together no more than places far apart: a window there gains nothing "
            "over a dense layer."
        )
    alike = axis.stationarity
    if axis.stationary == "no" and alike is not None and alike.score is not None:
        return (
            f"The axis {name} is not stationary, as {alike.score:.0%} of its local structure is common to all "
            f"positions: {_only(axis, axes)}."
        )
    assert alike is not None
    assert alike.score is not None  # what is shared along is stationary
    return (
        f"Along {name}, neighbours belong together and {alike.score:.0%} of the local structure is common to all "
        "positions: share weights."
    )


def _undecided(axis: Axis, used: int, given: int) -> str:
    """Return why an axis is not decided, and what would decide it: more samples, or something else."""
    name, alike = axis.name, axis.stationarity
    if axis.locality is None:
        return (
            f"The axis {name} has {axis.size} places, none of them far apart, so what goes together along it is not "
            "known. Ask `convscope learn`, or take its places as channels."
        )
    if alike is None:
        return (
            f"Along {name}, too few places change to compare one with another, so whether they are alike is not "
            "known. Ask `convscope learn`."
        )
    if alike.strength < FAINT:
        return (
            f"Along {name}, places hardly go together, so these measures see too little to judge: what the labels "
            "depend on may be local all the same. Ask `convscope learn`."
        )
    enough = needed(axis, used)
    if enough is None:
        return (
            f"Along {name}, {used:,} samples do not decide whether to share weights, and no number in reach would. "
            "Ask `convscope learn`."
        )
    how = (
        f"look at more of them (`convscope prior --samples {enough}`)"
        if given >= enough
        else "give more"
    )
    return (
        f"Along {name}, {used:,} samples do not decide whether to share weights; about {enough:,} would: {how}, or "
        "ask `convscope learn`."
    )


def _only(axis: Axis, axes: Sequence[Axis]) -> str:
    others = [other.name for other in axes if other is not axis and other.share == "yes"]
    if not others:
        return "use weights of their own for each position"
    return f"share weights along {' and '.join(others)} only"
