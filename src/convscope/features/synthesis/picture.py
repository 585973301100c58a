"""A batch of pictures as Fourier coefficients in decorrelated colours.

``image = clip(mean + k z)``, where z is the inverse transform of the coefficients, low frequencies
first (scaled by 1 / frequency), its colours mixed as the data mix them. Gradient ascent in these
coordinates favours what natural signals are made of (Olah, Mordvintsev, Schubert 2017).

The naive way lets the contrast grow until every pixel is black or white; the shape drowns in its own
clipping. Here z lives on a sphere, each picture's gain k is raised just as far as the clipped picture
still correlates with z, and the gradient passes the clipping as if it were not there. So the ascent comes to
rest where the picture is proportional to its own gradient, under the sphere's metric: for a linear
unit at its template, as strong as it can be shown.

The metric is where the prior is. A unit with a small field is shown as it is: all frequencies count
alike. A unit with a large field has a gradient full of high frequencies that no natural picture holds
(Olah et al. 2017); there the metric leans towards that of natural images, 1 / frequency, colours included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, prod
from typing import Protocol

import torch
from torch import Tensor

from convscope.features.synthesis.colours import Colours, power

_SMALL, _LARGE = 16.0, 45.0
"""Fields, in positions, up to which there is no prior, and between which it would grow to that of natural images."""
_MOST = 0.4
"""It grows only so far: more looks softer, and in deep layers a picture then reaches half of what it can."""
_TINY = 5.0
_LOWEST = 6.0
"""Cycles per picture below which low frequencies are not favoured further: else all is a dark cloud."""
_FIRST_CONTRAST = 0.15


class Pictures(Protocol):
    """A batch of pictures that can be optimised."""

    parameter: Tensor

    def image(self) -> Tensor:
        """Return the pictures ``(B, C, *s)`` in the natural range."""
        ...

    def finished(self) -> Tensor:
        """Return the pictures at the contrast that suits each."""
        ...


@dataclass(frozen=True)
class Prior:
    """How far a picture should be like a natural one.

    Args:
        strength: 0 for not at all, 1 for the spectrum and colours of natural images.
        tiny: whether the field is so small that its few positions are told apart at any contrast.
    """

    strength: float
    tiny: bool = False

    @classmethod
    def of(cls, field: Sequence[int]) -> "Prior":
        """Return the prior for a receptive field.

        Args:
            field: its size per axis. Sound has no such prior: tones are as natural as clicks.
        """
        if len(field) == 1:
            return cls(0.0)
        side = prod(field) ** (1 / len(field))
        reach = log2(max(side, 1) / _SMALL) / log2(_LARGE / _SMALL)
        return cls(min(max(reach, 0.0), _MOST), side < _TINY)

    @property
    def noise(self) -> float:
        """Standard deviation of the first coefficients: little hurries, much lets a complex picture ripen."""
        return 0.1 ** (1 - self.strength)

    @property
    def faithful(self) -> float:
        """Correlation that clipping must leave between a picture and its pattern."""
        return 0.8 if self.tiny else 0.957 - 0.49 * self.strength


class Fourier:
    """Pictures whose coefficients are free, on the sphere of a prior's metric.

    Args:
        count: pictures.
        size: spatial size, margin included.
        colours: of the data.
        prior: how natural they should be.
        generator: of the noise that they start from.
        device: where they are computed.
    """

    def __init__(
        self,
        count: int,
        size: Sequence[int],
        colours: Colours,
        prior: Prior,
        generator: torch.Generator,
        device: torch.device,
    ):
        self.size, self._prior = tuple(size), prior
        self._axes = tuple(range(-len(self.size), 0))
        frequency = radial(self.size)
        decay = 1.0 if len(self.size) > 1 else 0.0
        scale = 1.0 / frequency.clamp_min(1.0 / max(self.size)) ** decay
        self._scale = (scale / scale.square().mean().sqrt()).to(device)
        natural = (frequency * max(self.size)).clamp_min(_LOWEST) ** prior.strength
        self._weight = (natural * multiplicity(self.size).sqrt())[..., None].to(device)
        shape = (count, len(colours.mean), *frequency.shape, 2)
        noise = torch.randn(shape, generator=generator) * prior.noise
        self.parameter = noise.to(device).requires_grad_()
        self._mixing = colours.mixing.to(device)
        self._measured = power(colours.mixing, 1 - prior.strength).to(device)
        self._low, self._high = colours.low, colours.high
        self._mean = colours.background.reshape(-1, *[1] * len(self.size)).to(device)
        contrast = _FIRST_CONTRAST * (colours.high - colours.low)
        self._gain = contrast / rms(self.pattern().detach())

    def pattern(self) -> Tensor:
        """Return z, ``(B, C, *s)``, of length 1 in the prior's metric."""
        spectrum = torch.view_as_complex(self.parameter) * self._scale
        z = torch.fft.irfftn(spectrum, s=self.size, dim=self._axes, norm="ortho")
        real = torch.view_as_real(spectrum)
        measured = torch.einsum("ij,bj...->bi...", self._measured, real) * self._weight
        length = measured.square().flatten(1).sum(1).clamp_min(1e-20).sqrt()
        mixed = torch.einsum("ij,bj...->bi...", self._mixing, z)
        return mixed / length.reshape(-1, *[1] * (z.dim() - 1))

    def image(self) -> Tensor:
        """Return the pictures, and move each one's gain towards what clipping allows."""
        z = self.pattern()
        free = self._mean + self._gain * z
        clipped = free + (free.clamp(self._low, self._high) - free).detach()
        kept = correlation(z.detach(), clipped.detach())
        self._gain = self._gain * torch.where(kept > self._prior.faithful, 1.1, 0.93)
        return clipped

    def finished(self) -> Tensor:
        """Return the pictures, each at the largest gain that clipping allows."""
        z = self.pattern().detach()
        least, most = self._gain / 8, self._gain * 8
        for _ in range(16):
            middle = (least * most).sqrt()
            clipped = (self._mean + middle * z).clamp(self._low, self._high)
            allowed = correlation(z, clipped) > self._prior.faithful
            least, most = torch.where(allowed, middle, least), torch.where(allowed, most, middle)
        return (self._mean + least * z).clamp(self._low, self._high)


def radial(size: Sequence[int]) -> Tensor:
    """Return the frequency of each coefficient of a real transform, in cycles per position."""
    axes = [torch.fft.fftfreq(n) for n in size[:-1]] + [torch.fft.rfftfreq(size[-1])]
    grids = torch.meshgrid(*axes, indexing="ij")
    return torch.stack([g.square() for g in grids]).sum(0).sqrt()


def multiplicity(size: Sequence[int]) -> Tensor:
    """Return how many coefficients of the whole transform each one of the real transform stands for."""
    twice = torch.full((size[-1] // 2 + 1,), 2.0)
    twice[0] = 1.0
    if size[-1] % 2 == 0:
        twice[-1] = 1.0
    return twice


def rms(z: Tensor) -> Tensor:
    """Return each picture's root mean square, shaped to divide the batch."""
    return z.square().mean(tuple(range(1, z.dim())), keepdim=True).clamp_min(1e-20).sqrt()


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Return the correlation of two batches, picture by picture, their mean colours apart."""
    axes, over = tuple(range(2, one.dim())), tuple(range(1, one.dim()))
    a, b = one - one.mean(axes, keepdim=True), other - other.mean(axes, keepdim=True)
    norms = a.square().sum(over, keepdim=True) * b.square().sum(over, keepdim=True)
    return (a * b).sum(over, keepdim=True) / norms.clamp_min(1e-20).sqrt()
