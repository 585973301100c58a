"""Adjoints of operations that scale, add and multiply, place by place.

What is not linear is replaced by what it is taken for, and a note says so.
"""

from typing import Any

import torch
from torch import Tensor, fx

from convscope.features.circuits.call import UNFOLLOWED, Call, Passed, rule, shape_of
from convscope.features.circuits.window import Window
from convscope.network.aten import operation
from convscope.network.export import INPUT_RULE

BY_DATA = "Normalisation by the data's own statistics is passed with its learned scale alone."
GATE = "A gate, computed from the data, counts as 1."
OWN_RULE = "A sample's own mean and deviation, which preprocessing takes out, count as 0 and 1."

_GATES = {"sigmoid", "hardsigmoid", "softmax", "_softmax", "tanh"}


@rule("batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "native_batch_norm")
def batch_norm(call: Call, cot: Window) -> Passed:
    """Fold stored statistics and the learned scale into one factor per channel."""
    source, variance = call.data("input"), call.constant("running_var")
    if source is None:
        return
    weight = call.constant("weight")
    if variance is None:  # statistics of the batch, even in eval mode
        call.notes.add(BY_DATA)
    factor = _scale(cot, weight)
    if variance is not None:
        factor = factor * (variance + float(call.given["eps"])).rsqrt()
    if factor.dim():
        cot = cot.spanning(1, len(factor))
        factor = factor.reshape(-1, *(1 for _ in cot.size[2:]))
    yield source, cot.scaled(factor)


@rule("group_norm", "instance_norm", "native_group_norm", "local_response_norm")
def channel_norm(call: Call, cot: Window) -> Passed:
    """Pass with the learned scale per channel."""
    call.notes.add(BY_DATA)
    weight = call.constant("weight")
    if weight is not None:
        cot = cot.spanning(1, len(weight))
        cot = cot.scaled(weight.reshape(-1, *(1 for _ in cot.size[2:])))
    for source in call.node.all_input_nodes[:1]:
        yield source, cot


@rule("layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm")
def last_axes_norm(call: Call, cot: Window) -> Passed:
    """Pass with the learned scale of the last axes."""
    call.notes.add(BY_DATA)
    weight = call.constant("weight")
    if weight is not None:
        cot = _times(cot, weight)
    for source in call.node.all_input_nodes[:1]:
        yield source, cot


@rule("add", "sub", "rsub")
def add(call: Call, cot: Window) -> Passed:
    """Pass to both addends, summed where one of them was broadcast."""
    name, alpha = operation(call.node), call.given.get("alpha", 1) or 1
    mine, other = (-alpha, 1) if name == "rsub" else (1, -alpha if name == "sub" else alpha)
    for role, factor in (("self", mine), ("other", other)):
        source = call.data(role)
        if source is None or (role == "other" and call.node.meta["module"] == INPUT_RULE):
            continue  # a sample's own mean, taken off by the input rule, is not a part of a kernel
        yield source, _narrowed(cot.scaled(factor), shape_of(call.node), shape_of(source))


@rule("mul", "div")
def mul(call: Call, cot: Window) -> Passed:
    """Scale by a constant; of two signals, pass to the one that is not the gate."""
    signal, other = call.data("self"), call.data("other")
    divides = operation(call.node) == "div"
    if signal is not None and other is not None:
        own = call.node.meta["module"] == INPUT_RULE
        call.notes.add(OWN_RULE if own else GATE)
        if not divides and _gate_first(signal, other):
            signal = other
    elif signal is None:
        if divides:
            call.notes.add(UNFOLLOWED.format("division by a signal"))
            return
        signal, factor = other, call.values[call.given["self"]]
        cot = _by_constant(cot, factor)
    else:
        factor = call.values[call.given["other"]]
        cot = _by_constant(cot, 1 / factor if divides else factor)
    if signal is not None:
        yield signal, _narrowed(cot, shape_of(call.node), shape_of(signal))


def _gate_first(first: fx.Node, second: fx.Node) -> bool:
    sizes = [torch.Size(shape_of(node)).numel() for node in (first, second)]
    if sizes[0] != sizes[1]:
        return sizes[0] < sizes[1]
    gates = [operation(node).rstrip("_") in _GATES for node in (first, second)]
    return gates[0] and not gates[1]


@rule("neg")
def neg(call: Call, cot: Window) -> Passed:
    """Turn the sign."""
    for source in call.node.all_input_nodes[:1]:
        yield source, cot.scaled(-1)


@rule("glu")
def glu(call: Call, cot: Window) -> Passed:
    """Pass to the half that is gated; the gate counts as 1."""
    call.notes.add(GATE)
    dim = int(call.given.get("dim", -1)) % len(cot.size)
    for source in call.node.all_input_nodes[:1]:
        yield source, cot.spanning(dim, shape_of(call.node)[dim])


@rule("linear")
def linear(call: Call, cot: Window) -> Passed:
    """Multiply by the weights, along the last axis."""
    weight, source = call.constant("weight"), call.data("input")
    if weight is None or source is None:
        call.notes.add(UNFOLLOWED.format("products of two signals"))
        return
    cot = cot.spanning(len(cot.size) - 1, weight.shape[0])
    yield source, Window(cot.values @ weight, cot.start)


def _scale(cot: Window, weight: Tensor | None) -> Tensor:
    return cot.values.new_ones(()) if weight is None else weight


def _by_constant(cot: Window, factor: Any) -> Window:
    return _times(cot, factor) if isinstance(factor, Tensor) else cot.scaled(factor)


def _times(cot: Window, factor: Tensor) -> Window:
    """Scale by weights that broadcast against the node's output."""
    rank = len(cot.size)
    for axis, size in enumerate(factor.shape, start=rank - factor.dim()):
        if size > 1:
            cot = cot.spanning(axis, size)
    return cot.scaled(factor)


def _narrowed(cot: Window, shape: tuple[int, ...], source: tuple[int, ...]) -> Window:
    """Sum over the axes along which an operand was broadcast."""
    missing = len(shape) - len(source)
    for axis, size in enumerate(shape):
        own = 1 if axis < missing else source[axis - missing]
        if own == 1 and size > 1:
            cot = cot.spanning(axis, size)
            cot = Window(cot.values.sum(axis + 1, keepdim=True), cot.start)
    for _ in range(missing):
        cot = Window(cot.values.squeeze(1), cot.start[1:])
    return cot
