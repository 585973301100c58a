"""The joint mask: which input positions one unit reads, all axes together.

A hull per axis cannot show a cross (1x7 beside 7x1). The gradient can, if nothing in it cancels or
vanishes: on a copy of the network whose weights are positive and whose nonlinearities are gone, in
float64, the gradient of a unit is non-zero exactly where a path leads. It is also the second,
independent check of the fields.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx
from torch.nn import functional as F

from convscope.network.export import INPUT_RULE
from convscope.receptive.registry import operation_name
from convscope.receptive.rules.windows import per_axis
from convscope.receptive.walk import Walk


class Joint:
    """Joint masks of units, from one forward pass of the positive linear copy.

    Args:
        graph: the network's graph.
        found: its walk, which tells data from constants.
        shape: one sample, ``(C, *S)``.
        nodes: the nodes whose units will be asked for.
    """

    def __init__(
        self, graph: fx.GraphModule, found: Walk, shape: Sequence[int], nodes: Sequence[str]
    ):
        self._x = torch.rand((1, *shape), dtype=torch.float64).add_(0.5).requires_grad_()
        copy = _Positive(graph, found, set(nodes))
        copy.run(self._x)
        self.values = copy.asked

    def mask(self, node: str, unit: Sequence[int]) -> np.ndarray:
        """Return which input positions the unit reads, over all input channels: booleans ``S``.

        Args:
            node: the node's name.
            unit: an index into its tensor without the batch: channel and position.
        """
        value = self.values[node][(0, *unit)]
        if not value.requires_grad:
            return np.zeros(self._x.shape[2:], bool)
        (gradient,) = torch.autograd.grad(value, self._x, retain_graph=True, allow_unused=True)
        if gradient is None:
            return np.zeros(self._x.shape[2:], bool)
        return (gradient[0] != 0).any(0).numpy()


_REDUCTIONS = {
    "amax", "amin", "max", "min", "std", "var", "norm", "linalg_vector_norm", "logsumexp", "prod", "median", "sum",
}  # fmt: skip
_NORMS = {"softmax", "log_softmax", "layer_norm", "group_norm", "instance_norm", "rms_norm"}


class _Positive(fx.Interpreter):
    """Runs a graph with positive weights, and sums or means in place of everything that is not linear."""

    def __init__(self, graph: fx.GraphModule, found: Walk, nodes: set[str]):
        super().__init__(graph)
        self._found = found
        self._nodes = nodes
        self.asked: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = self._value(n)
        if n.name in self._nodes:
            self.asked[n.name] = value[0] if isinstance(value, list | tuple) else value
        return value

    def _value(self, node: fx.Node) -> Any:
        if node.op == "get_attr":
            return _positive(super().run_node(node))
        if node.op != "call_function" or self._found.states.get(node) is None:
            value = super().run_node(node)
            return _positive(value) if _is_float(value) and node.op == "call_function" else value
        sources = [s for s in node.all_input_nodes if self._found.states.get(s) is not None]
        operands = [self.env[s] for s in sources if isinstance(self.env[s], Tensor)]
        if node.meta.get("module") == INPUT_RULE:
            return operands[0]
        name = operation_name(node).strip("_")
        shape = _shape(node)
        if torch.Tag.pointwise in getattr(node.target, "tags", ()) or name == "batch_norm":
            total = operands[0]
            for operand in operands[1:]:
                total = total + operand
            return total.expand(shape)
        if name.startswith("max_pool"):
            return _box(node, operands[0], int(name.split("pool")[1][0]), shape)
        if name.startswith("adaptive_max_pool"):
            return getattr(F, name.replace("max", "avg"))(operands[0], shape[2:])
        if name in _NORMS:
            return _normalised(node, name, operands[0])
        if name in _REDUCTIONS and len(operands) == 1:
            return _reduced(node, operands[0], shape)
        if name == "scaled_dot_product_attention":
            query, key, value = (self.env[a] for a in node.args[:3])  # type: ignore[index]
            every = key.mean((-1, -2), keepdim=True) + value.mean(-2, keepdim=True)
            return (query.mean(-1, keepdim=True) + every).expand(shape)
        return super().run_node(node)


def _positive(value: Any) -> Any:
    if not _is_float(value):
        return value
    # Divided by what is summed, so that deep networks do not overflow.
    summed = prod(value.shape[1:]) if value.dim() > 1 else 1
    spread = torch.rand(
        value.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    return (0.5 + spread) / summed


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _shape(node: fx.Node) -> tuple[int, ...]:
    value = node.meta["val"]
    value = value[0] if isinstance(value, list | tuple) else value
    return tuple(int(n) for n in value.shape)


def _box(node: fx.Node, x: Tensor, axes: int, shape: tuple[int, ...]) -> Any:
    """Return the sum over a pool's windows, also dilated ones and those that stand out at the end."""
    given = dict(zip(("self", "kernel", "stride", "padding", "dilation"), node.args, strict=False))
    kernel = per_axis(given["kernel"], axes)
    stride = per_axis(given.get("stride") or kernel, axes)
    padding = per_axis(given.get("padding", 0), axes)
    dilation = per_axis(given.get("dilation", 1), axes)
    sides: list[int] = []
    for i in reversed(range(axes)):
        reach = (shape[2 + i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1
        sides += [padding[i], max(reach - x.shape[2 + i] - padding[i], 0)]
    channels = x.shape[1]
    weight = torch.ones((channels, 1, *kernel), dtype=x.dtype)
    convolve = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
    found = convolve(F.pad(x, sides), weight, None, stride, 0, dilation, channels)
    found = found[(slice(None), slice(None), *(slice(n) for n in shape[2:]))]
    several = isinstance(node.meta["val"], list | tuple)
    return (found, found) if several else found


def _normalised(node: fx.Node, name: str, x: Tensor) -> Tensor:
    if name.endswith("softmax"):
        return x + x.mean(int(node.args[1]), keepdim=True)  # type: ignore[arg-type]
    if name == "group_norm":
        split = x.reshape(x.shape[0], int(node.args[1]), -1)  # type: ignore[arg-type]
        return (split + split.mean(-1, keepdim=True)).reshape(x.shape)
    if name == "instance_norm":
        return x + x.flatten(2).mean(-1).reshape(*x.shape[:2], *(1,) * (x.dim() - 2))
    dims = range(x.dim() - len(node.args[1]), x.dim())  # type: ignore[arg-type]
    return x + x.mean(tuple(dims), keepdim=True)


def _reduced(node: fx.Node, x: Tensor, shape: tuple[int, ...]) -> Any:
    given = {a.name: a for a in node.target._schema.arguments}  # type: ignore[union-attr]
    names = list(given)
    dims = (
        node.args[names.index("dim")]
        if "dim" in names and len(node.args) > names.index("dim")
        else None
    )
    found = x.mean() if dims is None else x.mean(dims)  # type: ignore[arg-type]
    found = found.reshape(shape)
    return (found, found) if isinstance(node.meta["val"], list | tuple) else found
