"""How one operation runs on patches: what it reads of its inputs, and what lies outside their maps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, fx
from torch.nn import functional as F

from convscope.features.circuits.call import Values, shape_of
from convscope.features.circuits.windows import per_axis
from convscope.network.aten import operation
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments

_SAME_PLACE = {"dropout", "feature_dropout", "clone", "contiguous", "alias", "detach", "batch_norm"}
_MIXING_ACTIVATIONS = {"glu"}


@dataclass(frozen=True)
class Box:
    """Where a patch lies on a map, per axis, for the target at position ``p``: from ``step p + first``.

    Args:
        step: positions of the map per position of the target.
        first: of the patch, for the target at 0.
        size: extent of the patch.
    """

    step: tuple[int, ...]
    first: tuple[int, ...]
    size: tuple[int, ...]

    def merged(self, other: "Box") -> "Box | None":
        """Return the smallest box that holds both; None where they move differently."""
        if self.step != other.step:
            return None
        first = tuple(map(min, self.first, other.first))
        ends = (
            max(a + m, b + n)
            for a, m, b, n in zip(self.first, self.size, other.first, other.size, strict=True)
        )
        return Box(self.step, first, tuple(e - f for e, f in zip(ends, first, strict=True)))

    def windowed(
        self,
        kernel: Sequence[int],
        stride: Sequence[int],
        before: Sequence[int],
        dilation: Sequence[int],
    ) -> "Box":
        """Return the box of the input that a window reads to give this box."""
        return Box(
            tuple(a * s for a, s in zip(self.step, stride, strict=True)),
            tuple(f * s - p for f, s, p in zip(self.first, stride, before, strict=True)),
            tuple(
                (n - 1) * s + d * (k - 1) + 1
                for n, s, d, k in zip(self.size, stride, dilation, kernel, strict=True)
            ),
        )


@dataclass(frozen=True, eq=False)
class Step:
    """One operation on patches.

    Args:
        node: the node.
        reads: box that it reads of its inputs.
        fill: what lies outside an input's map; None where it does not matter.
        run: from the inputs' patches to its own.
    """

    node: fx.Node
    reads: Box
    fill: float | None
    run: Callable[[list[Tensor]], Tensor]


class Unsuited(Exception):
    """An operation does not keep to places."""


def planned(node: fx.Node, box: Box, values: Values) -> Step:
    """Return how an operation is run on patches.

    Args:
        node: the operation.
        box: where its own patch lies.
        values: what constant arguments hold.

    Raises:
        Unsuited: it does not keep to places.
    """
    name, given = operation(node).rstrip("_"), arguments(node)
    axes = len(box.size)
    if name in (f"conv{axes}d", "_convolution_mode"):
        return _convolution(node, box, given, values)
    if name in (f"max_pool{axes}d", f"avg_pool{axes}d"):
        return _pool(node, box, given)
    if name in ("pad", "constant_pad_nd"):
        return _pad(node, box, given)
    if name == "slice":
        return _slice(node, box, given)
    if name == "batch_norm" and (given["running_mean"] is None or given["training"]):
        raise Unsuited("statistics of the whole map")
    if (kind_of(node) == "activation" and name not in _MIXING_ACTIVATIONS) or name in _SAME_PLACE:
        return _plain(node, box, values)
    if name in ("add", "sub", "mul", "div", "cat"):
        if name == "cat" and int(given.get("dim", 0)) % (axes + 2) != 1:
            raise Unsuited(name)
        for argument in node.all_input_nodes:
            # Whatever is broadcast over places has no place of its own.
            if values.depends(argument) and shape_of(argument)[2:] != shape_of(node)[2:]:
                raise Unsuited(name)
        return _plain(node, box, values)
    raise Unsuited(name)


def _plain(node: fx.Node, box: Box, values: Values) -> Step:
    """An operation that gives each place from the same place of its inputs: run as it is."""
    for argument in node.all_input_nodes:
        if not values.depends(argument):
            held = values[argument]
            if (
                isinstance(held, Tensor)
                and held.dim() > 1
                and prod(held.shape[-len(box.size) :]) > 1
            ):
                raise Unsuited(operation(node))  # a weight of its own at every place

    def run(inputs: list[Tensor]) -> Tensor:
        patches = dict(zip(signals(node, values), inputs, strict=True))

        def held(argument: Any) -> Any:
            if isinstance(argument, list | tuple):
                return [held(item) for item in argument]
            if isinstance(argument, fx.Node) and argument in patches:
                return patches[argument]
            return values[argument]

        target = node.target
        assert callable(target)
        return target(*held(node.args), **{key: held(arg) for key, arg in node.kwargs.items()})

    return Step(node, box, None, run)


def _convolution(node: fx.Node, box: Box, given: Mapping[str, Any], values: Values) -> Step:
    axes = len(box.size)
    if values.depends(given["weight"]) or values.depends(given.get("bias")):
        raise Unsuited("a kernel computed from the input")
    weight, bias = values[given["weight"]], values[given.get("bias")]
    stride, dilation = per_axis(given["stride"], axes), per_axis(given["dilation"], axes)
    kernel = tuple(weight.shape[2:])
    if given["padding"] == "same":
        before = [d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True)]
    else:
        before = per_axis(0 if given["padding"] == "valid" else given["padding"], axes)
    groups = int(given["groups"])
    run = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
    return Step(
        node,
        box.windowed(kernel, stride, before, dilation),
        0.0,
        lambda x: run(x[0], weight, bias, stride, 0, dilation, groups),  # type: ignore[arg-type]
    )


def _pool(node: fx.Node, box: Box, given: Mapping[str, Any]) -> Step:
    axes, highest = len(box.size), "max" in operation(node)
    kernel = per_axis(given["kernel_size"], axes)
    stride = per_axis(given.get("stride") or kernel, axes)
    before, dilation = per_axis(given["padding"], axes), per_axis(given.get("dilation", 1), axes)
    run: Callable[[list[Tensor]], Tensor]
    if highest:
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[axes - 1]
        run = lambda x: pool(x[0], kernel, stride, 0, dilation)  # noqa: E731
    else:
        # The divisor is the same everywhere only if padding counts and no window hangs over.
        if given.get("ceil_mode") or (any(before) and not given.get("count_include_pad", True)):
            raise Unsuited("a mean of varying count")
        if given.get("divisor_override"):
            raise Unsuited("a mean with a divisor of its own")
        mean = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[axes - 1]
        run = lambda x: mean(x[0], kernel, stride)  # noqa: E731
    fill = float("-inf") if highest else 0.0
    return Step(node, box.windowed(kernel, stride, before, dilation), fill, run)


def _pad(node: fx.Node, box: Box, given: Mapping[str, Any]) -> Step:
    axes, sides = len(box.size), [int(n) for n in given["pad"]]
    if given.get("mode", "constant") != "constant":
        raise Unsuited("padding that repeats the map")
    sides += [0] * (2 * (axes + 2) - len(sides))
    before = [sides[2 * i] for i in reversed(range(axes))]
    fill = float(given.get("value") or 0.0)
    channels = [0, 0] * axes + sides[2 * axes : 2 * axes + 2]
    ones = [1] * axes
    return Step(
        node,
        box.windowed(ones, ones, before, ones),
        fill,
        lambda x: F.pad(x[0], channels, value=fill),
    )


def _slice(node: fx.Node, box: Box, given: Mapping[str, Any]) -> Step:
    axes = len(box.size)
    dim, length = int(given["dim"] or 0), shape_of(node.all_input_nodes[0])
    dim %= len(length)
    kept = range(length[dim])[slice(given["start"], given["end"], given["step"])]
    steps, before = [1] * axes, [0] * axes
    cuts: list[slice] = [slice(None)] * (axes + 2)
    if dim == 0:  # the patches of many jobs take the place of one sample
        if len(kept) < length[0]:
            raise Unsuited("samples cut off")
    elif dim == 1:
        cuts[dim] = slice(kept.start, kept.stop, kept.step)
    else:
        steps[dim - 2], before[dim - 2] = kept.step, -kept.start
        cuts[dim] = slice(None, None, kept.step)
    ones = [1] * axes
    return Step(node, box.windowed(ones, steps, before, ones), None, lambda x: x[0][tuple(cuts)])


def signals(node: fx.Node, values: Values) -> list[fx.Node]:
    """Return the inputs of a node that depend on data."""
    return [source for source in node.all_input_nodes if values.depends(source)]
