"""A stimulus and its recipe: the family, and parameters in the units of the conventions.

*orientation* is the direction along a stripe, edge or bar, [0, 180); *polarity* the direction from dark to
bright, [0, 360); *direction* where a line end, corner (its opening), T (its stem) or arc (its bulge) points,
[0, 360); all in degrees anticlockwise from the right. *frequency* is in cycles per pixel or sample; *radius*
and *width* in pixels; *hue* and *angle* in degrees; *contrast* is 1 for bright on dark and -1 for dark on
bright. In volumes a direction is *azimuth* and *elevation*.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from convscope.data.stimuli.colours import hue_direction
from convscope.data.stimuli.painters import painter
from convscope.data.stimuli.screen import Screen
from convscope.errors import SpecError


@final
@dataclass(frozen=True)
class Recipe:
    """What to draw.

    Args:
        family: such as ``"edge"`` or ``"grating"``.
        parameters: by name, in the units of the conventions.
    """

    family: str
    parameters: Mapping[str, float]

    def with_(self, **changed: float) -> "Recipe":
        """Return the recipe with some parameters replaced."""
        return Recipe(self.family, {**self.parameters, **changed})


@final
@dataclass(frozen=True, eq=False)
class Stimulus:
    """A picture, sound or volume whose parameters are known.

    Args:
        family: what was drawn.
        parameters: by name, in the units of the conventions.
        array: ``(C, *S)`` float32, in [0, 1]; waveforms in [-1, 1].
    """

    family: str
    parameters: Mapping[str, float]
    array: np.ndarray


def draw(recipe: Recipe, screen: Screen) -> np.ndarray:
    """Return the picture of a recipe.

    Args:
        recipe: what to draw.
        screen: where.

    Returns:
        ``(C, *S)`` float32.

    Raises:
        SpecError: an unknown family, or one whose parameters the screen has no room for.

    >>> draw(Recipe("edge", {"polarity": 270}), Screen((1, 4, 2)))[0, :, 0].tolist()  # dark to bright, down
    [0.0, 0.0, 1.0, 1.0]
    """
    contrast = painter(recipe.family)(screen, recipe.parameters)
    return screen.painted(contrast, _colour(recipe, screen.channels))


def stimuli(recipes: Iterable[Recipe], screen: Screen) -> Iterator[Stimulus]:
    """Yield the stimuli of recipes, drawn one by one.

    Args:
        recipes: what to draw.
        screen: where.
    """
    for recipe in recipes:
        yield Stimulus(recipe.family, recipe.parameters, draw(recipe, screen))


def _colour(recipe: Recipe, channels: int) -> np.ndarray | None:
    if "hue" in recipe.parameters:
        if channels != 3:
            raise SpecError(
                f"A hue needs red, green and blue; these samples have {channels} channels. "
                "Use the family 'channel' for them."
            )
        return hue_direction(recipe.parameters["hue"])
    if "channel" in recipe.parameters:
        return np.eye(channels)[round(recipe.parameters["channel"])]
    return None
