"""The colours and frequencies of the user's own data, in which pictures are drawn.

Colours of neighbouring channels go together; a picture drawn in uncorrelated axes finds its way much
faster (Olah, Mordvintsev, Schubert 2017). The published matrix is that of ImageNet; here it is
estimated, for any number of channels, from what the network really looks at.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from convscope.data import Source

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_SQRT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""A square root of the covariance of ImageNet's colours (Lucid, 2018)."""


@dataclass(frozen=True, eq=False)
class Colours:
    """First and second moments of the data.

    Args:
        mean: of each channel, ``(C,)``.
        covariance: between channels, ``(C, C)``.
        low: the least value a sample may hold.
        high: the largest.
        spectrum: mean magnitude of the real Fourier transform per decorrelated channel, ``(C, *F)``; None if unknown.
        size: spatial size that the spectrum belongs to.
        samples: how many samples were read.
    """

    mean: np.ndarray
    covariance: np.ndarray
    low: float = 0.0
    high: float = 1.0
    spectrum: np.ndarray | None = None
    size: tuple[int, ...] = ()
    samples: int = 0

    @classmethod
    def from_source(
        cls, source: Source, shape: tuple[int, ...], samples: int = 200, seed: int = 0
    ) -> "Colours":
        """Estimate the moments from samples spread over a source.

        Args:
            source: the user's data.
            shape: what the network takes, ``(C, *S)``; samples are fitted to it.
            samples: how many to read.
            seed: chooses which of the neighbouring samples are taken, so that two seeds are two estimates.
        """
        return cls.from_arrays(_read(source, shape, samples, seed))

    @classmethod
    def from_arrays(cls, batches: Iterator[np.ndarray] | list[np.ndarray]) -> "Colours":
        """Estimate the moments from batches ``(B, C, *S)``."""
        arrays = np.concatenate(list(batches)).astype(np.float64)
        channels, space = arrays.shape[1], arrays.shape[2:]
        pixels = np.moveaxis(arrays, 1, 0).reshape(channels, -1)
        mean = pixels.mean(1)
        covariance = np.cov(pixels).reshape(channels, channels)
        low, high = _range(float(pixels.min()), float(pixels.max()))
        axes = tuple(range(2, arrays.ndim))
        whitener = np.linalg.inv(root(covariance))
        flat = np.einsum(
            "ij,bj...->bi...", whitener, arrays - mean.reshape(1, -1, *[1] * len(space))
        )
        spectrum = np.abs(np.fft.rfftn(flat, axes=axes)).mean(0)
        return cls(mean, covariance, low, high, spectrum.astype(np.float32), space, len(arrays))

    @classmethod
    def unknown(cls, channels: int, dims: int) -> "Colours":
        """Return what to assume without data: ImageNet's colours for pictures, else equal channels."""
        if dims == 1:
            return cls(np.zeros(channels), np.eye(channels) * 0.05, -1.0, 1.0)
        if channels == 3 and dims == 2:
            square_root = np.array(_IMAGENET_SQRT)
            return cls(np.array(_IMAGENET_MEAN), square_root @ square_root.T)
        return cls(np.full(channels, 0.5), np.eye(channels) * 0.06)

    @property
    def mixing(self) -> Tensor:
        """Matrix from decorrelated channels to channels, ``(C, C)``, its largest gain 1."""
        square_root = root(self.covariance)
        gain = np.linalg.norm(square_root, 2)
        return torch.from_numpy((square_root / gain).astype(np.float32))

    @property
    def root(self) -> Tensor:
        """Matrix from decorrelated channels of variance 1 to channels, ``(C, C)``."""
        return torch.from_numpy(root(self.covariance).astype(np.float32))

    @property
    def background(self) -> Tensor:
        """The mean as a tensor ``(C,)``."""
        return torch.from_numpy(self.mean.astype(np.float32))


def power(matrix: Tensor, exponent: float) -> Tensor:
    """Return a power of a symmetric positive matrix ``(C, C)``.

    Args:
        matrix: symmetric, eigenvalues above zero.
        exponent: 1 gives the matrix, 0 the identity.
    """
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp_min(1e-9) ** exponent) @ vectors.T


def root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric square root, its least gain a hundredth of the largest.

    Args:
        covariance: symmetric, ``(C, C)``.
    """
    values, vectors = np.linalg.eigh(covariance)
    gains = np.sqrt(np.maximum(values, 0))
    gains = np.maximum(gains, max(0.01 * gains.max(), 1e-6))
    return (vectors * gains) @ vectors.T


def _range(low: float, high: float) -> tuple[float, float]:
    """Return the natural range around what was seen: [0, 1] and [-1, 1] where that is what it is."""
    for natural in ((0.0, 1.0), (-1.0, 1.0)):
        if natural[0] <= low and high <= natural[1]:
            return natural
    return low, max(high, low + 1e-6)


def _read(source: Source, shape: tuple[int, ...], samples: int, seed: int) -> Iterator[np.ndarray]:
    from convscope.data.fit import fit

    count = min(samples, len(source))
    starts = np.arange(count + 1) * len(source) // count
    generator = np.random.default_rng(seed)
    for first, end in itertools.pairwise(starts):
        yield fit(source[int(generator.integers(first, end))].array, shape)[None]
