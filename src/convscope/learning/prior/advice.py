"""What an audit advises, in plain words: along which axes to share weights, and how far to look."""

from collections.abc import Sequence

from convscope.learning.prior.finding import Axis


def advised(axes: Sequence[Axis]) -> tuple[str, ...]:
    """Return one sentence for each axis, and one for how far a unit should see.

    Args:
        axes: what was found along each.
    """
    said = [_axis(axis, axes) for axis in axes]
    known = [axis for axis in axes if axis.share != "no" and axis.locality.length is not None]
    if known:
        reach = " and ".join(f"{axis.locality.length:.1f} along {axis.name}" for axis in known)
        said.append(
            f"Correlation falls to half within {reach}: first windows of that size see what belongs together."
        )
    return tuple(said)


def _axis(axis: Axis, axes: Sequence[Axis]) -> str:
    said = _sharing(axis, axes)
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
    if axis.stationary == "no" and alike is not None:
        return (
            f"The axis {name} is not stationary, as {alike.score:.0%} of its local structure is common to all "
            f"positions: {_only(axis, axes)}."
        )
    if axis.share == "yes" and alike is not None:
        return (
            f"Along {name}, neighbours belong together and {alike.score:.0%} of the local structure is common to "
            "all positions: share weights."
        )
    if axis.share == "undecided" and (alike is None or not alike.structured):
        return (
            f"Along {name}, places hardly go together, so these measures see too little to judge: what the labels "
            "depend on may be local all the same. Ask `convscope learn`."
        )
    return f"Along {name}, these samples do not decide whether to share weights: give more, or ask `convscope learn`."


def _only(axis: Axis, axes: Sequence[Axis]) -> str:
    others = [other.name for other in axes if other is not axis and other.share == "yes"]
    if not others:
        return "use weights of their own for each position"
    return f"share weights along {' and '.join(others)} only"
