"""A graph is made again, node by node; whoever rewrites it says what stands in the place of which node.

The weights are shared: the new graph reads the same parameters, by the same names. Every new node knows
its shape at once, so that the next decision can be taken from shapes that are already the new ones.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.node import map_arg

from convscope.network.aten import operation
from convscope.network.export import ADDED, quiet

Handler = Callable[["Rebuild", fx.Node], Any]
"""What returns the new value of a node: a node, a list of nodes, or None for a plain copy."""


class Rebuild:
    """A copy of a graph in the making.

    Args:
        source: the graph; it is left as it is. Every node carries its concrete value in ``meta["val"]``.
        name: of the rewrite; the steps that it adds to a network are named by it.
    """

    def __init__(self, source: fx.GraphModule, name: str):
        self.source = source
        self.name = name
        self.graph = fx.Graph()
        self.graph.set_codegen(source.graph._codegen)  # how outputs are packed
        self.made: dict[fx.Node, Any] = {}
        self.any_size = True  # until something is put down that is right at the loaded size only
        self._held: dict[str, Any] = {}
        placeholder = next(n for n in source.graph.nodes if n.op == "placeholder")
        self._mode = placeholder.meta["val"].fake_mode

    def run(self, handle: Handler) -> fx.GraphModule:
        """Return the new graph: ``handle(rebuild, node)`` for each operation, all else copied."""
        for node in self.source.graph.nodes:
            made = handle(self, node) if node.op == "call_function" else None
            self.made[node] = self.copy(node) if made is None else made
        self.graph.eliminate_dead_code()
        read = {str(n.target) for n in self.graph.nodes if n.op in ("get_attr", "call_module")}
        held = {
            name: self._held[name] if name in self._held else _held_by(self.source, name)
            for name in sorted(read)
        }
        module = fx.GraphModule(held, self.graph)
        module.train(self.source.training)
        return module

    def copy(self, node: fx.Node, **changed: Any) -> fx.Node:
        """Return a copy of a node that reads what its sources have become.

        Args:
            node: of the source graph.
            changed: arguments by their place (``_0=...``) that are other ones.
        """
        new = self.graph.node_copy(node, lambda source: self.made[source])
        for place, value in changed.items():
            new.update_arg(int(place[1:]), value)
        new.meta = dict(node.meta)
        if node.op == "call_function" and self._differs(node, new):
            new.meta["val"] = self._value(new)
        return new

    def call(
        self, target: Any, *args: Any, like: fx.Node, added: bool = True, **kwargs: Any
    ) -> fx.Node:
        """Return a new node.

        Args:
            target: the operation.
            args: its arguments.
            like: the node in whose module it stands.
            added: whether the step is the rewrite's, or takes the place of ``like`` and its name.
            kwargs: its arguments by name.
        """
        node = self.graph.call_function(target, _without_defaults(target, args), kwargs)
        self._stand(node, like, added)
        node.meta["val"] = self._value(node)
        return node

    def constant(self, value: Tensor, what: str, like: fx.Node) -> fx.Node:
        """Return a node for a tensor that is the rewrite's own, held by the network as a buffer."""
        name = f"{self.name}_{what}"
        taken = {str(n.target) for n in self.source.graph.nodes if n.op == "get_attr"}
        if name not in self._held and name in taken:
            name = f"{name}_{sum(one.startswith(name) for one in taken)}"
        self._held[name] = value
        node = self.graph.create_node("get_attr", name)
        self._stand(node, like, True)
        node.meta["val"] = value
        return node

    def read(self, node: fx.Node) -> fx.Node:
        """Return what the first source of a node has become."""
        source: Any = node.args[0]
        return self.made[source]

    def valued(self, node: fx.Node) -> Any:
        """Return the value of a new node whose arguments were changed by hand."""
        return self._value(node)

    def _stand(self, node: fx.Node, like: fx.Node, added: bool) -> None:
        node.meta = {key: item for key, item in like.meta.items() if key != "val"}
        if not added:
            return
        stack = dict(like.meta.get("nn_module_stack") or {})
        path = next(reversed(stack.values()))[0] if stack else ""
        node.meta["nn_module_stack"] = {**stack, ADDED: (path, ADDED + self.name)}
        node.meta["module_type"] = ADDED + self.name

    def _differs(self, node: fx.Node, new: fx.Node) -> bool:
        return any(
            _seen(old.meta.get("val")) != _seen(now.meta.get("val"))
            for old, now in zip(node.all_input_nodes, new.all_input_nodes, strict=False)
        ) or len(node.all_input_nodes) != len(new.all_input_nodes)

    def _value(self, node: fx.Node) -> Any:
        values = map_arg((node.args, node.kwargs), lambda source: source.meta["val"])
        args: Any = values[0]
        kwargs: Any = values[1]
        if operation(node) == "batch_norm":
            with self._mode:
                return torch.empty_like(args[0])  # as in export: half of the time otherwise
        with self._mode, torch.no_grad(), quiet():
            return node.target(*args, **kwargs)  # type: ignore[operator]


def _held_by(module: fx.GraphModule, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _without_defaults(target: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Leave out last arguments that are the defaults, as a saved program does: equal networks are written alike."""
    schema = target._schema.arguments if isinstance(target, torch._ops.OpOverload) else ()
    end = len(args)
    while 0 < end <= len(schema):
        argument = schema[end - 1]
        if not argument.has_default_value() or argument.default_value != args[end - 1]:
            break
        end -= 1
    return args[:end]


def _seen(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.shape, value.dtype
    if isinstance(value, list | tuple):
        return tuple(map(_seen, value))
    return value
