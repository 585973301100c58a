"""Which tensors of a graph are maps, on which of their axes, and how many input pixels apart their positions are.

A shift of the input moves a map by ``shift / stride`` positions. That needs, for every tensor, the stride of
each of its spatial axes: a rational number, since resizing and transposed convolutions divide. Operations
that look at all positions pool the axis away; operations that know where a position is (a flattened map
before a linear layer, a parameter per position, attention) end the map, and say why.
"""

import operator
from collections.abc import Callable
from fractions import Fraction

import torch
from torch import Tensor, fx

from convscope.network.layers import reached_from_input
from convscope.network.rewriting import grid_axes, grid_maps
from convscope.network.rewriting.grid import REDUCES, EndError, Grid, Grids, Step
from convscope.network.rewriting.windows import window_of

__all__ = ["Grid", "Grids", "grids_of"]

_UNARY = {
    "dropout", "feature_dropout", "alpha_dropout", "clone", "contiguous", "detach", "alias", "to", "_to_copy",
    "lift_fresh_copy", "type_as", "batch_norm", "expand", "expand_as", "broadcast_to", "pad", "constant_pad_nd",
    "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "replication_pad1d", "replication_pad2d",
    "replication_pad3d", "_pad_circular", "local_response_norm", "identity", "roll", "glu", "channel_shuffle",
}  # fmt: skip
_VIEWS = {
    "view",
    "_unsafe_view",
    "reshape",
    "flatten",
    "unflatten",
    "squeeze",
    "unsqueeze",
    "view_as",
    "reshape_as",
}
_RESIZES = {"upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "_upsample_nearest_exact1d",
            "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "upsample_linear1d", "upsample_bilinear2d",
            "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa"}  # fmt: skip
_SAMPLES = {"grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "deform_conv2d", "gather", "index", "index_select",
            "topk", "sort", "nonzero", "argmax", "max_unpool2d", "fractional_max_pool2d", "roi_align"}  # fmt: skip
_RELATES = {"matmul", "bmm", "einsum", "scaled_dot_product_attention"}
_RULES: dict[str, Callable[[Step, Grid], Grid]] = {
    **dict.fromkeys(_VIEWS, grid_axes.viewed),
    **dict.fromkeys(("transpose", "swapaxes", "t"), grid_axes.transposed),
    "permute": grid_axes.permuted,
    "movedim": grid_axes.axis_moved,
    "slice": grid_axes.sliced,
    **dict.fromkeys(("select", "unbind"), grid_axes.selected),
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split"), grid_axes.split),
    **dict.fromkeys(("cat", "concat"), grid_axes.joined_along),
    "stack": grid_axes.stacked,
    **dict.fromkeys(REDUCES, grid_maps.reduced),
    **dict.fromkeys(_RESIZES, grid_maps.resized),
    "linear": grid_maps.linear,
    "layer_norm": grid_maps.layer_norm,
    **dict.fromkeys(("group_norm", "instance_norm"), grid_maps.group_norm),
    **dict.fromkeys(("softmax", "log_softmax"), grid_maps.softmax),
    "fft_rfft": grid_maps.to_spectrum,
    "fft_irfft": grid_maps.from_spectrum,
    **dict.fromkeys(("pixel_shuffle", "pixel_unshuffle"), grid_maps.shuffled),
}
"""What follows a map through an operation, by the operation's name."""


def grids_of(graph: fx.GraphModule, dims: int) -> Grids:
    """Return the grid of every tensor that depends on the input.

    Args:
        graph: a graph with concrete values in ``meta["val"]``.
        dims: number of spatial axes of its input.
    """
    found = Grids()
    from_data = reached_from_input(graph)
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            found.of[node] = Grid(tuple(range(-dims, 0)), (Fraction(1),) * dims)
        elif node in from_data and node.op == "call_function":
            _follow(Step(node, found))
    return found


def _follow(step: Step) -> None:
    """Write the grid of an operation's output beside those that are known."""
    if not isinstance(step.value, Tensor) or not step.sources:
        return
    grid: Grid | None = None
    if all(step.grids):
        grids = [grid for grid in step.grids if grid]
        try:
            grid = _grid(step, grids) if any(g.is_map for g in grids) else grids[0]
        except EndError as end:
            step.found.reasons[step.node] = str(end)
    step.found.of[step.node] = grid


def _grid(step: Step, grids: list[Grid]) -> Grid:
    first = grids[0]
    if step.node.target is operator.getitem or step.name in _UNARY:
        return step.joined(grids)
    if window_of(step.node) is not None:
        return grid_maps.windowed(step, first)
    if step.name in _RULES:
        return _RULES[step.name](step, first)
    if step.name.startswith("adaptive"):
        return grid_maps.adaptively_pooled(step, first)
    if step.name.startswith("conv_transpose"):
        return step.strided(first, [Fraction(1, s) for s in step.per_axis("stride", first)])
    if step.name in _SAMPLES:
        raise EndError("takes its positions from the data")
    tags = getattr(step.node.target, "tags", ())
    if torch.Tag.pointwise in tags or step.name in ("prelu", "hardtanh", "where"):
        return step.joined(grids)
    if step.name in _RELATES:
        raise EndError("relates all positions to each other")
    raise EndError("is an operation whose positions convscope does not follow")
