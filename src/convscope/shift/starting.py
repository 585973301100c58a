"""Which layer starts the error: each operation is given inputs that moved perfectly.

A layer's error includes everything that came before it. Here the maps that a layer reads are replaced
by the unmoved ones, moved by the Fourier shift; what the layer then makes of them is compared with its
own unmoved map, moved likewise. What is left is its own doing: a strided convolution that samples too
coarsely, a nonlinearity on a map whose positions are coarser than the move, a border. A convolution
inside a torus starts nothing.

Limit: errors that later layers take away again, or make larger, are not seen; ``layererror`` sees those.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor, fx

from convscope.network import Network
from convscope.shift.fourier import moved
from convscope.shift.grids import Grid
from convscope.shift.layererror import error, follow


def started(
    net: Network,
    maps: Mapping[str, Tensor],
    x: Tensor,
    move: Sequence[int | Fraction],
    grids: Mapping[str, Grid],
) -> dict[str, tuple[Tensor, Tensor]]:
    """Return what each layer adds to the error under a move of the input.

    Args:
        net: the network.
        maps: the unmoved map of every layer that has a grid, ``(B, C, *S)``.
        x: the samples, ``(B, C, *S)``.
        move: by how many input positions, per axis.
        grids: the grid of every such layer.

    Returns:
        Per layer its squared error and the energy, each ``(B,)``.
    """
    names = {layer.node: layer.name for layer in net.layers if layer.name in grids}
    run = _Exact(net.graph, maps, names, move, grids)
    with torch.no_grad():
        run.run(moved(x, move))
    return run.found


class _Exact(fx.Interpreter):
    """Runs a graph whose layers hand on what they should have made."""

    def __init__(
        self,
        graph: fx.GraphModule,
        maps: Mapping[str, Tensor],
        names: Mapping[str, str],
        move: Sequence[int | Fraction],
        grids: Mapping[str, Grid],
    ):
        super().__init__(graph)
        self._maps, self._names, self._move, self._grids = maps, names, move, grids
        self.found: dict[str, tuple[Tensor, Tensor]] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        name = self._names.get(n.name)
        if name is None:
            return value
        before, grid = self._maps[name], self._grids[name]
        self.found[name] = error(before, grid.channels_first(value), self._move, grid)
        return grid.laid_out(follow(before, self._move, grid)[0], value)
