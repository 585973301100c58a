"""From a network's graph to the rows of its sharing table.

The naive way, a hook per module, misses functional calls, counts a shared module twice and cannot see
a free parameter. Here the graph is walked once, in the order in which it runs. A row is any step that
multiplies or stores something; if it reads the data it claims the parameters that reach it, through
reshaping, weight standardisation or a spectral norm too, unless an earlier row has claimed them. What is
computed from parameters alone claims nothing: it only makes the weights that a later row uses. What
nobody claims is listed as unused. So the parameters of the rows always add up to those of the network.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import fx

from convscope.network import Layer, Network
from convscope.network.kinds import kind_of
from convscope.network.layers import arguments, is_bias, own_name, reached_from_input
from convscope.network.macs import multiply_adds
from convscope.sharing.cost import LayerCost, as_it_is, windowed
from convscope.sharing.counts import Window
from convscope.sharing.windows import real_links, window_of


def rows_of(net: Network, *, tied_biases: bool = False) -> tuple[LayerCost, ...]:
    """Return one row for every step of the network that stores or multiplies something.

    Args:
        net: the network.
        tied_biases: whether the local and the dense forms keep one bias per output channel.
    """
    return tuple(_Tally(net, tied_biases).rows())


class _Tally:
    def __init__(self, net: Network, tied_biases: bool):
        self._net = net
        self._tied_biases = tied_biases
        self._stored = dict(net.graph.named_parameters(remove_duplicate=False))
        self._owner = _owners(net, self._stored)
        self._from_data = reached_from_input(net.graph)
        self._claimed: dict[str, str] = {}
        self._reaching: dict[fx.Node, frozenset[str]] = {}
        self._twins: set[tuple[frozenset[str], Window]] = set()
        self._names: set[str] = set()

    def rows(self) -> Iterator[LayerCost]:
        layer_at = {layer.node: layer for layer in self._net.layers}
        for node in self._net.graph.graph.nodes:
            reaching = self._reach(node)
            layer = layer_at.get(node.name)
            macs = multiply_adds(node)
            self._reaching[node] = reaching
            if node not in self._from_data:
                if macs != 0:
                    yield self._row(node, None, frozenset(), macs)
            elif layer is not None or macs != 0:
                # What a row has claimed belongs to no later one.
                self._reaching[node] = frozenset()
                if reaching or macs != 0:
                    yield self._row(node, layer, reaching, macs)
        yield from self._unused()

    def _reach(self, node: fx.Node) -> frozenset[str]:
        if node.op == "get_attr":
            owner = self._owner.get(str(node.target))
            return frozenset() if owner is None else frozenset((owner,))
        return frozenset().union(*(self._reaching[source] for source in node.all_input_nodes))

    def _row(
        self, node: fx.Node, layer: Layer | None, reaching: frozenset[str], macs: int | None
    ) -> LayerCost:
        name = layer.name if layer else self._fresh(node.meta["module"] or node.name)
        self._names.add(name)
        given = arguments(node) if isinstance(node.target, torch._ops.OpOverload) else {}
        weight, bias = (self._of(given.get(role)) for role in ("weight", "bias"))
        holder = next(
            (self._claimed[owner] for owner in sorted(weight & self._claimed.keys())), None
        )
        new = reaching - self._claimed.keys()
        biases = frozenset(owner for owner in new if owner in bias or is_bias(owner))
        self._claimed.update(dict.fromkeys(new, name))
        count = {
            "name": name,
            "kind": kind_of(node),
            "parameters": self._elements(new),
            "biases": self._elements(biases),
            "macs": macs,
            "itemsize": self._itemsize(weight or reaching),
        }
        window = window_of(node, layer) if layer else None
        if layer is None or window is None:
            row = as_it_is(
                LayerCost(
                    input=layer.input if layer else (),
                    output=layer.output if layer else (),
                    local_weights=0,
                    dense_weights=0,
                    unknown=None if macs is not None else _called(node),
                    **count,
                )
            )
            return replace(row, shared_with=holder)
        row = windowed(
            window,
            links=real_links(node, layer, window),
            has_bias=isinstance(given.get("bias"), fx.Node),
            tied_biases=self._tied_biases,
            fixed=bool(weight),
            **count,
        )
        if weight and (weight, window) in self._twins:
            # The same weights at the same sizes: their twin is listed already.
            row = replace(row, local_weights=0, dense_weights=0, twin_biases=0)
        self._twins.add((weight, window))
        return replace(row, shared_with=holder)

    def _of(self, argument: Any) -> frozenset[str]:
        return (
            self._reaching.get(argument, frozenset())
            if isinstance(argument, fx.Node)
            else frozenset()
        )

    def _fresh(self, name: str) -> str:
        used = self._names | {layer.name for layer in self._net.layers}
        count = 1
        while (candidate := name if count == 1 else f"{name}:{count}") in used:
            count += 1
        return candidate

    def _elements(self, owners: frozenset[str]) -> int:
        return sum(self._stored[owner].numel() for owner in owners)

    def _itemsize(self, owners: frozenset[str]) -> int:
        sizes = [self._stored[owner].element_size() for owner in owners]
        return max(sizes, default=torch.get_default_dtype().itemsize)

    def _unused(self) -> Iterator[LayerCost]:
        left: dict[str, list[str]] = {}
        for owner in dict.fromkeys(self._owner.values()):
            if owner not in self._claimed:
                module = own_name(owner).rpartition(".")[0]
                left.setdefault(module or own_name(owner), []).append(owner)
        for module, owners in left.items():
            group = frozenset(owners)
            yield as_it_is(
                LayerCost(
                    name=self._fresh(module),
                    kind="unused",
                    input=(),
                    output=(),
                    parameters=self._elements(group),
                    biases=self._elements(frozenset(filter(is_bias, owners))),
                    macs=0,
                    local_weights=0,
                    dense_weights=0,
                    itemsize=self._itemsize(group),
                )
            )


def _owners(net: Network, stored: dict[str, torch.nn.Parameter]) -> dict[str, str]:
    """Map every name of a parameter to the one under which it is counted.

    Tied parameters have several names in the graph and one in the module, which is how many times
    ``sum(p.numel())`` counts them.
    """
    place = {
        name: (tensor.data_ptr() or id(tensor), tuple(tensor.shape), tensor.stride())
        for name, tensor in stored.items()
    }
    counted = [name for name in stored if {name, own_name(name)} & net.parameter_shapes.keys()]
    first = {place[name]: name for name in reversed(counted)}
    return {
        name: name if name in counted else first.get(where, name) for name, where in place.items()
    }


def _called(node: fx.Node) -> str:
    if isinstance(node.target, torch._ops.OpOverload):
        return node.target._schema.name.replace("::", ".")
    return getattr(node.target, "__name__", str(node.target))
