"""An input rule in front of a program that has none: the graph is lengthened, not exported again.

Exporting a program once more loses the paths of its modules, and with them the names of its layers.
"""

from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, InputSpec, TensorArgument

from convscope.errors import SpecError
from convscope.network.inputs import PER_SAMPLE, InputRule, Preprocessed

_ATEN = torch.ops.aten


def user_input(program: ExportedProgram) -> fx.Node:
    """Return the node of a program's one input.

    Raises:
        SpecError: it takes several.
    """
    names = set(program.graph_signature.user_inputs)
    found = [node for node in program.graph.nodes if node.name in names]
    if len(found) != 1 or not isinstance(found[0].meta.get("val"), torch.Tensor):
        raise SpecError(
            f"The saved program takes {len(found)} inputs; convscope looks at networks of one tensor."
        )
    return found[0]


def own_shape(program: ExportedProgram) -> tuple[int, ...]:
    """Return the shape of the sample that a program was exported with."""
    sizes = user_input(program).meta["val"].shape[1:]
    return tuple(int(getattr(getattr(size, "node", None), "hint", size)) for size in sizes)


def accepts(program: ExportedProgram, shape: tuple[int, ...]) -> bool:
    """Return whether a program was exported for samples of this shape, among others."""
    sizes = user_input(program).meta["val"].shape[1:]
    if len(sizes) != len(shape):
        return False
    bound: dict[Any, int] = {}
    for size, asked in zip(sizes, shape, strict=True):
        if isinstance(size, int):
            if size != asked:
                return False
            continue
        symbol = size.node.expr
        limits = program.range_constraints.get(symbol)
        if limits is not None and not limits.lower <= asked <= limits.upper:
            return False
        if bound.setdefault(symbol, asked) != asked:
            return False
    return True


def put_rule_in_front(program: ExportedProgram, rule: InputRule) -> None:
    """Let a program begin with ``(x - mean) / std``, in place.

    Args:
        program: a program of one input.
        rule: the rule; its shape is one that the program accepts.
    """
    x = user_input(program)
    after = x.next
    front = _Front(program, x, rule.dims)
    readers = list(x.users)
    if rule.mean is not None:
        mean = (
            front.step(_ATEN.mean.dim, front.result, front.axes, True)
            if rule.mean == PER_SAMPLE
            else front.constant("_input_mean", rule.mean)
        )
        front.result = front.step(_ATEN.sub.Tensor, front.result, mean)
    if rule.std is not None:
        if rule.std == PER_SAMPLE:
            spread = front.step(
                _ATEN.std.correction, front.result, front.axes, correction=0, keepdim=True
            )
            std = front.step(_ATEN.clamp_min.default, spread, 1e-8)
        else:
            std = front.constant("_input_std", rule.std)
        front.result = front.step(_ATEN.div.Tensor, front.result, std)
    assert after is not None
    for reader in readers:
        reader.replace_input_with(x, front.result)
    program.graph.lint()
    program.graph_module.recompile()


class _Front:
    """The steps before a program's first."""

    def __init__(self, program: ExportedProgram, x: fx.Node, dims: int):
        self._program, self.result = program, x
        self._x = x
        self._last = next(n for n in reversed(program.graph.nodes) if n.op == "placeholder")
        self._dims = dims
        self.axes = list(range(1, dims + 2))

    def step(self, target: Any, *args: Any, **settings: Any) -> fx.Node:
        with self._program.graph.inserting_after(self._last):
            node = self._program.graph.call_function(target, args, settings)
        self._last = node
        values = [arg.meta["val"] if isinstance(arg, fx.Node) else arg for arg in args]
        node.meta["val"] = target(*values, **settings)
        kind = f"{Preprocessed.__module__}.{Preprocessed.__qualname__}"
        node.meta["nn_module_stack"] = {"": ("", kind)}
        return node

    def constant(self, name: str, values: Any) -> fx.Node:
        """Store a number per channel with the program, as a buffer."""
        stored = torch.tensor(values).reshape(1, -1, *(1,) * self._dims)
        first = next(iter(self._program.graph.nodes))
        with self._program.graph.inserting_before(first):
            node = self._program.graph.placeholder(f"b_{name}")
        fake = self._x.meta["val"]
        assert isinstance(fake, FakeTensor)
        node.meta["val"] = fake.fake_mode.from_tensor(stored)
        self._program.graph_signature.input_specs.insert(
            0, InputSpec(InputKind.BUFFER, TensorArgument(node.name), name, persistent=True)
        )
        self._program.state_dict[name] = stored
        return node
