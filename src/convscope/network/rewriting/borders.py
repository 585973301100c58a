"""A border that was put around a map before a window, and the map without it."""

from dataclasses import dataclass
from typing import Any

from torch import fx

from convscope.network.aten import operation
from convscope.network.export import ADDED
from convscope.network.layers import arguments

Sides = tuple[tuple[int, int], ...]
"""Positions per spatial axis, before and after."""

_PADS = {
    "pad": "", "constant_pad_nd": "constant", "_pad_circular": "circular",
    "reflection_pad1d": "reflect", "reflection_pad2d": "reflect", "reflection_pad3d": "reflect",
    "replication_pad1d": "replicate", "replication_pad2d": "replicate", "replication_pad3d": "replicate",
}  # fmt: skip
"""Operations that put a border around a map, and what it is filled with."""


@dataclass(frozen=True)
class Border:
    """A map and what was put around it.

    Args:
        core: the node of the map without its border.
        sides: positions added before and after, per spatial axis.
        mode: ``zero``, ``circular``, ``reflect`` or ``replicate``.
    """

    core: fx.Node
    sides: Sides
    mode: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the map without its border."""
        return tuple(int(size) for size in self.core.meta["val"].shape[2:])


def border_of(node: Any) -> Border:
    """Return the border of a map, no wider than zero positions where there is none.

    Args:
        node: what a window reads, in the source graph.
    """
    steps: list[fx.Node] = []
    while _is_cut_off(node):
        steps.append(node)
        node = node.args[0]
    added = padding_of(node)
    if added is None:
        node = steps[0] if steps else node
        return Border(node, ((0, 0),) * (node.meta["val"].dim() - 2), "zero")
    sides, mode = added
    inner = border_of(node.args[0])
    if inner.mode == mode or not any(map(any, inner.sides)):
        sides = tuple((a + c, b + d) for (a, b), (c, d) in zip(sides, inner.sides, strict=True))
    else:
        inner = Border(node.args[0], sides, mode)
    for step in reversed(steps):
        sides = _without(sides, step)
    return Border(inner.core, sides, mode)


def padding_of(node: Any) -> tuple[Sides, str] | None:
    """Return what a padding node adds to the spatial axes, and how; None where it does anything else."""
    name = operation(node)
    if name not in _PADS:
        return None
    given = arguments(node)
    flat: list[int] = given["pad"] if "pad" in given else given["padding"]
    mode = _PADS[name] or given["mode"]
    dims = given["self"].meta["val"].dim() - 2
    pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
    pairs += [(0, 0)] * (dims - len(pairs))
    if any(min(pair) < 0 for pair in pairs) or any(max(pair) for pair in pairs[dims:]):
        return None
    return tuple(reversed(pairs[:dims])), "zero" if mode == "constant" else mode


def _is_cut_off(node: fx.Node) -> bool:
    added = str(node.meta.get("module_type", "")).startswith(ADDED)
    return operation(node) == "slice" and added and arguments(node)["step"] == 1


def _without(sides: Sides, step: fx.Node) -> Sides:
    given = arguments(step)
    size = int(given["self"].meta["val"].shape[given["dim"]])
    axis = given["dim"] - 2
    cut = (int(given["start"] or 0), max(0, size - int(given["end"])))
    return tuple(
        (a - cut[0], b - cut[1]) if i == axis else (a, b) for i, (a, b) in enumerate(sides)
    )
