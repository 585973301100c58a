"""Operations that write into a tensor become operations that make a new one.

A tap must not see its value overwritten later. torch's own pass does this for any program by tracing it
again, which takes longer than the export itself (a minute for a Swin with a symbolic batch). Here each
write is replaced by its plain twin, where it stands. A write through a view (``x[:, 1:] += y``) makes
the new part, puts it back into a new whole, and whoever reads the whole, or another view of it,
afterwards reads from there. Only where memory may or may not be shared does torch's pass run.
"""

from collections.abc import Set
from typing import Any

import torch
from torch import fx
from torch.export import ExportedProgram

from convscope.network.aten import operation
from convscope.network.views import (
    UnclearError,
    inverse,
    path_to,
    put_back,
    shares,
    steps_of,
    value_of,
    writes,
)

_ATEN = torch.ops.aten

_VALUES_UNREAD = {"sym_size", "sym_stride", "sym_numel", "_assert_tensor_metadata"}


def functional(program: ExportedProgram) -> ExportedProgram:
    """Return a program without operations that write in place; the given one may be changed.

    Args:
        program: an exported program.
    """
    if not any(map(writes, program.graph.nodes)):
        return program
    # The work is done on a copy: what is unclear may show late, and torch's pass needs the original.
    graph = fx.Graph()
    graph.output(graph.graph_copy(program.graph, {}))
    graph.output_node().meta = program.graph.output_node().meta
    returned: Any = graph.output_node().args[0]
    inputs = {str(name) for name in program.graph_signature.user_inputs}
    try:
        for node in list(graph.nodes):
            if writes(node):
                _replace(graph, node, inputs)
    except UnclearError:
        return program.run_decompositions({})
    for node in graph.nodes:
        # What was put back may lie in memory in another order, in which a view is not possible.
        if node.target in (_ATEN.view.default, _ATEN._unsafe_view.default):
            node.target = _ATEN.reshape.default
    final: Any = graph.output_node().args[0]
    for old, new in zip(returned, final, strict=True):
        if old is not new:
            program.graph_signature.replace_all_uses(old.name, new.name)
    program.graph_module.graph = graph
    program.graph_module.recompile()
    return program


def _replace(graph: fx.Graph, node: fx.Node, inputs: Set[str]) -> None:
    if _copies_itself(node):
        node.replace_all_uses_with(node.args[0])  # type: ignore[arg-type]
        graph.erase_node(node)
    else:
        _Write(graph, node, inputs).replace()


