"""Where stimuli are shown: pictures just large enough for the units that watch, and which units watch.

Layers whose fields are of similar size are shown the same pictures. A picture is as small as the fields and a
margin of neighbouring units allow, and a whole number of strides smaller than the network's own input, so
that padding which depends on the size falls as it does there. Whether a unit in the middle of a small picture
really answers as it does inside a full one is tried on noise before it is relied on; where it does not (an
attention layer, a fixed flatten), pictures are shown at full size.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, lcm
from typing import final

import numpy as np
import torch
from torch import Tensor

from convscope.data.stimuli import LARGE, Screen
from convscope.network import Network
from convscope.receptive import LayerField
from convscope.receptive.fields import AxisField

LIKE = 1.25
"""Fields whose sizes differ by less than this factor share their pictures."""
_MARGIN = 7  # neighbours are read up to a seventh of the field away, or one step
_FINE = 6  # strides of more than a sixth of a small field leave gaps, which a lattice fills
_MOST_STEPS = 4


@final
@dataclass(frozen=True, eq=False)
class Watch:
    """Which units of a layer are read.

    Args:
        index: one slice per axis of the map; empty where the layer has no positions.
        away: how far their fields' centres are from the stimulus, ``(P, D)`` in pixels.
        middle: which of the P is nearest.
    """

    index: tuple[slice, ...]
    away: np.ndarray
    middle: int

    def read(self, output: Tensor) -> Tensor:
        """Return the watched values of an output ``(B, U, *S)``: ``(B, U, P)``."""
        if not self.index:
            return (
                output.flatten(2).amax(2, keepdim=True) if output.dim() > 2 else output[..., None]
            )
        return output[(..., *self.index)].flatten(2)


@final
@dataclass(frozen=True, eq=False)
class Stage:
    """One set of pictures and the layers that watch it.

    Args:
        screen: where stimuli are drawn.
        field: the largest field's longest axis, in pixels: what sizes of stimuli are shares of.
        watches: by layer.
        lattice: small moves of the stimulus that the stride leaves out, in pixels per axis.
        small: whether the pictures are smaller than the network's input.
    """

    screen: Screen
    field: float
    watches: Mapping[str, Watch]
    lattice: tuple[tuple[float, ...], ...]
    small: bool


def stages(net: Network, rows: Sequence[LayerField]) -> list[Stage]:
    """Return the stages for some layers, in the order of their fields' sizes.

    Args:
        net: the network.
        rows: the layers' fields.
    """
    found = []
    for group in _grouped(rows):
        small = _small(net, group)
        found.append(small if small and _holds(net, small, group) else _full(net, group))
    return found


def _extent(row: LayerField) -> float:
    """Return a field's longest axis, cut to the input."""
    return max(min(size, n) for size, n in zip(_sizes(row), row.input, strict=True))


def _sizes(row: LayerField) -> tuple[int, ...]:
    """Return the local field; the input along axes where there is none."""
    return tuple(
        local if local and stride else n
        for local, stride, n in zip(row.local_size, row.stride, row.input, strict=True)
    )


def _grouped(rows: Sequence[LayerField]) -> Iterable[list[LayerField]]:
    group: list[LayerField] = []
    for row in sorted(rows, key=_extent):
        if group and _extent(row) > LIKE * _extent(group[0]):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _located(row: LayerField) -> bool:
    """Return whether the layer's map has one position per step of the field along every axis."""
    return len(row.layer.output) == len(row.input) + 1 and all(
        axis.stride and axis.local_size for axis in row.axes
    )


def _steps(row: LayerField) -> tuple[int, ...]:
    """Return how many neighbours on either side are read, per axis."""
    found = []
    for size, stride in zip(_sizes(row), row.stride, strict=True):
        found.append(min(max(1, int(size / _MARGIN / float(stride))), _MOST_STEPS))
    return tuple(found)


def _small(net: Network, group: Sequence[LayerField]) -> Stage | None:
    """Return a stage of pictures cut to the fields; None where they would be no smaller, or cannot be."""
    if not all(_located(row) for row in group):
        return None
    if any(float(s) != int(s) for row in group for s in row.stride):
        return None
    shape, middles = [net.input.shape[0]], []
    for axis, length in enumerate(net.input.shape[1:]):
        period = lcm(*(int(row.stride[axis]) for row in group))
        ends, centres = [], []
        for row in group:
            field, reach = row.axes[axis], _steps(row)[axis]
            first = max(ceil(-field.start / int(field.stride)), 0) + reach
            centre = float(field.center) + int(field.stride) * first
            centres.append(centre)
            ends.append((field, reach))
        middle = max(centres)
        needed = 0
        for field, reach in ends:
            last = _nearest(field, middle) + reach
            needed = max(needed, field.start + int(field.stride) * last + field.local_size)
        size = needed + (length - needed) % period
        if size > length:
            return None
        shape.append(size)
        middles.append(middle)
    if tuple(shape) == net.input.shape:
        return None
    return _stage(Screen(tuple(shape), tuple(middles)), group, small=True)


