"""Adjoints of operations that move values, join and part them, or average over whole maps."""

from typing import Any

import torch
from torch import Tensor, fx

from convscope.features.circuits.call import UNFOLLOWED, Call, Passed, rule, shape_of
from convscope.features.circuits.window import Window
from convscope.features.circuits.windows import MAXIMUM
from convscope.network.aten import operation
from convscope.network.kinds import kind_of

_PARTS = {
    "split", "split_with_sizes", "chunk", "tensor_split", "unsafe_chunk", "unsafe_split", "unbind",
}  # fmt: skip


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


def part(call: Call, cot: Window) -> Passed:
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


def as_linear(call: Call, cot: Window) -> Passed:
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
