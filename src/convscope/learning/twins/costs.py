"""What a twin costs: units, weights, and multiply-adds for one sample."""

from math import prod

import torch

from convscope.learning.twins.local import Local
from convscope.learning.twins.nets import Twin, TwinNetwork


def costs(twin: Twin) -> dict[str, int]:
    """Return the size of a twin; its weights are not made.

    Args:
        twin: the network.

    Returns:
        ``units`` of all layers before the head, ``parameters``, and ``macs``: multiply-adds for one sample.

    >>> from convscope.learning.twins import twins
    >>> {name: costs(twin)["units"] for name, twin in twins((1, 40), 10).items()}
    {'conv+pool': 2240, 'conv': 1152, 'local+pool': 2240, 'local': 1152, 'dense': 1152}
    """
    with torch.device("meta"):
        network = TwinNetwork(twin.name, twin.geometry)
    units = macs = 0
    for layer, output in zip(network.layers, network.maps, strict=True):
        weight = layer.get_parameter("weight")
        made = output[0] * prod(output[1:])
        inputs = weight.shape[1] if isinstance(layer, Local) else weight[0].numel()
        units += made
        macs += made * inputs
    macs += network.head.weight.numel()
    return {
        "units": units,
        "parameters": sum(p.numel() for p in network.parameters()),
        "macs": macs,
    }
