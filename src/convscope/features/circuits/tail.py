"""The part of a graph behind one node: what must be computed again when that node's output is changed."""

from collections.abc import Sequence
from contextlib import suppress

from torch import Tensor, fx

from convscope.features.circuits.call import Values
from convscope.features.circuits.patches import Patches
from convscope.features.circuits.steps import Unsuited


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
        given_first = dict.fromkeys(
            [nodes[source], *(node for node in graph.graph.nodes if node in given)]
        )
        between = [node for node in graph.graph.nodes if node in needed and node not in given]
        self.given: Sequence[str] = [node.name for node in given_first]
        """Names of the nodes whose outputs it needs: the source, then those that enter from the side."""
        self._graph = _graph(graph, list(given_first), between, nodes[target])
        moving = [node for node in between if values.depends(node)]
        self.patches: Patches | None = None
        """The same stretch on patches; None where an operation does not keep to places."""
        with suppress(Unsuited):
            self.patches = Patches(list(given_first), moving, values)

    def __call__(self, changed: Tensor, beside: Sequence[Tensor]) -> Tensor:
        """Return the target's output.

        Args:
            changed: the source's output, ``(B, C, *S)``.
            beside: the outputs of the other given nodes for one sample, batch 1.
        """
        wide = [value.expand(len(changed), *value.shape[1:]) for value in beside]
        return self._graph(changed, *wide)


def _graph(
    graph: fx.GraphModule, given: Sequence[fx.Node], between: Sequence[fx.Node], target: fx.Node
) -> fx.GraphModule:
    smaller = fx.Graph()
    copies = {node: smaller.placeholder(node.name) for node in given}
    for node in between:
        copies[node] = smaller.node_copy(node, lambda fed: copies[fed])
    smaller.output(copies[target])
    return fx.GraphModule(graph, smaller)
