"""Read any layers. A tap is a smaller graph: it ends after the last layer that was asked for."""

from collections.abc import Mapping

import torch
from torch import Tensor, fx, nn


class Taps(nn.Module):
    """The part of a graph that some layers need, returning those layers.

    Args:
        graph: the whole network.
        nodes: the name under which each output is returned -> the name of its node.
        dynamic_batch: whether the graph takes any batch; else samples pass one by one.
    """

    def __init__(self, graph: fx.GraphModule, nodes: Mapping[str, str], dynamic_batch: bool = True):
        super().__init__()
        self._dynamic_batch = dynamic_batch
        self.graph: fx.GraphModule = cut(graph, nodes)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the outputs of the layers for a batch ``(B, C, *S)``."""
        if self._dynamic_batch or x.shape[0] == 1:
            return self.graph(x)
        parts = [self.graph(sample[None]) for sample in x]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def cut(graph: fx.GraphModule, nodes: Mapping[str, str]) -> fx.GraphModule:
    """Return the smallest graph that computes the given nodes; weights are shared, not copied.

    Args:
        graph: a graph with one tensor placeholder.
        nodes: the name under which each output is returned -> the name of its node.
    """
    by_name = {node.name: node for node in graph.graph.nodes}
    needed = {by_name[name] for name in nodes.values()}
    for node in reversed(list(graph.graph.nodes)):
        if node in needed:
            needed.update(node.all_input_nodes)
    smaller = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in graph.graph.nodes:
        # The input stays even where no tap needs it, so that every tap is called alike.
        if node in needed or node.op == "placeholder":
            copies[node] = smaller.node_copy(node, lambda source: copies[source])
    smaller.output({name: copies[by_name[node]] for name, node in nodes.items()})
    return fx.GraphModule(graph, smaller)
