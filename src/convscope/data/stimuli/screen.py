"""The screen that stimuli are shown on: its coordinates, its colours and what half-way between dark and bright is.

Directions are told as people draw them: columns run to the right, and *up* is towards row 0. An angle is in
degrees anticlockwise from the right, so 90 is up and 270 down. In volumes it is the azimuth within a slice,
and the elevation says how far the direction leaves the slice, towards higher depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from convscope.errors import SpecError


@final
@dataclass(frozen=True)
class Screen:
    """Where stimuli are drawn.

    Args:
        shape: ``(C, *S)``, one to three spatial axes.
        centre: where stimuli are centred, per axis in pixels; pixel i lies at i.

    >>> Screen((3, 5, 5)).centre, Screen((1, 8)).middle
    ((2.0, 2.0), 0.0)
    """

    shape: tuple[int, ...]
    centre: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 2 <= len(self.shape) <= 4:
            raise SpecError(
                f"A stimulus of shape {self.shape} cannot be drawn: it takes channels and one to three axes."
            )
        if not self.centre:
            middle = tuple((length - 1) / 2 for length in self.shape[1:])
            object.__setattr__(self, "centre", middle)

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return len(self.shape) - 1

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.shape[0]

    @property
    def middle(self) -> float:
        """The value half-way between dark and bright: 0.5 of pictures and volumes, 0 of waveforms."""
        return 0.0 if self.dims == 1 else 0.5

    @property
    def swing(self) -> float:
        """How far dark and bright are from the middle."""
        return 1.0 if self.dims == 1 else 0.5

    def moved(self, step: Sequence[float]) -> "Screen":
        """Return the screen with the centre moved by ``step`` pixels per axis."""
        return Screen(self.shape, tuple(c + s for c, s in zip(self.centre, step, strict=True)))

    @cached_property
    def coordinates(self) -> tuple[np.ndarray, ...]:
        """Pixels from the centre, one open array per axis, in the order of the axes."""
        lines = [
            np.arange(n, dtype=np.float32) - np.float32(c)
            for n, c in zip(self.shape[1:], self.centre, strict=True)
        ]
        return tuple(np.ix_(*lines))

    @cached_property
    def squared(self) -> np.ndarray:
        """Squared distance from the centre, ``(*S)``."""
        return sum((x**2 for x in self.coordinates), np.zeros((), np.float32))

    def along(self, way: Sequence[float]) -> np.ndarray:
        """Return how far each pixel lies along a direction: ``(*S)``, in pixels.

        Args:
            way: a unit vector in the order of the axes, as ``heading`` gives it.
        """
        parts = (np.float32(w) * x for w, x in zip(way, self.coordinates, strict=True))
        return sum(parts, np.zeros((), np.float32))

    def painted(self, contrast: np.ndarray, colour: np.ndarray | None = None) -> np.ndarray:
        """Return the picture ``(C, *S)`` float32 of a contrast in [-1, 1].

        Args:
            contrast: ``(*S)``: -1 dark, 1 bright.
            colour: how much each channel takes part, ``(C,)``; None: all alike.
        """
        weights = np.ones(self.channels, np.float32) if colour is None else colour
        spread = weights.astype(np.float32).reshape(-1, *(1,) * self.dims)
        full = np.broadcast_to(contrast, self.shape[1:])
        return (np.float32(self.middle) + np.float32(self.swing) * full * spread).astype(np.float32)


def heading(dims: int, angle: float, elevation: float = 0.0) -> tuple[float, ...]:
    """Return a direction as a unit vector in the order of the axes.

    Args:
        dims: number of spatial axes.
        angle: degrees anticlockwise from the right; in one dimension 0 is forward in time, 180 backward.
        elevation: degrees out of the slice, towards higher depth; only with three axes.

    >>> [round(value, 9) + 0.0 for value in heading(2, 270)]  # down: towards higher rows
    [1.0, 0.0]
    """
    turn, rise = np.radians(angle), np.radians(elevation)
    flat = float(np.cos(rise))
    vector = (float(np.sin(rise)), -flat * float(np.sin(turn)), flat * float(np.cos(turn)))
    return vector[-dims:]
