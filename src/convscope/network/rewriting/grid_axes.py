"""Rules for operations that regroup, move, cut and join the axes of a map."""

from dataclasses import replace

import torch
from torch import Tensor

from convscope.network.aten import operation
from convscope.network.export import ADDED
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import padding_of
from convscope.network.rewriting.grid import REDUCES, EndError, Grid, Step
from convscope.network.rewriting.shapes import axes_after_view


def viewed(step: Step, grid: Grid) -> Grid:
    """Follow a map whose axes are grouped anew; one that is flattened ends, unless it is only averaged."""
    axes = axes_after_view(tuple(step.before.shape), tuple(step.value.shape), grid.axes)
    if axes is None and _only_reduced(step, grid):
        return step.pooled(grid)
    if axes is None:
        raise EndError("flattens the map, so that what comes next knows where everything is")
    return replace(grid, axes=axes)


def _only_reduced(step: Step, grid: Grid) -> bool:
    """Tell whether the whole map becomes the last axis, of which only means, maxima and the like are taken."""
    step.at_the_end(grid)
    last = step.value.dim() - 1
    if tuple(step.value.shape[:-1]) != tuple(step.before.shape[: -len(grid.axes)]):
        return False
    for user in step.node.users:
        if operation(user) not in REDUCES:
            return False
        dims = arguments(user).get("dim")
        if {d % (last + 1) for d in ([dims] if isinstance(dims, int) else dims or ())} != {last}:
            return False
    return bool(step.node.users)


def permuted(step: Step, grid: Grid) -> Grid:
    """Follow axes that are put into another order."""
    rank = step.value.dim()
    order = [axis % rank for axis in arguments(step.node)["dims"]]
    return _moved(step, grid, {old: new for new, old in enumerate(order)})


def transposed(step: Step, grid: Grid) -> Grid:
    """Follow two axes that change places."""
    rank = step.value.dim()
    given = arguments(step.node)
    a, b = (given.get("dim0", 0) % rank, given.get("dim1", 1) % rank)
    return _moved(step, grid, {**{i: i for i in range(rank)}, a: b, b: a})


def axis_moved(step: Step, grid: Grid) -> Grid:
    """Follow axes that move to another place."""
    rank = step.value.dim()
    marks = torch.empty(tuple(range(2, 2 + rank)), device="meta")
    given = arguments(step.node)
    moved = [size - 2 for size in torch.movedim(marks, given["source"], given["destination"]).shape]
    return _moved(step, grid, {old: new for new, old in enumerate(moved)})


def _moved(step: Step, grid: Grid, place: dict[int, int]) -> Grid:
    rank = step.value.dim()
    axes = tuple(None if a is None else place[a % rank] - rank for a in grid.axes)
    return replace(grid, axes=axes)


def sliced(step: Step, grid: Grid) -> Grid:
    """Follow a map of which every n-th position is kept; a part cut off ends it."""
    given, value = arguments(step.node), step.before
    axis = _along(step, value)
    if axis not in grid.axes:
        return grid
    place = grid.axes.index(axis)
    if step.sources[0] in step.found.spectra:
        step.found.spectra[step.node] = step.found.spectra[step.sources[0]]
        return grid  # frequencies are left out, no positions
    size, every, start = int(value.shape[axis]), int(given["step"]), int(given["start"] or 0)
    start = start + size if start < 0 else start
    kept = int(step.value.shape[axis])
    if start >= max(every, 1) or kept != -(-(size - start) // every):
        return _cropped(step, grid)
    return step.strided_along(grid, place, every)


def _cropped(step: Step, grid: Grid) -> Grid:
    if step.node.meta["module_type"].startswith(ADDED) or padding_of(step.sources[0]):
        return grid  # what is cut off is a border that was put around before
    raise EndError("cuts off a part of the map")


def selected(step: Step, grid: Grid) -> Grid:
    """End the map where one of its positions is taken."""
    return without(step, grid, [arguments(step.node)["dim"]], keepdim=False, takes=True)


def split(step: Step, grid: Grid) -> Grid:
    """End the map where it is cut into parts."""
    if _along(step, step.before) in grid.axes:
        raise EndError("cuts the map into parts")
    return grid


def joined_along(step: Step, grid: Grid) -> Grid:
    """End the maps where they are put side by side; channels can be."""
    joined = step.joined([g for g in step.grids if g])
    if _along(step, step.value) in joined.axes:
        raise EndError("puts maps side by side")
    return joined


def stacked(step: Step, grid: Grid) -> Grid:
    """Follow maps that are put together along a new axis."""
    joined = step.joined([g for g in step.grids if g])
    rank = step.value.dim()
    new = arguments(step.node)["dim"] % rank
    old = [None if a is None else a % (rank - 1) for a in joined.axes]
    axes = tuple(None if a is None else (a + (a >= new)) - rank for a in old)
    return replace(joined, axes=axes)


def without(step: Step, grid: Grid, dims: list[int], *, keepdim: bool, takes: bool = False) -> Grid:
    """Follow a map some of whose axes go away.

    Args:
        step: the operation.
        grid: of what it reads.
        dims: the axes that go.
        keepdim: whether they stay with one position.
        takes: whether one position is taken, instead of all brought together.
    """
    rank = step.before.dim()
    gone = {dim % rank for dim in dims}
    axes, pooled = [], False
    for axis in grid.axes:
        place = None if axis is None else axis % rank
        if place is None or place in gone:
            pooled |= place is not None
            axes.append(None)
        else:
            before = 0 if keepdim else sum(dim < place for dim in gone)
            axes.append(place - before - step.value.dim())
    if pooled and takes:
        raise EndError("takes one position out of the map")
    if not pooled:
        return replace(grid, axes=tuple(axes))
    return replace(step.pooled(grid), axes=tuple(axes))


def _along(step: Step, value: Tensor) -> int:
    """Return the axis that the operation names, counted from the end of a tensor."""
    return int(arguments(step.node)["dim"]) % value.dim() - value.dim()
