"""A sample of ``benchmarks/coverage.py``: small networks of both libraries, each unlike the others."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from convscope.network import Network, load
from convscope.network.zoo import timm_network, torchvision_network
from convscope.receptive import receptive
from convscope.sharing import sharing

SAMPLE = {
    "torchvision:squeezenet1_1": "concatenations, ceil-mode pooling",
    "torchvision:shufflenet_v2_x0_5": "channel shuffle and chunks",
    "timm:test_efficientnet": "squeeze-excite",
    "timm:test_byobnet": "attention between convolutions",
    "timm:test_convnext": "layer norm over channels",
    "timm:test_vit": "tokens",
    "timm:starnet_s050": "products of branches",
}


@pytest.fixture(scope="module", params=SAMPLE)
def net(request: pytest.FixtureRequest) -> Network:
    torch.set_num_threads(1)
    return load(request.param)


def module_of(spec: str) -> torch.nn.Module:
    library, _, name = spec.partition(":")
    build = {"timm": timm_network, "torchvision": torchvision_network}[library]
    return build(name).module.eval()


def test_every_step_is_named_counted_and_located(net: Network):
    names = [layer.name for layer in net.layers]
    assert len(set(names)) == len(names)
    assert "other" not in {layer.kind for layer in net.layers}
    assert not sharing(net).totals.unknown
    found = receptive(net)
    assert not found.unsupported
    assert [row.name for row in found.layers] == names


def test_parameters_are_those_of_the_module(net: Network):
    expected = sum(parameter.numel() for parameter in module_of(net.spec).parameters())
    assert net.parameters == expected
    assert sharing(net).totals.parameters == expected


def test_multiply_adds_are_those_that_torch_dispatches(net: Network):
    """FlopCounterMode counts two for each; fused attention, unseen by it on a CPU, is left out on both sides."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module_of(net.spec)(torch.zeros(1, *net.input.shape))
    attention = sum(layer.macs or 0 for layer in net.layers if layer.kind == "attention")
    dispatched = counter.get_flop_counts()["Global"]
    seen = sum(count for name, count in dispatched.items() if "attention" not in str(name))
    assert sharing(net).totals.macs - attention == seen // 2
