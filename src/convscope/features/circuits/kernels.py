"""The effective kernel between two layers: how the units of one enter those of the next.

Between two chosen layers lie convolutions, normalisation, shortcuts, concatenations and pools. Everything
linear among them is exactly one kernel; looking at the last convolution alone misses the rest, and the
gradient at one sample shows what that sample switched on. Here the graph between them is walked backwards
once, for all target units together, with weights in place of values: each operation turns the weights of
its output into those of its input. What is not linear is taken for something that is, and a note says for
what: activations have slope 1, a maximum is a mean, a gate is 1 (Voss et al. 2021, "Visualizing weights",
call this expanded weights).

Limit: it is what the target would do if everything between were switched on, at a position away from the
borders. Whether a link matters on data is asked by ablation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import torch
from torch import Tensor, fx

from convscope.features.circuits.call import Call, Values, shape_of
from convscope.features.circuits.rules import passed
from convscope.features.circuits.window import Window, one_hot
from convscope.network import Network

INPUT = "input"
"""The name under which the network's own input is a source."""

FAR = "Too much lies between this layer and the chosen ones before it to follow every pair; choose layers in between."

_WORK = 4e9  # weights worked out for all units of a layer; beyond it, minutes
_ELEMENTS = 2**24  # of the largest window, all units of a chunk together: 64 MB in float32


@dataclass(frozen=True, eq=False)
class Kernels:
    """How the units of a source layer enter some units of a target layer.

    Args:
        source: name of the source layer; ``"input"`` for the network's input.
        units: the target units.
        values: ``(U, C, *K)``: target unit, source unit, offsets; in units of target per unit of source.
        start: source position of the kernel's first tap, for the target at ``Stage.position``.
    """

    source: str
    units: tuple[int, ...]
    values: Tensor
    start: tuple[int, ...]


