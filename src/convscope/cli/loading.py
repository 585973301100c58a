"""From the words of a command line to a Network, a Source, a device."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.cli.options import Device
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError

if TYPE_CHECKING:
    from convscope.data import Source
    from convscope.network import Network


@dataclass(frozen=True)
class ModelWords:
    """How a network was asked for, as it was typed."""

    spec: str
    weights: str | None = None
    input: str | None = None
    mean: str | None = None
    std: str | None = None
    labels: Path | None = None


def load_network(
    words: ModelWords, terminal: Terminal, source: "Source | None" = None
) -> "Network":
    """Return the network that was asked for, and say what should be known about it.

    Args:
        words: what was typed.
        terminal: where notes go.
        source: the data it will look at, to guess its input from.

    Raises:
        SpecError: anything typed is wrong.
    """
    from convscope.network import load
    from convscope.network.inputs import parse_shape, parse_values

    shape = None if words.input is None else parse_shape(words.input)
    mean = None if words.mean is None else parse_values(words.mean, "mean")
    std = None if words.std is None else parse_values(words.std, "std")
    terminal.progress(f"loading {words.spec}", 0, None)
    network = load(
        words.spec,
        weights=words.weights,
        input=shape,
        mean=mean,
        std=std,
        labels=words.labels,
        sample_shape=None if source is None else source.shape,
    )
    terminal.notes(network.notes)
    return network


def load_again(spec: str, weights: str | None, atlas: Path, terminal: Terminal) -> "Network":
    """Return the network of an atlas, with the input rule that the atlas keeps.

    Args:
        spec: what was typed.
        weights: what was typed.
        atlas: the folder.
        terminal: where progress goes.

    Raises:
        SpecError: anything typed is wrong, or the folder is no atlas.
    """
    from convscope.atlas import Atlas
    from convscope.network import load

    rule = Atlas.open(atlas).document("network")
    terminal.progress(f"loading {spec}", 0, None)
    return load(spec, weights=weights, input=rule["input"], mean=rule["mean"], std=rule["std"])


def open_data(spec: str, terminal: Terminal) -> "Source":
    """Return the data that were asked for, and say what was left out.

    Raises:
        SpecError: no such data.
    """
    from convscope.data import open_source

    source = open_source(spec, progress=terminal.progress)
    terminal.notes(source.notes)
    return source


def say_skipped(source: "Source", terminal: Terminal) -> None:
    """Name the samples that could not be read, the first few in full."""
    if source.skipped:
        few = "; ".join(f"{name} ({reason})" for name, reason in source.skipped[:3])
        more = f"; and {len(source.skipped) - 3} more" if len(source.skipped) > 3 else ""
        terminal.note(f"Note: {len(source.skipped)} of the samples were skipped: {few}{more}.")


def device_name(device: Device) -> str:
    """Return the device that is meant.

    Raises:
        SpecError: a GPU was asked for and there is none that torch can use.
    """
    if device is Device.cpu:
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device is Device.cuda:
        raise SpecError(
            "There is no GPU that torch can use here (torch.cuda.is_available() is False). "
            "Type --device cpu, or install a torch build with CUDA."
        )
    return "cpu"


def envelope(**fields: object) -> Mapping[str, object]:
    """Return the head of a JSON document that is not a Finding's, and its fields."""
    import convscope
    from convscope.finding import SCHEMA

    return {"convscope": convscope.__version__, "schema": SCHEMA, **fields}
