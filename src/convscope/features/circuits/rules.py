"""One step of the walk backwards: from the weights of a node's output to those of its inputs."""

import operator

from convscope.features.circuits import moving, scaling, windows
from convscope.features.circuits.call import RULES, UNFOLLOWED, Call, Passed
from convscope.features.circuits.window import Window
from convscope.network.aten import operation
from convscope.network.kinds import BOOKKEEPING, kind_of

__all__ = [
    "ACTIVATION",
    "moving",
    "passed",
    "scaling",
    "windows",
]  # these modules enter their rules

ACTIVATION = "Activations are passed as they are, with slope 1."

_AS_THEY_ARE = {
    "clone", "contiguous", "alias", "detach", "to", "_to_copy", "type_as", "dropout", "feature_dropout",
    "alpha_dropout", "lift_fresh_copy", "identity", "float", "copy",
}  # fmt: skip


def passed(call: Call, cot: Window) -> Passed:
    """Yield the inputs of a node that depend on data, each with its weights in the target units.

    Args:
        call: the node.
        cot: the weights of its output.
    """
    name, kind = operation(call.node).rstrip("_"), kind_of(call.node)
    found = RULES.get(name) or RULES.get(operation(call.node))
    if found is not None:
        yield from found(call, cot)
    elif call.node.target is operator.getitem:
        yield from moving.part(call, cot)
    elif kind == "activation" or name in _AS_THEY_ARE:
        if kind == "activation":
            call.notes.add(ACTIVATION)
        for source in call.node.all_input_nodes[:1]:
            yield source, cot
    elif name in BOOKKEEPING or kind == "resize":
        yield from moving.as_linear(call, cot)
    else:
        call.notes.add(UNFOLLOWED.format(name))
