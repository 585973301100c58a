"""The options that commands share, each with one name and one meaning."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Device(StrEnum):
    """Where to measure."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class DemoKind(StrEnum):
    """What a built-in network looks at."""

    image = "image"
    sound = "sound"
    volume = "volume"


Kind = Annotated[DemoKind, typer.Option(help="Which built-in network: by what it looks at.")]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="The network; `convscope --help` lists the forms.")
]
Data = Annotated[
    str | None,
    typer.Option(metavar="DATA", help="What it looks at; `convscope --help` lists the forms."),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A .safetensors, .pt or .pth file, or `pretrained` for the library's own.",
    ),
]
Input = Annotated[
    str | None,
    typer.Option(metavar="CxHxW", help="Shape of one sample, without the batch: 3x224x224."),
]
Mean = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBERS",
        help="Subtracted per channel, joined by commas; `sample` for each sample's own.",
    ),
]
Std = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBERS",
        help="Divided by per channel, joined by commas; `sample` for each sample's own.",
    ),
]
Layers = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Whose units, joined by commas; else one for each block."),
]
Units = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Of each layer so many units, spread evenly; else all of them."
    ),
]
Labels = Annotated[Path | None, typer.Option(metavar="FILE", help="The class names, one per line.")]
Where = Annotated[
    Device, typer.Option("--device", help="Where to measure; auto takes a GPU if there is one.")
]
Batch = Annotated[
    int, typer.Option(min=1, metavar="N", help="Samples that pass through the network at once.")
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Seed of what is drawn at random.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no notes.")]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Say more, and show tracebacks of faults.")
]
Port = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        metavar="N",
        help="Port on this machine; without it 8756, or a free one where that is taken.",
    ),
]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the pages in a browser.")]
