"""A small network and sources whose responses are worked out again by brute force."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data.sample import Sample, Source
from convscope.errors import WorkError
from convscope.network import Network


class Arrays(Source):
    """Samples from an array; some cannot be read."""

    kind = "image"
    lazy = True

    def __init__(self, arrays: np.ndarray, broken: tuple[int, ...] = ()):
        self.spec = "arrays"
        self.shape = arrays.shape[1:]
        self._arrays, self._broken = arrays, broken

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, index: int) -> Sample:
        if index in self._broken:
            raise WorkError(f"{index} is broken")
        return Sample(self._arrays[index], None, str(index))

    def _hashed(self) -> str:
        return f"{self._arrays.sum()} {self._broken}"

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(index), "broken") for index in self._broken)


@dataclass(frozen=True)
class Case:
    """A network, data, and layers to look at."""

    net: Network
    source: Arrays
    layers: tuple[str, ...]

    def maps(self, layer: str) -> np.ndarray:
        """Return every map of a layer, one sample at a time, float64 ``(N, U, P)``."""
        taps = self.net.taps([layer])
        x = torch.from_numpy(np.stack([self.source._arrays[i] for i in range(len(self.source))]))
        with torch.no_grad():
            found = torch.cat([taps(sample[None])[layer] for sample in x])
        return found.double().numpy().reshape(len(x), found.shape[1], -1)


def case(dims: int, samples: int, broken: tuple[int, ...] = ()) -> Case:
    """Return a case with so many spatial axes."""
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
    pool = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[dims - 1]
    torch.manual_seed(dims)
    module = nn.Sequential(
        conv(2, 6, 3, padding=1), nn.ReLU(), conv(6, 5, 3, stride=2), pool(1), nn.Flatten(),
        nn.Linear(5, 4),
    )  # fmt: skip
    shape = (2, *((40,), (13, 11), (7, 6, 5))[dims - 1])
    rng = np.random.default_rng(dims)
    net = Network(module.eval(), input=shape, spec="small")
    arrays = rng.normal(size=(samples, *shape)).astype(np.float32)
    return Case(net, Arrays(arrays, broken), ("1", "2", "5"))


@pytest.fixture(scope="session", params=[1, 2, 3], ids=["1-D", "2-D", "3-D"])
def small(request: pytest.FixtureRequest) -> Case:
    """Return a case of each number of axes."""
    return case(request.param, 90)


@pytest.fixture(scope="session")
def pictures() -> Case:
    """Return a case with two axes."""
    return case(2, 90)


@pytest.fixture(scope="session")
def make() -> Callable[..., Case]:
    """Return a function that makes a case of a module and data."""

    def made(module: nn.Module, arrays: np.ndarray, broken: tuple[int, ...] = ()) -> Case:
        net = Network(module.eval(), input=arrays.shape[1:], spec="made")
        return Case(net, Arrays(arrays, broken), tuple(layer.name for layer in net.layers))

    return made
