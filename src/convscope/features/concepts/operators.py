"""The vocabulary of low-level concepts, computed for any data: which operators, at which scales.

The same concepts are offered to every layer. If deep layers alone were offered complex ones, depth and complexity
would go together for any network, trained or not.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.data import Kind
from convscope.features.concepts.filters import halved
from convscope.features.concepts.ladder import level_of
from convscope.features.concepts.pictures import picture_maps
from convscope.features.concepts.sounds import HOPS, WINDOWS, sound_maps, wave_maps
from convscope.features.concepts.volumes import volume_maps

_SMALLEST = 12  # positions a side below which no further scale is looked at
_SCALES = 4
SIMPLER = 0.15
"""Share of its bits that a computed concept forgoes for each level above the first."""


@dataclass(frozen=True)
class Concept:
    """One thing that a place can be, as one mask has it.

    Args:
        name: what a person calls it.
        level: its level on the ladder, 1 to 4.
        scale: input positions to a pixel of the operator; None for masks that came with the data.
    """

    name: str
    level: int
    scale: float | None

    @property
    def weight(self) -> float:
        """What its bits count for when concepts are compared: of two about equally good the simpler is chosen.

        An operator for discs answers to many a line and spot, so a little noise would make a unit look complex. Masks
        that came with the data are what somebody means, and count in full.
        """
        return 1.0 if self.scale is None else 1 - SIMPLER * (self.level - 1)


@dataclass(frozen=True, eq=False)
class Strengths:
    """How strong some concepts are at each place, at one scale.

    Args:
        concepts: what they are.
        factor: input positions to one element of the maps, along every axis.
        maps: (B, K, *s).
    """

    concepts: tuple[Concept, ...]
    factor: int
    maps: Tensor


def strengths(x: Tensor, kind: Kind, rate: int | None = None) -> list[Strengths]:
    """Return what classical operators find in some samples, at every scale that fits.

    Args:
        x: (B, C, *S).
        kind: ``"image"``, ``"sound"`` or ``"volume"``.
        rate: samples of sound a second, for the names of tones.

    >>> found = strengths(torch.rand(1, 3, 32, 32), "image")
    >>> [one.factor for one in found]
    [1, 2]
    >>> Concept("edge 90", 1, 2) in found[1].concepts
    True
    """
    if kind == "sound":
        found = [_labelled(wave_maps(x), 1, 1)]
        for window in WINDOWS:
            if window <= x.shape[-1]:
                maps = sound_maps(x, window, rate)
                found.append(_labelled(maps, window // HOPS, window))
        return found
    found, factor = [], 1
    for _ in range(_SCALES):
        maps = picture_maps(x) if kind == "image" else volume_maps(x)
        found.append(_labelled(maps, factor, factor))
        x, factor = halved(x, x.dim() - 2), 2 * factor
        if min(x.shape[2:]) < _SMALLEST:
            break
    return found


def _labelled(maps: dict[str, Tensor], factor: int, scale: int) -> Strengths:
    concepts = tuple(Concept(name, level_of(name), scale) for name in maps)
    return Strengths(concepts, factor, torch.stack(list(maps.values()), 1))
