"""Idea 2, local connectivity: what every unit of a network can see, exactly, and what it does see."""

from convscope.receptive.finding import LayerField, Receptive, receptive
from convscope.receptive.registry import rule
from convscope.rooms import callable_as

__all__ = ["LayerField", "Receptive", "receptive", "rule"]

callable_as(__name__, receptive)
