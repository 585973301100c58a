"""A batch of pictures as Fourier coefficients in decorrelated colours.

``image = middle + half * tanh(offset + k z)``, where z is the inverse transform of the coefficients, low
frequencies first (scaled by 1 / frequency), its colours mixed as the data mix them, brought to unit
contrast. Gradient ascent in these coordinates favours what natural signals are made of (Olah,
Mordvintsev, Schubert 2017).

The naive way lets the contrast grow until every pixel is black or white; the shape drowns in its own
clipping. Here z lives on a sphere, and each picture's gain k is raised just as far as the clipped
picture still has correlation ``FAITHFUL`` with z: for a linear unit that is its template, at the strongest contrast
at which one can still see it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from convscope.features.synthesis.colours import Colours

FAITHFUL = 0.97
"""Correlation that clipping must leave between a picture and its pattern."""
_MOST_GAIN = 4.0


class Fourier:
    """A batch of pictures that can be optimised.

    Args:
        count: pictures.
        size: spatial size, margin included.
        colours: of the data.
        generator: of the noise that they start from.
        decay: power of the frequency by which coefficients are scaled down.
    """

    def __init__(
        self,
        count: int,
        size: Sequence[int],
        colours: Colours,
        generator: torch.Generator,
        decay: float = 1.0,
    ):
        self.size = tuple(size)
        self._axes = tuple(range(-len(self.size), 0))
        frequency = radial(self.size)
        scale = 1.0 / frequency.clamp_min(1.0 / max(self.size)) ** decay
        # Noise of unit contrast whatever the size: orthonormal transform, scale of mean square 1.
        self._scale = scale / scale.square().mean().sqrt()
        channels = len(colours.mean)
        shape = (count, channels, *frequency.shape, 2)
        self.parameter = torch.randn(shape, generator=generator).requires_grad_()
        self._mixing = colours.mixing
        self._middle, self._half = (
            (colours.low + colours.high) / 2,
            (colours.high - colours.low) / 2,
        )
        mean = ((colours.background - self._middle) / self._half).clamp(-0.95, 0.95)
        self._offset = torch.atanh(mean).reshape(-1, *[1] * len(self.size))
        self.gain = torch.full((count, 1, *[1] * len(self.size)), 0.3)

    def pattern(self) -> Tensor:
        """Return z, ``(B, C, *s)``, of unit root mean square."""
        spectrum = torch.view_as_complex(self.parameter) * self._scale
        z = torch.fft.irfftn(spectrum, s=self.size, dim=self._axes, norm="ortho")
        z = torch.einsum("ij,bj...->bi...", self._mixing, z)
        power = z.square().flatten(1).mean(1).clamp_min(1e-12)
        return z * power.rsqrt().reshape(-1, *[1] * (z.dim() - 1))

    def image(self, adapt: bool = True) -> Tensor:
        """Return the pictures ``(B, C, *s)`` in the natural range.

        Args:
            adapt: whether to move each picture's gain towards what clipping allows.
        """
        z = self.pattern()
        free = self._offset + self.gain * z
        # Forward it is clipped, backward it is not: where the gradient is a template, z becomes that template.
        clipped = free + (torch.tanh(free) - free).detach()
        if adapt:
            self._adapt(z.detach(), clipped.detach())
        return self._middle + self._half * clipped

    def _adapt(self, z: Tensor, clipped: Tensor) -> None:
        axes = tuple(range(2, z.dim()))
        a = z - z.mean(axes, keepdim=True)
        b = clipped - clipped.mean(axes, keepdim=True)
        over = tuple(range(1, z.dim()))
        norms = (a.square().sum(over) * b.square().sum(over)).sqrt().clamp_min(1e-12)
        kept = ((a * b).sum(over) / norms).reshape(self.gain.shape)
        self.gain = (self.gain * torch.where(kept > FAITHFUL, 1.08, 0.93)).clamp(0.05, _MOST_GAIN)


def radial(size: Sequence[int]) -> Tensor:
    """Return the frequency of each coefficient of a real transform, in cycles per position."""
    axes = [torch.fft.fftfreq(n) for n in size[:-1]] + [torch.fft.rfftfreq(size[-1])]
    grids = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([g.square() for g in grids]).sum(0).sqrt()
