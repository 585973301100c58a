"""Idea 1, parameter sharing: what every layer would cost without its two priors."""

from convscope.finding import Protocol
from convscope.network import Network
from convscope.rooms import callable_as
from convscope.sharing.cost import LayerCost
from convscope.sharing.finding import Sharing
from convscope.sharing.grammar import described
from convscope.sharing.lesson import Lesson, lesson
from convscope.sharing.tally import rows_of
from convscope.sharing.totals import Totals

__all__ = ["LayerCost", "Lesson", "Sharing", "Totals", "described", "lesson", "sharing"]


def sharing(net: Network, *, tied_biases: bool = False) -> Sharing:
    """Count what every layer of a network costs as it is, local, and dense.

    For a convolution from ``C_in × S_in`` to ``C_out × S_out`` with kernel K and g groups, the dense form has
    ``C_in |S_in| C_out |S_out|`` weights, the local one ``|S_out| C_out (C_in / g) |K|``, and the layer itself
    ``C_out (C_in / g) |K|``: locality ``|S_in| / |K|``, grouping g and sharing ``|S_out|`` multiply to
    dense / convolution.

    Args:
        net: the network.
        tied_biases: give the local and the dense forms one bias per output channel, not per output element.

    Returns:
        One row per layer that stores or multiplies something, and the totals; all numbers are exact.
        The parameters add up to ``net.parameters``.

    References:
        Goodfellow, Bengio, Courville 2016, section 9.2; LeCun et al. 1989 and 1998 for connections.

    >>> import torch, convscope
    >>> net = convscope.network.Network(torch.nn.Conv2d(3, 64, 3, padding=1), input=(3, 224, 224))
    >>> row = sharing(net).layers[0]
    >>> row.weights, row.local_weights, row.dense_weights
    (1728, 86704128, 483385147392)
    """
    return Sharing(
        network=net.id,
        protocol=Protocol(
            id="sharing/counted", dtype="exact", floor=0.0, settings={"tied_biases": tied_biases}
        ),
        layers=rows_of(net, tied_biases=tied_biases),
        tied_biases=tied_biases,
    )


callable_as(__name__, sharing)
