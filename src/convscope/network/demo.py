"""The built-in network: plain on purpose, small enough to read, trained on the built-in world.

Four times [3×3 convolution, ReLU, 2×2 max-pooling], the mean over all positions, one linear layer.
Its receptive fields at the convolutions are 3, 8, 18 and 38 pixels. ``convscope train-demo`` trains
it anew.
"""

import json
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any, final

import numpy as np
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file
from torch import Tensor, nn

_SHIPPED = Path(__file__).parent / "weights"
WEIGHTS = _SHIPPED / "demo.safetensors"
"""The shipped weights."""
RECORD = _SHIPPED / "demo.json"
"""How they were trained and how well they do."""
TIMELINE = _SHIPPED / "demo-timeline.safetensors"
"""The first layer's filters during training."""

DEMO_INPUT = (3, 64, 64)
DEMO_MEAN = (0.5, 0.5, 0.5)
DEMO_STD = (0.25, 0.25, 0.25)
DEMO_CLASSES = ("cat", "dog", "car", "truck", "tree", "flower", "house", "character")
WIDTHS = (16, 32, 64, 96)
"""Channels of the four convolutions."""


@final
class DemoNetwork(nn.Sequential):
    """The network, untrained: ``(B, 3, 64, 64)`` normalised pictures to ``(B, 8)`` class scores.

    Pictures in [0, 1] are normalised with ``DEMO_MEAN`` and ``DEMO_STD``. Any size of 16 pixels or
    more works.
    """

    def __init__(self) -> None:
        steps: OrderedDict[str, nn.Module] = OrderedDict()
        channels = DEMO_INPUT[0]
        for number, width in enumerate(WIDTHS, start=1):
            steps[f"conv{number}"] = nn.Conv2d(channels, width, 3, padding=1)
            steps[f"relu{number}"] = nn.ReLU()
            steps[f"pool{number}"] = nn.MaxPool2d(2)
            channels = width
        steps["average"] = nn.AdaptiveAvgPool2d(1)
        steps["flatten"] = nn.Flatten()
        steps["classifier"] = nn.Linear(channels, len(DEMO_CLASSES))
        super().__init__(steps)

    def forward(self, input: Tensor) -> Tensor:
        """Return the class scores ``(B, 8)``."""
        return super().forward(input)


def demo_module() -> DemoNetwork:
    """Return the network with the shipped weights, in evaluation mode."""
    network = DemoNetwork()
    network.load_state_dict(load_file(WEIGHTS))
    return network.eval()


@cache
def _record() -> str:
    return RECORD.read_text(encoding="utf-8")


def demo_record() -> dict[str, Any]:
    """Return the training record: accuracy with its 95 % interval, seed, versions, date, times."""
    return json.loads(_record())


def demo_timeline() -> tuple[np.ndarray, np.ndarray]:
    """Return the first layer's filters during training.

    Returns:
        The number of training pictures seen at each checkpoint, int64 (T,); the filters then,
        float32 (T, 16, 3, 3, 3).
    """
    arrays = load_arrays(TIMELINE)
    return arrays["pictures_seen"], arrays["conv1.weight"].astype(np.float32)
