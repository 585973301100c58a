"""Which tensors of a graph are maps, on which of their axes, and how many input pixels apart their positions are.

A shift of the input moves a map by ``shift / stride`` positions. That needs, for every tensor, the stride of
each of its spatial axes: a rational number, since resizing and transposed convolutions divide. Operations
that look at all positions pool the axis away; operations that know where a position is (a flattened map
before a linear layer, a parameter per position, attention) end the map, and say why.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, fx

from convscope.network.aten import operation
from convscope.network.export import ADDED
from convscope.network.layers import arguments, reached_from_input
from convscope.network.rewriting.borders import padding_of
from convscope.network.rewriting.shapes import axes_after_view
from convscope.network.rewriting.windows import window_of

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
_REDUCES = {"mean", "sum", "amax", "amin", "std", "var", "logsumexp", "prod", "linalg_vector_norm", "norm", "var_mean",
            "std_mean", "any", "all"}  # fmt: skip
_RESIZES = {"upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "_upsample_nearest_exact1d",
            "_upsample_nearest_exact2d", "_upsample_nearest_exact3d", "upsample_linear1d", "upsample_bilinear2d",
            "upsample_trilinear3d", "upsample_bicubic2d", "_upsample_bilinear2d_aa",
            "_upsample_bicubic2d_aa"}  # fmt: skip
_SAMPLES = {"grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "deform_conv2d", "gather", "index", "index_select",
            "topk", "sort", "nonzero", "argmax", "max_unpool2d", "fractional_max_pool2d", "roi_align"}  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """Where the positions of a tensor are.

    Args:
        axes: for each spatial axis of the input, the tensor's axis, counted from the end (-1 is the last);
            None where it was pooled away.
        stride: input pixels from one position to the next, per spatial axis.
        looks_at_all: whether a step before looked at the whole of a map at once, with a stride above 1.
    """

    axes: tuple[int | None, ...]
    stride: tuple[Fraction, ...]
    looks_at_all: bool = False

    @property
    def is_map(self) -> bool:
        """Whether any spatial axis is left."""
        return any(axis is not None for axis in self.axes)

    def sizes(self, value: Tensor) -> tuple[int | None, ...]:
        """Return the number of positions of a tensor per spatial axis."""
        return tuple(None if axis is None else int(value.shape[axis]) for axis in self.axes)


@dataclass(frozen=True)
class Grids:
    """The grids of all tensors of a graph.

    Args:
        of: by node; a node that is in it with None has positions that cannot be followed; one that is not
            in it does not depend on the input.
        reasons: by node: why its positions cannot be followed, where that begins.
        all_at_once: the nodes that look at a whole map and return a map.
        spectra: positions of the map that a node holds the spectrum of.
    """

    of: dict[fx.Node, Grid | None] = field(default_factory=dict)
    reasons: dict[fx.Node, str] = field(default_factory=dict)
    all_at_once: set[fx.Node] = field(default_factory=set)
    spectra: dict[fx.Node, int] = field(default_factory=dict)


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
            _Step(node, found).follow()
    return found


class _EndError(Exception):
    """The map ends here."""


class _Step:
    """One operation: from the grids of what it reads to its own.

    Args:
        node: the operation.
        found: the grids so far; its own is written into it.
    """

    def __init__(self, node: fx.Node, found: Grids):
        self.node, self.found = node, found
        self.name = operation(node).rstrip("_")
        self.sources = [source for source in node.all_input_nodes if source in found.of]
        self.grids = [found.of[source] for source in self.sources]
        value = node.meta.get("val")
        self.value: Any = value[0] if isinstance(value, list | tuple) and value else value

    def follow(self) -> None:
        """Find the grid."""
        if not isinstance(self.value, Tensor) or not self.sources:
            return
        grid: Grid | None = None
        if all(self.grids):
            grids = [grid for grid in self.grids if grid]
            try:
                grid = self._grid(grids) if any(g.is_map for g in grids) else grids[0]
            except _EndError as end:
                self.found.reasons[self.node] = str(end)
        self.found.of[self.node] = grid

    def _grid(self, grids: list[Grid]) -> Grid:
        source = self.sources[0]
        first = self.found.of[source]
        assert first is not None
        if self.node.target is operator.getitem or self.name in _UNARY:
            return self._joined(grids)
        window = window_of(self.node)
        if window is not None:
            return self._window(first)
        special: Callable[[Grid], Grid] | None = getattr(self, f"_{self.name}", None)
        if special is not None:
            return special(first)
        if self.name in _VIEWS:
            return self._view(first)
        if self.name in _REDUCES:
            return self._reduced(first)
        if self.name in _RESIZES:
            return self._resized(first)
        if self.name.startswith("adaptive"):
            return self._adaptive(first)
        if self.name.startswith("conv_transpose"):
            return self._strided(first, [Fraction(1, s) for s in self._per_axis("stride", first)])
        if self.name in _SAMPLES:
            raise _EndError("takes its positions from the data")
        tags = getattr(self.node.target, "tags", ())
        if torch.Tag.pointwise in tags or self.name in ("prelu", "hardtanh", "where"):
            return self._joined(grids)
        if self.name in ("matmul", "bmm", "einsum", "scaled_dot_product_attention"):
            raise _EndError("relates all positions to each other")
        raise _EndError("is an operation whose positions convscope does not follow")

    def _joined(self, grids: list[Grid]) -> Grid:
        """Return the one grid of several tensors that are broadcast together."""
        maps = [grid for grid in grids if grid.is_map]
        first = maps[0]
        for other in maps[1:]:
            if (other.axes, other.stride) != (first.axes, first.stride):
                raise _EndError("brings maps of different strides together")
        for source in self.node.all_input_nodes:
            value = source.meta.get("val")
            if source in self.found.of or not isinstance(value, Tensor):
                continue
            for axis in first.axes:
                if axis is not None and value.dim() >= -axis and value.shape[axis] > 1:
                    if self.name == "batch_norm" or source.meta.get("module_type", "").startswith(
                        ADDED
                    ):
                        continue
                    raise _EndError("has a parameter of its own at every position")
        return replace(first, looks_at_all=any(grid.looks_at_all for grid in grids))

    def _window(self, grid: Grid) -> Grid:
        window = window_of(self.node)
        assert window is not None
        self._at_the_end(grid)
        if window.takes_all and any(size > 1 for size in window.sizes):
            if window.kind == "conv":
                raise _EndError("is one window over the whole map, which knows where everything is")
            return self._pooled(grid)
        return self._strided(grid, list(window.stride))

    def _strided(self, grid: Grid, factors: list[Any]) -> Grid:
        self._at_the_end(grid)
        stride = tuple(s * f for s, f in zip(grid.stride, factors, strict=True))
        return replace(grid, stride=stride)

    def _pooled(self, grid: Grid) -> Grid:
        return replace(
            grid,
            axes=(None,) * len(grid.axes),
            looks_at_all=grid.looks_at_all or any(s != 1 for s in grid.stride),
        )

    def _at_the_end(self, grid: Grid) -> None:
        if grid.axes != tuple(range(-len(grid.axes), 0)):
            raise _EndError("runs over axes that are not the input's")

    def _per_axis(self, name: str, grid: Grid) -> list[int]:
        given = arguments(self.node)[name]
        values = [given] if isinstance(given, int) else list(given)
        return [int(v) for v in values] * (len(grid.axes) if len(values) == 1 else 1)

    def _view(self, grid: Grid) -> Grid:
        before: Tensor = self.sources[0].meta["val"]
        axes = axes_after_view(tuple(before.shape), tuple(self.value.shape), grid.axes)
        if axes is None and self._only_reduced(before, grid):
            return self._pooled(grid)
        if axes is None:
            raise _EndError("flattens the map, so that what comes next knows where everything is")
        return replace(grid, axes=axes)

    def _only_reduced(self, before: Tensor, grid: Grid) -> bool:
        """Tell whether the whole map becomes the last axis, of which only means, maxima and the like are taken."""
        self._at_the_end(grid)
        last = self.value.dim() - 1
        if tuple(self.value.shape[:-1]) != tuple(before.shape[: -len(grid.axes)]):
            return False
        for user in self.node.users:
            if operation(user) not in _REDUCES:
                return False
            dims = arguments(user).get("dim")
            if {d % (last + 1) for d in ([dims] if isinstance(dims, int) else dims or ())} != {
                last
            }:
                return False
        return bool(self.node.users)

    def _permute(self, grid: Grid) -> Grid:
        rank = self.value.dim()
        order = [axis % rank for axis in arguments(self.node)["dims"]]
        return self._moved(grid, {old: new for new, old in enumerate(order)})

    def _transpose(self, grid: Grid) -> Grid:
        rank = self.value.dim()
        given = arguments(self.node)
        a, b = (given.get("dim0", 0) % rank, given.get("dim1", 1) % rank)
        return self._moved(grid, {**{i: i for i in range(rank)}, a: b, b: a})

    _swapaxes = _transpose
    _t = _transpose

    def _movedim(self, grid: Grid) -> Grid:
        rank = self.value.dim()
        marks = torch.empty(tuple(range(2, 2 + rank)), device="meta")
        given = arguments(self.node)
        moved = [
            size - 2 for size in torch.movedim(marks, given["source"], given["destination"]).shape
        ]
        return self._moved(grid, {old: new for new, old in enumerate(moved)})

    def _moved(self, grid: Grid, place: dict[int, int]) -> Grid:
        rank = self.value.dim()
        axes = tuple(None if a is None else place[a % rank] - rank for a in grid.axes)
        return replace(grid, axes=axes)

    def _slice(self, grid: Grid) -> Grid:
        given = arguments(self.node)
        value: Tensor = self.sources[0].meta["val"]
        axis = given["dim"] % value.dim() - value.dim()
        if axis not in grid.axes:
            return grid
        place = grid.axes.index(axis)
        if self.sources[0] in self.found.spectra:
            self.found.spectra[self.node] = self.found.spectra[self.sources[0]]
            return grid  # frequencies are left out, no positions
        size, step, start = (
            int(value.shape[given["dim"]]),
            int(given["step"]),
            int(given["start"] or 0),
        )
        start = start + size if start < 0 else start
        kept = int(self.value.shape[axis])
        if start >= max(step, 1) or kept != -(-(size - start) // step):
            return self._cropped(grid)
        return replace(
            grid, stride=tuple(s * step if i == place else s for i, s in enumerate(grid.stride))
        )

    def _cropped(self, grid: Grid) -> Grid:
        if self.node.meta["module_type"].startswith(ADDED) or padding_of(self.sources[0]):
            return grid  # what is cut off is a border that was put around before
        raise _EndError("cuts off a part of the map")

    def _select(self, grid: Grid) -> Grid:
        value: Tensor = self.sources[0].meta["val"]
        return self._without(grid, value, [arguments(self.node)["dim"]], keepdim=False, takes=True)

    def _split(self, grid: Grid) -> Grid:
        value: Tensor = self.sources[0].meta["val"]
        if arguments(self.node)["dim"] % value.dim() - value.dim() in grid.axes:
            raise _EndError("cuts the map into parts")
        return grid

    _split_with_sizes = _split
    _chunk = _split
    _tensor_split = _split

    def _unbind(self, grid: Grid) -> Grid:
        return self._select(grid)

    def _cat(self, grid: Grid) -> Grid:
        joined = self._joined([g for g in self.grids if g])
        value = self.value
        if arguments(self.node)["dim"] % value.dim() - value.dim() in joined.axes:
            raise _EndError("puts maps side by side")
        return joined

    _concat = _cat

    def _stack(self, grid: Grid) -> Grid:
        joined = self._joined([g for g in self.grids if g])
        rank = self.value.dim()
        new = arguments(self.node)["dim"] % rank
        old = [None if a is None else a % (rank - 1) for a in joined.axes]
        axes = tuple(None if a is None else (a + (a >= new)) - rank for a in old)
        return replace(joined, axes=axes)

    def _linear(self, grid: Grid) -> Grid:
        if -1 in grid.axes:
            raise _EndError("is a linear layer along an axis of the map")
        return grid

    def _layer_norm(self, grid: Grid) -> Grid:
        over = len(arguments(self.node)["normalized_shape"])
        if not any(axis is not None and -axis <= over for axis in grid.axes):
            return grid
        if arguments(self.node).get("weight") is not None:
            raise _EndError("has a parameter of its own at every position")
        return self._all_at_once(grid)

    def _group_norm(self, grid: Grid) -> Grid:
        return self._all_at_once(grid)

    _instance_norm = _group_norm

    def _softmax(self, grid: Grid) -> Grid:
        dim = arguments(self.node)["dim"] % self.value.dim() - self.value.dim()
        return self._all_at_once(grid) if dim in grid.axes else grid

    _log_softmax = _softmax

    def _all_at_once(self, grid: Grid) -> Grid:
        self.found.all_at_once.add(self.node)
        return replace(grid, looks_at_all=grid.looks_at_all or any(s != 1 for s in grid.stride))

    def _reduced(self, grid: Grid) -> Grid:
        value: Tensor = self.sources[0].meta["val"]
        given = arguments(self.node)
        dims = given.get("dim")
        dims = list(range(value.dim())) if dims in (None, []) else dims
        dims = [dims] if isinstance(dims, int) else list(dims)
        return self._without(grid, value, dims, keepdim=bool(given.get("keepdim", False)))

    def _without(
        self, grid: Grid, value: Tensor, dims: list[int], *, keepdim: bool, takes: bool = False
    ) -> Grid:
        rank = value.dim()
        gone = {dim % rank for dim in dims}
        axes, pooled = [], False
        for axis in grid.axes:
            place = None if axis is None else axis % rank
            if place is None or place in gone:
                pooled |= place is not None
                axes.append(None)
            else:
                before = 0 if keepdim else sum(dim < place for dim in gone)
                axes.append(place - before - self.value.dim())
        if pooled and takes:
            raise _EndError("takes one position out of the map")
        if not pooled:
            return replace(grid, axes=tuple(axes))
        return replace(self._pooled(grid), axes=tuple(axes))

    def _adaptive(self, grid: Grid) -> Grid:
        self._at_the_end(grid)
        value: Tensor = self.sources[0].meta["val"]
        stride, axes = list(grid.stride), list(grid.axes)
        for i in range(len(axes)):
            n, m = int(value.shape[i - len(axes)]), int(self.value.shape[i - len(axes)])
            if m == 1 and n > 1:
                axes[i] = None
            elif n % m:
                raise _EndError("pools windows of unequal sizes")
            else:
                stride[i] *= n // m
        grid = self._pooled(grid) if None in axes else grid
        return replace(grid, axes=tuple(axes), stride=tuple(stride))

    def _resized(self, grid: Grid) -> Grid:
        self._at_the_end(grid)
        if arguments(self.node).get("align_corners"):
            raise _EndError("resizes with align_corners, by which positions move apart unevenly")
        value: Tensor = self.sources[0].meta["val"]
        dims = range(-len(grid.axes), 0)
        return self._strided(
            grid, [Fraction(int(value.shape[i]), int(self.value.shape[i])) for i in dims]
        )

    def _fft_rfft(self, grid: Grid) -> Grid:
        self.found.spectra[self.node] = int(
            self.sources[0].meta["val"].shape[arguments(self.node)["dim"]]
        )
        return self._all_at_once(grid)

    def _fft_irfft(self, grid: Grid) -> Grid:
        axis = arguments(self.node)["dim"] % self.value.dim() - self.value.dim()
        before = self.found.spectra.get(self.sources[0])
        if before is None or axis not in grid.axes:
            raise _EndError("goes back from frequencies that convscope did not follow")
        factor = Fraction(before, int(self.value.shape[axis]))
        place = grid.axes.index(axis)
        return replace(
            grid, stride=tuple(s * factor if i == place else s for i, s in enumerate(grid.stride))
        )

    def _pixel_shuffle(self, grid: Grid) -> Grid:
        factor = Fraction(int(self.sources[0].meta["val"].shape[-1]), int(self.value.shape[-1]))
        return self._strided(grid, [factor] * len(grid.axes))

    _pixel_unshuffle = _pixel_shuffle
