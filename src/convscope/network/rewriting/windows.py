"""Windows: convolutions and pooling, read off a node and put down again with other edges and steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import Sides, border_of
from convscope.network.rewriting.rebuild import Rebuild

_ATEN = torch.ops.aten
_OPERATIONS = {
    "conv1d": "conv", "conv2d": "conv", "conv3d": "conv", "convolution": "conv",
    "max_pool1d": "max", "max_pool2d": "max", "max_pool3d": "max",
    "avg_pool1d": "average", "avg_pool2d": "average", "avg_pool3d": "average",
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """What a convolution or a pooling layer reads, per spatial axis.

    Args:
        kind: ``conv``, ``max`` or ``average``.
        kernel: taps.
        stride: positions of the input from one window to the next.
        dilation: positions of the input from one tap to the next.
        padding: positions added before and after.
        sizes: of the input.
        outputs: sizes of the output.
        counts_padding: whether an average divides by all taps, those on the padding too.
        has_border: whether a border was put around what it reads, in a step of its own.
    """

    kind: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Sides
    sizes: tuple[int, ...]
    outputs: tuple[int, ...]
    counts_padding: bool = True
    has_border: bool = False

    @property
    def reach(self) -> tuple[int, ...]:
        """Positions from the first tap to the last, both included."""
        return tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True))

    @property
    def takes_all(self) -> bool:
        """Whether there is one window, it is the whole map, and there is no further one to step to."""
        alone = self.reach == self.sizes and all(size == 1 for size in self.outputs)
        return (
            alone and not self.has_border and (self.kind == "average" or self.stride != self.sizes)
        )


def window_of(node: fx.Node) -> Window | None:
    """Return the window of a node of a graph; None where the node is none (a transposed convolution is none)."""
    kind = _OPERATIONS.get(operation(node))
    given = arguments(node)
    if kind is None or given.get("transposed"):
        return None
    source = node.args[0]
    assert isinstance(source, fx.Node)
    sizes = tuple(int(size) for size in source.meta["val"].shape[2:])
    outputs = tuple(int(size) for size in node.meta["val"].shape[2:])
    dims = len(sizes)
    if kind == "conv":
        weight = given["weight"]
        kernel = tuple(int(size) for size in weight.meta["val"].shape[2:])
    else:
        kernel = _per_axis(given["kernel_size"], dims)
    stride = _per_axis(given.get("stride") or kernel, dims)
    dilation = _per_axis(given.get("dilation", 1), dims)
    asked = given.get("padding", 0)
    if asked == "same":
        total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        padding = tuple((one // 2, one - one // 2) for one in total)
    else:
        padding = tuple((p, p) for p in _per_axis(0 if asked == "valid" else asked, dims))
    counts = bool(given.get("count_include_pad", True)) and not given.get("divisor_override")
    bordered = any(map(any, border_of(source).sides))
    return Window(kind, kernel, stride, dilation, padding, sizes, outputs, counts, bordered)


def put_window(
    make: Rebuild,
    node: fx.Node,
    source: fx.Node,
    window: Window,
    padding: Sides,
    mode: str = "zero",
    *,
    added: bool = False,
) -> fx.Node:
    """Put a window down with the weights of a node, and return the new node.

    Args:
        make: the graph in the making.
        node: whose weights, groups and name it takes, in the source graph.
        source: what it reads, in the new graph.
        window: kernel, stride and dilation; its ``padding`` and sizes are not looked at.
        padding: positions added before and after, per axis.
        mode: ``zero``, ``circular``, ``reflect`` or ``replicate``. To zero padding, a maximum pays no
            attention, and an average as ``window`` says.
        added: whether the step is the rewrite's own.

    Raises:
        SpecError: an average over the padding with another divisor.
    """
    given = arguments(node)
    if given.get("divisor_override"):
        raise SpecError(
            f"{node.meta['module'] or operation(node)} is an average with a divisor of its own "
            "(divisor_override), which convscope does not rewrite. Use a plain average and multiply."
        )
    step, dilation = list(window.stride), list(window.dilation)
    dims = len(step)
    excluded = window.kind == "average" and mode == "zero" and not window.counts_padding
    own = [before for before, after in padding]
    fits = all(a == b and 2 * a <= k for (a, b), k in zip(padding, window.kernel, strict=True))
    native = mode == "zero" and all(a == b for a, b in padding) and (fits or window.kind == "conv")
    native = native and not (window.kind == "average" and set(dilation) != {1})
    if not native:
        fill = -math.inf if window.kind == "max" else 0.0
        before = source
        source = put_padding(make, source, padding, mode, fill, like=node)
        own = [0] * dims
        if excluded:
            share = _share_inside(make, before, padding, window, node)
            return make.call(
                _ATEN.div.Tensor,
                _average(make, source, window, node),
                share,
                like=node,
                added=added,
            )
    if window.kind == "conv":
        weight = make.made[given["weight"]]
        bias = make.made.get(given["bias"]) if isinstance(given["bias"], fx.Node) else None
        target = getattr(_ATEN, f"conv{dims}d").default
        return make.call(
            target,
            source,
            weight,
            bias,
            step,
            own,
            dilation,
            given["groups"],
            like=node,
            added=added,
        )
    if window.kind == "max":
        target = getattr(_ATEN, f"max_pool{dims}d").default
        return make.call(
            target, source, list(window.kernel), step, own, dilation, like=node, added=added
        )
    if set(dilation) != {1}:
        return _average(make, source, window, node, added=added)
    target = getattr(_ATEN, f"avg_pool{dims}d").default
    return make.call(
        target, source, list(window.kernel), step, own, False, window.counts_padding, like=node, added=added
    )  # fmt: skip


def put_padding(
    make: Rebuild,
    source: fx.Node,
    padding: Sides,
    mode: str = "zero",
    fill: float = 0.0,
    *,
    like: fx.Node,
    added: bool = True,
) -> fx.Node:
    """Add positions around a map and return the new node; a border wider than the map goes round more than once.

    Args:
        make: the graph in the making.
        source: a map ``(B, C, *S)`` of the new graph.
        padding: positions before and after, per axis.
        mode: ``zero`` (which is ``fill``), ``circular``, ``reflect`` or ``replicate``.
        fill: the constant.
        like: the node in whose module it stands.
        added: whether the step is the rewrite's own.
    """
    if mode == "zero":
        if any(side for sides in padding for side in sides):
            source = make.call(
                _ATEN.pad.default, source, _flat(padding), "constant", fill, like=like, added=added
            )
        return source
    left = [list(sides) for sides in padding]
    while any(side > 0 for sides in left for side in sides):
        sizes = [int(size) for size in source.meta["val"].shape[2:]]
        most = [size - 1 if mode == "reflect" else size for size in sizes]
        if mode == "reflect" and any(m == 0 and max(s) for m, s in zip(most, left, strict=True)):
            mode = "replicate"  # one position mirrored is that position
        # A border of the whole map on both sides is the map three times, which goes round as before.
        whole = [max(sides) > m for m, sides in zip(most, left, strict=True)]
        if mode == "replicate":
            whole = [False] * len(left)
        now = [
            [0, 0] if any(whole) and not w else [m, m] if w else [max(0, side) for side in sides]
            for m, w, sides in zip(most, whole, left, strict=True)
        ]
        make.any_size &= not any(whole)
        source = make.call(
            _ATEN.pad.default, source, _flat(now), mode, like=like, added=added or any(whole)
        )
        if any(whole):
            # What is too much on one side is cut off in the end.
            left = [
                [sides[0] - done[0], sides[1] - done[1]]
                for sides, done in zip(left, now, strict=True)
            ]
        else:
            left = [[min(0, side) for side in sides] for sides in left]
    for axis, (before, after) in enumerate(left):
        size = int(source.meta["val"].shape[2 + axis])
        if before < 0 or after < 0:
            source = make.call(
                _ATEN.slice.Tensor,
                source,
                2 + axis,
                max(0, -before),
                size + min(0, after),
                like=like,
            )
    return source


def _average(
    make: Rebuild, source: fx.Node, window: Window, like: fx.Node, *, added: bool = True
) -> fx.Node:
    """Return the mean over a window with any dilation: a convolution of each channel with equal weights."""
    dims, channels = len(window.kernel), int(source.meta["val"].shape[1])
    dtype = source.meta["val"].dtype
    equal = torch.full((1, 1, *window.kernel), 1 / math.prod(window.kernel), dtype=dtype)
    size = "x".join(map(str, window.kernel))
    kernel = make.constant(equal, f"mean_{size}_{str(dtype)[-2:]}", like)
    each = make.call(_ATEN.expand.default, kernel, [channels, 1, *window.kernel], like=like)
    target = getattr(_ATEN, f"conv{dims}d").default
    return make.call(
        target, source, each, None, list(window.stride), [0] * dims, list(window.dilation), channels,
        like=like, added=added,
    )  # fmt: skip


def _share_inside(
    make: Rebuild, source: fx.Node, padding: Sides, window: Window, like: fx.Node
) -> fx.Node:
    """Return the share of each window that lies inside the map."""
    value = source.meta["val"]
    ones = make.constant(
        torch.ones(1, 1, *value.shape[2:], dtype=value.dtype),
        "ones_" + "x".join(map(str, value.shape[2:])),
        like,
    )
    padded = put_padding(make, ones, padding, like=like)
    return _average(make, padded, window, like)


def _flat(padding: Sequence[Sequence[int]]) -> list[int]:
    return [side for sides in reversed(padding) for side in sides]


def _per_axis(value: Any, dims: int) -> tuple[int, ...]:
    values = [value] if isinstance(value, int) else list(value)
    return tuple(int(item) for item in (values * dims if len(values) == 1 else values))
