"""From an ``nn.Module`` to a plain graph of ATen operations.

The question: how can one representation serve counting, receptive fields, taps and repair? Module hooks
miss functional calls, reused modules and branches; a graph of the operations that really run misses
nothing. ``torch.export`` gives that graph, with the module path of each operation. Three things are
then done to it here: in-place operations become functional (a tap must not see its value overwritten),
checks that compute nothing are dropped, and every node is given its concrete shape.
"""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    FakeTensorMode,
    unset_fake_temporarily,
)
from torch.export import Dim, ExportedProgram

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.functional import functional
from convscope.network.inline import inline_regions
from convscope.network.inputs import InputRule, Preprocessed
from convscope.network.taps import cut

# Sizes of attention windows and token grids are computed from the image size; solving for them
# symbolically can take minutes (106 s for torchvision's swin_t), to find in the end that they are fixed.
# The same holds for padding that is computed from the size (TensorFlow's "same"), and for recurrent
# layers, of which every step is traced.
_FIXED_SPACE = re.compile(
    r"attention|attn|swin|window|transformer|mixer|vit|partition|same|^(lstm|gru|rnn)$",
    re.IGNORECASE,
)

INPUT_RULE = "(input rule)"
"""Module path of the nodes that preprocess the input."""

ADDED = "convscope.network.rewriting."
"""Before the class of what a rewrite added; the module path of such a node is that of the node it serves."""

_CHECKS = {
    "_assert_scalar",
    "_assert_tensor_metadata",
    "_assert_async",
    "sym_constrain_range",
    "sym_constrain_range_for_size",
}


@dataclass(frozen=True)
class Exported:
    """A network as a graph.

    Args:
        program: what ``torch.export`` returned; it can be saved.
        graph: the same program with its parameters as attributes and every node's shape known.
        dynamic_batch: whether any number of samples can be passed at once.
        dynamic_space: whether samples of other sizes can be passed.
    """

    program: ExportedProgram
    graph: fx.GraphModule
    dynamic_batch: bool
    dynamic_space: bool


def refuse_script(module: nn.Module) -> None:
    """Raise a SpecError for a TorchScript module, whose Python is lost, so that nothing here can follow it."""
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise SpecError(
            "The network is, or holds, a TorchScript module (torch.jit.script, torch.jit.trace or torch.jit.load), "
            "which torch.export cannot follow. Give the Python module that it was made from; its weights, if only "
            "the script is left, are torch.jit.load(FILE).state_dict()."
        )


def export(module: nn.Module, rule: InputRule) -> Exported:
    """Export a network, with its preprocessing, for any batch and, where the network allows it, any size.

    Args:
        module: the network in eval mode; takes one tensor of shape ``(B, *rule.shape)``.
        rule: its input.

    Raises:
        SpecError: the network cannot take such an input, or torch cannot export it; with torch's reason.
    """
    refuse_script(module)
    wrapped = Preprocessed(module, rule).eval()
    program = _export(wrapped, rule)
    return from_program(program, rule)


def from_program(program: ExportedProgram, rule: InputRule) -> Exported:
    """Return a program, exported by convscope or by the user, as a graph with concrete shapes.

    Raises:
        SpecError: its operations cannot be followed; with torch's reason.
    """
    try:
        return _from_program(program, rule)
    except SpecError:
        raise
    except Exception as error:  # torch raises anything
        raise SpecError(
            f"The exported network cannot be followed at {_by(rule.shape)}: {_said(error)}. Try another size with "
            "--input, or load only the part of the network before it."
        ) from error


def _from_program(program: ExportedProgram, rule: InputRule) -> Exported:
    inline_regions(program.graph_module)
    with quiet():
        graph = functional(program).module(check_guards=False)
    assert isinstance(graph, fx.GraphModule)
    # torch's own check of the input compares with the shapes that are made concrete below.
    graph._forward_pre_hooks.clear()
    for node in list(graph.graph.nodes):
        if operation(node) in _CHECKS:
            graph.graph.erase_node(node)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    value = next(n for n in graph.graph.nodes if n.op == "placeholder").meta["val"]
    dynamic = [not isinstance(size, int) for size in value.shape]
    for node in graph.graph.nodes:
        node.meta["module"], node.meta["module_type"] = _module_of(node)
    try:
        # Everything is counted per sample, whatever batch a program was exported with.
        concretise(graph, (1, *rule.shape))
    except Exception as error:  # torch raises anything
        if dynamic[0] or value.shape[0] == 1:
            raise
        raise SpecError(
            f"The program was exported for batches of {value.shape[0]} samples and for no other number "
            f"({_said(error)}). Export it with one sample, or with dynamic_shapes for the batch."
        ) from error
    return Exported(program, graph, dynamic[0], any(dynamic[2:]))


