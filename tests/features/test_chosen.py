"""The layers that are looked at by default: one for each block, after its activation, and the output."""

import torch
from torch import Tensor, nn

from convscope.features.chosen import MOST, default_layers
from convscope.network import Network, load


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.two(torch.relu(self.one(x))))


class Linear(Residual):
    """A block that ends without an activation."""

    def forward(self, x: Tensor) -> Tensor:
        return x + self.two(torch.relu(self.one(x)))


def names(module: nn.Module, **options: int) -> list[str]:
    net = Network(module.eval(), input=(3, 16, 16))
    return [layer.name for layer in default_layers(net, **options)]


def head() -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]


def test_a_chain_gives_every_activation_and_the_output() -> None:
    assert [layer.name for layer in default_layers(load("demo"))] == [
        "relu1", "relu2", "relu3", "relu4", "classifier",
    ]  # fmt: skip


def test_a_block_gives_its_last_layer_and_nothing_from_inside() -> None:
    stem = [nn.Conv2d(3, 4, 3), nn.ReLU()]
    found = names(nn.Sequential(*stem, Residual(), Linear(), *head()))
    assert found == ["1", "2.relu:2", "3.add", "6"]


def test_pairs_in_a_row_are_blocks_and_one_sequence_of_layers_is_not() -> None:
    def pair() -> nn.Module:
        return nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.ReLU())

    assert names(nn.Sequential(nn.Conv2d(3, 4, 1), pair(), pair(), *head())) == [
        "1.3", "2.3", "5",
    ]  # fmt: skip
    row = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU())
    assert names(nn.Sequential(row, *head())) == ["0.1", "0.3", "3"]


def test_the_output_is_named_once() -> None:
    assert names(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())) == ["1"]
    assert names(nn.Sequential(nn.Conv2d(3, 4, 3))) == ["0"]


def test_of_many_blocks_some_are_taken_evenly_and_the_ends_always() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), *(Residual() for _ in range(30)), *head())
    found = names(module)
    assert len(found) == MOST
    assert (found[0], found[-1]) == ("1", "34")
    assert names(module, most=3) == ["1", "17.relu:2", "34"]
