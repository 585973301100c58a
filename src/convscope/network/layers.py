"""The rows of a network: one Layer for each operation that computes something a person would name."""

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from convscope.network.export import ADDED, INPUT_RULE, operation
from convscope.network.kinds import BOOKKEEPING, READS_SHAPE_ONLY, kind_of
from convscope.network.macs import multiply_adds

_WINDOWED = ("conv", "pool")


@dataclass(frozen=True)
class Layer:
    """One named step of a network.

    Args:
        name: the module's path, and the operation where one module runs several (``layer1.0.add``);
            ``:2`` marks the second use of a reused module.
        kind: ``conv``, ``linear``, ``pool``, ``norm``, ``activation``, ``add``, ``mul``, ``cat``, ``attention``,
            ``matmul``, ``resize``, ``pad``, ``reduce``, ``softmax``, ``embedding`` or ``other``.
        module: path of the module that runs it; empty at the top.
        operation: the ATen operation, such as ``conv2d``.
        node: the name of its node in ``Network.graph``.
        input: shape of its (first) input for one sample, channels first where the network has them first.
        output: shape of its output for one sample.
        kernel: taps per spatial axis; empty where there is no window, like the following four.
        stride: step per spatial axis, in input positions.
        padding: positions added per spatial axis and side, ``(before, after)``.
        dilation: distance between taps per axis.
        groups: channel groups (1: every output sees every input channel); 0 where it has no meaning.
        transposed: whether input and output have swapped roles.
        weights: elements of its weight, as used by this call.
        biases: elements of its bias.
        parameter_names: every parameter it reads, by full name; a tied one appears in several layers.
        macs: multiply-adds for one sample; None for an operation that convscope does not know.
        feeds_from: names of the layers whose outputs it reads; ``input`` for the network's input.
    """

    name: str
    kind: str
    module: str
    operation: str
    node: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[tuple[int, int], ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 0
    transposed: bool = False
    weights: int = 0
    biases: int = 0
    parameter_names: tuple[str, ...] = ()
    macs: int | None = 0
    feeds_from: tuple[str, ...] = ()

    def __str__(self) -> str:
        shape = "x".join(map(str, self.output))
        return f"{self.name:32} {self.kind:10} -> {shape}"


def layers_of(graph: fx.GraphModule) -> tuple[Layer, ...]:
    """Return the layers of an exported graph, in the order in which they run.

    Args:
        graph: a graph whose nodes carry concrete ``meta["val"]``.
    """
    from_data = reached_from_input(graph)
    steps = [node for node in graph.graph.nodes if node in from_data and _is_step(node)]
    names = _names(steps)
    return tuple(_layer(node, names, from_data, graph) for node in steps)


def concrete(argument: Any) -> Any:
    """Return an argument of a node with every inner node that stands for a number replaced by it."""
    if isinstance(argument, fx.Node):
        value = argument.meta.get("val")
        return value if isinstance(value, int | float | bool) else argument
    if isinstance(argument, list | tuple):
        return [concrete(item) for item in argument]
    return argument


def arguments(node: fx.Node) -> dict[str, Any]:
    """Return a node's arguments by the names of the operation's schema, defaults filled in, numbers concrete."""
    values: dict[str, Any] = {}
    if not isinstance(node.target, torch._ops.OpOverload):
        return values  # torch.cond and its like have no schema
    for i, argument in enumerate(node.target._schema.arguments):
        if i < len(node.args):
            values[argument.name] = concrete(node.args[i])
        elif argument.name in node.kwargs:
            values[argument.name] = concrete(node.kwargs[argument.name])
        else:
            values[argument.name] = argument.default_value
    return values


def reached_from_input(graph: fx.GraphModule) -> set[fx.Node]:
    """Return the nodes whose value depends on the input; all others are the same for every sample."""
    reached: set[fx.Node] = set()
    for node in graph.graph.nodes:
        from_data = any(source in reached for source in node.all_input_nodes)
        if node.op == "placeholder" or (from_data and operation(node) not in READS_SHAPE_ONLY):
            reached.add(node)
    return reached


def _is_step(node: fx.Node) -> bool:
    if node.op != "call_function" or node.target is operator.getitem:
        return False
    value = node.meta.get("val")
    value = value[0] if isinstance(value, list | tuple) and value else value
    # Borders and spectra that a rewrite puts between are no layers.
    between = _is_added(node) and (
        kind_of(node) == "pad" or (isinstance(value, torch.Tensor) and value.is_complex())
    )
    ours = node.meta["module"] == INPUT_RULE or between
    return isinstance(value, torch.Tensor) and operation(node) not in BOOKKEEPING and not ours


def _is_added(node: fx.Node) -> bool:
    return node.meta["module_type"].startswith(ADDED)


def _names(steps: Sequence[fx.Node]) -> dict[fx.Node, str]:
    paths = {node: node.meta["module"] for node in steps}
    own: dict[str, set[str]] = {}
    for node, path in paths.items():
        if not _is_added(node):  # what a rewrite adds changes no other layer's name
            own.setdefault(path, set()).add(_plain(node))
    inner = {path[:i] for path in own for i, letter in enumerate(path) if letter == "."} | (
        {""} if any(own) else set()
    )
    used: Counter[str] = Counter()
    names: dict[fx.Node, str] = {}
    for node, path in paths.items():
        alone = path and path not in inner and len(own.get(path, ())) == 1 and not _is_added(node)
        name = path if alone else f"{path}.{_plain(node)}".lstrip(".")
        used[name] += 1
        names[node] = name if used[name] == 1 else f"{name}:{used[name]}"
    return names


def _plain(node: fx.Node) -> str:
    name = operation(node).strip("_")
    if _is_added(node):
        name = f"{node.meta['module_type'].removeprefix(ADDED)}_{name}"
    return {"scaled_dot_product_attention": "attention"}.get(name, name)


def _layer(
    node: fx.Node, names: dict[fx.Node, str], from_data: set[fx.Node], graph: fx.GraphModule
) -> Layer:
    kind = kind_of(node)
    inputs = [source for source in node.all_input_nodes if source in from_data]
    parameters = _parameters(node, from_data, graph)
    window = _window(node, kind)
    return Layer(
        name=names[node],
        kind=kind,
        module=node.meta["module"],
        operation=operation(node),
        node=node.name,
        input=_sample_shape(inputs[0]) if inputs else (),
        output=_sample_shape(node),
        weights=_elements(node, "weight", from_data),
        biases=_elements(node, "bias", from_data),
        parameter_names=tuple(parameters),
        macs=multiply_adds(node),
        feeds_from=_sources(node, names),
        **window,
    )


def _sample_shape(node: fx.Node) -> tuple[int, ...]:
    value = node.meta["val"]
    value = value[0] if isinstance(value, list | tuple) else value
    return tuple(int(size) for size in value.shape[1:])


def _elements(node: fx.Node, role: str, from_data: set[fx.Node]) -> int:
    source = arguments(node).get(role)
    if not isinstance(source, fx.Node) or source in from_data:
        return 0
    return int(source.meta["val"].numel())


def _parameters(node: fx.Node, from_data: set[fx.Node], graph: fx.GraphModule) -> dict[str, None]:
    """Return the parameters that a node reads, also through operations on parameters alone."""
    found: dict[str, None] = {}
    frontier = [source for source in node.all_input_nodes if source not in from_data]
    seen = set(frontier)
    while frontier:
        source = frontier.pop(0)
        if source.op == "get_attr" and isinstance(attribute(graph, source), nn.Parameter):
            found[own_name(str(source.target))] = None
        further = [n for n in source.all_input_nodes if n not in seen and n not in from_data]
        seen.update(further)
        frontier.extend(further)
    return found


def attribute(graph: fx.GraphModule, node: fx.Node) -> object:
    """Return the parameter or buffer that a ``get_attr`` node stands for."""
    value: object = graph
    for part in str(node.target).split("."):
        value = getattr(value, part)
    return value


def own_name(parameter: str) -> str:
    """Return a parameter's name in the network's own ``state_dict``, without the input rule around it."""
    return parameter.removeprefix("model.")


def is_bias(parameter: str) -> bool:
    """Return whether a parameter is added and not multiplied, by its name.

    >>> [is_bias(name) for name in ("conv.bias", "lstm.bias_ih_l0", "attn.q_bias", "conv.weight")]
    [True, True, True, False]
    """
    last = parameter.rpartition(".")[2]
    return last == "bias" or last.startswith("bias_") or last.endswith("_bias")


def _sources(node: fx.Node, names: dict[fx.Node, str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    frontier = list(node.all_input_nodes)
    seen = set(frontier)
    while frontier:
        source = frontier.pop(0)
        if isinstance(source.meta.get("val"), int):
            continue  # a size of what was read elsewhere, not a value
        if source in names:
            found[names[source]] = None
        elif source.op == "placeholder":
            found["input"] = None
        else:
            further = [n for n in source.all_input_nodes if n not in seen]
            seen.update(further)
            frontier.extend(further)
    return tuple(found)


def _window(node: fx.Node, kind: str) -> dict[str, Any]:
    given = arguments(node)
    name = operation(node)
    if kind not in _WINDOWED or name.startswith("adaptive"):
        return {}
    dims = (
        len(
            node.meta["val"][0].shape
            if isinstance(node.meta["val"], tuple)
            else node.meta["val"].shape
        )
        - 2
    )
    weight = given.get("weight")
    if isinstance(weight, fx.Node):
        kernel = tuple(int(size) for size in weight.meta["val"].shape[2:])
    else:
        kernel = _per_axis(given["kernel_size"], dims)
    transposed = bool(given.get("transposed")) or name.startswith("conv_transpose")
    stride = _per_axis(given.get("stride") or kernel, dims)
    dilation = _per_axis(given.get("dilation", 1), dims)
    padding = given.get("padding", 0)
    if padding == "same":
        both = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        sides = tuple((total // 2, total - total // 2) for total in both)
    else:
        sides = tuple((p, p) for p in _per_axis(0 if padding == "valid" else padding, dims))
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": sides,
        "dilation": dilation,
        "groups": int(given.get("groups", 0)),
        "transposed": transposed,
    }


def _per_axis(value: Any, dims: int) -> tuple[int, ...]:
    values = [value] if isinstance(value, int) else list(value)
    return tuple(int(item) for item in (values * dims if len(values) == 1 else values))
