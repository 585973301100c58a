"""Which input positions each output of a convolution looks at, for any number of axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

Edge = Literal["zeros", "circular"]


@dataclass(frozen=True)
class Windows:
    """The windows that a kernel slides through: one entry per axis in each field.

    Args:
        size: of the input.
        kernel: taps.
        stride: steps between windows.
        padding: added at both ends.
        dilation: distance between taps.
        edge: what the padding holds: zeros, or the other end of the axis.
    """

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    edge: Edge = "zeros"

    @property
    def output(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        return tuple(
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(
                self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True
            )
        )

    @property
    def taps(self) -> tuple[tuple[slice, ...], ...]:
        """For each tap of the kernel, what it sees of the padded input over all windows."""
        ranges = (
            [slice(t * d, t * d + s * (o - 1) + 1, s) for t in range(k)]
            for k, s, d, o in zip(self.kernel, self.stride, self.dilation, self.output, strict=True)
        )
        return tuple(product(*ranges))

    def seen(self) -> np.ndarray:
        """Return the flat input position of each tap in each window, int64 ``(windows, taps)``; -1 is padding."""
        flat = np.arange(int(np.prod(self.size))).reshape(self.size)
        sides = [(p, p) for p in self.padding]
        if self.edge == "circular":
            padded = np.pad(flat, sides, mode="wrap")
        else:
            padded = np.pad(flat, sides, constant_values=-1)
        return np.stack([padded[tap].reshape(-1) for tap in self.taps], axis=1)


def per_axis(value: int | Sequence[int], axes: int) -> tuple[int, ...]:
    """Return one number per axis.

    >>> per_axis(3, 2), per_axis((3, 5), 2)
    ((3, 3), (3, 5))
    """
    return (value,) * axes if isinstance(value, int) else tuple(value)
