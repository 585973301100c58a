"""Adjoints of everything that does not slide: scale, add, join, move, average.

What is not linear is replaced by what it is taken for, and a note says so.
"""

import operator
from typing import Any

import torch
from torch import Tensor, fx

from convscope.features.circuits.call import RULES, Call, Passed, rule, shape_of
from convscope.features.circuits.window import Window
from convscope.features.circuits.windows import MAXIMUM
from convscope.network.aten import operation
from convscope.network.export import INPUT_RULE
from convscope.network.kinds import BOOKKEEPING, kind_of

ACTIVATION = "Activations are passed as they are, with slope 1."
BY_DATA = "Normalisation by the data's own statistics is passed with its learned scale alone."
GATE = "A gate, computed from the data, counts as 1."
OWN_RULE = "A sample's own mean and deviation, which preprocessing takes out, count as 0 and 1."
UNFOLLOWED = "Not followed: {}."

_AS_THEY_ARE = {
    "clone", "contiguous", "alias", "detach", "to", "_to_copy", "type_as", "dropout", "feature_dropout",
    "alpha_dropout", "lift_fresh_copy", "identity", "float", "copy",
}  # fmt: skip
_PARTS = {
    "split", "split_with_sizes", "chunk", "tensor_split", "unsafe_chunk", "unsafe_split", "unbind",
}  # fmt: skip
_GATES = {"sigmoid", "hardsigmoid", "softmax", "_softmax", "tanh"}


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
        yield from _part(call, cot)
    elif kind == "activation" or name in _AS_THEY_ARE:
        if kind == "activation":
            call.notes.add(ACTIVATION)
        for source in call.node.all_input_nodes[:1]:
            yield source, cot
    elif name in BOOKKEEPING or kind == "resize":
        yield from _as_linear(call, cot)
    else:
        call.notes.add(UNFOLLOWED.format(name))


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


@rule("cat", "concat")
def cat(call: Call, cot: Window) -> Passed:
    """Cut the weights into those of each part."""
    parts = call.node.args[0]
    assert isinstance(parts, list | tuple)
    dim = int(call.given.get("dim", 0)) % len(cot.size)
    first = 0
    for part in parts:
        assert isinstance(part, fx.Node)
        size = shape_of(part)[dim]
        if call.values.depends(part) and cot.overlaps(dim, first, size):
            yield part, cot.shifted(dim, -first).spanning(dim, size)
        first += size


@rule("linear")
def linear(call: Call, cot: Window) -> Passed:
    """Multiply by the weights, along the last axis."""
    weight, source = call.constant("weight"), call.data("input")
    if weight is None or source is None:
        call.notes.add(UNFOLLOWED.format("products of two signals"))
        return
    cot = cot.spanning(len(cot.size) - 1, weight.shape[0])
    yield source, Window(cot.values @ weight, cot.start)


@rule("permute", "transpose", "t", "swapaxes", "swapdims", "movedim", "moveaxis")
def permute(call: Call, cot: Window) -> Passed:
    """Put the axes back in their order."""
    source = call.node.all_input_nodes[0]
    shape = shape_of(source)
    # The operation itself says where each axis goes.
    axes = torch.empty(tuple(range(2, 2 + len(shape))), device="meta")
    target, given = call.node.target, call.given
    assert callable(target)
    moved = target(axes, *list(given.values())[1:])
    order = [int(size) - 2 for size in moved.shape]
    back = [order.index(axis) for axis in range(len(order))]
    values = cot.values.permute(0, *(axis + 1 for axis in back))
    yield source, Window(values, tuple(cot.start[axis] for axis in back))


@rule("slice")
def cut(call: Call, cot: Window) -> Passed:
    """Spread the weights over the positions that a slice keeps."""
    given, source = call.given, call.node.all_input_nodes[0]
    dim = int(given["dim"] or 0) % len(cot.size)
    length, step = shape_of(source)[dim], int(given["step"] or 1)
    first = range(length)[slice(given["start"], None)]
    values = cot.values
    if step > 1:
        sparse = list(values.shape)
        sparse[dim + 1] = (sparse[dim + 1] - 1) * step + 1
        wide = values.new_zeros(sparse)
        wide.narrow(dim + 1, 0, sparse[dim + 1])[
            (slice(None),) * (dim + 1) + (slice(None, None, step),)
        ] = values
        values = wide
    start = list(cot.start)
    start[dim] = start[dim] * step + (first[0] if len(first) else 0)
    yield source, Window(values, tuple(start))


