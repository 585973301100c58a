"""Look at a layer's map the moment it is computed, while it is still in the processor's cache.

Collecting the maps of all layers and reading them afterwards would fetch every value from memory a second
time, and hold all maps at once.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, fx, nn

from convscope.network import Network
from convscope.network.taps import cut


class _Look(nn.Module):
    def __init__(self, name: str, see: Callable[[str, Tensor], None]):
        super().__init__()
        self._name, self._see = name, see

    def forward(self, output: Tensor) -> None:
        self._see(self._name, output)


def watching(
    net: Network, layers: Sequence[str], see: Callable[[str, Tensor], None]
) -> fx.GraphModule:
    """Return the network cut after the last of some layers, which shows their outputs as it runs.

    Args:
        net: the network; its weights are shared, not copied.
        layers: names of layers.
        see: called with a layer's name and its output ``(B, C, *S)``.
    """
    nodes = {name: net.layer(name).node for name in layers}
    module = cut(net.graph, nodes)
    by_name = {node.name: node for node in module.graph.nodes}
    for number, (name, node) in enumerate(nodes.items()):
        module.add_submodule(f"look{number}", _Look(name, see))
        with module.graph.inserting_after(by_name[node]):
            module.graph.call_module(f"look{number}", (by_name[node],))
    returned = module.graph.output_node()
    returned.args = (None,)
    module.recompile()
    return module
