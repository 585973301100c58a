"""How many multiply-adds one operation of the graph performs, from shapes alone.

The naive answer is to run the network and count what the dispatcher sees, or to hook modules. The
first depends on the device (a fused attention kernel is invisible), the second misses functional
calls; both answer 0 for what they do not know. Here each ATen operation has a formula; operations
known to multiply nothing are listed; everything else is ``None``, so that a total can say that it is
partial.

Convention: one multiply-add is 1. Biases, element-wise work, pooling, normalisation and interpolation
are not counted, taps that fall on padding are, and masks (causal attention) are ignored: what papers
and torchvision publish.
"""

import operator
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import torch
from torch import fx

from convscope.network.costless import is_costless
from convscope.network.einsum import einsum_macs

Shape = tuple[int, ...]


def multiply_adds(node: fx.Node) -> int | None:
    """Count the multiply-adds of one node of an ATen graph.

    Args:
        node: a node whose tensor arguments carry ``meta["val"]`` with concrete sizes (batch 1 for
            counts per sample).

    Returns:
        The exact number; 0 for an operation known to have none; None for an unknown operation.

    >>> graph = fx.Graph()
    >>> x, w = graph.placeholder("x"), graph.placeholder("w")
    >>> x.meta["val"], w.meta["val"] = torch.empty(1, 4, 16, 16), torch.empty(8, 4, 3, 3)
    >>> conv = graph.call_function(torch.ops.aten.conv2d.default, (x, w, None, [1, 1], [1, 1]))
    >>> conv.meta["val"] = torch.empty(1, 8, 16, 16)
    >>> multiply_adds(conv)
    73728
    """
    if node.op != "call_function":
        return 0
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        # Arithmetic on sizes, and picking one of several results.
        plain = target in (operator.getitem, max, min) or getattr(target, "__module__", "") in (
            "_operator",
            "math",
            "torch",
        )
        return 0 if plain else None
    formula = _FORMULAS.get(target._schema.name)
    if formula is not None:
        return formula(node)
    return 0 if is_costless(target) else None


def _shape(value: Any) -> Shape:
    """Return the concrete shape of a node or tensor."""
    tensor = value.meta["val"] if isinstance(value, fx.Node) else value
    return tuple(int(size) for size in tensor.shape)


def _argument(node: fx.Node, name: str) -> Any:
    """Return an argument by its name in the operation's schema, or its default."""
    assert isinstance(node.target, torch._ops.OpOverload)
    if name in node.kwargs:
        return node.kwargs[name]
    for position, argument in enumerate(node.target._schema.arguments):
        if argument.name == name:
            return node.args[position] if position < len(node.args) else argument.default_value
    return None


def _operands(*names: str) -> Callable[[fx.Node], list[Shape]]:
    return lambda node: [_shape(_argument(node, name)) for name in names]


def _positions(shape: Shape, weight: Shape) -> int:
    """Return batch times spatial positions of a map, with or without a batch axis."""
    spatial = len(weight) - 2
    return prod(shape[: -1 - spatial]) * prod(shape[len(shape) - spatial :])


def _convolution(node: fx.Node) -> int:
    weight = _shape(_argument(node, "weight"))
    # A transposed convolution visits every input position, any other every output position.
    transposed = bool(_argument(node, "transposed"))
    visited = _shape(_argument(node, "input")) if transposed else _shape(node)
    return _positions(visited, weight) * prod(weight)


def _transposed(node: fx.Node) -> int:
    weight = _shape(_argument(node, "weight"))
    return _positions(_shape(_argument(node, "input")), weight) * prod(weight)


def _linear(node: fx.Node) -> int:
    read, weight = _operands("input", "weight")(node)
    return prod(read[:-1]) * prod(weight)


def _product(left: str, right: str) -> Callable[[fx.Node], int]:
    """Return the rule of a matrix product: every element of the result sums over the inner axis."""

    def count(node: fx.Node) -> int:
        a, b = _operands(left, right)(node)
        # A vector has no rows or no columns of its own; batch axes are broadcast.
        batch = torch.broadcast_shapes(a[:-2], b[:-2])
        return prod(batch) * prod(a[-2:]) * (b[-1] if len(b) > 1 else 1)

    return count


def _addbmm(node: fx.Node) -> int:
    a, b = _operands("batch1", "batch2")(node)
    return prod(a) * b[-1]


def _inner(node: fx.Node) -> int:
    a, b = _operands("self", "other")(node)
    return prod(a) * prod(b[:-1])


