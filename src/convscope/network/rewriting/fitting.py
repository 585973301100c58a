"""What is written for one size of map, fitted to the size that the map has now."""

from typing import Any

import torch
from torch import fx

from convscope.network.aten import operation
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import Window

_ATEN = torch.ops.aten
Axes = tuple[int | None, ...]
_WITH_SIZES = {"view", "_unsafe_view", "reshape", "expand"}


def put_whole(make: Rebuild, node: fx.Node, window: Window) -> fx.Node | None:
    """Return the mean or the maximum over a whole map, however large it has become; None for a convolution."""
    if window.kind == "conv":
        return None
    axes = list(range(-len(window.kernel), 0))
    target = _ATEN.amax.default if window.kind == "max" else _ATEN.mean.dim
    if make.read(node).meta["val"].shape[2:] == window.sizes:
        return None
    return make.call(target, make.read(node), axes, True, like=node, added=False)


def put_view(make: Rebuild, node: fx.Node, before: Axes, after: Axes) -> fx.Node | None:
    """Return a reshape whose sizes are those of the map that it reads now; None for what is none.

    Args:
        make: the graph in the making.
        node: any node.
        before: the spatial axes of what it reads, counted from the end.
        after: those of its result.
    """
    if operation(node) not in _WITH_SIZES:
        return None
    source = make.read(node)
    old: Any = node.args[0]
    value = source.meta["val"]
    if old.meta["val"].shape == value.shape:
        return None
    sizes: list[Any] = [make.made.get(size, size) for size in node.args[1]]  # type: ignore[union-attr]
    for axis, new in zip(before, after, strict=True):
        if axis is not None and new is not None:
            sizes[new] = make.call(_ATEN.sym_size.int, source, axis, like=node)
    if all(new is None for new in after) and any(axis is not None for axis in before):
        sizes[-1] = -1  # the whole map becomes one axis, of which a mean or the like is taken
    return make.copy(node, _1=sizes)
