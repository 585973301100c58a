"""The built-in networks: plain on purpose, small enough to read, trained on the built-in worlds.

A few times [convolution, ReLU, max-pooling], the mean over all positions, one linear layer: for pictures,
for sound, for volumes. Their receptive fields can be derived by hand. ``convscope train-demo`` trains
them anew.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, final

from safetensors.torch import load_file
from torch import Tensor, nn

from convscope.errors import SpecError

_SHIPPED = Path(__file__).parent / "weights"
_CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_AVERAGES = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)

Kind = Literal["image", "sound", "volume"]
"""What a built-in network looks at."""


@dataclass(frozen=True)
class Design:
    """One of the built-in networks: its geometry, what it is fed, and where it is shipped.

    Args:
        kind: what it looks at.
        data: the world that it grew up in, the first word of a DATA spec.
        levels: to the unit; samples of that world are whole numbers of them.
        input: ``(C, *S)``.
        mean: subtracted from each channel.
        std: divided by.
        classes: the names of the eight classes.
        widths: channels of the convolutions.
        kernels: their sizes along every axis; odd.
        pool: size and stride of the max-pooling after each of them.
    """

    kind: Kind
    data: str
    levels: int
    input: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    widths: tuple[int, ...]
    kernels: tuple[int, ...]
    pool: int

    @property
    def dims(self) -> int:
        """Number of spatial axes."""
        return len(self.input) - 1

    @property
    def spec(self) -> str:
        """The MODEL spec that names it."""
        return "demo" if self.kind == "image" else f"demo:{self.kind}"

    @property
    def weights(self) -> Path:
        """The shipped weights."""
        return _SHIPPED / f"{self._stem}.safetensors"

    @property
    def record(self) -> Path:
        """How they were trained and how well they do."""
        return _SHIPPED / f"{self._stem}.json"

    @property
    def timeline(self) -> Path:
        """The first layer's filters during training."""
        return _SHIPPED / f"{self._stem}-timeline.safetensors"

    @property
    def _stem(self) -> str:
        return self.spec.replace(":", "-")


IMAGE = Design(
    kind="image",
    data="parts",
    levels=255,
    input=(3, 64, 64),
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
    classes=("cat", "dog", "car", "truck", "tree", "flower", "house", "character"),
    widths=(16, 32, 64, 96),
    kernels=(3, 3, 3, 3),
    pool=2,
)
"""The one for pictures. At its convolutions the receptive fields are 3, 8, 18 and 38 pixels."""

SOUND = Design(
    kind="sound",
    data="parts1d",
    levels=32768,
    input=(1, 8000),
    mean=(0.0,),
    std=(0.25,),
    classes=(
        "burst chirp clicks",
        "clicks chirp burst",
        "burst harmonic chirp",
        "chirp harmonic burst",
        "clicks burst harmonic",
        "harmonic burst clicks",
        "chirp clicks harmonic",
        "harmonic clicks chirp",
    ),
    widths=(16, 24, 32, 48, 64),
    kernels=(31, 9, 9, 9, 9),
    pool=4,
)
"""The one for sound at 8 kHz. Its receptive fields are 31, 66, 206, 766 and 3,006 samples: the last hears
two sounds of a word and the gap between them, so in which order they come."""

VOLUME = Design(
    kind="volume",
    data="parts3d",
    levels=255,
    input=(1, 24, 24, 24),
    mean=(0.5,),
    std=(0.25,),
    classes=(
        "dumbbell",
        "handle",
        "pin",
        "lollipop",
        "cell",
        "satellite",
        "cross",
        "tripod",
    ),
    widths=(8, 32, 64),
    kernels=(3, 3, 3),
    pool=2,
)
"""The one for volumes. Its receptive fields are 3, 8 and 18 voxels a side."""

DESIGNS: dict[str, Design] = {design.kind: design for design in (IMAGE, SOUND, VOLUME)}
"""The built-in networks by what they look at."""


def design_of(kind: str) -> Design:
    """Return the built-in network that looks at something.

    Args:
        kind: ``"image"``, ``"sound"`` or ``"volume"``.

    Raises:
        SpecError: there is none for it.

    >>> design_of("volume").input
    (1, 24, 24, 24)
    """
    if kind not in DESIGNS:
        raise SpecError(
            f"There is no built-in network for {kind!r}. Type one of {', '.join(DESIGNS)}."
        )
    return DESIGNS[kind]


@final
class DemoNetwork(nn.Sequential):
    """A built-in network, untrained: ``(B, C, *S)`` normalised samples to ``(B, 8)`` class scores.

    Samples in [0, 1] (sound in [-1, 1]) are normalised with the design's ``mean`` and ``std``. It takes
    any size that leaves something after all poolings: pictures of 16 pixels or more.

    Args:
        design: which one.
    """

    def __init__(self, design: Design = IMAGE) -> None:
        steps: OrderedDict[str, nn.Module] = OrderedDict()
        channels, kind = design.input[0], design.dims - 1
        stages = zip(design.widths, design.kernels, strict=True)
        for number, (width, kernel) in enumerate(stages, start=1):
            steps[f"conv{number}"] = _CONVS[kind](channels, width, kernel, padding=kernel // 2)
            steps[f"relu{number}"] = nn.ReLU()
            steps[f"pool{number}"] = _POOLS[kind](design.pool)
            channels = width
        steps["average"] = _AVERAGES[kind](1)
        steps["flatten"] = nn.Flatten()
        steps["classifier"] = nn.Linear(channels, len(design.classes))
        super().__init__(steps)

    def forward(self, input: Tensor) -> Tensor:
        """Return the class scores ``(B, 8)``."""
        return super().forward(input)


def demo_module(design: Design = IMAGE) -> DemoNetwork:
    """Return a built-in network with its shipped weights, in evaluation mode."""
    network = DemoNetwork(design)
    network.load_state_dict(load_file(design.weights))
    return network.eval()


@cache
def _record(design: Design) -> str:
    return design.record.read_text(encoding="utf-8")


def demo_record(design: Design = IMAGE) -> dict[str, Any]:
    """Return the training record: accuracy with its 95 % interval, seed, versions, date, timeline."""
    return json.loads(_record(design))
