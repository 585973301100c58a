"""Exemplars: the samples that drive every unit, and how it responds to all the others, in one pass."""

from convscope.features.exemplars.maps import activation_maps
from convscope.features.exemplars.passing import harvest
from convscope.features.exemplars.result import Harvest, LayerHarvest

__all__ = ["Harvest", "LayerHarvest", "activation_maps", "harvest"]
