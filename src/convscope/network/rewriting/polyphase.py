"""Adaptive polyphase sampling: which positions a stride keeps is decided by what is there, not by where it is.

A stride of ``s`` keeps one of ``s`` phases per axis, always the first. After a shift of the input by one
pixel the first phase holds what another one held, so the network sees other values. Here the phase is kept
whose energy is largest. A shift permutes the phases and moves each of them as a whole, so the same one is
kept, moved: on a torus the network is equivariant to every shift in whole pixels, and with an average at
the end invariant, whatever its weights (Chaman and Dokmanić 2021).

Strides that stand side by side on the same grid (a block and its shortcut) keep the same phase, for else
their sum would add what does not belong together. Phases of equal energy are told apart by further sums
over the phase that no shift changes; only phases that agree in all of them are taken to be alike.
"""

import math

import torch
from torch import fx

from convscope.network.graph import Network
from convscope.network.rewriting.circular import circular
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.strided import Path, Strided, put_phases

_ATEN = torch.ops.aten
_EQUAL = 1e-6
"""Two sums are equal if they differ by less than this share of the larger: what rounding leaves."""


def polyphase(net: Network) -> Network:
    """Return a network on a torus whose strides keep the phase of largest energy.

    ``g(T_d x) = g(x)`` for every shift ``d`` in whole pixels, where an average over all positions ends the
    network ``g``, for any weights. Where phases of the same energy are also alike in their weighted sums of
    values, of cubes and of products of neighbours, the first is kept, and the statement may fail.

    Args:
        net: the network; it is left as it is, and the weights are shared. Its borders become circular.

    Returns:
        The network, for samples of the size it was loaded for. Layers keep their names.

    Raises:
        SpecError: a stride does not divide the size of its map (the guarantee would be lost, silently), or
            maps meet whose positions were chosen apart.

    >>> import torch
    >>> from convscope.network import load
    >>> net = polyphase(load("demo"))
    >>> x = torch.rand(1, 3, 64, 64)
    >>> bool(torch.allclose(net(x), net(x.roll((3, -5), (2, 3))), atol=1e-4))
    True
    """
    torus = circular(net)
    handle = _Choosing(torus)
    graph = Rebuild(torus.graph, "polyphase").run(handle)
    return Network.from_graph(graph, torus, dynamic_space=False)


class _Choosing(Strided):
    """Every stride keeps the phase of largest energy.

    Args:
        net: a network on a torus.
    """

    def __init__(self, net: Network):
        super().__init__(net, "adaptive polyphase sampling")
        self._choices: dict[Path, fx.Node] = {}  # the phase of each sample, after each way

    def taken(
        self, make: Rebuild, node: fx.Node, source: fx.Node, strides: tuple[int, ...]
    ) -> fx.Node:
        """Return the chosen phase of a map."""
        way = self.path[node]
        phases = put_phases(make, source, strides, node)
        if way not in self._choices:
            self._choices[way] = _largest(make, source, phases, strides, node)
        channels, *places = phases.meta["val"].shape[2:]
        at = make.call(
            _ATEN.view.default, self._choices[way], [-1] + [1] * (2 + len(places)), like=node
        )
        at = make.call(_ATEN.expand.default, at, [-1, 1, channels, *places], like=node)
        one = make.call(_ATEN.gather.default, phases, 1, at, like=node)
        return make.call(_ATEN.squeeze.dim, one, 1, like=node)


def _largest(
    make: Rebuild, source: fx.Node, phases: fx.Node, strides: tuple[int, ...], like: fx.Node
) -> fx.Node:
    """Return the phase of largest energy of each sample, ``(B,)``; ties go by further sums."""
    value = phases.meta["val"]
    axes = list(range(2, value.dim()))
    channels = int(value.shape[2])
    # Channels count differently, so that two phases with exchanged channels are told apart.
    weights = torch.cos(torch.arange(1.0, channels + 1)).to(value.dtype)
    weight = make.constant(
        weights.view(1, channels, *[1] * len(strides)),
        f"weights_{channels}_{str(value.dtype)[-2:]}",
        like,
    )

    def sums(map_: fx.Node) -> fx.Node:
        return make.call(
            _ATEN.sum.dim_IntList, put_phases(make, map_, strides, like), axes, like=like
        )

    def times(a: fx.Node, b: fx.Node) -> fx.Node:
        return make.call(_ATEN.mul.Tensor, a, b, like=like)

    weighted = times(source, weight)
    square = times(source, source)
    measures = [square, weighted, times(square, weighted)]
    for axis in range(len(strides)):
        beside = make.call(_ATEN.roll.default, source, [-1], [2 + axis], like=like)
        measures.append(times(weighted, beside))
    tied: fx.Node | None = None
    for measure in measures:
        found = sums(measure)
        if tied is not None:
            found = make.call(_ATEN.masked_fill.Scalar, found, tied, -math.inf, like=like)
        best = make.call(_ATEN.amax.default, found, [1], True, like=like)
        slack = make.call(
            _ATEN.mul.Tensor, make.call(_ATEN.abs.default, best, like=like), _EQUAL, like=like
        )
        least = make.call(_ATEN.sub.Tensor, best, slack, like=like)
        tied = make.call(_ATEN.lt.Tensor, found, least, like=like)  # what is out
    assert tied is not None
    left = make.call(_ATEN.logical_not.default, tied, like=like)
    left = make.call(_ATEN.to.dtype, left, torch.int64, like=like)
    return make.call(_ATEN.argmax.default, left, 1, like=like)
