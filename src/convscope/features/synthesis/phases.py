"""Pictures whose phases alone are free: their magnitudes are those of the data.

For deep layers on natural images (Fel et al. 2023, "MaCo"): the spectrum cannot drift away from that
of the data, so nothing has to be penalised. The price is a lower activation, and a picture that is
full to its edges whatever the unit looks at.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.picture import radial


class Phases:
    """Pictures of given magnitudes.

    Args:
        count: pictures.
        size: spatial size, margin included.
        colours: of the data, with their spectrum; without it 1 / frequency is assumed.
        generator: of the phases that they start from.
        device: where they are computed.
    """

    def __init__(
        self,
        count: int,
        size: Sequence[int],
        colours: Colours,
        generator: torch.Generator,
        device: torch.device,
    ):
        self.size = tuple(size)
        self._axes = tuple(range(-len(self.size), 0))
        magnitude = magnitudes(colours, self.size)
        shape = (count, *magnitude.shape)
        phases = torch.rand(shape, generator=generator) * 2 * torch.pi
        self.parameter = phases.to(device).requires_grad_()
        self._magnitude, self._mixing = magnitude.to(device), colours.root.to(device)
        self._low, self._high = colours.low, colours.high
        self._mean = colours.background.reshape(-1, *[1] * len(self.size)).to(device)

    def image(self) -> Tensor:
        """Return the pictures ``(B, C, *s)``, clipped to the natural range."""
        spectrum = torch.polar(self._magnitude.expand_as(self.parameter), self.parameter)
        z = torch.fft.irfftn(spectrum, s=self.size, dim=self._axes, norm="ortho")
        mixed = torch.einsum("ij,bj...->bi...", self._mixing, z)
        return (self._mean + mixed).clamp(self._low, self._high)

    def finished(self) -> Tensor:
        """Return the pictures as they are."""
        return self.image().detach()


def magnitudes(colours: Colours, size: Sequence[int]) -> Tensor:
    """Return the magnitudes ``(C, *F)`` that the data have at another size, of unit power per channel.

    Args:
        colours: of the data.
        size: spatial size of the pictures.
    """
    frequency = radial(size)
    channels = len(colours.mean)
    if colours.spectrum is None:
        found = (1.0 / frequency.clamp_min(1.0 / max(size))).expand(
            channels, -1, *frequency.shape[1:]
        )
        found = found.reshape(channels, *frequency.shape)
    else:
        # The same frequencies in cycles per position, at another spacing; its mean level, 0 Hz, is the mean's affair.
        own = torch.from_numpy(_centred(colours.spectrum, len(size)))
        shape = (*[2 * (n // 2) + 1 for n in size[:-1]], size[-1] // 2 + 1)
        mode = ("linear", "bilinear", "trilinear")[len(size) - 1]
        resized = F.interpolate(own[None], size=shape, mode=mode, align_corners=True)[0].numpy()
        found = torch.from_numpy(_uncentred(resized, size))
    found = found.clone()
    found[(slice(None), *[0] * len(size))] = 0.0
    weight = torch.full(found.shape[-1:], 2.0)
    total = (found.square() * weight).flatten(1).sum(1) / float(np.prod(size))
    return found / total.clamp_min(1e-20).sqrt().reshape(-1, *[1] * len(size))


def _centred(spectrum: np.ndarray, dims: int) -> np.ndarray:
    """Return a spectrum with frequency 0 in the middle of all axes but the last, of odd length."""
    for axis in range(1, dims):
        spectrum = np.fft.fftshift(spectrum, axes=axis)
        if spectrum.shape[axis] % 2 == 0:
            first = np.take(spectrum, [0], axis=axis)
            spectrum = np.concatenate([spectrum, first], axis=axis)
    return np.ascontiguousarray(spectrum, np.float32)


def _uncentred(spectrum: np.ndarray, size: Sequence[int]) -> np.ndarray:
    for axis, n in enumerate(size[:-1], start=1):
        if n % 2 == 0:
            spectrum = np.delete(spectrum, -1, axis=axis)
        spectrum = np.fft.ifftshift(spectrum, axes=axis)
    return np.ascontiguousarray(spectrum)
