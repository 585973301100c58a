"""Stimuli with known parameters: edges, gratings, corners, tones and others, to probe a unit with."""

from convscope.data.stimuli.colours import hue_direction, hue_of
from convscope.data.stimuli.menus import LARGE, PHASES, frequencies, menu
from convscope.data.stimuli.painters import PAINTERS, across
from convscope.data.stimuli.recipe import Recipe, Stimulus, draw, stimuli
from convscope.data.stimuli.screen import Screen, heading

__all__ = [
    "LARGE",
    "PAINTERS",
    "PHASES",
    "Recipe",
    "Screen",
    "Stimulus",
    "across",
    "draw",
    "frequencies",
    "heading",
    "hue_direction",
    "hue_of",
    "menu",
    "stimuli",
]
