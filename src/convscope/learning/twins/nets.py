"""Networks with the same geometry and fewer priors: {shared weights} x {pooling}, and dense.

The twins of a geometry have the same stages, rectifiers and normalisation. *conv* and *local* look at
the same windows; *local* has another kernel at each of them. *dense* has a layer of as many units as
the map of *conv* has in place of each map, and every unit sees all that is below it. *+pool* pools by
maxima between layers and by the sum over all positions before the last layer, where the others step
over and keep every position: where there is something to pool its maps are larger, by the pool's side
along each axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from convscope.learning.record import NETS
from convscope.learning.twins.geometry import Geometry, Stage, reference
from convscope.learning.twins.local import Local
from convscope.learning.twins.pooling import pooled
from convscope.learning.twins.positions import Windows, per_axis

_CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


@final
@dataclass(frozen=True)
class Twin:
    """One way to build a network of a geometry.

    Args:
        name: which twin, one of ``NETS``.
        geometry: what it has in common with the others.
    """

    name: str
    geometry: Geometry

    def build(self, seed: int) -> nn.Module:
        """Return the network with weights drawn by ``seed``: normal, of variance 2 over the inputs of a unit."""
        draw = torch.Generator().manual_seed(seed)
        network = TwinNetwork(self.name, self.geometry)
        for parameter, inputs, gain in network.weights():
            nn.init.normal_(parameter, std=(gain / inputs) ** 0.5, generator=draw)
        return network

    def described(self) -> str:
        """Return everything that the network depends on but its weights, in one line."""
        return f"{self.name}: {self.geometry.described()}"


class TwinNetwork(nn.Module):
    """A network of stages and a linear head, ``(B, C, *S)`` to ``(B, classes)``.

    Args:
        name: which twin.
        geometry: of all twins.
    """

    def __init__(self, name: str, geometry: Geometry) -> None:
        super().__init__()
        self.geometry = geometry
        self.kind, _, pooling = name.partition("+")
        self.pooled = bool(pooling)
        self.layers = nn.ModuleList()
        self.maps: list[tuple[int, ...]] = []
        channels, size = geometry.shape[0], geometry.shape[1:]
        for stage in geometry.stages:
            windows = _windows(stage, size, geometry, self.pooled)
            self.layers.append(_layer(self.kind, windows, channels, stage.channels))
            channels, size = stage.channels, windows.output
            self.maps.append((channels, *size))
            if self.pooled and stage.pool > 1:
                size = tuple((n - 1) // stage.pool + 1 for n in size)
        self.places = int(torch.Size(size).numel())
        self.head = nn.Linear(channels * (1 if self.pooled else self.places), geometry.classes)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        if self.kind == "dense":
            x = x.flatten(1)
        for layer, stage in zip(self.layers, self.geometry.stages, strict=True):
            x = layer(x)
            if self.geometry.norm:
                x = functional.group_norm(x, 1)
            x = functional.relu(x)
            if self.pooled and stage.pool > 1:
                x = pooled(x, stage.pool)
        return self.head(x.flatten(2).sum(2) if self.pooled else x.flatten(1))

    def weights(self) -> list[tuple[Tensor, int, float]]:
        """Return each weight with the number of inputs of a unit, and the variance it should keep."""
        found: list[tuple[Tensor, int, float]] = []
        for layer in self.layers:
            weight = layer.get_parameter("weight")
            inputs = weight.shape[1] if isinstance(layer, Local) else weight[0].numel()
            found.append((weight, inputs, 2.0))
        summed = self.places if self.pooled else 1
        return [*found, (self.head.weight, self.head.in_features * summed, 1.0)]


def twins(
    shape: Sequence[int],
    classes: int,
    *,
    names: Sequence[str] = NETS,
    geometry: Geometry | None = None,
    width: int | None = None,
) -> dict[str, Twin]:
    """Return the twins for samples of a shape: {shared} x {pooled} of local networks, and the dense one.

    Args:
        shape: ``(C, *S)`` with one, two or three axes.
        classes: how many.
        names: which twins.
        geometry: stages, normalisation and borders; None takes ``reference(shape, classes)``.
        width: channels of the reference geometry's first layer.

    >>> {name: sum(p.numel() for p in twin.build(0).parameters())
    ...  for name, twin in twins((1, 40), 10).items()}["conv+pool"]
    20842
    """
    made = geometry or reference(tuple(shape), classes, width=width)
    return {name: Twin(name, made) for name in names}


def _windows(stage: Stage, size: tuple[int, ...], geometry: Geometry, pooled: bool) -> Windows:
    axes = geometry.axes
    stride = per_axis(stage.stride, axes)
    if not pooled:
        stride = tuple(s * stage.pool for s in stride)
    return Windows(
        size,
        per_axis(stage.kernel, axes),
        stride,
        per_axis(stage.padding, axes),
        (1,) * axes,
        geometry.edge,
    )


def _layer(kind: str, windows: Windows, inputs: int, outputs: int) -> nn.Module:
    if kind == "dense":
        before, after = (int(torch.Size(s).numel()) for s in (windows.size, windows.output))
        layer: nn.Module = nn.Linear(inputs * before, outputs * after)
    elif kind == "local":
        return Local(
            windows.size,
            inputs,
            outputs,
            windows.kernel,
            stride=windows.stride,
            padding=windows.padding,
            edge=windows.edge,
        )
    else:
        mode = "circular" if windows.edge == "circular" else "zeros"
        layer = _CONVOLUTIONS[len(windows.size)](
            inputs,
            outputs,
            windows.kernel,  # type: ignore[arg-type]
            windows.stride,  # type: ignore[arg-type]
            windows.padding,  # type: ignore[arg-type]
            padding_mode=mode,
        )
    nn.init.zeros_(layer.get_parameter("bias"))
    return layer
