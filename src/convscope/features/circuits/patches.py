"""Run a stretch of the graph where it matters only: on the patch that one position of the target reads.

Silencing a unit and running the rest of the network on whole maps computes a map to read one number of it.
Here the patch of each map that the number depends on is cut out, and the operations run on patches; what a
patch holds outside its map is what padding puts there, so the number is the same at the borders too.

Limit: operations that slide, scale, add or join. A stretch with any other is run on whole maps.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import torch
from torch import Tensor, fx

from convscope.features.circuits.call import Values, shape_of
from convscope.features.circuits.steps import Box, Step, Unsuited, planned, signals
from convscope.network.aten import operation

_ELEMENTS = 2**22  # of the largest patch, all jobs of a batch together

Job = tuple[int, int, tuple[int, ...]]
"""Source unit to silence, target unit, and the target's position."""
NOBODY = -1
"""In a source's place: silence none."""


class Patches:
    """A stretch of the graph, planned for patches.

    Args:
        given: nodes whose maps are known: the source first, then those beside the way.
        between: nodes to run, in order; the target last.
        values: what constant arguments hold.

    Raises:
        Unsuited: an operation among them does not keep to places.
    """

    def __init__(self, given: Sequence[fx.Node], between: Sequence[fx.Node], values: Values):
        self._values = values
        self._given = given
        self._target = between[-1]
        space = shape_of(self._target)[2:]
        axes = len(space)
        if not axes:
            raise Unsuited("a layer without places")
        boxes = {self._target: Box((1,) * axes, (0,) * axes, (1,) * axes)}
        self._steps: list[Step] = []
        for node in reversed(between):
            if node not in boxes:
                raise Unsuited(operation(node))
            step = planned(node, boxes[node], values)
            self._steps.insert(0, step)
            for source in signals(node, values):
                have = boxes.get(source)
                both = step.reads if have is None else have.merged(step.reads)
                if both is None or len(shape_of(source)) != axes + 2:
                    raise Unsuited(operation(node))
                boxes[source] = both
        if any(node not in boxes for node in given[:1]):
            raise Unsuited("the source is not read")
        self._boxes = boxes
        self._largest = max(shape_of(node)[1] * prod(box.size) for node, box in boxes.items())

    def __call__(self, maps: Mapping[str, Tensor], jobs: Sequence[Job]) -> Iterator[float]:
        """Yield the target's response in each job.

        Args:
            maps: intact outputs of the given nodes for one sample, ``(1, C, *S)``, by node name.
            jobs: what to silence, and what to read.
        """
        size = max(1, _ELEMENTS // self._largest)
        for first in range(0, len(jobs), size):
            some = jobs[first : first + size]
            places = torch.tensor([position for _, _, position in some]).reshape(len(some), -1)
            patches = {
                node: _cut(maps[node.name].cpu(), self._boxes[node], places)
                for node in self._given
                if node in self._boxes
            }
            for row, (source, _, _) in enumerate(some):
                if source != NOBODY:
                    patches[self._given[0]][row, source] = 0
            for step in self._steps:
                inputs = [
                    _masked(
                        _narrowed(patches[source], self._boxes[source], step.reads),
                        step,
                        shape_of(source)[2:],
                        places,
                    )
                    for source in signals(step.node, self._values)
                ]
                patches[step.node] = step.run(inputs)
            found = patches[self._target].flatten(1)
            yield from found[range(len(some)), [target for _, target, _ in some]].tolist()


def _cut(map_: Tensor, box: Box, places: Tensor) -> Tensor:
    """Return ``(B, C, *size)``: the patch of each place, zeros outside the map."""
    space = map_.shape[2:]
    coordinates = [
        places[:, axis, None] * box.step[axis] + box.first[axis] + torch.arange(box.size[axis])
        for axis in range(len(space))
    ]
    index: list[Tensor] = []
    for axis, (along, length) in enumerate(zip(coordinates, space, strict=True)):
        shape = [len(places)] + [1] * len(space)
        shape[axis + 1] = along.shape[1]
        index.append(along.clamp(0, length - 1).reshape(shape))
    patch = map_[0][(slice(None), *index)].movedim(0, 1).contiguous()
    return _filled(patch, coordinates, space, 0.0)


def _filled(
    patch: Tensor, coordinates: Sequence[Tensor], space: Sequence[int], fill: float
) -> Tensor:
    """Return the patches with ``fill`` where their coordinates lie outside a map of size ``space``."""
    for axis, (along, length) in enumerate(zip(coordinates, space, strict=True)):
        outside = (along < 0) | (along >= length)
        if outside.any():
            shape = [len(along)] + [1] * (patch.dim() - 1)
            shape[axis + 2] = along.shape[1]
            patch = patch.masked_fill(outside.reshape(shape), fill)
    return patch


def _masked(patch: Tensor, step: Step, space: Sequence[int], places: Tensor) -> Tensor:
    if step.fill is None:
        return patch
    box = step.reads
    coordinates = [
        places[:, axis, None] * box.step[axis] + box.first[axis] + torch.arange(box.size[axis])
        for axis in range(len(space))
    ]
    return _filled(patch, coordinates, space, step.fill)


def _narrowed(patch: Tensor, have: Box, wanted: Box) -> Tensor:
    """Return the part of a patch that one of its readers wants."""
    for axis, (own, first, size) in enumerate(
        zip(have.first, wanted.first, wanted.size, strict=True)
    ):
        patch = patch.narrow(axis + 2, first - own, size)
    return patch
