"""A saved program in training mode becomes the same program in eval mode.

A module has a switch, ``eval()``. A program has none: whether dropout drops and whether a batch
normalisation uses its batch is an argument of every single operation.
"""

from torch import fx
from torch.export import ExportedProgram

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.layers import arguments

_SPELLED_OUT = {
    "native_dropout",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_functional",
    "_batch_norm_with_update",
    "_batch_norm_with_update_functional",
}
"""What the two become in a program that was taken apart in training mode: too late to switch."""


def in_eval_mode(program: ExportedProgram) -> tuple[str, ...]:
    """Switch a program's dropout and batch normalisation to eval mode, in place.

    A normalisation without stored statistics has no other mode, and is left as it is.

    Args:
        program: a program that its author exported.

    Returns:
        What the user should be told.

    Raises:
        SpecError: it was decomposed in training mode.
    """
    switched = [node for node in program.graph.nodes if _switch(node)]
    if not switched:
        return ()
    counters = {
        name
        for name, buffer in program.graph_signature.inputs_to_buffers.items()
        if buffer.endswith("num_batches_tracked")
    }
    counted: list[fx.Node] = []
    for node in program.graph.nodes:
        if operation(node) == "add_" and getattr(node.args[0], "name", "") in counters:
            counted.append(node)
            counters.add(node.name)  # a normalisation that is used again counts on
    for node in reversed(counted):
        program.graph.erase_node(node)
    program.graph_module.recompile()
    return (
        "The program was exported in training mode; it was put into eval mode, in which dropout is off and "
        "batch normalisation uses its stored statistics.",
    )


def _switch(node: fx.Node) -> bool:
    name, given = operation(node).rstrip("_"), arguments(node)
    modes: dict[str, bool | float] = {
        mode: False for mode in ("train", "training") if given.get(mode)
    }
    if given.get("dropout_p"):
        modes["dropout_p"] = 0.0
    if name in _SPELLED_OUT and (modes or not given.keys() & {"train", "training"}):
        raise SpecError(
            f"The program was exported in training mode and then decomposed ({name}), so that it cannot be put "
            "into eval mode. Call model.eval() before torch.export.export, and save the program again."
        )
    if not modes or (name == "batch_norm" and given["running_mean"] is None):
        return False
    for mode, off in modes.items():
        place = list(given).index(mode)
        if place < len(node.args):
            node.update_arg(place, off)
        else:
            node.update_kwarg(mode, off)
    return True
