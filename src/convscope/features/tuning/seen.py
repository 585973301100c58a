"""Show stimuli on a stage and keep what every unit of the layers that watch answered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import nn

from convscope.data.stimuli import PHASES, Recipe, across, draw
from convscope.features.tuning.stage import Stage
from convscope.features.tuning.waves import WaveResponse, along_phase

WAVES = ("grating", "tone")
"""Families shown at several phases, whose responses are fitted along the phase."""


@final
@dataclass(frozen=True, eq=False)
class Seen:
    """What the U units of one layer answered.

    Args:
        baseline: to grey, (U,).
        recipes: what was shown, waves once for all their phases.
        values: largest response near the centre, (R, U).
        peaks: the same; of waves the peak of the fitted series, (R, U).
        f0: of waves the mean over phase, (R, U); NaN of others.
        f1: of waves the first harmonic, (R, U); NaN of others.
    """

    baseline: np.ndarray
    recipes: tuple[Recipe, ...]
    values: np.ndarray
    peaks: np.ndarray
    f0: np.ndarray
    f1: np.ndarray

    def joined(self, other: "Seen") -> "Seen":
        """Return what was seen together with more."""
        return Seen(
            self.baseline,
            self.recipes + other.recipes,
            np.concatenate([self.values, other.values]),
            np.concatenate([self.peaks, other.peaks]),
            np.concatenate([self.f0, other.f0]),
            np.concatenate([self.f1, other.f1]),
        )


class Theatre:
    """Shows recipes on one stage to the layers that watch it.

    Args:
        stage: where.
        taps: from a batch of pictures to the layers' outputs.
        device: where the network is.
        batch: pictures at a time.
        progress: told the number of pictures shown after each batch.
    """

    def __init__(
        self,
        stage: Stage,
        taps: nn.Module,
        device: torch.device,
        batch: int,
        progress: Callable[[int], None] = lambda shown: None,
    ):
        self._stage = stage
        self._taps = taps
        self._device = device
        self._batch = batch
        self._progress = progress
        grey = self._shown(np.full((1, *stage.screen.shape), stage.screen.middle, np.float32))
        self.baselines = {
            name: values[0, :, stage.watches[name].middle] for name, values in grey.items()
        }

    def show(self, recipes: Sequence[Recipe]) -> dict[str, Seen]:
        """Return what each layer's units answered to some recipes; waves come without their phase."""
        plain = [recipe for recipe in recipes if recipe.family not in WAVES]
        kept = distinct([_without_phase(r) for r in recipes if r.family in WAVES])
        values = {name: [] for name in self._stage.watches}
        for name, part in self._plain(plain):
            values[name].append(part)
        fits: dict[str, list[WaveResponse]] = {name: [] for name in self._stage.watches}
        for name, fit in self._waves(kept):
            fits[name].append(fit)
        return {
            name: self._seen(name, plain, values[name], kept, fits[name])
            for name in self._stage.watches
        }

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the pictures, (C, *S)."""
        return self._stage.screen.shape

    @property
    def moves(self) -> int:
        """How many times each picture is shown, moved by less than a stride."""
        return len(self._stage.lattice)

    def answers(self, layer: str, recipes: Sequence[Recipe], units: Sequence[int]) -> np.ndarray:
        """Return what one unit each answered to recipes that are not shown at all phases, (R,).

        Args:
            layer: the layer.
            recipes: what to show.
            units: for each recipe, the unit that is asked.
        """
        parts = [part for name, part in self._plain(list(recipes)) if name == layer]
        return np.concatenate(parts)[np.arange(len(recipes)), list(units)]

    def _seen(
        self,
        name: str,
        plain: list[Recipe],
        values: list[np.ndarray],
        waves: list[Recipe],
        fits: list[WaveResponse],
    ) -> Seen:
        baseline = self.baselines[name]
        flat = np.concatenate([np.empty((0, len(baseline)), np.float32), *values])
        none = np.full_like(flat, np.nan)

        def with_waves(first: np.ndarray, what: str) -> np.ndarray:
            rows = [getattr(fit, what)[None] for fit in fits]
            return np.concatenate([first, *rows]).astype(np.float32)

        return Seen(
            baseline,
            (*plain, *waves),
            with_waves(flat, "shown"),
            with_waves(flat, "peak"),
            with_waves(none, "f0"),
            with_waves(none, "f1"),
        )

    def _plain(self, recipes: list[Recipe]) -> Iterator[tuple[str, np.ndarray]]:
        """Yield per layer the largest response over the watched units and the lattice."""
        moves = [self._stage.screen.moved(step) for step in self._stage.lattice]
        at_once = max(1, self._batch // len(moves))
        for start in range(0, len(recipes), at_once):
            part = recipes[start : start + at_once]
            pictures = np.stack([draw(recipe, screen) for recipe in part for screen in moves])
            for name, values in self._shown(pictures).items():
                best = values.max(2).reshape(len(part), len(moves), -1).max(1)
                yield name, best

    def _waves(self, recipes: list[Recipe]) -> Iterator[tuple[str, WaveResponse]]:
        screen = self._stage.screen
        at_once = max(1, self._batch // len(PHASES))
        for start in range(0, len(recipes), at_once):
            part = recipes[start : start + at_once]
            pictures = [draw(r.with_(phase=phase), screen) for r in part for phase in PHASES]
            for name, values in self._shown(np.stack(pictures)).items():
                away = self._stage.watches[name].away
                for i, recipe in enumerate(part):
                    p = recipe.parameters
                    moved = 2 * np.pi * p["frequency"] * away @ np.array(across(screen.dims, p))
                    phases = (np.radians(PHASES)[:, None] + moved).ravel()
                    four = values[i * len(PHASES) : (i + 1) * len(PHASES)]
                    rows = four.transpose(0, 2, 1).reshape(len(phases), -1)
                    yield name, along_phase(phases, rows, self.baselines[name])

    def _shown(self, pictures: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the watched values of every layer for some pictures: ``(B, U, P)`` float32."""
        with torch.inference_mode():
            outputs = self._taps(torch.from_numpy(pictures).to(self._device))
        self._progress(len(pictures))
        return {
            name: watch.read(outputs[name]).float().cpu().numpy()
            for name, watch in self._stage.watches.items()
        }


def distinct(recipes: Sequence[Recipe]) -> list[Recipe]:
    """Return recipes without repeats, in their order."""
    return list({(r.family, *sorted(r.parameters.items())): r for r in recipes}.values())


def _without_phase(recipe: Recipe) -> Recipe:
    kept = {name: value for name, value in recipe.parameters.items() if name != "phase"}
    return Recipe(recipe.family, kept)
