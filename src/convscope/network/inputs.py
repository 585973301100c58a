"""What a network is fed: the shape of one sample, and the preprocessing that is part of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import torch
from torch import Tensor, nn

from convscope.errors import SpecError

PER_SAMPLE = "sample"

AS_THEY_ARE = "No mean and deviation were given: the network sees values in [0, 1] (sound in [-1, 1]) as they are."
"""What is said of a network without a rule."""


@dataclass(frozen=True)
class InputRule:
    """What one sample must look like before the network sees it.

    Args:
        shape: channels, then the size of each spatial axis: ``(3, 224, 224)``, ``(1, 1024)``.
        mean: what is subtracted from each channel; ``"sample"`` subtracts each sample's own mean.
        std: what each channel is then divided by; ``"sample"`` divides by each sample's own deviation.
    """

    shape: tuple[int, ...]
    mean: tuple[float, ...] | str | None = None
    std: tuple[float, ...] | str | None = None

    @property
    def dims(self) -> int:
        """Number of spatial axes: 1 for sound, 2 for images, 3 for volumes and video."""
        return len(self.shape) - 1


class Preprocessed(nn.Module):
    """A network with its input rule in front, so that everything outside speaks values in [0, 1].

    Args:
        model: the network as its author wrote it.
        rule: the preprocessing, ``(x - mean) / std``; Shape ``(B, C, *S)``.
    """

    def __init__(self, model: nn.Module, rule: InputRule):
        super().__init__()
        self.model = model
        self.precision = precision_of(model)
        self.per_sample_mean = rule.mean == PER_SAMPLE
        self.per_sample_std = rule.std == PER_SAMPLE
        per_channel = (1, -1) + (1,) * rule.dims
        self.mean: Tensor | None
        self.std: Tensor | None
        for name, values in (("mean", rule.mean), ("std", rule.std)):
            fixed = None if values is None or isinstance(values, str) else torch.tensor(values)
            self.register_buffer(f"{name}", None if fixed is None else fixed.reshape(per_channel))

    def forward(self, x: Tensor) -> object:
        """Return what the network returns for the preprocessed batch ``x``."""
        axes = tuple(range(1, x.dim()))
        if self.per_sample_mean:
            x = x - x.mean(axes, keepdim=True)
        elif self.mean is not None:
            x = x - self.mean
        if self.per_sample_std:
            x = x / x.std(axes, keepdim=True, unbiased=False).clamp_min(1e-8)
        elif self.std is not None:
            x = x / self.std
        return self.model(x.to(self.precision) if x.dtype != self.precision else x)


def precision_of(model: nn.Module) -> torch.dtype:
    """Return the type of number that a network computes in: that of its first parameter of any."""
    found = (parameter.dtype for parameter in model.parameters() if parameter.is_floating_point())
    return next(found, torch.float32)


def parse_shape(text: str) -> tuple[int, ...]:
    """Read an input shape from a command line.

    Args:
        text: channels and sizes joined by ``x``.

    Raises:
        SpecError: not whole positive numbers, or not two to four of them.

    >>> parse_shape("3x224x224")
    (3, 224, 224)
    """
    parts = text.lower().replace("×", "x").split("x")
    if not 2 <= len(parts) <= 4 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise SpecError(
            f"The input shape {text!r} is not channels and sizes joined by 'x'. Type for example "
            "3x224x224 for an image, 1x16000 for sound, 1x32x64x64 for a volume (without the batch)."
        )
    return tuple(int(part) for part in parts)


def parse_values(text: str, what: str) -> tuple[float, ...] | str:
    """Read a mean or standard deviation: numbers joined by commas, or ``sample``.

    Raises:
        SpecError: not numbers.

    >>> parse_values("0.5,0.5,0.5", "mean")
    (0.5, 0.5, 0.5)
    """
    if text == PER_SAMPLE:
        return PER_SAMPLE
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise SpecError(
            f"The {what} {text!r} is not numbers joined by commas. Type one number per channel, for "
            f"example --{what} 0.485,0.456,0.406, or '--{what} sample' for each sample's own."
        ) from None


def checked_rule(
    shape: Sequence[int],
    mean: Sequence[float] | str | None,
    std: Sequence[float] | str | None,
) -> InputRule:
    """Return the rule, one mean and deviation per channel.

    Raises:
        SpecError: the shape is none, the numbers do not fit the channels, or a deviation is not positive.
    """
    if (
        isinstance(shape, str)
        or not all(isinstance(n, Integral) and n > 0 for n in shape)
        or not shape
    ):
        raise SpecError(
            f"The input of a network is the shape of one sample as whole numbers, such as (3, 224, 224); "
            f"{shape!r} is none."
        )
    channels = shape[0]

    def fitted(values: Sequence[float] | str | None, what: str) -> tuple[float, ...] | str | None:
        if values is None or values == PER_SAMPLE:
            return PER_SAMPLE if values == PER_SAMPLE else None
        numbers = tuple(float(value) for value in values)
        numbers = numbers * channels if len(numbers) == 1 else numbers
        if len(numbers) != channels:
            raise SpecError(
                f"There are {len(numbers)} values of {what} for {channels} input channels. "
                f"Give --{what} one number, or {channels} joined by commas."
            )
        if what == "std" and min(numbers) <= 0:
            raise SpecError(f"A standard deviation must be above 0; --std holds {min(numbers)}.")
        return numbers

    return InputRule(tuple(shape), fitted(mean, "mean"), fitted(std, "std"))
