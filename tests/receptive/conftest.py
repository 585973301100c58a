"""Small random networks: every way in which a layer can read its input, in one to three dimensions."""

import random
from collections.abc import Callable, Sequence
from functools import cache

import pytest
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from convscope.network.export import from_program
from convscope.network.inputs import InputRule

Step = Callable[[Tensor], Tensor]
CHANNELS = 4


def graph_of(module: nn.Module, shape: Sequence[int]) -> fx.GraphModule:
    """Return a module's graph with fixed sizes, which takes a tenth of the time of ``Network``."""
    x = torch.zeros(1, *shape)
    program = torch.export.export(module.eval(), (x,), strict=False)
    return from_program(program, InputRule(tuple(shape))).graph


class RandomNetwork(nn.Module):
    """A few random steps, with branches that are added, concatenated or multiplied.

    Args:
        shape: of one sample, ``(C, *S)``.
        seed: of the choice of steps and weights.
        steps: how many.
    """

    def __init__(self, shape: Sequence[int], seed: int, steps: int = 6):
        super().__init__()
        self.dims = len(shape) - 1
        self.draw = random.Random(seed)
        torch.manual_seed(seed)
        self.weights = nn.ParameterList()
        self.steps: list[Callable[[list[Tensor]], Tensor]] = []
        seen = [torch.rand(1, *shape)]
        while len(self.steps) < steps:
            step = (
                self.join(seen) if self.draw.random() < 0.25 and len(seen) > 1 else self.step(seen)
            )
            if step is None:
                continue
            result = step(seen)
            if min(result.shape[2:]) < 2 or max(result.shape[2:]) > (64, 64, 24)[self.dims - 1]:
                continue
            seen.append(result)
            self.steps.append(step)

    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for step in self.steps:
            seen.append(step(seen))
        return seen[-1]

    def weight(self, *shape: int) -> nn.Parameter:
        """Return a new weight without zeros."""
        self.weights.append(nn.Parameter(torch.rand(shape) + 0.1))
        return self.weights[-1]

    def join(self, seen: list[Tensor]) -> Callable[[list[Tensor]], Tensor] | None:
        """Return a step that joins two earlier tensors of the same size."""
        pairs = [
            (i, j)
            for i in range(len(seen))
            for j in range(i)
            if seen[i].shape[2:] == seen[j].shape[2:]
        ]
        if not pairs:
            return None
        i, j = self.draw.choice(pairs)
        if seen[i].shape[1] == seen[j].shape[1] and self.draw.random() < 0.6:
            return lambda s: s[i] + s[j]
        return lambda s: torch.cat([s[i], s[j]], 1)

    def step(self, seen: list[Tensor]) -> Callable[[list[Tensor]], Tensor] | None:
        """Return a step on the newest tensor."""
        x = seen[-1]
        names = [
            "conv",
            "conv",
            "conv",
            "pool",
            "transposed",
            "resize",
            "pad",
            "move",
            "gate",
            "norm",
            "shuffle",
        ]
        made: Step | None = getattr(self, self.draw.choice(names))(x)
        return None if made is None else lambda s: made(s[-1])

    def conv(self, x: Tensor) -> Step | None:
        d, draw = self.dims, self.draw
        kernel = [draw.randint(1, 4) for _ in range(d)]
        stride = [draw.randint(1, 3) for _ in range(d)]
        dilation = [draw.randint(1, 2) for _ in range(d)]
        # Never a window on padding alone: a branch that reads nothing there is a known exception.
        most = [(k - 1) * e for k, e in zip(kernel, dilation, strict=True)]
        sides = [draw.randint(0, min(2, n)) for n in reversed(most) for _ in range(2)]
        if any(n < 7 for n in x.shape[2:]):
            stride = [1] * d
        convolve = (F.conv1d, F.conv2d, F.conv3d)[d - 1]
        groups = draw.choice([1, 1, 2, x.shape[1]])
        if x.shape[1] % groups:
            return None
        weight = self.weight(CHANNELS if groups < 3 else groups, x.shape[1] // groups, *kernel)
        if any(n <= r for n, r in zip(x.shape[2:], most, strict=True)):
            return None
        if draw.random() < 0.2:
            return lambda y: convolve(y, weight, None, 1, "same", dilation, groups)
        return lambda y: convolve(F.pad(y, sides), weight, None, stride, 0, dilation, groups)

    def pool(self, x: Tensor) -> Step | None:
        d, draw = self.dims, self.draw
        kernel, ceil = draw.randint(2, 3), draw.random() < 0.5
        stride, padding = draw.randint(1, 3), draw.randint(0, 1)
        if min(x.shape[2:]) < 4:
            return None
        if draw.random() < 0.3:
            sizes = [max(2, n // 2 + draw.randint(-1, 1)) for n in x.shape[2:]]
            adaptive = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[d - 1]
            return lambda y: adaptive(y, sizes)  # type: ignore[arg-type]
        if draw.random() < 0.5:
            largest = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[d - 1]
            return lambda y: largest(y, kernel, stride, padding, ceil_mode=ceil)
        average = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[d - 1]
        return lambda y: average(y, kernel, stride, padding, ceil)

    def transposed(self, x: Tensor) -> Step | None:
        d, draw = self.dims, self.draw
        stride = draw.randint(1, 3)
        kernel, dilation = draw.randint(max(stride, 2), 4), draw.randint(1, 2)
        if dilation == 2 and stride == 2:
            return None  # every other phase is empty
        if max(x.shape[2:]) * stride > (40, 40, 20)[d - 1]:
            return None
        weight = self.weight(x.shape[1], CHANNELS, *[kernel] * d)
        convolve = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[d - 1]
        padding, extra = draw.randint(0, 1), draw.randint(0, min(stride, dilation) - 1)
        return lambda y: convolve(y, weight, None, stride, padding, extra, 1, dilation)

    def resize(self, x: Tensor) -> Step | None:
        sizes = [max(2, round(n * self.draw.choice([0.5, 0.75, 1.5, 2]))) for n in x.shape[2:]]
        linear = ("linear", "bilinear", "trilinear")[self.dims - 1]
        mode = self.draw.choice(
            ["nearest", "nearest-exact", linear] + ["bicubic"] * (self.dims == 2)
        )
        aligned = self.draw.random() < 0.5 if mode in (linear, "bicubic") else None
        anti = mode in ("bilinear", "bicubic") and not aligned and self.draw.random() < 0.4
        return lambda y: F.interpolate(y, sizes, mode=mode, align_corners=aligned, antialias=anti)

    def pad(self, x: Tensor) -> Step | None:
        mode = self.draw.choice(["constant", "reflect", "replicate", "circular"])
        sides = [self.draw.randint(0, 2) for _ in range(2 * self.dims)]
        if min(x.shape[2:]) < 4:
            return None
        return lambda y: F.pad(y, sides, mode=mode)

    def move(self, x: Tensor) -> Step | None:
        dim = self.draw.randint(2, self.dims + 1)
        by = self.draw.randint(1, 2)
        if x.shape[dim] < 5:
            return None
        moves: list[Step] = [
            lambda y: torch.flip(y, [dim]),
            lambda y: torch.roll(y, by, dim),
            lambda y: y.narrow(dim, by, y.shape[dim] - 2 * by),
            lambda y: y.index_select(dim, torch.arange(by, y.shape[dim], 2)),
            lambda y: y[(slice(None),) * dim + (slice(by, None, 2),)],
            lambda y: F.pad(y, (0, 0) * self.dims + (1, 2)),
            lambda y: torch.cat([y, y[:, :1]], 1),
        ]
        return self.draw.choice(moves)

    def gate(self, x: Tensor) -> Step | None:
        dims = tuple(range(2, self.dims + 2))
        weight = self.weight(x.shape[1], x.shape[1])
        return lambda y: (
            y * torch.sigmoid(F.linear(y.mean(dims), weight))[(..., *[None] * self.dims)]
        )

    def norm(self, x: Tensor) -> Step | None:
        if self.draw.random() < 0.3:
            return lambda y: F.group_norm(y, 1)
        return lambda y: F.layer_norm(y.movedim(1, -1), (y.shape[1],)).movedim(-1, 1)

    def shuffle(self, x: Tensor) -> Step | None:
        if self.dims == 2 and x.shape[1] % 4 == 0 and self.draw.random() < 0.5:
            return lambda y: F.pixel_shuffle(y, 2)
        if self.dims == 2 and not (x.shape[2] % 2 or x.shape[3] % 2) and x.shape[1] < 9:
            return lambda y: F.pixel_unshuffle(y, 2)
        n = x.shape[2]
        if n % 2 == 0:

            def windows(y: Tensor) -> Tensor:
                """Mix within windows of two positions, as window attention does."""
                parts = y.unflatten(2, (n // 2, 2))
                return (parts + parts.mean(3, keepdim=True)).flatten(2, 3)

            return windows
        return None


class RandomNetworks(nn.Module):
    """Ten random networks on one input, exported together because that takes a third of the time.

    Args:
        dims: number of spatial axes.
        seed: of their common input size, and of each.
    """

    def __init__(self, dims: int, seed: int):
        super().__init__()
        draw = random.Random(seed)
        least, most = ((24, 40), (12, 18), (7, 9))[dims - 1]
        self.shape = (2, *(draw.randint(least, most) for _ in range(dims)))
        self.networks = nn.ModuleList(RandomNetwork(self.shape, 10 * seed + i) for i in range(10))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(network(x) for network in self.networks)


@cache
def random_graph_of(dims: int, seed: int) -> tuple[fx.GraphModule, tuple[int, ...]]:
    """Return ten random networks as one graph, and the shape of a sample."""
    networks = RandomNetworks(dims, seed)
    return graph_of(networks, networks.shape), networks.shape


@pytest.fixture(scope="session")
def random_graph() -> Callable[[int, int], tuple[fx.GraphModule, tuple[int, ...]]]:
    """Give the tests ten random networks by number of dimensions and seed."""
    return random_graph_of
