"""The same network for samples of another size."""

from collections.abc import Sequence
from dataclasses import replace

from torch import fx

from convscope.errors import SpecError
from convscope.network.export import concretise
from convscope.network.graph import Network


def resized(net: Network, sizes: Sequence[int]) -> Network:
    """Return the network for samples of another size; nothing else changes.

    Args:
        net: the network; it is left as it is, and the weights are shared.
        sizes: of the new samples, one per spatial axis.

    Raises:
        SpecError: the network was exported for one size only, or does not take this one.

    >>> from convscope.network import load
    >>> resized(load("demo"), (96, 64)).layer("pool4").output
    (96, 6, 4)
    """
    shape = (net.input.shape[0], *sizes)
    by = "x".join(map(str, shape))
    if not net.dynamic_space or len(shape) != len(net.input.shape):
        raise SpecError(
            f"{net.spec} takes samples of one size. Load it for the other: `--input {by}`, if its layers allow it."
        )
    graph = fx.Graph()
    graph.set_codegen(net.graph.graph._codegen)
    copies: dict[fx.Node, fx.Node] = {}
    for node in net.graph.graph.nodes:
        copies[node] = graph.node_copy(node, copies.__getitem__)
    module = fx.GraphModule(net.graph, graph)
    try:
        concretise(module, (1, *shape))
    except RuntimeError as error:
        raise SpecError(f"{net.spec} does not take samples of {by}: {error}") from error
    made = Network.from_graph(module, net)
    made.input = replace(net.input, shape=shape)
    made._accepted = {shape}
    return made
