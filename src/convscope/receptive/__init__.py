"""Idea 2, local connectivity: what every unit of a network can see, exactly, and what it does see."""

from convscope.receptive.advice import Advice, advice
from convscope.receptive.effective import Effective, effective
from convscope.receptive.finding import Receptive, receptive
from convscope.receptive.layerfield import LayerField
from convscope.receptive.registry import rule
from convscope.rooms import callable_as

__all__ = [
    "Advice",
    "Effective",
    "LayerField",
    "Receptive",
    "advice",
    "effective",
    "receptive",
    "rule",
]

callable_as(__name__, receptive)
