"""The shape of a layer that has a dense form, read from its node."""

from collections.abc import Sequence
from dataclasses import replace

from torch import fx

from convscope.network import Layer
from convscope.network.aten import operation
from convscope.network.layers import arguments
from convscope.sharing.counts import Sides, Window

_PADS = ("pad", "constant_pad_nd")


def window_of(node: fx.Node, layer: Layer) -> Window | None:
    """Return the window of a convolution or of a Linear over tokens; None for every other layer.

    A border that a separate operation adds just before a convolution is the convolution's own padding: that is
    how torch itself writes ``padding_mode="circular"``. The map that is read is the one inside.

    A convolution that a network applies to many pieces of one sample at once (frames, patches folded
    into the batch) shares its weights over the pieces too: they become one more axis, with a kernel of 1.
    """
    if layer.operation == "linear":
        return _linear(node)
    window = _as_written(node, layer)
    border = None if window is None or window.transposed else _border(node, len(window.kernel))
    if window is not None and border is not None:
        window = replace(
            window,
            input=(window.input[0], *_inside(window.input[1:], border)),
            padding=tuple(
                (own[0] + more[0], own[1] + more[1])
                for own, more in zip(window.padding, border, strict=True)
            ),
        )
    return None if window is None else _over_pieces(window, _pieces(node))


def real_links(node: fx.Node, layer: Layer, window: Window) -> int:
    """Return a layer's connections to values of the data, not to padding, whoever padded.

    ``Conv2d(padding=1)`` and ``F.pad`` followed by ``Conv2d`` are one function of the data and have the
    same links. Reflected, replicated and circular borders are values of the data, so connections to them
    are real.

    Args:
        node: the layer's node.
        layer: the layer.
        window: its window.
    """
    written = None if layer.operation == "linear" else _as_written(node, layer)
    border = None if written is None else _border(node, len(written.kernel))
    if written is None or border is None:
        return window.links
    if not _is_constant(node):
        return _over_pieces(written, _pieces(node)).links
    if not written.transposed:
        return window.links
    # Position 0 of what is inside lies strides further on.
    inside = replace(
        written,
        input=(written.input[0], *_inside(written.input[1:], border)),
        padding=tuple(
            (own[0] - more[0] * step, own[1])
            for own, more, step in zip(written.padding, border, written.stride, strict=True)
        ),
    )
    return _over_pieces(inside, _pieces(node)).links


def _as_written(node: fx.Node, layer: Layer) -> Window | None:
    """Return a convolution's window on one piece as the graph has it, borders by other operations not undone."""
    if layer.kind != "conv" or not layer.kernel:
        return None
    read = _shape(arguments(node)["input"])[1:]
    if len(read) != len(layer.kernel) + 1:
        return None
    return Window(
        input=read,
        output=_shape(node)[1:],
        kernel=layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
        transposed=layer.transposed,
    )


def _border(node: fx.Node, dims: int) -> Sides | None:
    """Return what a separate operation adds around the map just before a layer; None where none does so."""
    source = arguments(node).get("input")
    if not isinstance(source, fx.Node) or operation(source) not in _PADS:
        return None
    sides = list(arguments(source)["pad"])[: 2 * dims]
    sides += [0] * (2 * dims - len(sides))
    # F.pad lists the last axis first. A negative amount crops, and hides no padding.
    return tuple((max(0, sides[2 * i]), max(0, sides[2 * i + 1])) for i in reversed(range(dims)))


def _is_constant(node: fx.Node) -> bool:
    source: fx.Node = arguments(node)["input"]
    return arguments(source).get("mode", "constant") == "constant"


def _inside(sizes: Sequence[int], border: Sides) -> tuple[int, ...]:
    return tuple(size - low - high for size, (low, high) in zip(sizes, border, strict=True))


def _pieces(node: fx.Node) -> int:
    return _shape(arguments(node)["input"])[0]


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
    if pieces == 1:
        return window
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
