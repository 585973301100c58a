"""Rectifiers that let a silent unit be heard.

Where a rectifier is closed its gradient is zero, and a picture that starts on the closed side stays
grey for ever. While the whole gradient of a sample is zero, it is passed on all the same wherever
that would open the rectifier (Lucid's redirected gradient, per sample of the batch).
"""

import torch
from torch import Tensor, fx

from convscope.network.aten import operation

UNLIMITED = (float("-inf"), float("inf"))
_LIMITS = {
    "relu": (0.0, float("inf")),
    "relu6": (0.0, 6.0),
    "hardtanh": (-1.0, 1.0),
    "clamp": UNLIMITED,
    "clamp_min": UNLIMITED,
}


def redirected(module: fx.GraphModule) -> fx.GraphModule:
    """Return the same graph with rectifiers whose gradient is redirected; weights are shared.

    Args:
        module: a graph of ATen operations.
    """
    graph = fx.Graph()
    graph.output(graph.graph_copy(module.graph, {}))
    for node in list(graph.nodes):
        limits = limits_of(node)
        if limits is not None:
            with graph.inserting_before(node):
                new = graph.call_function(_rectified, (node.args[0], *limits))
            node.replace_all_uses_with(new)
            graph.erase_node(node)
    return fx.GraphModule(module, graph)


def limits_of(node: fx.Node) -> tuple[float, float] | None:
    """Return between which values a node clips its input; None where it does something else."""
    name = operation(node).rstrip("_")
    if node.op != "call_function" or name not in _LIMITS:
        return None
    low, high = _LIMITS[name]
    given = [argument if isinstance(argument, int | float) else None for argument in node.args[1:3]]
    if len(given) > 0 and given[0] is not None:
        low = float(given[0])
    if len(given) > 1 and given[1] is not None:
        high = float(given[1])
    return low, high


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, low: float, high: float) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(x)
        ctx.limits = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx, *grads: Tensor):
        (x,) = ctx.saved_tensors
        (grad,) = grads
        low, high = ctx.limits
        plain = grad * ((x > low) & (x < high))
        silent = plain.flatten(1).abs().amax(1) == 0
        if not silent.any():
            return plain, None, None
        # The objective is maximised by descent on its negative: a negative gradient asks for more.
        opening = grad.masked_fill(((x <= low) & (grad > 0)) | ((x >= high) & (grad < 0)), 0.0)
        return torch.where(silent.reshape(-1, *[1] * (grad.dim() - 1)), opening, plain), None, None


def _rectified(x: Tensor, low: float, high: float) -> Tensor:
    return _Rectified.apply(x, low, high)  # type: ignore[return-value]