class _Write:
    """One write: what it writes to, what that is a view of, and who reads any of it afterwards.

    Args:
        graph: the graph; the writes before this one are replaced already.
        node: the node that writes.
        inputs: the names of the program's inputs, parameters and buffers not among them.
    """

    def __init__(self, graph: fx.Graph, node: fx.Node, inputs: Set[str]):
        self._graph, self._node = graph, node
        self._order = {other: i for i, other in enumerate(graph.nodes)}
        # From the tensor that holds the memory down to the view that is written.
        self._path = path_to(node.args[0])
        self._written = self._path[-1]
        root = self._path[0]
        if root.op != "call_function" and root.name not in inputs:
            raise UnclearError

    def replace(self) -> None:
        """Put the plain operation in the place of the write."""
        readers = {
            view: found for view in self._below(self._path[0]) if (found := self._readers(view))
        }
        # As little as possible is put together again: the smallest view that holds all that is read.
        fitting = [i for i, view in enumerate(self._path) if readers.keys() <= self._below(view)]
        path = self._path[
            max(i for i in fitting if not isinstance(self._path[i].meta["val"], list | tuple)) :
        ]
        chains = [path, *(path_to(view)[len(self._path) - len(path) :] for view in readers)]
        if any(shares(step) is None for chain in chains for step in chain[1:]):
            raise UnclearError
        steps = steps_of(path)
        for view, whole in steps:
            inverse(view, view, whole)  # nothing is changed before it is known that all can be
        readers.setdefault(self._written, []).extend(self._readers(self._node))
        is_last = not self._is_written_again()
        _make_plain(self._node)
        with self._graph.inserting_before(self._node.next):
            made = {path[0]: self._whole(steps)}
            if is_last:
                made.setdefault(self._written, self._node)
            for view in sorted(readers, key=self._order.__getitem__):
                if readers[view]:
                    self._again(view, made)
        for view, found in readers.items():
            for reader in found:
                self._redirect(reader, view, made[view])

    def _below(self, view: fx.Node) -> set[fx.Node]:
        """Return the views of a tensor that exist before the write, itself included."""
        found, frontier = {view}, [view]
        while frontier:
            for user in frontier.pop().users:
                if (
                    shares(user) is not False
                    and self._order[user] < self._order[self._node]
                    and user not in found
                ):
                    found.add(user)
                    frontier.append(user)
        return found

    def _readers(self, view: fx.Node) -> list[fx.Node]:
        return [
            user
            for user in view.users
            if self._order[user] > self._order[self._node] and operation(user) not in _VALUES_UNREAD
        ]

    def _is_written_again(self) -> bool:
        later = (other for other in self._order if self._order[other] > self._order[self._node])
        return any(writes(other) and path_to(other.args[0])[0] is self._path[0] for other in later)

    def _whole(self, steps: list[tuple[fx.Node, fx.Node]]) -> fx.Node:
        """Put the new part back, view by view, into what it is a part of."""
        part = self._node
        for view, whole in steps:
            part = put_back(self._graph, part, view, whole)
        return part

    def _again(self, view: fx.Node, made: dict[fx.Node, fx.Node]) -> fx.Node:
        """Take a view once more, of the new whole."""
        if view not in made:
            source: Any = view.args[0]
            self._again(source, made)
            made[view] = self._graph.node_copy(
                view, lambda arg: made[arg] if arg is source else arg
            )
        return made[view]

    def _redirect(self, reader: fx.Node, old: fx.Node, new: fx.Node) -> None:
        for read in (old, self._node) if old is self._written else (old,):
            if read is not new:
                reader.replace_input_with(read, new)


def _copies_itself(node: fx.Node) -> bool:
    """Return whether a place is copied onto itself, which is how ``x[0] += y`` ends."""
    if operation(node) != "copy_":
        return False
    (root, *to), (other, *source) = path_to(node.args[0]), path_to(node.args[1])
    steps = [[(step.target, step.args[1:], step.kwargs) for step in path] for path in (to, source)]
    return root is other and steps[0] == steps[1]


def _make_plain(node: fx.Node) -> None:
    """Turn a write into an operation that returns what would have been written."""
    name, written = operation(node), value_of(node.args[0])
    if name == "zero_" or (name == "fill_" and not isinstance(node.args[1], fx.Node)):
        node.args = (node.args[0], 0 if name == "zero_" else node.args[1])
        node.target = _ATEN.full_like.default
        return
    if name in ("copy_", "fill_"):
        source: Any = node.args[1]
        if value_of(source).dtype != written.dtype:
            source = _before(node, _ATEN.to.dtype, (source, written.dtype))
        if str(value_of(source).shape) != str(written.shape):
            source = _before(node, _ATEN.expand_as.default, (source, node.args[0]))
        node.target, node.args, node.kwargs = _ATEN.clone.default, (source,), {}
        return
    if any(
        v.is_floating_point() and v.dtype != written.dtype
        for v in map(value_of, node.all_input_nodes)
    ):
        raise UnclearError  # the plain operation would return another type
    name = name.rstrip("_")
    packet = getattr(_ATEN, name, None)
    assert isinstance(node.target, torch._ops.OpOverload)
    plain = getattr(packet, node.target._overloadname, None)
    if plain is None or operation(node) == name:
        raise UnclearError
    node.target = plain


def _before(node: fx.Node, target: Any, args: tuple[Any, ...]) -> fx.Node:
    with node.graph.inserting_before(node):
        new = node.graph.call_function(target, args)
    new.meta = {
        **node.meta,
        "val": target(*(arg.meta["val"] if isinstance(arg, fx.Node) else arg for arg in args)),
    }
    return new
