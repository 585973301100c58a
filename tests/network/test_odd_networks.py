"""Networks that are written in ways that break tools: another precision, numbers read off tensors, ..."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.guess import takes


class Calls(nn.Module):
    """Convolution, then whatever a function makes of it."""

    def __init__(self, then: Callable[[Tensor, nn.Conv2d], object]):
        super().__init__()
        self.conv, self.then = nn.Conv2d(3, 4, 3, padding=1), then

    def forward(self, x: Tensor) -> object:
        return self.then(self.conv(x), self.conv)


@pytest.mark.parametrize("precision", [torch.float64, torch.bfloat16, torch.float16])
def test_a_network_computes_in_its_own_precision(precision: torch.dtype):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(precision).eval()
    net = Network(module, input=(3, 8, 8))
    x = torch.rand(2, 3, 8, 8)
    assert net(x).dtype == precision
    assert torch.equal(net(x), module(x.to(precision)))
    assert [layer.name for layer in net.layers] == ["0", "1"]
    assert takes(module, (3, 8, 8))


def test_a_number_read_off_the_weights_is_a_constant():
    module = Calls(lambda y, conv: y * conv.weight.max().item()).eval()
    net = Network(module, input=(3, 8, 8))
    x = torch.rand(2, 3, 8, 8)
    assert torch.allclose(net(x), module(x))
    assert [layer.kind for layer in net.layers] == ["conv", "mul"]


def branching(y: Tensor, _: nn.Conv2d) -> Tensor:
    return y * 2 if y.mean() > 0 else y


@pytest.mark.parametrize("then", [branching, lambda y, _: y * y.max().item()])
def test_steps_that_depend_on_values_are_refused_in_one_paragraph(
    then: Callable[[Tensor, nn.Conv2d], object], capfd: pytest.CaptureFixture[str]
):
    with pytest.raises(SpecError) as refused:
        Network(Calls(then).eval(), input=(3, 8, 8))
    assert "\n" not in str(refused.value)
    assert "tensor" in str(refused.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "then",
    [
        lambda y, _: {"a": y, "b": [y.mean((2, 3)), None], "n": 3},
        lambda y, _: y.sum(),
        lambda y, _: y.argmax(1),
        lambda y, _: checkpoint(torch.relu, y, use_reentrant=False),
        lambda y, _: y.detach() + torch.randn_like(y),
    ],
)
def test_any_output_will_do(then: Callable[[Tensor, nn.Conv2d], object]):
    net = Network(Calls(then).eval(), input=(3, 8, 8))
    assert net.layers[0].name == "conv"
    assert net.taps(["conv"])(torch.rand(2, 3, 8, 8))["conv"].shape == (2, 4, 8, 8)


def test_a_network_without_layers_has_none_of_any_name():
    net = Network(nn.Identity(), input=(3, 8, 8))
    with pytest.raises(SpecError, match="no layer 'x': none of its steps"):
        net.layer("x")


@pytest.mark.parametrize("made", ["script", "trace"])
def test_a_script_is_refused_with_what_to_give_instead(tmp_path: Path, made: str):
    path = tmp_path / "script.py"
    path.write_text(
        "import torch\n"
        "from torch import nn\n"
        "conv = nn.Conv2d(3, 4, 3)\n"
        "def script():\n    return torch.jit.script(conv)\n"
        "def trace():\n    return nn.Sequential(torch.jit.trace(conv, torch.zeros(1, 3, 9, 9)))\n"
    )
    for shape in (None, (3, 9, 9)):
        with pytest.raises(SpecError, match=r"TorchScript module.*Python module that it was made"):
            load(f"{path}:{made}", input=shape)
