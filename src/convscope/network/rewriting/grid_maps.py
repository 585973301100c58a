"""Rules for operations that look at windows of a map, or at the whole of it."""

from dataclasses import replace
from fractions import Fraction

from convscope.network.layers import arguments
from convscope.network.rewriting.grid import EndError, Grid, Step
from convscope.network.rewriting.grid_axes import without
from convscope.network.rewriting.windows import window_of


def windowed(step: Step, grid: Grid) -> Grid:
    """Follow a convolution or pooling: one window over the whole map pools it, or ends it."""
    window = window_of(step.node)
    assert window is not None
    step.at_the_end(grid)
    if window.takes_all and any(size > 1 for size in window.sizes):
        if window.kind == "conv":
            raise EndError("is one window over the whole map, which knows where everything is")
        return step.pooled(grid)
    return step.strided(grid, list(window.stride))


def linear(step: Step, grid: Grid) -> Grid:
    """End the map where the positions of an axis are multiplied by weights of their own."""
    if -1 in grid.axes:
        raise EndError("is a linear layer along an axis of the map")
    return grid


def layer_norm(step: Step, grid: Grid) -> Grid:
    """Follow a normalisation, over the map or beside it."""
    over = len(arguments(step.node)["normalized_shape"])
    if not any(axis is not None and -axis <= over for axis in grid.axes):
        return grid
    if arguments(step.node).get("weight") is not None:
        raise EndError("has a parameter of its own at every position")
    return step.all_at_once(grid)


def group_norm(step: Step, grid: Grid) -> Grid:
    """Follow a normalisation by what the whole map is like."""
    return step.all_at_once(grid)


def softmax(step: Step, grid: Grid) -> Grid:
    """Follow a normalisation along one axis, which may be one of the map."""
    dim = arguments(step.node)["dim"] % step.value.dim() - step.value.dim()
    return step.all_at_once(grid) if dim in grid.axes else grid


def reduced(step: Step, grid: Grid) -> Grid:
    """Pool the axes over which a mean, a maximum or the like is taken."""
    given = arguments(step.node)
    dims = given.get("dim")
    dims = list(range(step.before.dim())) if dims in (None, []) else dims
    dims = [dims] if isinstance(dims, int) else list(dims)
    return without(step, grid, dims, keepdim=bool(given.get("keepdim", False)))


def adaptively_pooled(step: Step, grid: Grid) -> Grid:
    """Follow pooling to a given size, where its windows are all of one size."""
    step.at_the_end(grid)
    stride, axes = list(grid.stride), list(grid.axes)
    for i in range(len(axes)):
        n, m = int(step.before.shape[i - len(axes)]), int(step.value.shape[i - len(axes)])
        if m == 1 and n > 1:
            axes[i] = None
        elif n % m:
            raise EndError("pools windows of unequal sizes")
        else:
            stride[i] *= n // m
    grid = step.pooled(grid) if None in axes else grid
    return replace(grid, axes=tuple(axes), stride=tuple(stride))


def resized(step: Step, grid: Grid) -> Grid:
    """Follow interpolation: the stride becomes smaller by the factor."""
    step.at_the_end(grid)
    if arguments(step.node).get("align_corners"):
        raise EndError("resizes with align_corners, by which positions move apart unevenly")
    dims = range(-len(grid.axes), 0)
    return step.strided(
        grid, [Fraction(int(step.before.shape[i]), int(step.value.shape[i])) for i in dims]
    )


def to_spectrum(step: Step, grid: Grid) -> Grid:
    """Follow a map that becomes its spectrum, and keep how many positions it had."""
    step.found.spectra[step.node] = int(step.before.shape[arguments(step.node)["dim"]])
    return step.all_at_once(grid)


def from_spectrum(step: Step, grid: Grid) -> Grid:
    """Follow a spectrum that becomes a map again, of another number of positions."""
    axis = arguments(step.node)["dim"] % step.value.dim() - step.value.dim()
    before = step.found.spectra.get(step.sources[0])
    if before is None or axis not in grid.axes:
        raise EndError("goes back from frequencies that convscope did not follow")
    factor = Fraction(before, int(step.value.shape[axis]))
    place = grid.axes.index(axis)
    return step.strided_along(grid, place, factor)


def shuffled(step: Step, grid: Grid) -> Grid:
    """Follow positions that become channels, or channels that become positions."""
    factor = Fraction(int(step.before.shape[-1]), int(step.value.shape[-1]))
    return step.strided(grid, [factor] * len(grid.axes))