def _part(call: Call, cot: Window) -> Passed:
    """One of several outputs: a piece of a split, or the values beside the indices of a maximum."""
    whole, index = call.node.args
    assert isinstance(whole, fx.Node)
    if operation(whole) not in _PARTS:
        if index == 0:
            yield whole, cot
        return
    source = whole.all_input_nodes[0]
    if operation(whole) == "unbind":
        call.notes.add(UNFOLLOWED.format("unbind"))
        return
    dim = int(whole.args[2] if len(whole.args) > 2 else whole.kwargs.get("dim", 0)) % len(cot.size)  # type: ignore[arg-type]
    assert isinstance(index, int)
    pieces = [int(piece.shape[dim]) for piece in whole.meta["val"]]
    index %= len(pieces)
    yield source, cot.spanning(dim, pieces[index]).shifted(dim, sum(pieces[:index]))


@rule("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
@rule("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
def adaptive_pool(call: Call, cot: Window) -> Passed:
    """Pass as the mean of each cell."""
    source = call.data("self")
    if source is None:
        return
    if "max" in operation(call.node):
        call.notes.add(MAXIMUM)
    axes = int(operation(call.node)[-2])
    mean = getattr(torch.nn.functional, f"adaptive_avg_pool{axes}d")
    size = call.given["output_size"]
    yield source, _per_sample(call, source, cot, lambda x: mean(x, size))


@rule("mean", "sum", "amax", "amin", "max", "min")
def average(call: Call, cot: Window) -> Passed:
    """Spread over what was averaged."""
    source, name = call.node.all_input_nodes[0], operation(call.node)
    dims = call.given.get("dim")
    if name in ("max", "min") and dims is None:
        call.notes.add(UNFOLLOWED.format(name))
        return
    if name not in ("mean", "sum"):
        call.notes.add(MAXIMUM)
    keep = bool(call.given.get("keepdim", False))
    shape = shape_of(source)
    chosen = range(len(shape)) if dims is None or dims == [] else _listed(dims)
    axes = sorted(axis % len(shape) for axis in chosen)
    wide = cot.full(shape_of(call.node)).values
    for axis in axes if not keep else ():
        wide = wide.unsqueeze(axis + 1)
    count = 1 if name == "sum" else torch.Size([shape[axis] for axis in axes]).numel()
    yield source, Window(wide.expand(-1, *shape) / count, (0,) * len(shape))


def _listed(dims: Any) -> list[int]:
    return [dims] if isinstance(dims, int) else list(dims)


def _as_linear(call: Call, cot: Window) -> Passed:
    """Any operation that moves values or interpolates: its own derivative, on the map as it is."""
    source = next((node for node in call.node.all_input_nodes if call.values.depends(node)), None)
    target = call.node.target
    if source is None or not callable(target) or isinstance(call.node.meta["val"], list | tuple):
        call.notes.add(UNFOLLOWED.format(operation(call.node)))
        return

    def run(x: Tensor) -> Tensor:
        args = [x if arg is source else call.values[arg] for arg in call.node.args]
        kwargs = {key: call.values[arg] for key, arg in call.node.kwargs.items()}
        return target(*args, **kwargs)

    if kind_of(call.node) == "resize":
        yield source, _per_sample(call, source, cot, run)
        return
    x = torch.zeros(shape_of(source), dtype=cot.values.dtype, requires_grad=True)
    wide = cot.full(shape_of(call.node)).values
    with torch.enable_grad():
        y = run(x)
    (values,) = torch.autograd.grad(y, x, wide, is_grads_batched=True)
    yield source, Window(values, (0,) * x.dim())


def _per_sample(call: Call, source: fx.Node, cot: Window, run: Any) -> Window:
    """Differentiate an operation that treats samples alike, the target units in the samples' place."""
    wide = cot.full(shape_of(call.node)).values
    shape = (wide.shape[0] * wide.shape[1], *shape_of(source)[1:])
    x = torch.zeros(shape, dtype=wide.dtype, requires_grad=True)
    with torch.enable_grad():
        y = run(x)
    (values,) = torch.autograd.grad(y, x, wide.flatten(0, 1))
    return Window(values.reshape(*wide.shape[:2], *shape[1:]), (0,) * (values.dim()))


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
