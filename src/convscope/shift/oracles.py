"""The networks without a cause, and the exact twin; all of them share the weights."""

from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.shift.causes import CAUSES


def without(net: Network, there: tuple[str, ...]) -> Network:
    """Return a network in which only some causes of error are there; oracles have taken out the others.

    Args:
        net: the network.
        there: the causes that stay, out of ``CAUSES``.

    Raises:
        SpecError: the network has operations that an oracle cannot take the place of.
    """
    from convscope.network.rewriting import ideal, upsampled

    # Strides last: an activation between a convolution and its stride keeps its place.
    take_out = {"padding": circular, "nonlinearity": upsampled, "stride": ideal}
    for cause in sorted(CAUSES, key=list(take_out).index):
        if cause not in there:
            net = take_out[cause](net)
    return net
