"""The maps of a few units of a network as it is, at any move of its input.

On a torus one fine map holds every move (``shift_maps``). With zeros at the border nothing repeats: a map
after a move by 3 says nothing of the map after a move by 19, so each move takes a pass of its own, and all
moves of a 64 x 64 picture would be 4,096 passes and 100 MB. So a handful of moves is kept, those that tell
most: what the page has buttons for, then powers of two. A server that has the network asks for any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import torch
from torch import Tensor, fx

from convscope.atlas.shift_maps import (
    LAYERS,
    MACS,
    VALUES,
    best_scores,
    evenly,
    liveliest,
    probabilities,
)
from convscope.network import Network
from convscope.network.taps import Taps
from convscope.progress import Progress, silent
from convscope.shift.fourier import moved
from convscope.shift.grids import Grid, grids, total_stride

Move = tuple[int | float | Fraction, ...]


@dataclass(frozen=True)
class Placed:
    """Units of a layer that has places.

    Args:
        name: the layer.
        stride: input positions between neighbours of its map, per axis; not whole after upsampling.
        size: positions of its map per axis.
        units: which units.
    """

    name: str
    stride: tuple[float, ...]
    size: tuple[int, ...]
    units: tuple[int, ...]


@dataclass(frozen=True)
class Handful:
    """A network as it is, at a few moves.

    Args:
        stride: the total stride of the network per axis.
        moves: input positions per axis; the first is no move.
        layers: whose maps were kept.
        maps: one array per layer ``(samples, moves, units, *size)``.
        scores: ``(samples, moves, classes + 1)``, as in ``Moving``; None where there are no class scores.
        classes: per sample the classes whose scores are kept.
    """

    stride: tuple[int, ...]
    moves: tuple[Move, ...]
    layers: tuple[Placed, ...]
    maps: tuple[np.ndarray, ...]
    scores: np.ndarray | None
    classes: tuple[tuple[int, ...], ...]


class Reader:
    """Reads units and class scores of a network in one pass.

    Args:
        net: the network, or one rewritten from it.
        placed: the grids of the network's layers.
        layers: what is read.
    """

    def __init__(self, net: Network, placed: Mapping[str, Grid], layers: Sequence[Placed]):
        self.layers = tuple(layers)
        self._placed = placed
        nodes = {layer.name: net.layer(layer.name).node for layer in layers}
        answer = _answer(net)
        self._answer = None if answer is None else "the answer"  # no layer has spaces in its name
        if answer is not None:
            nodes["the answer"] = answer
        self._taps = Taps(net.graph, nodes, net.dynamic_batch)

    def __call__(self, x: Tensor, move: Move) -> tuple[dict[str, Tensor], Tensor | None]:
        """Return maps ``(B, units, *size)`` by layer and probabilities ``(B, K)`` of moved samples.

        Args:
            x: the samples ``(B, C, *S)``.
            move: input positions per axis.
        """
        with torch.no_grad():
            found = self._taps(moved(x, move))
            maps = {
                layer.name: self._placed[layer.name].channels_first(found[layer.name])[
                    :, list(layer.units)
                ]
                for layer in self.layers
            }
            return maps, None if self._answer is None else probabilities(found[self._answer])


def placed_units(
    net: Network, x: Tensor, like: Mapping[str, Sequence[int]] | None = None
) -> tuple[Placed, ...]:
    """Return which units of which layers are looked at.

    Args:
        net: the network.
        x: samples ``(B, C, *S)``, whose liveliest units are taken.
        like: layers and units that were chosen before; None chooses layers of all strides.
    """
    found = {name: grid for name, grid in grids(net).items() if min(grid.size) > 1}
    if like is None:
        names = evenly([*{grid.stride: name for name, grid in found.items()}.values()], LAYERS)
    else:
        names = [name for name in like if name in found]
    if not names:
        return ()
    with torch.no_grad():
        maps = net.taps(names)(x)
    return tuple(
        Placed(
            name,
            tuple(float(r) for r in found[name].stride),
            found[name].size,
            tuple(like[name]) if like else liveliest(found[name].channels_first(maps[name])),
        )
        for name in names
    )


def handful(
    net: Network,
    x: Tensor,
    like: Mapping[str, Sequence[int]] | None = None,
    *,
    progress: Progress = silent,
) -> Handful | None:
    """Return the maps and answers of a network as it is at as many moves as may be kept.

    Args:
        net: the network.
        x: the samples ``(B, C, *S)``.
        like: layers and units to take; None chooses them.
        progress: told of each pass.

    Returns:
        None where no layer has places, or not even one move may be kept.
    """
    layers = placed_units(net, x, like)
    known = grids(net)
    stride = total_stride(known, net.dims)
    every = worthwhile(net.input.shape[1:], stride)
    cost = sum(layer.macs or 0 for layer in net.layers) or 1
    values = sum(len(layer.units) * prod(layer.size) for layer in layers)
    if not values:
        return None
    most = min(MACS // cost, VALUES // values)  # passes of one sample
    count = len(x) if most >= len(x) * len(every) else 1
    moves = every[: int(most // count)]
    if len(moves) < 2:
        return None
    read = Reader(net, known, layers)
    maps: list[list[np.ndarray]] = [[] for _ in layers]
    answers: list[np.ndarray] = []
    for done, move in enumerate(moves):
        progress("moving samples about", done, len(moves))
        found, shares = read(x[:count], move)
        for kept, layer in zip(maps, layers, strict=True):
            kept.append(found[layer.name].cpu().numpy())
        if shares is not None:
            answers.append(shares.cpu().numpy())
    scores, classes = best_scores(answers, "plane", [len(moves)]) if answers else (None, ())
    return Handful(
        stride,
        moves,
        layers,
        tuple(np.stack(kept, axis=1) for kept in maps),
        None if scores is None else scores[0],
        classes,
    )


def worthwhile(space: Sequence[int], stride: Sequence[int]) -> tuple[Move, ...]:
    """Return moves along one axis each, those first that tell most, with no move before all.

    >>> worthwhile((8,), (4,))
    ((0,), (1,), (2,), (4,), (Fraction(1, 2),), (-1,), (-2,))
    """
    dims = len(space)
    buttons: list[tuple[int, int | Fraction]] = []
    powers: list[tuple[int, int | Fraction]] = []
    for axis in reversed(range(dims)):
        half = space[axis] // 2
        told = [1, stride[axis] // 2, stride[axis], Fraction(1, 2)]
        buttons += [(axis, far) for far in told if 0 < far <= half]
        steps = [2**n for n in range(half.bit_length())] if half else []
        powers += [(axis, sign * far) for far in [*steps, half] for sign in (1, -1)]
    moves = [
        (*(0,) * axis, far, *(0,) * (dims - axis - 1))
        for axis, far in buttons + powers
        if far != -(space[axis] // 2) or space[axis] % 2  # half-way round is the same both ways
    ]
    return tuple(dict.fromkeys([(0,) * dims, *moves]))


def _answer(net: Network) -> str | None:
    """Return the node of the network's class scores; None where it answers with something else."""
    output = next(node for node in net.graph.graph.nodes if node.op == "output")
    nodes = output.all_input_nodes
    value = nodes[0].meta.get("val") if len(nodes) == 1 else None
    vector = isinstance(value, Tensor) and value.ndim == 2 and value.shape[1] > 1
    return nodes[0].name if vector and isinstance(nodes[0], fx.Node) else None
