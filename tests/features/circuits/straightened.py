"""The oracle of effective kernels: the gradient of the network with its activations taken out."""

import numpy as np
import torch
from torch import Tensor, fx, nn

from convscope.features.circuits import Kernels, Stage
from convscope.network import Network

CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
SIDE = (48, 28, 16)


def stirred(module: nn.Module, seed: int = 0) -> nn.Module:
    """Draw every weight and every stored statistic, so that nothing is 0 or 1 by default."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.25)
                if tensor.dim() > 1:
                    tensor.sub_(0.75)
    return module.eval()


def network(module: nn.Module, channels: int, dims: int = 2, side: int | None = None) -> Network:
    return Network(stirred(module), input=(channels, *(side or SIDE[dims - 1],) * dims))


def only(kernels: dict[str, Kernels], source: str) -> np.ndarray:
    assert list(kernels) == [source]
    return kernels[source].values.numpy()


class Straightened(fx.Interpreter):
    """The network with its activations taken out and maxima replaced by means; keeps every node's value."""

    def __init__(self, net: Network):
        super().__init__(net.graph, garbage_collect_values=False)
        self.kept: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> object:
        name = str(n.target)
        if n.op == "call_function" and any(
            word in name for word in ("relu", "silu", "hardtanh", "gelu")
        ):
            found = self.fetch_args_kwargs_from_env(n)[0][0]
        elif "max_pool" in name:
            x, kernel, *more = self.fetch_args_kwargs_from_env(n)[0]
            stride, padding, _, ceil = (*more, *(kernel, 0, 1, False)[len(more) :])
            mean = getattr(torch.nn.functional, f"avg_pool{x.dim() - 2}d")
            found = mean(x, kernel, stride, padding, ceil_mode=ceil)
        else:
            found = super().run_node(n)
        if isinstance(found, Tensor):
            self.kept[n.name] = found
        return found


def straightened(net: Network) -> Straightened:
    """Return every node's value of the straightened network at a random sample, in float64."""
    net.graph.double()
    run = Straightened(net)
    run.run(torch.rand(1, *net.input.shape, dtype=torch.float64, requires_grad=True))
    return run


def agrees(net: Network, layer: str, within: list[str], units: int = 3) -> int:
    """Check every source of a layer at an interior position against the gradient; return how many sources."""
    stage = Stage(net, layer, within, dtype=torch.float64)
    found = stage.kernels(range(min(units, stage.units)))
    kept = straightened(net).kept
    target = kept[net.layer(stage.layer).node]
    for source, kernels in found.items():
        values = kept["x" if source == "input" else net.layer(source).node]
        for unit in kernels.units:
            (truth,) = torch.autograd.grad(
                target[(0, unit, *stage.position)], values, retain_graph=True
            )
            mine = torch.zeros_like(truth)
            places = [
                slice(first, first + size)
                for first, size in zip(kernels.start, kernels.values.shape[2:], strict=True)
            ]
            sides = zip(places, truth.shape[2:], strict=True)
            assert all(place.start >= 0 and place.stop <= side for place, side in sides)
            mine[(0, slice(None), *places)] = kernels.values[unit]
            torch.testing.assert_close(mine, truth, rtol=0, atol=1e-10)
            assert truth.abs().max() > 1e-3
    return len(found)
