"""The walk: from the input to the output, one rule per operation, no tensor computed."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import fx

import convscope.receptive.rules  # noqa: F401  (registers the rules)
from convscope.network.export import INPUT_RULE
from convscope.network.kinds import READS_SHAPE_ONLY
from convscope.receptive.grids import Grid
from convscope.receptive.registry import Call, Result, operation_name, rule_of
from convscope.receptive.sites import Site, Sites
from convscope.receptive.states import Place, State, Term


@dataclass(frozen=True)
class Walk:
    """What every node of a graph depends on.

    Args:
        states: per node its state; None for constants and numbers, a tuple for several results.
        sites: every site that was made.
        inputs: the site of each input axis.
        unsupported: operations without a rule, by node; they are taken to read everything.
        crosses: nodes whose hull holds more than is read, because they come from branches none of which holds
            the others on all axes (1x7 beside 7x1).
    """

    states: Mapping[fx.Node, Result]
    sites: Sites
    inputs: tuple[Site, ...]
    unsupported: Mapping[str, str]
    crosses: frozenset[str] = frozenset()

    @cached_property
    def by_name(self) -> dict[str, State | None]:
        """The state of each node by its name; the first one of several results."""
        return {
            node.name: state[0] if isinstance(state, tuple) else state
            for node, state in self.states.items()
        }


def walk(graph: fx.GraphModule) -> Walk:
    """Return what every node of a graph depends on.

    Args:
        graph: ATen operations with concrete ``meta["val"]`` and one tensor placeholder ``(B, C, *S)``.
    """
    sites = Sites()
    states: dict[fx.Node, Result] = {}
    unsupported: dict[str, str] = {}
    inputs: tuple[Site, ...] = ()
    for node in graph.graph.nodes:
        if node.op == "placeholder" and isinstance(node.meta["val"], torch.Tensor):
            shape = tuple(int(n) for n in node.meta["val"].shape)
            inputs = tuple(sites.input(n) for n in shape[2:])
            field = tuple((Term(site, Grid((d + 2,))),) for d, site in enumerate(inputs))
            states[node] = State(shape, (field,))
        elif node.op != "call_function" or not any(
            states.get(source) is not None for source in node.all_input_nodes
        ):
            states[node] = None
        else:
            states[node] = _step(
                node, graph, states, Place(sites, node.name), len(inputs), unsupported
            )
    crossed: set[str] = set()
    for node in graph.graph.nodes:
        sources = (source.name for source in node.all_input_nodes)
        if node.name in sites.crosses or any(name in crossed for name in sources):
            crossed.add(node.name)
    return Walk(states, sites, inputs, unsupported, frozenset(crossed))


def _step(
    node: fx.Node,
    graph: fx.GraphModule,
    states: dict[fx.Node, Result],
    place: Place,
    axes: int,
    unsupported: dict[str, str],
) -> Result:
    if node.target is operator.getitem:
        source = states[node.args[0]]  # type: ignore[index]
        return source[node.args[1]] if isinstance(source, tuple) else source  # type: ignore[index]
    value = node.meta.get("val")
    tensors = value if isinstance(value, list | tuple) else (value,)
    name = operation_name(node)
    if name in READS_SHAPE_ONLY or not any(isinstance(v, torch.Tensor) for v in tensors):
        return None
    call = Call(node, states, place, graph, axes)
    if all(0 in shape for shape in call.shapes):
        return None
    if node.meta.get("module") == INPUT_RULE:
        return _preprocessed(call)
    found = rule_of(node)
    if found is None:
        unsupported[node.name] = name
        return call.envelope(f"unsupported:{name}")
    return found(call)


def _preprocessed(call: Call) -> State | None:
    """Return the input's own state: a sample's mean, subtracted before the network, is not part of its field."""
    return next((state for state in call.operands if state.shape == call.shape), None)
