"""What is known of the positions of a tensor, and of one operation on the way from the input to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from torch import Tensor, fx

from convscope.network.aten import operation
from convscope.network.export import ADDED
from convscope.network.layers import arguments

REDUCES = {"mean", "sum", "amax", "amin", "std", "var", "logsumexp", "prod", "linalg_vector_norm", "norm", "var_mean",
           "std_mean", "any", "all"}  # fmt: skip
"""Operations that look at all positions of an axis and leave one number."""


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


class EndError(Exception):
    """The map ends here; the text says why."""


class Step:
    """One operation: what its rule needs to go from the grids of what it reads to its own.

    Args:
        node: the operation.
        found: the grids so far.
    """

    def __init__(self, node: fx.Node, found: Grids):
        self.node, self.found = node, found
        self.name = operation(node).rstrip("_")
        self.sources = [source for source in node.all_input_nodes if source in found.of]
        self.grids = [found.of[source] for source in self.sources]
        value = node.meta.get("val")
        self.value: Any = value[0] if isinstance(value, list | tuple) and value else value

    @property
    def before(self) -> Tensor:
        """The first tensor that it reads of those that depend on the input."""
        return self.sources[0].meta["val"]

    def joined(self, grids: list[Grid]) -> Grid:
        """Return the one grid of several tensors that are broadcast together."""
        maps = [grid for grid in grids if grid.is_map]
        first = maps[0]
        for other in maps[1:]:
            if (other.axes, other.stride) != (first.axes, first.stride):
                raise EndError("brings maps of different strides together")
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
                    raise EndError("has a parameter of its own at every position")
        return replace(first, looks_at_all=any(grid.looks_at_all for grid in grids))

    def strided(self, grid: Grid, factors: Sequence[Fraction | int]) -> Grid:
        """Return the grid after one more stride along every spatial axis."""
        self.at_the_end(grid)
        stride = tuple(s * f for s, f in zip(grid.stride, factors, strict=True))
        return replace(grid, stride=stride)

    def strided_along(self, grid: Grid, place: int, factor: Fraction | int) -> Grid:
        """Return the grid after one more stride along one spatial axis."""
        return replace(
            grid, stride=tuple(s * factor if i == place else s for i, s in enumerate(grid.stride))
        )

    def pooled(self, grid: Grid) -> Grid:
        """Return what is left of a grid where all its positions were brought together."""
        return replace(
            grid,
            axes=(None,) * len(grid.axes),
            looks_at_all=grid.looks_at_all or any(s != 1 for s in grid.stride),
        )

    def at_the_end(self, grid: Grid) -> None:
        """Raise ``EndError`` unless the map's axes are the last ones, in the input's order."""
        if grid.axes != tuple(range(-len(grid.axes), 0)):
            raise EndError("runs over axes that are not the input's")

    def per_axis(self, name: str, grid: Grid) -> list[int]:
        """Return an argument of the operation as one number per spatial axis."""
        given = arguments(self.node)[name]
        values = [given] if isinstance(given, int) else list(given)
        return [int(v) for v in values] * (len(grid.axes) if len(values) == 1 else 1)

    def all_at_once(self, grid: Grid) -> Grid:
        """Return the grid of a map every value of which was made from the whole map before."""
        self.found.all_at_once.add(self.node)
        return replace(grid, looks_at_all=grid.looks_at_all or any(s != 1 for s in grid.stride))
