"""Views: which tensors share memory, and how a part that a view shows is put back into the whole."""

from typing import Any

import torch
from torch import fx

from convscope.network.aten import operation

_ATEN = torch.ops.aten

_RESHAPES = {"reshape", "reshape_as", "flatten", "ravel", "contiguous"}
"""Operations whose result shares its operand's memory if it can."""

_DROPOUTS = {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}

_WHOLE_AXIS = 2**62


class UnclearError(Exception):
    """Whether or how memory is shared cannot be read off the graph."""


def writes(node: fx.Node) -> bool:
    """Return whether an operation writes into a tensor that it is given."""
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def shares(node: fx.Node) -> bool | None:
    """Return whether a node's result lies in the memory of its first argument; None where it perhaps does."""
    source = node.args[0] if node.args else None
    if not isinstance(source, fx.Node):
        return False
    name = operation(node)
    if name == "getitem":
        return shares(source)
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    if name in _DROPOUTS:
        return node.args[2] is False or None
    if not node.target.is_view:
        return False
    if name in _RESHAPES:
        return value_of(source).is_contiguous() or None
    if name in ("to", "type_as", "resolve_conj", "resolve_neg"):
        if value_of(source).dtype != value_of(node).dtype:
            return False
        return True if node.target is _ATEN.to.dtype and len(node.args) == 2 else None
    return True


def path_to(view: Any) -> list[fx.Node]:
    """Return a tensor and what it is a view of, that first."""
    path: list[fx.Node] = [view]
    while shares(path[0]) is not False or writes(path[0]):
        source: Any = path[0].args[0]
        path.insert(0, source)
    return path


def steps_of(path: list[fx.Node]) -> list[tuple[fx.Node, fx.Node]]:
    """Return each view of a path and what it is a view of, the innermost first; one of several pieces counts once."""
    steps, depth = [], len(path) - 1
    while depth > 0:
        view = path[depth]
        depth -= 2 if operation(view) == "getitem" else 1
        if depth < 0:
            raise UnclearError
        steps.append((view, path[depth]))
    return steps


def value_of(node: Any) -> torch.Tensor:
    """Return the example of a node's value; what is not one tensor is unclear."""
    value = node.meta["val"]
    if not isinstance(value, torch.Tensor):
        raise UnclearError
    return value


def put_back(graph: fx.Graph, part: fx.Node, view: fx.Node, whole: fx.Node) -> fx.Node:
    """Return ``whole`` with ``part`` in the place that ``view`` shows of it."""
    target, args = inverse(part, view, whole)
    if target is None:
        return part
    new = graph.call_function(target, args)
    new.meta = {**part.meta, "val": whole.meta["val"]}
    return new


def inverse(part: fx.Node, view: fx.Node, whole: fx.Node) -> tuple[Any, tuple[Any, ...]]:
    """Return the operation, and what it is given, that puts a part back; no operation where the part is all."""
    given: tuple[Any, ...] = view.args[1:]
    if view.kwargs:
        raise UnclearError
    match operation(view):
        case (
            "alias"
            | "detach"
            | "contiguous"
            | "to"
            | "dropout"
            | "feature_dropout"
            | "alpha_dropout"
        ):
            return None, ()
        case "slice":
            _, start, end, step = (*given, *(0, None, None, 1)[len(given) :])
            everything = start in (0, None) and (end is None or _is_beyond(end)) and step == 1
            return (
                (None, ()) if everything else (_ATEN.slice_scatter.default, (whole, part, *given))
            )
        case "select":
            return _ATEN.select_scatter.default, (whole, part, *given)
        case "transpose" | "swapaxes" | "t":
            return view.target, (part, *given)
        case "movedim" if isinstance(given[0], int):
            return view.target, (part, given[1], given[0])
        case "permute":
            rank = value_of(whole).dim()
            order = [axis % rank for axis in given[0]]
            return view.target, (part, [order.index(axis) for axis in range(rank)])
        case "unsqueeze":
            return _ATEN.squeeze.dim, (part, given[0])
        case (
            "view"
            | "view_as"
            | "unflatten"
            | "squeeze"
            | "reshape"
            | "reshape_as"
            | "flatten"
            | "ravel"
        ):
            return _ATEN.reshape_as.default, (part, whole)
        case "getitem":
            return _piece(part, view, whole)
    raise UnclearError


def _piece(part: fx.Node, view: fx.Node, whole: fx.Node) -> tuple[Any, tuple[Any, ...]]:
    source: Any = view.args[0]
    which: Any = view.args[1]
    given = (*source.args[1:], 0)  # the axis is the last argument, and 0 where it is left out
    if operation(source) == "unbind":
        return _ATEN.select_scatter.default, (whole, part, given[0], which)
    axis = given[1]
    sizes = [piece.shape[axis] for piece in source.meta["val"]]
    if operation(source) not in ("split", "split_with_sizes", "chunk") or not all(
        isinstance(n, int) for n in sizes
    ):
        raise UnclearError
    start = sum(sizes[:which])
    return _ATEN.slice_scatter.default, (whole, part, axis, start, start + sizes[which])


def _is_beyond(end: Any) -> bool:
    return isinstance(end, int) and end >= _WHOLE_AXIS
