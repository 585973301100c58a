"""The part of a graph behind one node: what must be computed again when that node's output is changed."""

from collections.abc import Sequence

from torch import Tensor, fx

from convscope.features.circuits.call import Values


class Tail:
    """From one node's output to another's, everything beside the way as it was.

    Args:
        graph: the network.
        source: name of the node whose output will be changed.
        target: name of the node to be read.
        values: tells what depends on the network's input.
    """

    def __init__(self, graph: fx.GraphModule, source: str, target: str, values: Values):
        nodes = {node.name: node for node in graph.graph.nodes}
        behind = {nodes[source]}
        for node in graph.graph.nodes:
            if any(fed in behind for fed in node.all_input_nodes):
                behind.add(node)
        needed, frontier = {nodes[target]}, [nodes[target]]
        given: set[fx.Node] = {nodes[source]}
        while frontier:
            node = frontier.pop()
            if node in given:
                continue
            for fed in node.all_input_nodes:
                if fed not in behind and values.depends(fed):
                    given.add(fed)
                if fed not in needed:
                    needed.add(fed)
                    frontier.append(fed)
        smaller = fx.Graph()
        copies: dict[fx.Node, fx.Node] = {}
        order = [nodes[source], *(node for node in graph.graph.nodes if node in given)]
        for node in dict.fromkeys(order):
            copies[node] = smaller.placeholder(node.name)
        for node in graph.graph.nodes:
            if node in needed and node not in copies:
                copies[node] = smaller.node_copy(node, lambda fed: copies[fed])
        smaller.output(copies[nodes[target]])
        self.beside: Sequence[str] = [node.name for node in dict.fromkeys(order)][1:]
        """Names of the nodes whose outputs enter from the side."""
        self.reaches = nodes[target] in behind
        self._graph = fx.GraphModule(graph, smaller)

    def __call__(self, changed: Tensor, beside: Sequence[Tensor]) -> Tensor:
        """Return the target's output.

        Args:
            changed: the source's output, ``(B, C, *S)``.
            beside: the outputs of the nodes ``self.beside`` for one sample, batch 1.
        """
        wide = [value.expand(len(changed), *value.shape[1:]) for value in beside]
        return self._graph(changed, *wide)