def _full(net: Network, group: Sequence[LayerField]) -> Stage:
    """Return a stage of full-size pictures around the unit nearest the middle."""
    located = [row for row in group if _located(row)]
    middles = []
    for axis, length in enumerate(net.input.shape[1:]):
        middle = (length - 1) / 2
        if located:
            field = located[-1].axes[axis]
            positions = located[-1].layer.output[1 + axis]
            nearest = min(max(_nearest(field, middle), 0), positions - 1)
            middle = float(field.center) + float(field.stride) * nearest
        middles.append(middle)
    return _stage(Screen(net.input.shape, tuple(middles)), group, small=False)


def _nearest(field: AxisField, middle: float) -> int:
    return round((middle - float(field.center)) / float(field.stride))


def _stage(screen: Screen, group: Sequence[LayerField], *, small: bool) -> Stage:
    field = max(_extent(row) for row in group)
    watches = {row.name: _watch(row, screen, small=small) for row in group}
    gaps = field / _FINE if field <= LARGE else np.inf
    lattices = [
        (0.0, float(stride) / 2) if stride and float(stride) > gaps else (0.0,)
        for stride in (min(float(row.stride[axis]) for row in group) for axis in range(screen.dims))
    ]
    moves = np.stack(np.meshgrid(*lattices, indexing="ij"), -1).reshape(-1, screen.dims)
    return Stage(screen, field, watches, tuple(map(tuple, moves.tolist())), small)


def _watch(row: LayerField, screen: Screen, *, small: bool) -> Watch:
    if not _located(row):
        return Watch((), np.zeros((1, screen.dims)), 0)
    index, offsets = [], []
    for axis, reach in enumerate(_steps(row)):
        field = row.axes[axis]
        middle = _nearest(field, screen.centre[axis])
        low, high = middle - reach, middle + reach
        if not small:
            low, high = max(low, 0), min(high, row.layer.output[1 + axis] - 1)
        index.append(slice(low, high + 1))
        centres = float(field.center) + float(field.stride) * np.arange(low, high + 1)
        offsets.append(centres - screen.centre[axis])
    away = np.stack(np.meshgrid(*offsets, indexing="ij"), -1).reshape(-1, screen.dims)
    return Watch(tuple(index), away, int(np.argmin((away**2).sum(1))))


def _holds(net: Network, stage: Stage, group: Sequence[LayerField]) -> bool:
    """Return whether units in a small picture of noise answer as in a full picture around it."""
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    noise = torch.rand(1, *stage.screen.shape, generator=torch.Generator().manual_seed(0))
    whole = torch.full((1, *net.input.shape), stage.screen.middle)
    places, moved = [slice(None), slice(None)], []
    for axis, (n, full) in enumerate(zip(stage.screen.shape[1:], net.input.shape[1:], strict=True)):
        period = lcm(*(int(row.stride[axis]) for row in group))
        start = (full - n) // 2 // period * period
        places.append(slice(start, start + n))
        moved.append(start)
    whole[tuple(places)] = noise
    taps = net.taps(list(stage.watches))
    try:
        with torch.inference_mode():
            cut, full = taps(noise.to(device)), taps(whole.to(device))
    except (RuntimeError, ValueError, IndexError):
        return False  # the graph itself depends on the size
    for row in group:
        watch = stage.watches[row.name]
        steps = [m // int(s) for m, s in zip(moved, row.stride, strict=True)]
        there = Watch(
            tuple(slice(i.start + s, i.stop + s) for i, s in zip(watch.index, steps, strict=True)),
            watch.away,
            watch.middle,
        )
        seen, real = watch.read(cut[row.name]), there.read(full[row.name])
        if seen.shape != real.shape or seen.shape[-1] != len(watch.away):
            return False
        if not torch.allclose(seen, real, rtol=1e-3, atol=1e-4 * float(real.abs().max() + 1e-12)):
            return False
    return True
