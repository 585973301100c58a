"""Idea 3: the hierarchy. What every unit responds to, from edges to wholes, with the evidence."""

from convscope.features.chosen import default_layers
from convscope.features.finding import Features
from convscope.features.settings import Settings
from convscope.features.study import features
from convscope.features.units import LayerFeatures, Unit
from convscope.rooms import callable_as

__all__ = ["Features", "LayerFeatures", "Settings", "Unit", "default_layers", "features"]

callable_as(__name__, features)