class Stage:
    """A layer and the chosen layers from which it is reached without passing through another one.

    Args:
        net: the network.
        layer: the target layer.
        within: the chosen layers; the walk stops at each of them.
        dtype: the number type of the kernels.
    """

    def __init__(
        self,
        net: Network,
        layer: str,
        within: Sequence[str],
        *,
        dtype: torch.dtype = torch.float32,
    ):
        by_name = {node.name: node for node in net.graph.graph.nodes}
        self._target: fx.Node = by_name[net.layer(layer).node]
        ends = {by_name[net.layer(name).node]: net.layer(name).name for name in within}
        ends.update({node: INPUT for node in by_name.values() if node.op == "placeholder"})
        self._ends = {node: name for node, name in ends.items() if node is not self._target}
        self._order = list(net.graph.graph.nodes)
        self._values = Values(net.graph, dtype)
        shape = shape_of(self._target)
        self.layer = net.layer(layer).name
        self.units = shape[1] if len(shape) > 1 else 1
        self.space = shape[2:]
        self.position = tuple(size // 2 for size in self.space)
        self._notes: set[str] = set()

    def kernels(self, units: Sequence[int]) -> dict[str, Kernels]:
        """Return the kernels from every source to some units, all at once.

        Args:
            units: which units of the layer.

        Returns:
            By name of the source layer.
        """
        found = {}
        for node, window in self._walked(units, self.position)[0].items():
            name, trimmed = self._ends[node], self._reachable(node, window)
            found[name] = Kernels(name, tuple(units), trimmed.values[:, 0], trimmed.start[2:])
        return found

    def chunks(self, units: Sequence[int] | None = None) -> Iterator[dict[str, Kernels]]:
        """Yield the kernels of some units, as many units at a time as fit a fixed piece of memory.

        Args:
            units: which units of the layer; all by default.

        Returns:
            Nothing where the layer is too far from its sources.
        """
        if self.is_far:
            return
        every = range(self.units) if units is None else units
        for first in range(0, len(every), self._at_once):
            yield self.kernels(every[first : first + self._at_once])

    @property
    def is_far(self) -> bool:
        """Whether too much lies between the layer and its sources for every unit to be followed."""
        return self._sizes[1] * self.units > _WORK

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted between the layers, as sentences."""
        _ = self._sizes
        return tuple(sorted(self._notes | ({FAR} if self.is_far else set())))

    @cached_property
    def _sizes(self) -> tuple[int, int]:
        """Elements per unit of the largest window on the way, and of all of them together."""
        _, sizes = self._walked([0], self.position)
        return max(sizes), sum(sizes)

    @property
    def _at_once(self) -> int:
        return max(1, _ELEMENTS // self._sizes[0])

    @cached_property
    def _strides(self) -> dict[fx.Node, tuple[int, ...]]:
        """How far each source's window moves when the target moves by one, per axis."""
        here = self._walked([0], self.position)[0]
        strides = {node: [0] * len(self.space) for node in here}
        for axis, size in enumerate(self.space):
            if size == 1:
                continue
            position = list(self.position)
            position[axis] -= 1
            there = self._walked([0], position)[0]
            for node, window in here.items():
                if node in there and len(window.start) > 2 + axis:
                    strides[node][axis] = window.start[2 + axis] - there[node].start[2 + axis]
        return {node: tuple(steps) for node, steps in strides.items()}

    def _reachable(self, node: fx.Node, window: Window) -> Window:
        """Return the window without taps that lie outside the source's map wherever the target is."""
        shape = shape_of(node)
        if len(shape) != len(window.start):
            return window
        start, size = list(window.start), list(window.size)
        for axis in range(2, len(shape)):
            step, length, place = 0, 1, 0
            if axis - 2 < len(self.space):
                step, length, place = (
                    self._strides[node][axis - 2],
                    self.space[axis - 2],
                    self.position[axis - 2],
                )
            first = max(window.start[axis], -step * (length - 1 - place))
            last = min(window.start[axis] + window.size[axis], shape[axis] + step * place)
            if first < last:
                start[axis], size[axis] = first, last - first
        return window.boxed(start, size)

    def _walked(
        self, units: Sequence[int], position: Sequence[int]
    ) -> tuple[dict[fx.Node, Window], list[int]]:
        """Return the window of each source, and the elements per unit of every window on the way."""
        pending = {self._target: one_hot(units, self.units, position, self._values.dtype)}
        ends: dict[fx.Node, Window] = {}
        sizes: list[int] = []
        with torch.no_grad():
            for node in reversed(self._order):
                window = pending.pop(node, None)
                if window is None:
                    continue
                sizes.append(prod(window.size))
                if node in self._ends:
                    # Channels that padding made up are not the source's.
                    ends[node] = window.spanning(1, shape_of(node)[1])
                    continue
                window = _on_the_map(window, shape_of(node))
                for source, weights in passed(Call(node, self._values, self._notes), window):
                    have = pending.get(source)
                    pending[source] = weights if have is None else have.plus(weights)
        return ends, sizes


def _on_the_map(window: Window, shape: Sequence[int]) -> Window:
    """Return a window cut to the map along the axes where it is so wide that most of it can only be padding."""
    for axis in range(2, len(shape)):
        if window.size[axis] > 2 * shape[axis]:
            window = window.spanning(axis, shape[axis])
    return window


def effective_kernels(
    net: Network,
    layer: str,
    within: Sequence[str],
    units: Sequence[int] | None = None,
    *,
    dtype: torch.dtype = torch.float32,
) -> dict[str, Kernels]:
    """Return the kernels through which the chosen layers before a layer enter it.

    Args:
        net: the network.
        layer: the target layer.
        within: the chosen layers, among which the sources are found.
        units: target units; all by default. All their kernels are held in memory together.
        dtype: the number type.

    Returns:
        By source layer. A source that is the network's input is called ``"input"``.
    """
    stage = Stage(net, layer, within, dtype=dtype)
    return stage.kernels(range(stage.units) if units is None else units)
