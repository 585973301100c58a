"""The same network before it learned anything: the control for what training is said to have done."""

import copy
import warnings
from typing import TypeVar

import torch
from torch import nn

from convscope.network.graph import Network
from convscope.network.layers import is_bias

Module = TypeVar("Module", bound=nn.Module)
Thing = TypeVar("Thing")


def untrained(net: Network, seed: int = 0) -> Network:
    """Return a network of the same graph, with weights as before training.

    Args:
        net: the network; it is left as it is.
        seed: of the weights.

    Returns:
        A network with the same layers and input rule, and with the weights of ``redrawn``.

    >>> from convscope.network import load
    >>> demo = load("demo")
    >>> fresh = untrained(demo)
    >>> [layer.name for layer in fresh.layers] == [layer.name for layer in demo.layers]
    True
    >>> fresh.fingerprint == demo.fingerprint
    False
    """
    fresh = copy.copy(net)
    fresh.__dict__.pop("fingerprint", None)
    graph = redrawn(net.graph, seed)
    program = _copied(net.program)
    drawn = graph.state_dict()
    with torch.no_grad():  # what is saved must be what is run
        for name, tensor in program.state_dict.items():
            if name in drawn:
                tensor.copy_(drawn[name])
    fresh.graph, fresh.program = graph, program
    fresh.spec = f"{net.spec}, untrained"
    fresh.notes = (
        *net.notes,
        f"The weights were drawn anew with seed {seed}: this network is a control.",
    )
    return fresh


def redrawn(module: Module, seed: int) -> Module:
    """Return a copy of a network with weights as before training.

    Args:
        module: the network.
        seed: of the weights.

    Returns:
        Matrices and kernels from a normal distribution of variance ``2 / fan_in`` (He et al. 2015), scales 1,
        shifts 0, stored statistics mean 0 and variance 1. It is the layout of the usual initialisation, not the
        author's own.
    """
    fresh = _copied(module)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in fresh.named_parameters():
            if parameter.dim() > 1:
                drawn = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(drawn * (2 / max(parameter[0].numel(), 1)) ** 0.5)
            else:
                parameter.fill_(0.0 if is_bias(name) else 1.0)
        for name, buffer in fresh.named_buffers():
            if name.endswith("running_mean"):
                buffer.fill_(0.0)
            elif name.endswith("running_var"):
                buffer.fill_(1.0)
    return fresh


def _copied(thing: Thing) -> Thing:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's, about its own tree specs
        return copy.deepcopy(thing)
