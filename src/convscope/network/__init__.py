"""The model under the microscope: any PyTorch network as one exported graph with named layers."""

from convscope.network.fresh import untrained
from convscope.network.graph import Network
from convscope.network.inputs import InputRule
from convscope.network.layers import Layer
from convscope.network.load import load

__all__ = ["InputRule", "Layer", "Network", "load", "untrained"]
