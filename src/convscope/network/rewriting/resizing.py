"""Transposed convolutions and resizing on a torus: what runs over one side comes in at the other."""

from fractions import Fraction
from typing import Any

import torch
from torch import fx

from convscope.network.aten import operation
from convscope.network.layers import arguments
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import put_padding

_ATEN = torch.ops.aten
_REACH = {
    "upsample_linear1d": 1, "upsample_bilinear2d": 1, "upsample_trilinear3d": 1, "upsample_bicubic2d": 2,
    "_upsample_bilinear2d_aa": 1, "_upsample_bicubic2d_aa": 2,
}  # fmt: skip
"""Positions beyond its own that interpolation reads."""


def put_transposed(make: Rebuild, node: fx.Node) -> fx.Node | None:
    """Return a transposed convolution of a torus of ``n`` positions, which has ``n * stride``; None for others."""
    given = arguments(node)
    if operation(node) == "convolution" and not given["transposed"]:
        return None
    source = make.read(node)
    sizes = [int(size) for size in source.meta["val"].shape[2:]]
    dims = len(sizes)
    weight = make.made[given["weight"]]
    kernel = [int(size) for size in weight.meta["val"].shape[2:]]
    stride, dilation, padding = (
        [int(v) for v in (given[name] if len(given[name]) == dims else given[name] * dims)]
        for name in ("stride", "dilation", "padding")
    )
    around = [-(-(d * (k - 1)) // s) for d, k, s in zip(dilation, kernel, stride, strict=True)]
    padded = put_padding(make, source, tuple((q, q) for q in around), "circular", like=node)
    bias = make.made[given["bias"]] if isinstance(given["bias"], fx.Node) else None
    packet: Any = getattr(_ATEN, f"conv_transpose{dims}d")
    target = packet.default if dims == 1 else packet.input
    whole = make.call(
        target, padded, weight, bias, stride, [0] * dims, [0] * dims, given["groups"], dilation,
        like=node, added=False,
    )  # fmt: skip
    starts = [p + q * s for p, q, s in zip(padding, around, stride, strict=True)]
    return _cropped(make, whole, starts, [n * s for n, s in zip(sizes, stride, strict=True)], node)


def put_resize(make: Rebuild, node: fx.Node) -> fx.Node | None:
    """Return an interpolation of a torus by whole factors; None for what is none, or exact as it is."""
    reach = _REACH.get(operation(node))
    given = arguments(node)
    if reach is None or given.get("align_corners"):
        return None
    source = make.read(node)
    old: Any = node.args[0]
    before = [int(size) for size in old.meta["val"].shape[2:]]
    after = [int(size) for size in node.meta["val"].shape[2:]]
    factors = [Fraction(b, a) for a, b in zip(before, after, strict=True)]
    if any(factor.denominator != 1 for factor in factors):
        return None
    sizes = [int(size) for size in source.meta["val"].shape[2:]]
    padded = put_padding(make, source, ((reach, reach),) * len(sizes), "circular", like=node)
    whole = [int((n + 2 * reach) * f) for n, f in zip(sizes, factors, strict=True)]
    make.any_size = False
    packet: Any = getattr(_ATEN, operation(node))
    new = make.call(packet.vec, padded, whole, False, None, like=node, added=False)
    return _cropped(
        make,
        new,
        [int(reach * f) for f in factors],
        [int(n * f) for n, f in zip(sizes, factors, strict=True)],
        node,
    )


def _cropped(
    make: Rebuild, source: fx.Node, starts: list[int], sizes: list[int], like: fx.Node
) -> fx.Node:
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        if start or int(source.meta["val"].shape[2 + axis]) != size:
            make.any_size = False
            source = make.call(_ATEN.slice.Tensor, source, 2 + axis, start, start + size, like=like)
    return source
