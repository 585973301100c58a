"""The network under the microscope: an exported graph, its input rule, its named layers."""

import copy
import difflib
import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.export import ExportedProgram
from torch.fx.node import map_arg

from convscope.errors import SpecError
from convscope.finding import NetworkId
from convscope.network.export import Exported, export, exported_again
from convscope.network.inputs import InputRule, checked_rule
from convscope.network.layers import Layer, layers_of, own_name
from convscope.network.taps import Taps


class Network:
    """Any PyTorch network, exported, with its preprocessing inside and its layers named.

    Everything outside speaks samples as people have them: images in [0, 1], raw waveforms, volumes.

    Args:
        module: the network; put into eval mode if it is not (and a note says so).
        input: shape of one sample, channels first, without the batch: ``(3, 224, 224)``.
        mean: subtracted per channel; ``"sample"`` for each sample's own mean.
        std: divided by, per channel; ``"sample"`` for each sample's own deviation.
        spec: what the user called it.
        labels: the names of its classes, in the order of its outputs.
        notes: what the user should be told once.

    Raises:
        SpecError: the network does not take such an input, or cannot be exported.

    >>> net = Network(nn.Conv2d(3, 8, 3, padding=1), input=(3, 32, 32))
    >>> [(layer.name, layer.kind, layer.output) for layer in net.layers]
    [('conv2d', 'conv', (8, 32, 32))]
    """

    def __init__(
        self,
        module: nn.Module,
        input: Sequence[int] = (3, 224, 224),
        *,
        mean: Sequence[float] | str | None = None,
        std: Sequence[float] | str | None = None,
        spec: str | None = None,
        labels: Sequence[str] | None = None,
        notes: Iterable[str] = (),
    ):
        said = list(notes)
        if module.training:
            module = module.eval()
            said.append(
                "The network was in training mode; it was put into eval mode, in which dropout is off and "
                "batch normalisation uses its stored statistics."
            )
        rule = checked_rule(input, mean, std)
        # As the exported program names them, behind the input rule.
        parameters = {f"model.{name}": parameter for name, parameter in module.named_parameters()}
        self._take(
            export(module, rule), rule, parameters, spec or type(module).__name__, labels, said
        )

    @classmethod
    def from_exported(
        cls,
        exported: Exported,
        rule: InputRule,
        *,
        spec: str,
        labels: Sequence[str] | None = None,
        notes: Iterable[str] = (),
    ) -> "Network":
        """Return the network of a program that is exported already, such as one read from a ``.pt2`` file."""
        network = cls.__new__(cls)
        parameters = dict(exported.program.named_parameters())
        network._take(exported, rule, parameters, spec, labels, list(notes))
        return network

    @classmethod
    def from_graph(
        cls,
        graph: fx.GraphModule,
        like: "Network",
        *,
        notes: Iterable[str] = (),
        dynamic_space: bool | None = None,
    ) -> "Network":
        """Return a network of a graph that was made from another network's; the weights are shared.

        Args:
            graph: the graph; every node carries its concrete value in ``meta["val"]``.
            like: the other network, whose spec, input rule and classes it keeps.
            notes: what the user should be told once, after what was to be told of the other.
            dynamic_space: whether other sizes can be passed; as the other network by default.

        Returns:
            The network. Its program, which is what is saved, is made when it is asked for.
        """
        network = copy.copy(like)
        for known in ("layers", "_layer_of", "fingerprint"):
            network.__dict__.pop(known, None)
        network.graph = graph
        network.dynamic_space = like.dynamic_space if dynamic_space is None else dynamic_space
        network.notes = (*like.notes, *(note for note in notes if note not in like.notes))
        network._program = None
        network._accepted = {like.input.shape}
        return network

    def _take(
        self,
        exported: Exported,
        rule: InputRule,
        parameters: dict[str, nn.Parameter],
        spec: str,
        labels: Sequence[str] | None,
        notes: list[str],
    ) -> None:
        self.input = rule
        self.spec = spec
        self.classes = tuple(labels) if labels is not None else None
        self.graph: fx.GraphModule = exported.graph
        self._program: ExportedProgram | None = exported.program
        self._guarding = exported.program
        self.dynamic_batch = exported.dynamic_batch
        self.dynamic_space = exported.dynamic_space
        if not exported.dynamic_batch:
            notes.append(
                "This network fixes its batch size; samples are passed through it one by one."
            )
        self.notes = tuple(notes)
        self.parameter_shapes = {own_name(name): tuple(p.shape) for name, p in parameters.items()}
        self._accepted = {rule.shape}
        self.parameters = sum(p.numel() for p in parameters.values())

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The named steps of the network, in the order in which they run."""
        return layers_of(self.graph)

    @cached_property
    def _layer_of(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    @property
    def program(self) -> ExportedProgram:
        """What ``torch.export`` made of the network; it is what is saved."""
        if self._program is None:
            self._program = exported_again(
                self.graph,
                self.input,
                dynamic_batch=self.dynamic_batch,
                dynamic_space=self.dynamic_space,
            )
        return self._program

    @program.setter
    def program(self, program: ExportedProgram) -> None:
        """Take another program for it."""
        self._program = program

    @property
    def dims(self) -> int:
        """Number of spatial axes of the input."""
        return self.input.dims

    @property
    def id(self) -> NetworkId:
        """Spec and fingerprint, as every Finding carries them."""
        return NetworkId(self.spec, self.fingerprint)

    def layer(self, name: str) -> Layer:
        """Return a layer by its name, or the last layer of a module by the module's path.

        Raises:
            SpecError: no such layer; the message names the nearest ones.
        """
        if name in self._layer_of:
            return self._layer_of[name]
        inside = [layer for layer in self.layers if f"{layer.module}.".startswith(f"{name}.")]
        if inside and name:
            return inside[-1]
        if not self.layers:
            raise SpecError(
                f"{self.spec} has no layer {name!r}: none of its steps computes anything. "
                "Load a network that has layers."
            )
        near = difflib.get_close_matches(name, list(self._layer_of), n=3, cutoff=0.4)
        hint = (
            f"Did you mean {', '.join(near)}?" if near else f"The first is {self.layers[0].name}."
        )
        raise SpecError(f"{self.spec} has no layer {name!r} among its {len(self.layers)}. {hint}")

    def taps(self, names: Sequence[str]) -> Taps:
        """Return a module that maps a batch to the outputs of the named layers.

        The graph is cut after the last of them, forward and backward: early layers cost early layers.

        Args:
            names: layer names or module paths.

        Returns:
            A module whose ``forward(x)`` takes ``(B, C, *S)`` and returns a dict from the given names to tensors.
            It shares the network's weights.
        """
        return Taps(self.graph, {name: self.layer(name).node for name in names}, self.dynamic_batch)

    def __call__(self, x: Tensor) -> Any:
        """Return what the network returns for a batch ``(B, C, *S)`` of samples in their natural range."""
        self._check(tuple(x.shape[1:]))
        if self.dynamic_batch or x.shape[0] == 1:
            return self.graph(x)
        parts = [self.graph(sample[None]) for sample in x]
        if isinstance(parts[0], dict):
            return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
        if isinstance(parts[0], list | tuple):
            return tuple(torch.cat(pieces) for pieces in zip(*parts, strict=True))
        return torch.cat(parts)

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape in self._accepted:
            return
        asked, own = ("x".join(map(str, sizes)) for sizes in (shape, self.input.shape))
        try:
            if not self.dynamic_space and shape[1:] != self.input.shape[1:]:
                raise ValueError("the sizes are fixed")
            # The conditions on sizes under which torch traced the graph, or that from which it was made.
            guards = getattr(self._guarding.module(check_guards=True), "_guards_fn", None)
            if shape[0] != self.input.shape[0] or len(shape) != len(self.input.shape):
                raise ValueError(f"channels and axes must be those of {own}")
            if guards is not None:
                guards(torch.empty(2 if self.dynamic_batch else 1, *shape))
        except (AssertionError, RuntimeError, ValueError) as error:
            raise SpecError(
                f"{self.spec} was loaded for samples of {own} and does not take {asked} ({error}). "
                f"Load it with input {asked}, or bring the samples to {own}."
            ) from error
        self._accepted.add(shape)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the graph, the weights and the input rule; equal networks have equal fingerprints."""
        digest = hashlib.sha256()
        digest.update(repr(self.input).encode())
        place = {node: f"%{i}" for i, node in enumerate(self.graph.graph.nodes)}
        for node in self.graph.graph.nodes:
            written = map_arg((node.args, node.kwargs), lambda n: _Name(place[n]))
            digest.update(f"{node.op} {node.target} {written}\n".encode())
        for name, tensor in sorted(self.graph.state_dict().items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(flat.view(torch.uint8).numpy().data if flat.numel() else b"")
        return digest.hexdigest()[:16]

    def to(self, device: str | torch.device) -> "Network":
        """Move the network's weights to a device, in place, and return it."""
        self.graph.to(device)
        return self

    def save(self, path: str | Path) -> Path:
        """Write the network, its weights and its input rule to a ``.pt2`` file; nothing is left half-written.

        Returns:
            The path written.
        """
        from convscope.network.saved import save

        return save(self, Path(path))

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.input.shape))
        return f"Network({self.spec}, input {shape}, {len(self.layers)} layers, {self.parameters:,} parameters)"


class _Name(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
