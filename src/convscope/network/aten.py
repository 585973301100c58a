"""What an operation of the graph is called."""

import torch
from torch import fx


def operation(node: fx.Node) -> str:
    """Return the name of an ATen operation (``conv2d``), or of whatever else the node calls."""
    if isinstance(node.target, torch._ops.OpOverload):
        return node.target.overloadpacket.__name__
    return getattr(node.target, "__name__", str(node.target))
