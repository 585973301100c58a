"""Small networks and data that the tests of this room share."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import Source
from convscope.data.npz import open_npz
from convscope.network import Network


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """Draw the same weights in every test, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def small(padding: Literal["zeros", "circular"] = "zeros", size: int = 16) -> Network:
    """Return a classifier with a total stride of 4."""
    module = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1, padding_mode=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1, padding_mode=padding),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    ).eval()
    return Network(module, input=(3, size, size))


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Return twelve labelled pictures of smoothed noise, each with a colour of its own."""
    generator = np.random.default_rng(0)
    images = generator.random((12, 16, 16, 3))
    images = (images + np.roll(images, 1, 1) + np.roll(images, 1, 2)) / 6
    images += generator.random((12, 1, 1, 3)) / 2
    path = tmp_path_factory.mktemp("noise") / "noise.npz"
    np.savez(path, images=(255 * images).astype(np.uint8), labels=np.arange(12) % 4)
    return open_npz(str(path), path)
