"""MNIST-1D as its paper trains it: two networks, Adam at 0.01, 6,000 steps through the samples in order."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convscope.learning.tasks import Task


@dataclass(frozen=True)
class Published:
    """One training.

    Args:
        net: ``conv`` or ``dense``.
        permuted: whether positions are in a random order.
        seed: of the weights and the order.
    """

    net: str
    permuted: bool
    seed: int


class Convolutional(nn.Sequential):
    """Three strided convolutions of 25 channels and a linear layer."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv1d(1, 25, 5, 2, 1), nn.ReLU(),
            nn.Conv1d(25, 25, 3, 2, 1), nn.ReLU(),
            nn.Conv1d(25, 25, 3, 2, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(125, 10),
        )  # fmt: skip


class Perceptron(nn.Module):
    """Two layers of 256 units, the second added to the first, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(40, 256), nn.Linear(256, 256)
        self.last = nn.Linear(256, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes."""
        hidden = self.first(x.flatten(1)).relu()
        return self.last(hidden + self.second(hidden).relu())


def trained(task: Task, one: Published) -> float:
    """Return the accuracy on the published test samples.

    Args:
        task: MNIST-1D.
        one: what is trained.
    """
    torch.manual_seed(one.seed)
    network = Convolutional() if one.net == "conv" else Perceptron()
    order = torch.randperm(40) if one.permuted else torch.arange(40)
    x, x_test = (torch.from_numpy(a)[:, :, order] for a in (task.x_train, task.x_test))
    y, y_test = torch.from_numpy(task.y_train), torch.from_numpy(task.y_test)
    optimiser = torch.optim.Adam(network.parameters(), 0.01, fused=True)
    for step in range(6000):
        at = step * 100 % len(x)
        loss = nn.functional.cross_entropy(network(x[at : at + 100]), y[at : at + 100])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return float((network(x_test).argmax(1) == y_test).float().mean())