def _tensordot(node: fx.Node) -> int:
    a, b = _operands("self", "other")(node)
    shared = prod(a[axis] for axis in _argument(node, "dims_self"))
    return prod(a) * prod(b) // max(shared, 1)


def _bilinear(node: fx.Node) -> int:
    """Contract the first input with the weights, then the second with what is left."""
    read, weight = _operands("input1", "weight")(node)
    outputs, first, second = weight
    return prod(read[:-1]) * outputs * (first * second + second)


def attention_macs(query: Shape, key: Shape, value: Shape) -> int:
    """Return the multiply-adds of softmax(q k') v for q (..., L, E), k (..., S, E), v (..., S, F)."""
    *batch, length, width = query
    return prod(batch) * length * key[-2] * (width + value[-1])


def _attention(node: fx.Node) -> int:
    query, key, value = _operands("query", "key", "value")(node)
    return attention_macs(query, key, value)


def _self_attention(node: fx.Node, read: str, width: str) -> int:
    """Multi-head self-attention in one call: three projections, attention, and the one after it."""
    *batch, length, _ = _shape(_argument(node, read))
    d = int(_argument(node, width))
    return prod(batch) * (4 * length * d * d + 2 * length * length * d)


def _multi_head(node: fx.Node) -> int:
    return _self_attention(node, "query", "embed_dim")


def _encoder_layer(node: fx.Node) -> int:
    tokens = prod(_shape(_argument(node, "src"))[:-1])
    inner, outer = _operands("ffn_weight_1", "ffn_weight_2")(node)
    return _self_attention(node, "src", "embed_dim") + tokens * (prod(inner) + prod(outer))


def _recurrent(node: fx.Node) -> int | None:
    """Every matrix of the cells is used once per step and sample; packed sequences are not known."""
    weights = _argument(node, "params")
    if _argument(node, "input") is None or weights is None:
        return None
    matrices = [_shape(weight) for weight in weights if len(_shape(weight)) == 2]
    return prod(_shape(_argument(node, "input"))[:-1]) * sum(prod(matrix) for matrix in matrices)


def _cell(node: fx.Node) -> int:
    read, into, across = _operands("input", "w_ih", "w_hh")(node)
    return prod(read[:-1]) * (prod(into) + prod(across))


def _einsum(node: fx.Node) -> int | None:
    operands: Sequence[Any] = _argument(node, "tensors")
    return einsum_macs(
        str(_argument(node, "equation")),
        [_shape(operand) for operand in operands],
        _argument(node, "path"),
    )


_FORMULAS: dict[str, Callable[[fx.Node], int | None]] = {
    **{
        f"aten::{name}": _convolution
        for name in ("conv1d", "conv2d", "conv3d", "convolution", "_convolution", "thnn_conv2d",
                     "_conv_depthwise2d", "conv_depthwise3d", "slow_conv3d", "mkldnn_convolution")
    },
    **{f"aten::conv_transpose{name}": _transposed for name in ("1d", "2d", "3d")},
    "aten::linear": _linear,
    "aten::mm": _product("self", "mat2"),
    "aten::bmm": _product("self", "mat2"),
    "aten::mv": _product("self", "vec"),
    "aten::dot": _product("self", "tensor"),
    "aten::vdot": _product("self", "other"),
    "aten::matmul": _product("self", "other"),
    "aten::linalg_matmul": _product("self", "other"),
    "aten::addmm": _product("mat1", "mat2"),
    "aten::addmv": _product("mat", "vec"),
    "aten::baddbmm": _product("batch1", "batch2"),
    "aten::addbmm": _addbmm,
    "aten::inner": _inner,
    "aten::tensordot": _tensordot,
    "aten::einsum": _einsum,
    "aten::bilinear": _bilinear,
    **{
        f"aten::{name}": _attention
        for name in ("scaled_dot_product_attention", "_scaled_dot_product_attention_math",
                     "_scaled_dot_product_flash_attention",
                     "_scaled_dot_product_flash_attention_for_cpu",
                     "_scaled_dot_product_efficient_attention",
                     "_scaled_dot_product_cudnn_attention")
    },
    "aten::_native_multi_head_attention": _multi_head,
    "aten::_transformer_encoder_layer_fwd": _encoder_layer,
    **{f"aten::{name}": _recurrent for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
    **{f"aten::{name}_cell": _cell for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
    "torchvision::deform_conv2d": _convolution,
}  # fmt: skip
