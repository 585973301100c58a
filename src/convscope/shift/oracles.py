"""The network without a cause: oracles stand in the places of paddings, strides and nonlinearities.

- Padding becomes circular (``convscope.network.rewriting.circular``).
- A window with a stride is evaluated at every position, the map is low-passed ideally, and then sampled. So
  is a slice with a step.
- An activation works on a map of twice as many positions per axis, and the map is low-passed back.

Every layer keeps its place and its size, so maps are compared as those of the network itself. Maxima over
windows, products of maps and resizing have no oracle; what they do stays in the leftover.
"""

from torch import fx

from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.network.rewriting.grids import grids_of
from convscope.network.rewriting.ideal import Ideal
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.taps import Taps
from convscope.shift.grids import grids
from convscope.shift.passing import Watched


def without(
    net: Network, there: tuple[str, ...], names: tuple[str, ...], most: int | None
) -> Watched:
    """Return a network in which only some causes of error are there; oracles have taken out the others.

    Args:
        net: the network.
        there: the causes that stay, out of ``CAUSES``.
        names: the layers to read.
        most: channels that are looked at.

    Raises:
        SpecError: an operation that no oracle can take the place of.
    """
    base = net if "padding" in there else circular(net)
    oracles = Ideal(
        grids_of(base.graph, base.dims),
        strides="stride" not in there,
        activations="nonlinearity" not in there,
    )
    make = Rebuild(base.graph, "oracle")
    graph = make.run(oracles)
    # What stands in a layer's place now, whatever it is called.
    place = {node.name: new for node, new in make.made.items() if isinstance(new, fx.Node)}
    nodes = {name: place[base.layer(name).node].name for name in names}
    made = Network.from_graph(graph, base, dynamic_space=False)
    return Watched(made, Taps(graph, nodes, base.dynamic_batch), grids(base), names, most)
