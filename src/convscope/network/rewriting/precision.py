"""The same network in double precision: what is exact by theory is exact to 1e-12 there, and not to 1e-5."""

from typing import Any

import torch
from torch import Tensor, fx, nn

from convscope.network.export import concretise
from convscope.network.graph import Network


def in_double(net: Network) -> Network:
    """Return the network in float64; it takes float64 samples. Its weights are copies.

    Args:
        net: the network; it is left as it is.

    >>> from convscope.network import load
    >>> exact = in_double(load("demo"))
    >>> exact(torch.rand(1, 3, 64, 64, dtype=torch.float64)).dtype
    torch.float64
    """
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    held: dict[str, Any] = {}
    for node in net.graph.graph.nodes:
        copies[node] = graph.node_copy(node, copies.__getitem__)
        if node.op == "get_attr":
            held[str(node.target)] = node
    graph.set_codegen(net.graph.graph._codegen)
    for node in graph.nodes:
        if torch.float32 in node.args or torch.float32 in node.kwargs.values():  # an explicit cast
            node.args = tuple(torch.float64 if a is torch.float32 else a for a in node.args)
            node.kwargs = {
                key: torch.float64 if a is torch.float32 else a for key, a in node.kwargs.items()
            }
    tensors = {name: _doubled(_attribute(net.graph, name)) for name in held}
    module = fx.GraphModule(tensors, graph)
    concretise(module, (1, *net.input.shape), torch.float64)
    return Network.from_graph(module, net)


def _attribute(module: nn.Module, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _doubled(value: Any) -> Any:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    copy = value.detach().to(torch.float64, copy=True)
    if isinstance(value, nn.Parameter):
        return nn.Parameter(copy, requires_grad=value.requires_grad)
    return copy
