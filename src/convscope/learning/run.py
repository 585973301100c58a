"""A training of a built-in network under way: every step of it follows from the recipe."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from convscope.data.world import VERSION
from convscope.errors import SpecError
from convscope.learning.checkpoint import load_checkpoint, save_checkpoint
from convscope.network.demo import DemoNetwork, Design, Kind, design_of
from convscope.progress import Progress

_EARLY = (500, 1000, 2000, 4000, 8000)  # samples seen, where filters change fastest
_FORMATS = (torch.contiguous_format, torch.channels_last, torch.channels_last_3d)  # the fastest


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Args:
        kind: which of the built-in networks: by what it looks at.
        seed: of weights, order and shifts; the training samples are those of world ``seed + 1``.
        samples: how many training samples.
        unseen: how many samples of world 0 it is tested on.
        epochs: how often each sample is seen.
        batch: samples to a step.
        rate: the highest learning rate; it rises over the first sixth and falls to 0 along a
            cosine.
        decay: weight decay (AdamW).
        start: the first layer's filters begin at this share of the usual size, so that what is seen
            in them afterwards is what training put there, and not what they began with.
        smoothing: label smoothing.
        shift: training samples are moved by up to so many pixels along each axis, around the edges.
    """

    kind: Kind = "image"
    seed: int = 0
    samples: int = 20_000
    unseen: int = 5_000
    epochs: int = 10
    batch: int = 100
    rate: float = 0.004
    decay: float = 0.2
    start: float = 0.1
    smoothing: float = 0.05
    shift: int = 4

    @property
    def design(self) -> Design:
        """The network that is trained."""
        return design_of(self.kind)


RECIPES = {
    "image": Recipe(),
    "sound": Recipe("sound", samples=8_000, epochs=5, shift=400),
    "volume": Recipe("volume", samples=8_000, epochs=8, batch=50, decay=0.05, shift=1),
}
"""How the shipped networks were trained, by what they look at."""


class Run:
    """A training under way: the network, the optimiser's state, and how far it has come."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.network = DemoNetwork(recipe.design)
        draw = torch.Generator().manual_seed(recipe.seed)
        for module in self.network:
            if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=draw)
                assert module.bias is not None
                nn.init.zeros_(module.bias)
        with torch.no_grad():
            self.network.get_parameter("conv1.weight").mul_(recipe.start)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, weight_decay=recipe.decay
        )
        self.epoch = 0
        self.wall_s = self.cpu_s = 0.0
        self.seen: list[int] = []
        self.kept: list[dict[str, Tensor]] = []

    @classmethod
    def begun(cls, recipe: Recipe) -> "Run":
        """Start afresh."""
        run = cls(recipe)
        run.remember(0)
        return run

    @classmethod
    def resumed(cls, recipe: Recipe, path: Path) -> "Run":
        """Go on from a checkpoint, if there is one."""
        if not path.is_file():
            return cls.begun(recipe)
        tensors, facts = load_checkpoint(path)
        if facts.get("recipe") != asdict(recipe) or facts.get("world") != VERSION:
            raise SpecError(
                f"{path} belongs to a training with other settings ({facts.get('recipe')}). "
                "Choose another folder, or remove the file to start afresh."
            )
        run = cls(recipe)
        run.network.load_state_dict(_under(tensors, "network."))
        for k, parameter in enumerate(run.network.parameters()):
            run.optimiser.state[parameter] = _under(tensors, f"optimiser.{k}.")
        run.epoch, run.seen = facts["epoch"], facts["seen"]
        run.wall_s, run.cpu_s = facts["wall_s"], facts["cpu_s"]
        run.kept = [_under(tensors, f"kept.{k}.") for k in range(len(run.seen))]
        return run

    def save(self, path: Path, wall_s: float, cpu_s: float) -> None:
        """Write a checkpoint; the times are of this call alone."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        for k, parameter in enumerate(self.network.parameters()):
            for name, value in self.optimiser.state[parameter].items():
                tensors[f"optimiser.{k}.{name}"] = value
        for k, weights in enumerate(self.kept):
            tensors |= {f"kept.{k}.{name}": tensor for name, tensor in weights.items()}
        facts = {
            "recipe": asdict(self.recipe),
            "world": VERSION,
            "epoch": self.epoch,
            "seen": self.seen,
            "wall_s": self.wall_s + wall_s,
            "cpu_s": self.cpu_s + cpu_s,
        }
        save_checkpoint(path, tensors, facts)

    def remember(self, seen: int) -> None:
        """Keep the network as it is after so many samples."""
        self.seen.append(seen)
        self.kept.append({k: v.detach().clone() for k, v in self.network.state_dict().items()})

    def train_epoch(self, samples: np.ndarray, labels: Tensor, progress: Progress) -> None:
        """Go once through all samples, in an order that the seed and the epoch's number give."""
        recipe = self.recipe
        draw = torch.Generator().manual_seed(recipe.seed * 1_000_003 + self.epoch + 1)
        order = torch.randperm(len(samples), generator=draw)
        steps = -(-len(samples) // recipe.batch)
        self.network.train()
        for step in range(steps):
            done = self.epoch * steps + step
            progress("training", done, recipe.epochs * steps)
            chosen = order[step * recipe.batch : (step + 1) * recipe.batch]
            most, dims = recipe.shift, recipe.design.dims
            move = torch.randint(-most, most + 1, (dims,), generator=draw).tolist()
            batch = normalised(samples[chosen.numpy()], recipe.design)
            batch = torch.roll(batch, move, tuple(range(2, 2 + dims)))
            scores = self.network(batch)
            loss = nn.functional.cross_entropy(
                scores, labels[chosen], label_smoothing=recipe.smoothing
            )
            for group in self.optimiser.param_groups:
                group["lr"] = recipe.rate * _schedule((done + 1) / (recipe.epochs * steps))
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            seen = self.epoch * len(samples) + step * recipe.batch + len(chosen)
            if seen in _EARLY or step == steps - 1:
                self.remember(seen)
        self.epoch += 1
        progress("training", self.epoch * steps, recipe.epochs * steps)


def _schedule(done: float) -> float:
    """Return the share of the highest learning rate at a point of the training, 0 to 1."""
    rise = 1 / 6
    if done < rise:
        return done / rise
    return 0.5 * (1 + cos(pi * (done - rise) / (1 - rise)))


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def whole(arrays: np.ndarray, design: Design) -> np.ndarray:
    """Return samples as the whole numbers that they are multiples of, which is exact and small."""
    steps = np.rint(arrays * design.levels)
    return steps.astype(np.uint8 if design.levels < 256 else np.int16)


def normalised(samples: np.ndarray, design: Design) -> Tensor:
    """Return samples that ``whole`` gave, ``(B, C, *S)``, as the network takes them."""
    batch = torch.from_numpy(samples).to(memory_format=_FORMATS[design.dims - 1]).float()
    per_channel = (1, -1, *(1,) * design.dims)
    mean, std = (torch.tensor(x).reshape(per_channel) for x in (design.mean, design.std))
    return (batch / design.levels - mean) / std
