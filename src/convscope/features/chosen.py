"""Which layers to look at when nobody says: one for each block, after its activation, and the output.

A block is what a person would call one: a residual or inception block where the code has such modules,
else each convolution with its activation. Only points that everything passes through are chosen: inside
a block a branch carries a part of what is known, and the map of layers would show it beside the others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from convscope.errors import SpecError
from convscope.network import Layer, Network

MOST = 16
"""Layers that are looked at by default, at most; of more, those spread evenly over the depth."""

_ENDS = ("activation", "add", "cat", "mul")
_WEIGHTED = ("conv", "linear")


def default_layers(net: Network, most: int = MOST) -> tuple[Layer, ...]:
    """Return one layer for each block of a network, in the order in which they run, and the output.

    Args:
        net: the network.
        most: layers at most; the first and the last are always among them.

    >>> from convscope.network import load
    >>> [layer.name for layer in default_layers(load("demo"))]
    ['relu1', 'relu2', 'relu3', 'relu4', 'classifier']
    """
    passed = _cut_points(net.layers)
    blocks = _blocks(net.layers, {layer.name for layer in passed})
    chosen: dict[str, Layer] = {}
    for layer in passed:
        if layer.kind in _ENDS and _has_units(layer, net):
            chosen[_block_of(layer, blocks) or _stem(layer, net.layers)] = layer  # its last one
    found = sorted(chosen.values(), key=net.layers.index)
    outputs = [layer for layer in passed if layer.kind in _WEIGHTED and _has_units(layer, net)]
    if outputs and outputs[-1] not in _before(found[-1:], net.layers):
        found.append(outputs[-1])
    if len(found) <= most:
        return tuple(found)
    return tuple(found[round(i * (len(found) - 1) / (most - 1))] for i in range(most))


def chosen(net: Network, layers: Sequence[str] | None) -> list[str]:
    """Return the names of the layers that are meant, each once, in the order in which they run.

    Raises:
        SpecError: no such layer, or there is none to choose.
    """
    if layers is None:
        names = [layer.name for layer in default_layers(net)]
        if not names:
            raise SpecError(
                f"{net.spec} has no layer whose output is channels first and that everything passes "
                "through, so none is chosen by itself. Name some with --layers; "
                "`convscope receptive MODEL` lists them all."
            )
        return names
    place = {layer.name: i for i, layer in enumerate(net.layers)}
    return sorted({net.layer(name).name for name in layers}, key=place.__getitem__)


def _has_units(layer: Layer, net: Network) -> bool:
    """Tell whether a layer's output has channels first and then nothing, or the input's axes."""
    return len(layer.output) in (1, net.dims + 1)


def _before(last: Sequence[Layer], layers: Sequence[Layer]) -> Sequence[Layer]:
    """Return the layers up to the one in ``last``; none where it is empty."""
    return layers[: layers.index(last[0])] if last else ()


def _cut_points(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers that every path from the input to the output passes through."""
    place = {layer.name: i for i, layer in enumerate(layers)}
    last_read: dict[int, int] = {}
    for i, layer in enumerate(layers):
        for source in layer.feeds_from:
            last_read[place.get(source, -1)] = i
    found = []
    open_until = last_read.get(-1, 0)  # how far something read before this layer is still needed
    for i, layer in enumerate(layers):
        if open_until <= i:
            found.append(layer)
        open_until = max(open_until, last_read.get(i, i))
    return found


def _blocks(layers: Sequence[Layer], passed: set[str]) -> set[str]:
    """Return the modules that are blocks: with a branch inside, or one of several alike in a row."""
    convolutions: Counter[str] = Counter()
    branches: set[str] = set()
    for layer in layers:
        for container in _containers(layer.module)[:-1]:
            convolutions[container] += layer.kind == "conv"
            if layer.kind in _WEIGHTED and layer.name not in passed:
                branches.add(container)
    several = [container for container, count in convolutions.items() if count > 1]
    rows = Counter(map(_parent, several))
    return branches | {container for container in several if rows[_parent(container)] > 1}


def _block_of(layer: Layer, blocks: set[str]) -> str | None:
    inside = [container for container in _containers(layer.module) if container in blocks]
    return inside[-1] if inside else None


def _stem(layer: Layer, layers: Sequence[Layer]) -> str:
    """Return the last weighted layer at or before a layer: what it is the activation of."""
    before: Mapping[str, Layer] = {one.name: one for one in layers}
    while layer.kind not in _WEIGHTED and layer.feeds_from[0] in before:
        layer = before[layer.feeds_from[0]]
    return f"{layer.name} "  # a layer, and not the module of that name


def _containers(module: str) -> list[str]:
    """Return the modules around a path, outermost first, itself last.

    >>> _containers("layer1.0.conv1")
    ['layer1', 'layer1.0', 'layer1.0.conv1']
    """
    parts = module.split(".") if module else []
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _parent(module: str) -> str:
    return module.rpartition(".")[0]