def concretise(
    graph: fx.GraphModule, shape: tuple[int, ...], dtype: torch.dtype | None = None
) -> None:
    """Set ``node.meta["val"]`` of every node to a fake tensor (or a number) for an input of this shape."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with mode:
        sample = torch.empty(shape, dtype=dtype)
    with torch.no_grad(), quiet():
        _Shapes(graph).run(mode, sample)


class _Shapes(fx.Interpreter):
    def __init__(self, graph: fx.GraphModule):
        super().__init__(graph)
        self.extra_traceback = False  # an error's message is for the user

    def run(self, mode: FakeTensorMode, *args: Any) -> Any:  # type: ignore[override]
        with mode:
            return super().run(*args)

    def run_node(self, n: fx.Node) -> Any:
        if n.target is torch.ops.aten.batch_norm.default:
            # Its shape is its input's; torch would work that out in a dozen steps, half of all the time.
            source = n.args[0]
            assert isinstance(source, fx.Node)
            n.meta["val"] = torch.empty_like(source.meta["val"])
            return n.meta["val"]
        try:
            value = super().run_node(n)
        except DataDependentOutputException as error:
            value = self._read(n, error)
        n.meta["val"] = value
        return value

    def _read(self, node: fx.Node, error: Exception) -> Any:
        """Return a number that the network reads off a tensor, which must be one of its weights."""
        assert isinstance(self.module, fx.GraphModule)
        smaller = cut(self.module, {"value": node.name})
        if any(n.op == "placeholder" and n.users for n in smaller.graph.nodes):
            raise SpecError(
                "The network reads a number off a tensor that depends on the input "
                f"({operation(node)} in {node.meta['module'] or 'its forward method'}), so its steps are not the "
                "same for every sample. Keep it a tensor: leave out .item(), float() or int()."
            ) from error
        with unset_fake_temporarily():
            return smaller(torch.zeros(()))["value"]


def _module_of(node: fx.Node) -> tuple[str, str]:
    """Return the path and the class of the module in which a node runs, as the network's author knows them.

    Both are ``INPUT_RULE`` for the preprocessing, which is not part of the author's network.
    """
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "", ""
    path, kind = str(stack[-1][0]), str(stack[-1][1])
    if str(stack[0][1]).endswith("inputs.Preprocessed"):
        if len(stack) == 1:
            return INPUT_RULE, INPUT_RULE
        path = path.partition(".")[2]
    # torch marks the second call of a module as "path@1".
    return re.sub(r"@\d+", "", path), kind if kind.startswith(ADDED) else kind.rpartition(".")[2]


def exported_again(
    graph: fx.GraphModule, rule: InputRule, *, dynamic_batch: bool, dynamic_space: bool
) -> ExportedProgram:
    """Return a program of a graph that was rewritten, so that it can be saved; weights are shared.

    Args:
        graph: the graph.
        rule: the shape of one sample.
        dynamic_batch: whether it takes any number of samples.
        dynamic_space: whether it takes samples of other sizes.

    Raises:
        SpecError: torch cannot export it.
    """
    axes = [0] * dynamic_batch + list(range(2, 2 + rule.dims)) * dynamic_space
    x = torch.zeros(2 if dynamic_batch else 1, *rule.shape)
    attempts = [dict.fromkeys(axes, Dim.AUTO), dict.fromkeys(axes[:1] * dynamic_batch, Dim.AUTO)]
    reason: Exception | None = None
    for dynamic in attempts:
        try:
            with quiet():
                return torch.export.export(
                    graph, (x,), dynamic_shapes=(dynamic,) if dynamic else None
                )
        except Exception as error:  # torch raises anything
            reason = reason or error
    assert reason is not None
    raise SpecError(
        f"The rewritten network cannot be exported, and so not be saved: {_said(reason)}."
    ) from reason


def _export(wrapped: Preprocessed, rule: InputRule) -> ExportedProgram:
    axes = range(2, 2 + rule.dims)
    kinds = {type(child).__name__ for child in wrapped.modules()}
    batch: dict[int, Any] = {0: Dim.AUTO}
    attempts: list[tuple[int, dict[int, Any], bool]] = [
        (2, batch, False),
        (1, {}, False),
        (2, batch, True),
    ]
    if not any(_FIXED_SPACE.search(kind) for kind in kinds):
        attempts.insert(0, (2, batch | dict.fromkeys(axes, Dim.AUTO), False))
    reason: Exception | None = None
    for samples, dynamic, strict in attempts:
        x = torch.zeros(samples, *rule.shape)
        try:
            with quiet():
                return torch.export.export(
                    wrapped, (x,), dynamic_shapes=(dynamic,) if dynamic else None, strict=strict
                )
        except Exception as error:  # torch and the user's model raise anything
            reason = reason or error
    assert reason is not None
    raise SpecError(_why_not(wrapped, rule, reason)) from reason


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what torch logs and prints of shapes that do not fit, hundreds of lines, off the user's terminal."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _why_not(wrapped: Preprocessed, rule: InputRule, reason: Exception) -> str:
    size = _by(rule.shape)
    try:
        with torch.no_grad(), quiet():
            wrapped(torch.zeros(1, *rule.shape))
    except Exception as error:  # the user's model raises anything
        said = _said(error)
        if "positional argument" in said:
            return (
                f"The network wants more than one input ({said}). convscope looks at networks of one "
                "tensor; wrap yours in a module whose forward(x) supplies the other inputs."
            )
        return (
            f"The network does not take an input of {size}: {said}. "
            "Give the size of one sample, without the batch, as --input CxHxW (sound CxL, volumes CxDxHxW)."
        )
    return (
        f"torch.export cannot follow this network at {size}: {_said(reason)}. A branch that depends on the values of "
        "a tensor, or a call into another library, is the usual cause; write it with torch.where or torch.cond, "
        "or load only the part of the network before it."
    )


def _said(error: Exception) -> str:
    first = next((line for line in str(error).splitlines() if line.strip()), "").strip()
    return f"{type(error).__name__}: {first[:300].rstrip('.')}"


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
