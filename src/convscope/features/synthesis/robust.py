"""Small changes of the view between steps, so that a picture does not depend on one exact alignment."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class View:
    """How a picture with a margin is shown to a unit.

    Args:
        field: size of what the unit reads, per axis.
        reach: positions by which the view may be shifted to either side, per axis.
        zoom: by how much the view may be larger than the field, before it is resized to it.
        noise: standard deviation of what is added, in the data's units.
    """

    field: tuple[int, ...]
    reach: tuple[int, ...]
    zoom: float = 0.0
    noise: float = 0.0

    @property
    def canvas(self) -> tuple[int, ...]:
        """Size of the picture with its margin."""
        return tuple(f + 2 * r for f, r in zip(self.field, self.reach, strict=True))

    def still(self, image: Tensor) -> Tensor:
        """Return the middle of a picture ``(B, C, *canvas)``: ``(B, C, *field)``."""
        return _cropped(image, self.reach, self.field)

    def moved(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """Return a view near the middle, shifted, zoomed and with noise.

        Args:
            image: ``(B, C, *canvas)``.
            generator: of the choice.
        """
        size = self.field
        if self.zoom:
            factor = 1 + self.zoom * float(torch.rand(1, generator=generator))
            size = tuple(
                min(round(f * factor), c) for f, c in zip(self.field, self.canvas, strict=True)
            )
        starts = [
            int(torch.randint(0, c - s + 1, (1,), generator=generator))
            for c, s in zip(self.canvas, size, strict=True)
        ]
        view = _cropped(image, starts, size)
        if size != self.field:
            mode = ("linear", "bilinear", "trilinear")[len(size) - 1]
            view = F.interpolate(view, size=self.field, mode=mode, align_corners=False)
        if self.noise:
            drawn = torch.randn(view.shape, generator=generator).to(view)
            view = view + self.noise * drawn
        return view


def _cropped(image: Tensor, starts: Sequence[int], size: Sequence[int]) -> Tensor:
    spans = (slice(s, s + n) for s, n in zip(starts, size, strict=True))
    return image[(slice(None), slice(None), *spans)]
