"""Lay open the regions that torch.export wraps: one graph, no graph inside a graph.

``with torch.no_grad():`` and ``with torch.autocast(...):`` inside a forward method become calls of an
operator that takes a whole subgraph. Every walk over the graph would have to know of them; in a network
that is only run in its own precision, and whose gradients are wanted everywhere, they mean nothing.
"""

import operator
from typing import Any

from torch import fx
from torch.fx.node import map_arg

_REGIONS = {"wrap_with_set_grad_enabled", "wrap_with_autocast"}


def inline_regions(graph: fx.GraphModule) -> None:
    """Replace every wrapped region by the operations inside it, in place.

    Args:
        graph: the graph of an exported program.
    """
    calls = [n for n in graph.graph.nodes if getattr(n.target, "__name__", "") in _REGIONS]
    for call in calls:
        _inline(graph, call)
    if calls:
        graph.graph.eliminate_dead_code()
        graph.delete_all_unused_submodules()
        graph.recompile()


def _inline(graph: fx.GraphModule, call: fx.Node) -> None:
    # The arguments are the region's settings, the region, and what the region is given.
    position = next(i for i, arg in enumerate(call.args) if _region(graph, arg) is not None)
    region = _region(graph, call.args[position])
    assert region is not None
    inline_regions(region)
    given = iter(call.args[position + 1 :])
    copies: dict[fx.Node, Any] = {}
    results: Any = ()
    with graph.graph.inserting_before(call):
        for node in region.graph.nodes:
            if node.op == "placeholder":
                copies[node] = next(given)
            elif node.op == "output":
                results = map_arg(node.args[0], copies.__getitem__)
            else:
                copies[node] = graph.graph.node_copy(node, copies.__getitem__)
    for user in list(call.users):
        assert user.target is operator.getitem
        which: Any = user.args[1]
        user.replace_all_uses_with(results[which])
        graph.graph.erase_node(user)
    graph.graph.erase_node(call)


def _region(graph: fx.GraphModule, argument: Any) -> fx.GraphModule | None:
    if not isinstance(argument, fx.Node) or argument.op != "get_attr":
        return None
    held = getattr(graph, str(argument.target), None)
    return held if isinstance(held, fx.GraphModule) else None
