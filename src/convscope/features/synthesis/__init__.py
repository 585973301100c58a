"""Activation maximisation: a picture that drives a unit, made, judged, and never a silent grey tile."""

from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.driver import Synthesis, synthesise

__all__ = ["Colours", "Synthesis", "synthesise"]
