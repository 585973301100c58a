"""What operations read that move, cut, join or pad whole axes."""

import torch
from torch import fx

from convscope.features.synthesis.boxes import Box, Part, Span, Take, hull, padded, whole
from convscope.network.aten import operation
from convscope.network.layers import arguments


def passing(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read just what is asked for, and hand it on."""
    source = node.args[0]
    assert isinstance(source, fx.Node)
    return Part(box, {source: box}, lambda graph, take: take(source, box))


def joined(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read from each of the joined maps what lies in the box."""
    given = arguments(node)
    tensors, rank = given["tensors"], node.meta["val"].dim()
    axis = given["dim"] % rank - 1
    if axis < 0 or any(t not in moving for t in tensors):
        return None
    first, end = box[axis]
    chosen: list[tuple[fx.Node, Box]] = []
    start = 0
    for tensor in tensors:
        size = int(tensor.meta["val"].shape[axis + 1])
        low, high = max(first - start, 0), min(end - start, size)
        if low < high:
            chosen.append((tensor, (*box[:axis], (low, high), *box[axis + 1 :])))
        start += size
    needs: dict[fx.Node, Box] = {}
    for tensor, wanted in chosen:
        needs[tensor] = hull(needs[tensor], wanted) if tensor in needs else wanted

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        pieces = [take(tensor, wanted) for tensor, wanted in chosen]
        if len(pieces) == 1:
            return pieces[0]
        return graph.call_function(torch.ops.aten.cat.default, (pieces, axis + 1))

    return Part(box, needs, write)


def bordered(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read what lies inside, and pad the rest; None where the border is not a constant and is asked for."""
    given = arguments(node)
    source = given["self"]
    pads = [int(p) for p in given["pad"]]
    constant = given.get("mode", "constant") == "constant"
    inner, added = list(box), [(0, 0)] * len(box)
    for i, before in enumerate(pads[::2]):
        axis = len(box) - 1 - i
        if axis < 0:
            return None
        first, end = (edge - before for edge in box[axis])
        low, high = max(first, 0), min(end, whole(source)[axis][1])
        if low >= high or (not constant and (low, high) != (first, end)):
            return None
        inner[axis], added[axis] = (low, high), (low - first, end - high)
    needs = {source: tuple(inner)}
    value = float(given.get("value") or 0.0)
    return Part(
        box, needs, lambda graph, take: padded(graph, take(source, needs[source]), added, value)
    )


def sliced(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read every step-th position."""
    given = arguments(node)
    source, step = given["self"], given["step"]
    axis = given["dim"] % node.meta["val"].dim() - 1
    if axis < 0:
        keeps_all = not given["start"] and step == 1 and node.meta["val"].shape[0] == 1
        return passing(node, box, moving) if keeps_all else None
    size = whole(source)[axis][1]
    start = given["start"] or 0
    start = min(max(start + size if start < 0 else start, 0), size)
    first, end = box[axis]
    span = (start + first * step, start + (end - 1) * step + 1)
    needs = {source: (*box[:axis], span, *box[axis + 1 :])}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        x = take(source, needs[source])
        if step == 1:
            return x
        return graph.call_function(
            torch.ops.aten.slice.Tensor, (x, axis + 1, 0, span[1] - span[0], step)
        )

    return Part(box, needs, write)


def permuted(node: fx.Node, box: Box, moving: set[fx.Node]) -> Part | None:
    """Read the box with its axes in their old order."""
    given = arguments(node)
    source, rank = given["self"], node.meta["val"].dim()
    if operation(node) == "permute":
        order = [d % rank for d in given["dims"]]
    else:
        order = list(range(rank))
        one, other = given["dim0"] % rank, given["dim1"] % rank
        order[one], order[other] = other, one
    if order[0] != 0:
        return None
    inner: list[Span] = [(0, 0)] * len(box)
    for span, axis in zip(box, order[1:], strict=True):
        inner[axis - 1] = span
    needs = {source: tuple(inner)}

    def write(graph: fx.Graph, take: Take) -> fx.Node:
        return graph.call_function(
            torch.ops.aten.permute.default, (take(source, needs[source]), order)
        )

    return Part(box, needs, write)
