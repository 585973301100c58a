"""One node of the graph, as the rules see it; and the table in which they are found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from convscope.features.circuits.window import Window
from convscope.network.aten import operation
from convscope.network.kinds import READS_SHAPE_ONLY
from convscope.network.layers import arguments, attribute

Passed = Iterator[tuple[fx.Node, Window]]
Rule = Callable[["Call", Window], Passed]
RULES: dict[str, Rule] = {}
UNFOLLOWED = "Not followed: {}."
"""What a rule notes of an operation through which no kernel leads."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of the operations ``names``."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return enter


class Values:
    """What the nodes of a graph hold that do not depend on its input: weights, and what is made of them.

    Args:
        graph: an exported network.
        dtype: the number type in which floating values are handed out.
    """

    def __init__(self, graph: fx.GraphModule, dtype: torch.dtype):
        self.dtype = dtype
        self._graph = graph
        self._known: dict[fx.Node, Any] = {}
        self._from_data: set[fx.Node] = set()
        for node in graph.graph.nodes:
            fed = any(source in self._from_data for source in node.all_input_nodes)
            if node.op == "placeholder" or (fed and operation(node) not in READS_SHAPE_ONLY):
                self._from_data.add(node)

    def depends(self, argument: object) -> bool:
        """Tell whether an argument is a tensor that depends on the network's input."""
        return (
            isinstance(argument, fx.Node)
            and argument in self._from_data
            and not isinstance(argument.meta.get("val"), int | float | bool)
        )

    def __getitem__(self, argument: Any) -> Any:
        """Return what an argument stands for; a tensor that depends on the input as zeros of its shape."""
        if isinstance(argument, list | tuple):
            return [self[item] for item in argument]
        if not isinstance(argument, fx.Node):
            return argument
        if argument not in self._known:
            self._known[argument] = self._worked_out(argument)
        return self._known[argument]

    def _worked_out(self, node: fx.Node) -> Any:
        value = node.meta.get("val")
        if isinstance(value, int | float | bool):
            return value
        if node in self._from_data:
            assert isinstance(value, Tensor)
            return torch.zeros(shape_of(node), dtype=self.dtype)
        if node.op == "get_attr":
            found = attribute(self._graph, node)
        else:
            given = (self[list(node.args)], {key: self[item] for key, item in node.kwargs.items()})
            assert callable(node.target)
            found = node.target(*given[0], **given[1])
        if isinstance(found, Tensor):
            found = found.detach().cpu()
            return found.to(self.dtype) if found.is_floating_point() else found
        return found


@dataclass(frozen=True, eq=False)
class Call:
    """One node, its arguments, and where its rule says what it took for granted.

    Args:
        node: the node.
        values: what its constant arguments hold.
        notes: filled by the rules: what was taken for granted on the way.
    """

    node: fx.Node
    values: Values
    notes: set[str]

    @property
    def given(self) -> dict[str, Any]:
        """The node's arguments by name, numbers concrete."""
        return arguments(self.node)

    def data(self, name: str) -> fx.Node | None:
        """Return an argument if it is a tensor that depends on the network's input."""
        argument = self.given.get(name)
        return argument if self.values.depends(argument) else None

    def constant(self, name: str) -> Tensor | None:
        """Return an argument that is a tensor of weights; None where there is none."""
        argument = self.given.get(name)
        if not isinstance(argument, fx.Node) or self.values.depends(argument):
            return None
        return self.values[argument]


def shape_of(node: fx.Node) -> tuple[int, ...]:
    """Return the shape of a node's output, of its first one where there are several."""
    value = node.meta["val"]
    value = value[0] if isinstance(value, list | tuple) else value
    return tuple(int(size) for size in value.shape)
