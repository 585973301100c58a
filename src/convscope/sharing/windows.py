"""The shape of a layer that has a dense form, read from its node."""

from dataclasses import replace

from torch import fx

from convscope.network import Layer
from convscope.network.layers import arguments
from convscope.sharing.counts import Window

_CONSTANT_PADS = ("pad", "constant_pad_nd")


def window_of(node: fx.Node, layer: Layer) -> Window | None:
    """Return the window of a convolution or of a Linear over tokens; None for every other layer.

    A convolution that a network applies to many pieces of one sample at once (frames, patches folded
    into the batch) shares its weights over the pieces too: they become one more axis, with a kernel of 1.
    """
    if layer.operation == "linear":
        return _linear(node)
    if layer.kind != "conv" or not layer.kernel:
        return None
    pieces, *read = _shape(arguments(node)["input"])
    if len(read) != len(layer.kernel) + 1:
        return None
    window = Window(
        input=tuple(read),
        output=tuple(_shape(node)[1:]),
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
        transposed=layer.transposed,
    )
    return window if pieces == 1 else _over_pieces(window, pieces)


def real_links(node: fx.Node, window: Window) -> int:
    """Return a layer's connections to values of the data, not to padding, whoever padded.

    ``Conv2d(padding=1)`` and ``F.pad`` followed by ``Conv2d`` are one function of the data and have the
    same links. Reflected, replicated and circular borders are values of the data, so connections to them
    are real.
    """
    source = arguments(node).get("input")
    dims = len(window.kernel)
    if not isinstance(source, fx.Node) or not _pads_with_a_constant(source):
        return window.links
    sides = list(arguments(source)["pad"])[: 2 * dims]
    sides += [0] * (2 * dims - len(sides))
    # F.pad lists the last axis first. A negative amount crops, and hides no padding.
    pairs = [(max(0, sides[2 * i]), max(0, sides[2 * i + 1])) for i in reversed(range(dims))]
    channels, *sizes = window.input
    inner = [size - before - after for size, (before, after) in zip(sizes, pairs, strict=True)]
    # Position 0 of what is inside lies `before` further on: for a transposed one, strides further.
    shift = [
        (-before * step if window.transposed else before, 0)
        for (before, _), step in zip(pairs, window.stride, strict=True)
    ]
    padding = [(own[0] + more[0], own[1]) for own, more in zip(window.padding, shift, strict=True)]
    return replace(window, input=(channels, *inner), padding=tuple(padding)).links


def _pads_with_a_constant(node: fx.Node) -> bool:
    name = getattr(getattr(node.target, "overloadpacket", None), "__name__", "")
    return name in _CONSTANT_PADS and arguments(node).get("mode", "constant") == "constant"


def _linear(node: fx.Node) -> Window:
    *places, features = _shape(arguments(node)["input"])
    tokens = tuple(places[1:] if places and places[0] == 1 else places)
    ones = (1,) * len(tokens)
    return Window(
        input=(features, *tokens),
        output=(_shape(node)[-1], *tokens),
        kernel=ones,
        stride=ones,
        padding=((0, 0),) * len(tokens),
        dilation=ones,
    )


def _over_pieces(window: Window, pieces: int) -> Window:
    return replace(
        window,
        input=(window.input[0], pieces, *window.input[1:]),
        output=(window.output[0], pieces, *window.output[1:]),
        kernel=(1, *window.kernel),
        stride=(1, *window.stride),
        padding=((0, 0), *window.padding),
        dilation=(1, *window.dilation),
    )


def _shape(node: fx.Node) -> tuple[int, ...]:
    return tuple(int(size) for size in node.meta["val"].shape)
