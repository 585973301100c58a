"""Gradient ascent on a batch of pictures: each for its own unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from convscope.errors import SpecError
from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.cone import Cone
from convscope.features.synthesis.picture import Fourier
from convscope.features.synthesis.redirect import redirected

WARM_STEPS = 16
"""Steps during which closed rectifiers pass a gradient on."""
STILL = 0.25
"""Share of the last steps that are made without jitter."""


class Wanted(Protocol):
    """What is wanted of one picture."""

    @property
    def unit(self) -> int:
        """The channel."""
        ...

    @property
    def low(self) -> bool:
        """Whether it is to be driven down."""
        ...

    @property
    def diverse(self) -> bool:
        """Whether it is one of several that should differ."""
        ...


@dataclass(frozen=True)
class Setting:
    """How pictures are made.

    Args:
        style: ``fourier`` or ``maco``.
        steps: of ascent.
        rate: step of Adam, in standard deviations of the coefficients.
    """

    style: str
    steps: int
    rate: float

    @classmethod
    def of(cls, style: str, steps: int | None) -> "Setting":
        """Return the setting of a style.

        Args:
            style: its name.
            steps: of ascent; None for the style's own.

        Raises:
            SpecError: no such style.
        """
        if style not in _STYLES:
            raise SpecError(f"There is no style {style!r}. Expected one of: {', '.join(_STYLES)}.")
        own, rate = _STYLES[style]
        return cls(style, own if steps is None else steps, rate)


_STYLES = {"fourier": (64, 0.3)}


class Ascent:
    """Ascent for the units of one cone.

    Args:
        cone: the units' graph.
        colours: of the data.
        setting: how pictures are made.
        seed: of the noise and the jitter.
    """

    def __init__(self, cone: Cone, colours: Colours, setting: Setting, seed: int):
        self._cone, self._colours, self._setting, self._seed = cone, colours, setting, seed
        self._field = tuple(end - first for first, end in cone.box)
        # A sound shifted by a few samples is another sound.
        self._reach = min(4, min(self._field) // 12) if len(self._field) > 1 else 0
        self._open = redirected(cone.module)

    def run(self, wanted: Sequence[Wanted]) -> tuple[Tensor, Tensor]:
        """Return pictures ``(B, C, *s)`` and the units' values on them ``(B,)``.

        Args:
            wanted: what each picture is for.
        """
        generator = torch.Generator().manual_seed(self._seed)
        size = tuple(f + 2 * self._reach for f in self._field)
        pictures = Fourier(len(wanted), size, self._colours, generator)
        index = torch.tensor([w.unit - self._cone.channels[0] for w in wanted])[:, None]
        sign = torch.tensor([-1.0 if w.low else 1.0 for w in wanted])
        optimiser = torch.optim.Adam([pictures.parameter], lr=self._setting.rate, betas=(0.9, 0.99))
        still = round(self._setting.steps * (1 - STILL))
        dead = True
        for step in range(self._setting.steps):
            part = self._part(pictures.image(), generator if step < still else None)
            module = self._open if step < WARM_STEPS or dead else None
            value = self._cone(part, module).gather(1, index)[:, 0]
            dead = bool((value.detach() * sign <= 0).any())
            (gradient,) = torch.autograd.grad(-(sign * value).sum(), pictures.parameter)
            pictures.parameter.grad = torch.nan_to_num(gradient)
            optimiser.step()
        with torch.inference_mode():
            done = self._part(pictures.image(adapt=False), None).contiguous()
            return done, self._cone(done).gather(1, index)[:, 0]

    def _part(self, image: Tensor, generator: torch.Generator | None) -> Tensor:
        """Return the field's part of a picture with margin: its middle, or a place drawn near it."""
        reach = self._reach
        starts = [reach] * len(self._field)
        if generator is not None and reach:
            starts = torch.randint(0, 2 * reach + 1, (len(starts),), generator=generator).tolist()
        spans = (slice(s, s + f) for s, f in zip(starts, self._field, strict=True))
        return image[(slice(None), slice(None), *spans)]
