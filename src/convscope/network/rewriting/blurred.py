"""Blur before every stride, where the signal is: after the nonlinearity.

A stride keeps what varies too fast for the positions it leaves, as a false slow variation that depends on the
phase. A low-pass before it takes that out. It belongs behind the nonlinearity, for a rectifier makes fast
variation out of slow; so the window is evaluated at every position, then normalised and rectified as before,
and the blur is what takes the stride (Zhang 2019). The filter is binomial: ``[1, 2, 1] / 4`` for three taps,
separable, of sum 1, so that a constant stays what it was. It has an odd number of taps, so that every position
stays where it was and a block still meets its shortcut in phase.

The network was trained without; until it is fine-tuned its maps are smoother than its layers are used to.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments
from convscope.network.rewriting.borders import border_of, padding_of
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.windows import Window, put_padding, put_window, window_of

_ATEN = torch.ops.aten
SIZES = (3, 5, 7)
"""Taps of the filters there are, per axis."""


def blurred(net: Network, size: int = 3, *, layers: Sequence[str] | None = None) -> Network:
    """Return the network with a binomial blur before each of its strides.

    Strided convolutions, pooling layers and subsampling by slices: each is evaluated at every position, goes
    through the normalisation and the activation behind it, and is then blurred and subsampled. A convolution
    of one tap (a shortcut) is blurred before it, which is the same and costs less. Borders of the blur go
    round where the network's do, and are mirrored elsewhere.

    Args:
        net: the network; it is left as it is, and the weights are shared.
        size: taps per axis: 3, 5 or 7; more take more out.
        layers: only the strides of these layers; None takes all.

    Returns:
        The network. Layers keep their names.

    Raises:
        SpecError: another size, or a layer without a stride.

    >>> from convscope.network import load
    >>> [layer.name for layer in blurred(load("demo")).layers][:4]
    ['conv1', 'relu1', 'pool1', 'pool1.blurred_conv2d']
    """
    if size not in SIZES:
        raise SpecError(
            f"There is no blur of {size} taps: type {', '.join(map(str, SIZES[:-1]))} or {SIZES[-1]}. An even "
            "number of taps would move every map by half a position."
        )
    strided = {node.name: strides for node in net.graph.graph.nodes if (strides := _strides(node))}
    if layers is not None:
        asked = {net.layer(name).node: name for name in layers}
        for node, name in asked.items():
            if node not in strided:
                raise SpecError(f"Layer {name} of {net.spec} has no stride to put a blur before.")
        strided = {node: strides for node, strides in strided.items() if node in asked}
    graph = Rebuild(net.graph, "blurred").run(_Blur(net, strided, size))
    return Network.from_graph(graph, net, dynamic_space=False)


class _Blur:
    """Every stride becomes a blur with that stride.

    Args:
        net: the network.
        strided: the strides, by the name of the node.
        size: taps of the filter.
    """

    def __init__(self, net: Network, strided: dict[str, tuple[int, ...]], size: int):
        self._strided, self._size = strided, size
        nodes = list(net.graph.graph.nodes)
        circular = any((found := padding_of(node)) and found[1] == "circular" for node in nodes)
        self._mode: Literal["circular", "reflect"] = "circular" if circular else "reflect"
        self._ends: dict[fx.Node, tuple[int, ...]] = {}  # where a blur comes, behind this node
        for node in nodes:
            if node.name in strided and not self._comes_before(node):
                self._ends[_last_pointwise(node)] = strided[node.name]

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        made: fx.Node | None = None
        if node.name in self._strided:
            window = window_of(node)
            if window is None:
                made = self._whole_slice(make, node)
            elif self._comes_before(node):
                made = self._blurred_first(make, node, window)
            else:
                made = self._everywhere(make, node, window)
        if node in self._ends:
            made = self._blur(make, made or make.copy(node), self._ends[node], node)
        return made

    def _comes_before(self, node: fx.Node) -> bool:
        window = window_of(node)
        return window is not None and window.kind == "conv" and set(window.kernel) == {1}

    def _everywhere(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        """Return a window's output at every position: as many for each one there was as the stride."""
        border = border_of(node.args[0])
        sides = []
        for axis, reach in enumerate(window.reach):
            before = border.sides[axis][0] + window.padding[axis][0]
            every = window.stride[axis] * window.outputs[axis]
            sides.append((before, every - border.sizes[axis] + reach - 1 - before))
        bordered = any(map(any, border.sides))
        mode = border.mode if bordered else "zero" if any(map(any, window.padding)) else self._mode
        dense = replace(window, stride=(1,) * len(sides))
        return put_window(make, node, make.made[border.core], dense, tuple(sides), mode)

    def _blurred_first(self, make: Rebuild, node: fx.Node, window: Window) -> fx.Node:
        """Return a convolution of one tap behind the blur: between them nothing depends on the order."""
        source = self._blur(make, make.read(node), window.stride, node)
        one = replace(window, stride=(1,) * len(window.stride))
        return put_window(make, node, source, one, window.padding)

    def _whole_slice(self, make: Rebuild, node: fx.Node) -> fx.Node:
        """Return what a subsampling slice begins with, every position of it."""
        start = int(arguments(node)["start"] or 0)
        source = make.read(node)
        if not start:
            return source
        axis = int(arguments(node)["dim"]) % source.meta["val"].dim()
        sides = [(0, 0)] * (source.meta["val"].dim() - 2)
        sides[axis - 2] = (0, start)
        longer = put_padding(make, source, tuple(sides), self._mode, like=node)
        length = int(longer.meta["val"].shape[axis])
        return make.call(_ATEN.slice.Tensor, longer, axis, start, length, like=node)

    def _blur(
        self, make: Rebuild, source: fx.Node, strides: tuple[int, ...], like: fx.Node
    ) -> fx.Node:
        value = source.meta["val"]
        dims, channels = len(strides), int(value.shape[1])
        kernel = torch.ones((), dtype=torch.float64)
        sizes = [self._size if stride > 1 else 1 for stride in strides]
        for taps in sizes:
            kernel = kernel[..., None] * binomial(taps)
        name = f"binomial_{'x'.join(map(str, sizes))}_{str(value.dtype)[-2:]}"
        held = make.constant(kernel.to(value.dtype)[None, None], name, like)
        each = make.call(_ATEN.expand.default, held, [channels, 1, *sizes], like=like)
        sides = tuple((taps // 2, taps // 2) for taps in sizes)
        padded = put_padding(make, source, sides, self._mode, like=like)
        return make.call(
            getattr(_ATEN, f"conv{dims}d").default, padded, each, None, list(strides), [0] * dims,
            [1] * dims, channels, like=like,
        )  # fmt: skip


def binomial(taps: int) -> torch.Tensor:
    """Return the binomial filter of so many taps, of sum 1, in float64.

    >>> binomial(3).tolist()
    [0.25, 0.5, 0.25]
    """
    row = [math.comb(taps - 1, i) / 2 ** (taps - 1) for i in range(taps)]
    return torch.tensor(row, dtype=torch.float64)


def _strides(node: fx.Node) -> tuple[int, ...] | None:
    """Return the strides of a window or of a slice of a map; None where there is none above 1."""
    if node.op != "call_function":
        return None
    window = window_of(node)
    if window is not None:
        return None if set(window.stride) == {1} or window.takes_all else window.stride
    if operation(node) != "slice" or int(arguments(node)["step"]) == 1:
        return None
    rank = node.meta["val"].dim()
    axis = int(arguments(node)["dim"]) % rank
    if axis < 2:
        return None
    return tuple(int(arguments(node)["step"]) if i == axis else 1 for i in range(2, rank))


def _last_pointwise(node: fx.Node) -> fx.Node:
    """Return the activation behind a convolution, with at most a normalisation between; else the node itself."""
    if kind_of(node) != "conv":
        return node
    last: Any = node
    while len(last.users) == 1:
        (user,) = last.users
        if kind_of(user) == "activation" and user.meta["val"].shape == node.meta["val"].shape:
            return user
        if operation(user) not in ("batch_norm", "dropout"):
            break
        last = user
    return node
