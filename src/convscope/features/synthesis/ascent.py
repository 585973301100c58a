"""Gradient ascent on a batch of pictures: each for its own unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from convscope.errors import SpecError
from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.cone import Cone
from convscope.features.synthesis.objectives import Objective, Wanted
from convscope.features.synthesis.phases import Phases
from convscope.features.synthesis.picture import Fourier, Pictures, Prior
from convscope.features.synthesis.redirect import redirected
from convscope.features.synthesis.robust import View

STYLES = ("fourier", "maco")
_STILL = 0.25
"""Share of the last steps that are made without any change of view, and ever smaller."""
_POSITIONS_AT_ONCE = 200_000
"""Input positions of a batch, so that what a step touches stays in the processor's caches."""
_COARSE_ENOUGH = 32
"""Side of a field from which on half precision serves to climb (never to judge)."""


@dataclass(frozen=True)
class Setting:
    """How pictures are made.

    Args:
        style: ``fourier`` or ``maco``.
        steps: of ascent.
        rate: step of Adam.
    """

    style: str
    steps: int
    rate: float

    @classmethod
    def of(cls, style: str, steps: int | None, field: Sequence[int]) -> "Setting":
        """Return the setting of a style for a field.

        Args:
            style: its name.
            steps: of ascent; None for as many as it takes.
            field: size of the receptive field.

        Raises:
            SpecError: no such style.
        """
        if style not in STYLES:
            raise SpecError(f"There is no style {style!r}. Expected one of: {', '.join(STYLES)}.")
        if style == "maco":
            return cls(style, steps or 160, 0.3)
        # A template is exact only after many steps; a large field shows what it shows after few, and they cost.
        return cls(style, steps or round(96 - 100 * Prior.of(field).strength), 0.3)


def at_once(field: Sequence[int], most: int) -> int:
    """Return how many pictures to make together.

    Args:
        field: size of the receptive field.
        most: at most so many.
    """
    return max(1, min(most, max(8, _POSITIONS_AT_ONCE // prod(field))))


class Ascent:
    """Ascent for the units of one cone.

    Args:
        cone: the units' graph.
        colours: of the data.
        setting: how pictures are made.
        seed: of the noise and the views.
    """

    def __init__(self, cone: Cone, colours: Colours, setting: Setting, seed: int):
        self._cone, self._colours, self._setting, self._seed = cone, colours, setting, seed
        self._field = tuple(end - first for first, end in cone.box)
        self._open = redirected(cone.module)
        weights = next(cone.module.parameters(), torch.zeros(1))
        self._device, self._coarse = weights.device, self._half_precision(weights)
        self._view = self._chosen_view()

    def run(self, wanted: Sequence[Wanted]) -> tuple[Tensor, Tensor]:
        """Return pictures ``(B, C, *s)`` and the units' values on them ``(B,)``.

        Args:
            wanted: what each picture is for.
        """
        generator = torch.Generator().manual_seed(self._seed)
        pictures = self._pictures(len(wanted), generator)
        objective = Objective(wanted, self._cone.channels[0], self._device)
        optimiser = torch.optim.Adam([pictures.parameter], betas=(0.9, 0.99))
        steps, silent = self._setting.steps, True
        for step in range(steps):
            left = 1 - step / steps
            optimiser.param_groups[0]["lr"] = self._setting.rate * min(left / _STILL, 1.0)
            image = pictures.image()
            moving = left > _STILL
            view = self._view.moved(image, generator) if moving else self._view.still(image)
            values = self._values(view, silent)
            (gradient,) = torch.autograd.grad(objective.loss(values), pictures.parameter)
            unmoved = (gradient.flatten(1).abs().amax(1) == 0).any()
            silent = bool(unmoved) or objective.silent(values.detach())
            pictures.parameter.grad = torch.nan_to_num(gradient)
            optimiser.step()
        with torch.inference_mode():
            done = self._view.still(pictures.finished()).contiguous()
            return done.cpu(), objective.own(self._cone(done)).cpu().float()

    def _values(self, view: Tensor, redirect: bool) -> Tensor:
        if view.dim() == 4:
            view = view.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._coarse):
            return self._cone(view, self._open if redirect else None).float()

    def _half_precision(self, weights: Tensor) -> bool:
        """Tell whether the processor multiplies in half precision, and the field is large enough to gain by it."""
        large = len(self._field) > 1 and min(self._field) >= _COARSE_ENOUGH
        if not large or weights.dtype != torch.float32 or weights.device.type != "cpu":
            return False
        return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))

    def _chosen_view(self) -> View:
        if self._setting.style == "maco":
            margin = tuple(max(f // 8, 1) for f in self._field)
            spread = 0.05 * (self._colours.high - self._colours.low)
            return View(self._field, margin, zoom=0.25, noise=spread)
        # A sound shifted by a few samples is another sound, and a small field has no room to move.
        reach = min(6, min(self._field) // 16) if len(self._field) > 1 else 0
        return View(self._field, (reach,) * len(self._field))

    def _pictures(self, count: int, generator: torch.Generator) -> Pictures:
        size = self._view.canvas
        if self._setting.style == "maco":
            return Phases(count, size, self._colours, generator, self._device)
        prior = Prior.of(self._field)
        return Fourier(count, size, self._colours, prior, generator, self._device)
