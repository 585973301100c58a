"""Padding, in all its ways of making values up."""

from convscope.receptive.algebra import pick
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.states import State
from convscope.receptive.taps import Border, shifted

_BORDERS: dict[str, Border] = {
    "constant": "zero",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


@rule("pad")
def pad(call: Call) -> Result:
    """Padding with a mode."""
    return _padded(call, list(call["pad"]), _BORDERS[call["mode"]])


@rule("constant_pad_nd")
def constant_pad(call: Call) -> Result:
    """Padding with a constant: the new positions depend on nothing; negative padding crops."""
    return _padded(call, list(call["pad"]), "zero")


@rule(*(f"reflection_pad{axes}d" for axes in (1, 2, 3)))
def reflection_pad(call: Call) -> Result:
    """Mirror padding."""
    return _padded(call, list(call["padding"]), "reflect")


@rule(*(f"replication_pad{axes}d" for axes in (1, 2, 3)))
def replication_pad(call: Call) -> Result:
    """Padding with the nearest position."""
    return _padded(call, list(call["padding"]), "edge")


@rule("_pad_circular")
def circular_pad(call: Call) -> Result:
    """Padding from the other end."""
    return _padded(call, list(call["pad"]), "wrap")


def _padded(call: Call, sides: list[int], border: Border) -> State:
    state = call.input
    rank = len(state.shape)
    for i in range(len(sides) // 2):
        dim, before = rank - 1 - i, sides[2 * i]
        if sides[2 * i] or sides[2 * i + 1]:
            state = pick(state, dim, shifted(-before, 1, border), call.shape[dim], call.place)
    return state
