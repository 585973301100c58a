"""Regions that torch.export wraps are laid open, and compute what they computed."""

import torch
from torch import Tensor, nn

from convscope.network import Network


class Guarded(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            with torch.autocast("cpu", enabled=False):
                y = torch.relu(self.conv(x))
            scale, shift = y.mean((2, 3), keepdim=True), y.amax((2, 3), keepdim=True)
        return self.last(y * scale + shift)


def test_layers_inside_guarded_regions_are_listed():
    net = Network(Guarded().eval(), input=(3, 8, 8))
    assert [layer.name for layer in net.layers if layer.kind == "conv"] == ["conv", "last"]
    assert "other" not in {layer.kind for layer in net.layers}
    assert not [n for n in net.graph.graph.nodes if "wrap_with" in str(n.target)]


def test_guarded_regions_compute_what_the_eager_network_does():
    module = Guarded().eval()
    x = torch.rand(3, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(Network(module, input=(3, 8, 8))(x), module(x))


def test_taps_reach_into_guarded_regions():
    module = Guarded().eval()
    x = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        tapped = Network(module, input=(3, 8, 8)).taps(["conv"])(x)["conv"]
        assert torch.allclose(tapped, module.conv(x), atol=1e-6)
