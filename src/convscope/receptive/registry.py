"""Rules: what the outputs of one operation read, by the operation's name. Users can add their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import fx
from torch.fx.node import map_arg

from convscope.network.layers import arguments
from convscope.receptive.algebra import contract, merge
from convscope.receptive.grids import Shape
from convscope.receptive.states import Place, State

Result = State | None | tuple[State | None, ...]
Rule = Callable[["Call"], Result]
_RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register the rule of one or more operations.

    Args:
        names: ATen names without overload (``"conv2d"``), or full names (``"mylib::op"``).

    Returns:
        A decorator for a function that takes a ``Call`` and returns the state of the result (a tuple for an
        operation with several results; None for one that does not depend on the input).

    >>> @rule("mylib::blend")
    ... def blend(call):
    ...     return call.elementwise()
    """

    def register(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


def rule_of(node: fx.Node) -> Rule | None:
    """Return the rule of a node's operation; None if there is none."""
    name = operation_name(node)
    found = (
        _RULES.get(name) or _RULES.get(name.rstrip("_")) or _RULES.get(name.removesuffix("_copy"))
    )
    if found is None and torch.Tag.pointwise in getattr(node.target, "tags", ()):
        return Call.elementwise
    return found


def operation_name(node: fx.Node) -> str:
    """Return the name under which a node's operation is registered: ``conv2d``, ``mylib::op``."""
    schema = getattr(node.target, "_schema", None)
    return str(node.target) if schema is None else schema.name.removeprefix("aten::")


@dataclass(frozen=True)
class Call:
    """One operation of the graph, with what its operands depend on.

    Args:
        node: the operation.
        states: the states of all earlier nodes.
        place: where sites are made.
        graph: the graph, for the values of constants.
        axes: number of input axes.
    """

    node: fx.Node
    states: dict[fx.Node, Result]
    place: Place
    graph: fx.GraphModule
    axes: int

    @cached_property
    def given(self) -> dict[str, Any]:
        """The arguments by the names of the schema; numbers concrete, tensors as nodes."""
        return arguments(self.node)

    def __getitem__(self, name: str) -> Any:
        return self.given[name]

    def state(self, name: str) -> State | None:
        """Return the state of an operand; None for a constant or an absent one."""
        return self.state_of(self.given.get(name))

    def state_of(self, value: object) -> State | None:
        """Return the state of a node among the arguments."""
        found = self.states.get(value) if isinstance(value, fx.Node) else None
        assert not isinstance(found, tuple)
        return found

    @property
    def operands(self) -> list[State]:
        """The states of all operands that depend on the input."""
        return [state for node in self.node.all_input_nodes for state in _flat(self.states[node])]

    @property
    def input(self) -> State:
        """The state of the first operand, which depends on the input."""
        first = next(iter(self.given.values()))
        state = self.state_of(first)
        return state if state is not None else self.operands[0]

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of the results."""
        value = self.node.meta["val"]
        values = value if isinstance(value, list | tuple) else (value,)
        return tuple(tuple(int(n) for n in v.shape) for v in values if isinstance(v, torch.Tensor))

    @property
    def shape(self) -> Shape:
        """The shape of the (first) result."""
        return self.shapes[0]

    @property
    def name(self) -> str:
        """The operation's name, without the mark of an in-place form."""
        return operation_name(self.node).strip("_")

    def shape_of(self, node: fx.Node) -> Shape:
        """Return the shape of a tensor among the arguments."""
        return tuple(int(n) for n in node.meta["val"].shape)

    def dims(self, name: str = "dim", rank: int | None = None) -> list[int]:
        """Return an argument that names dimensions, as a list without negative numbers; all if it is empty."""
        rank = len(self.input.shape) if rank is None else rank
        value = self.given.get(name)
        values = [value] if isinstance(value, int) else list(value if value is not None else [])
        return [d % rank for d in values] or list(range(rank))

    def constant(self, node: fx.Node) -> torch.Tensor | None:
        """Return the value of a tensor that does not depend on the input; None if it does."""
        if self.states.get(node) is not None:
            return None
        values: dict[fx.Node, Any] = {}
        return _evaluated(node, self.graph, values)

    def elementwise(self) -> Result:
        """Return the state of a result each of whose elements reads the operands' elements at its place."""
        return self.each(lambda shape: merge(self.operands, shape, self.place))

    def each(self, result: Callable[[Shape], State]) -> Result:
        """Return one state, or one per result for an operation with several."""
        found = tuple(result(shape) for shape in self.shapes)
        return found if isinstance(self.node.meta["val"], list | tuple) else found[0]

    def envelope(self, reason: str) -> Result:
        """Return the state of a result that may read every element of every operand."""
        every = [contract(s, range(len(s.shape)), self.place, reason) for s in self.operands]
        return self.each(lambda shape: merge(every, shape, self.place))


def _flat(result: Result) -> Iterator[State]:
    for state in result if isinstance(result, tuple) else (result,):
        if state is not None:
            yield state


def _evaluated(node: fx.Node, graph: fx.GraphModule, values: dict[fx.Node, Any]) -> Any:
    if node not in values:
        if node.op == "get_attr":
            value: Any = graph
            for part in str(node.target).split("."):
                value = getattr(value, part)
            values[node] = value
        elif isinstance(node.meta.get("val"), int | float | bool):
            values[node] = node.meta["val"]
        elif node.op != "call_function":
            return None
        else:
            args, kwargs = map_arg((node.args, node.kwargs), lambda n: _evaluated(n, graph, values))
            assert callable(node.target)
            values[node] = node.target(*args, **kwargs)
    return values[node]
