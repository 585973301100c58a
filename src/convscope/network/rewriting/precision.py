"""Copies of a network with weights of their own, in the same precision or in double.

What is exact by theory is exact to 1e-12 in double precision, and not to 1e-5.
"""

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
    return _copied(net, torch.float64)


def with_own_weights(net: Network) -> Network:
    """Return the same network with copies of its weights, which can be trained without changing the other's.

    Args:
        net: the network; it is left as it is.

    >>> from convscope.network import load
    >>> net = load("demo")
    >>> with_own_weights(net).fingerprint == net.fingerprint
    True
    """
    return _copied(net, None)


def _copied(net: Network, dtype: torch.dtype | None) -> Network:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    held: set[str] = set()
    for node in net.graph.graph.nodes:
        copies[node] = graph.node_copy(node, copies.__getitem__)
        if node.op == "get_attr":
            held.add(str(node.target))
    graph.set_codegen(net.graph.graph._codegen)
    for node in graph.nodes:
        if dtype is not None:  # an explicit cast
            node.args = tuple(dtype if a is torch.float32 else a for a in node.args)
            node.kwargs = {k: dtype if a is torch.float32 else a for k, a in node.kwargs.items()}
    # One copy of a tensor that goes by several names.
    known: dict[int, Any] = {}
    tensors = {}
    for name in sorted(held):
        value = _attribute(net.graph, name)
        tensors[name] = known.setdefault(id(value), _copy(value, dtype))
    module = fx.GraphModule(tensors, graph)
    concretise(module, (1, *net.input.shape), dtype)
    return Network.from_graph(module, net)


def _attribute(module: nn.Module, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _copy(value: Any, dtype: torch.dtype | None) -> Any:
    if not isinstance(value, Tensor):
        return value
    to = dtype if value.is_floating_point() else None
    copy = value.detach().to(to or value.dtype, copy=True)
    if isinstance(value, nn.Parameter):
        return nn.Parameter(copy, requires_grad=value.requires_grad)
    return copy
