"""The untrained control: the same graph, other weights, nothing shared with the trained network."""

from pathlib import Path

import torch
from torch import nn

from convscope.network import Network, load, untrained


def network() -> Network:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(64)
    for tensor in (norm.running_mean, norm.running_var, norm.weight):
        assert tensor is not None
        nn.init.uniform_(tensor, 2, 3)
    layers = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), norm, nn.ReLU(), nn.Conv2d(64, 8, 1))
    return Network(layers.eval(), (3, 16, 16), mean=[0.5] * 3, std=[0.25] * 3)


def test_weights_are_drawn_anew_and_the_rest_stays() -> None:
    net = network()
    before = {name: tensor.clone() for name, tensor in net.graph.state_dict().items()}
    fresh = untrained(net, seed=3)
    drawn = fresh.graph.state_dict()
    assert [layer.name for layer in fresh.layers] == [layer.name for layer in net.layers]
    assert not torch.equal(drawn["model.0.weight"], before["model.0.weight"])
    deviation = float(drawn["model.0.weight"].std())
    assert abs(deviation - (2 / 27) ** 0.5) < 0.03  # He et al. 2015: variance 2 / fan-in
    assert float(drawn["model.0.bias"].abs().max()) == 0
    assert torch.equal(drawn["model.1.weight"], torch.ones(64))
    assert torch.equal(drawn["model.1.running_var"], torch.ones(64))
    assert torch.equal(drawn["mean"], before["mean"])  # the input rule is no weight
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.graph.state_dict().items())


class Recurrent(nn.Module):
    """A convolution and an LSTM, whose shifts are called ``bias_ih_l0`` and ``bias_hh_l0``."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.lstm = nn.Conv1d(1, 4, 3), nn.LSTM(4, 3, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.lstm(self.conv(x).transpose(1, 2))[0]


def test_shifts_of_recurrent_layers_are_nought() -> None:
    drawn = untrained(Network(Recurrent(), (1, 12))).graph.state_dict()
    shifts = [tensor for name, tensor in drawn.items() if "bias" in name]
    assert len(shifts) == 3
    assert not any(tensor.any() for tensor in shifts)


def test_one_seed_gives_one_network() -> None:
    net = network()
    assert untrained(net, 1).fingerprint == untrained(net, 1).fingerprint
    assert len({net.fingerprint, untrained(net, 1).fingerprint, untrained(net, 2).fingerprint}) == 3


def test_what_is_saved_is_what_runs(tmp_path: Path) -> None:
    fresh = untrained(network(), 5)
    again = load(str(fresh.save(tmp_path / "fresh.pt2")))
    x = torch.rand(2, 3, 16, 16)
    assert torch.allclose(again(x), fresh(x), atol=1e-6)
