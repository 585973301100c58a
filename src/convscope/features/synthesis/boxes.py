"""Parts of maps: boxes, and what a node needs to give one."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import fx

Span = tuple[int, int]
Box = tuple[Span, ...]
Take = Callable[[fx.Node, Box], fx.Node]
"""Gives the part of an operand; writes a slice where more than that was computed."""


@dataclass(frozen=True)
class Part:
    """How a node gives a box of its result.

    Args:
        box: what it gives, at least what was asked for.
        needs: the boxes of its operands.
        write: writes the node into a new graph; None where the node is computed as it stands.
    """

    box: Box
    needs: dict[fx.Node, Box]
    write: Callable[[fx.Graph, Take], fx.Node] | None = None


def whole(node: fx.Node) -> Box:
    """Return the box of a node's whole result; empty for what is not a tensor."""
    value = node.meta.get("val")
    return tuple((0, int(n)) for n in value.shape[1:]) if isinstance(value, torch.Tensor) else ()


def has_batch(node: fx.Node) -> bool:
    """Tell whether a node gives one result per sample, along its first axis."""
    value = node.meta.get("val")
    return isinstance(value, torch.Tensor) and value.dim() > 1 and int(value.shape[0]) == 1


def hull(one: Box, other: Box) -> Box:
    """Return the smallest box around two."""
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))


def padded(graph: fx.Graph, x: fx.Node, pads: list[Span], value: float) -> fx.Node:
    """Write what pads the last axes of a node with a value.

    Args:
        graph: that is written.
        x: the node.
        pads: positions before and after, for each of its last axes.
        value: what is put there.
    """
    if all(p == (0, 0) for p in pads):
        return x
    flat = [n for pair in reversed(pads) for n in pair]
    return graph.call_function(torch.ops.aten.constant_pad_nd.default, (x, flat, value))
