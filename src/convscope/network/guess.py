"""The input of a network that nobody described: from its first layer, the data, and a few tries."""

import inspect
from collections.abc import Iterable, Iterator

import torch
from torch import nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)

from convscope.errors import SpecError
from convscope.network.export import quiet, refuse_script
from convscope.network.inputs import precision_of

_SIZES = {
    1: [
        (n,)
        for n in (
            16000,
            1024,
            8000,
            4096,
            2048,
            512,
            256,
            22050,
            44100,
            128,
            64,
            32,
            *range(1, 257),
        )
    ],
    2: [(n, n) for n in (224, 32, 28, 64, 96, 128, 48, 256, 299, 384, 512, 16, 160, 192, 112)],
    3: [
        (16, 112, 112),
        (32, 32, 32),
        (64, 64, 64),
        (24, 24, 24),
        (16, 16, 16),
        (28, 28, 28),
        (96, 96, 96),
        (128, 128, 128),
    ],
}
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_FIRST = {
    nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3, nn.ConvTranspose1d: 1, nn.ConvTranspose2d: 2, nn.ConvTranspose3d: 3,
}  # fmt: skip


def guess_input(
    module: nn.Module, sample_shape: tuple[int, ...] | None
) -> tuple[tuple[int, ...], str]:
    """Return an input shape that the network takes, and a sentence saying where it comes from.

    The channels are those of the first convolution; the sizes are the data's where all samples have one
    size and the network takes it, else the first of the usual sizes that the network takes.

    Args:
        module: the network.
        sample_shape: the shape of the data's samples, None where it is not known or they differ.

    Raises:
        SpecError: the network takes several inputs, or nothing that was tried, or is a script.
    """
    refuse_script(module)
    needed = _needed(module)
    if len(needed) > 1:
        raise SpecError(
            f"This network takes {len(needed)} inputs ({', '.join(needed)}), and convscope looks at networks of one: "
            "wrap yours in a module whose forward(x) supplies the others."
        )
    tried = 0
    for shape, source in _candidates(module, sample_shape):
        tried += 1
        if takes(module, shape):
            text = "x".join(map(str, shape))
            return shape, f"The input is taken as {text} ({source}); give --input to change it."
    raise SpecError(
        f"The input of this network is not known, and none of {tried} usual shapes fits it. "
        "Give the shape of one sample, without the batch, as --input 3x224x224 (sound 1x16000, volumes 1x32x32x32)."
    )


def takes(module: nn.Module, shape: tuple[int, ...]) -> bool:
    """Return whether the network takes a sample of this shape; nothing is computed.

    One that asks for a value on its way got as far as to ask: what it cannot do is said when it is read.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    was_training = module.training
    try:
        with mode, torch.no_grad(), quiet():
            module.eval()
            module(torch.empty(2, *shape, dtype=precision_of(module)))
    except (DataDependentOutputException, DynamicOutputShapeException):
        return True
    except Exception:  # the user's model raises anything
        return False
    finally:
        module.train(was_training)
    return True


def _needed(module: nn.Module) -> list[str]:
    """Return the names of the arguments that a call cannot leave out."""
    arguments = inspect.signature(module.forward).parameters.values()
    return [a.name for a in arguments if a.default is a.empty and a.kind in _POSITIONAL]


def _candidates(
    module: nn.Module, sample_shape: tuple[int, ...] | None
) -> Iterator[tuple[tuple[int, ...], str]]:
    convolutions = [child for child in module.modules() if type(child) in _FIRST]
    channels, dims = None, None
    if convolutions:
        first = convolutions[0]
        channels, dims = int(first.in_channels), _FIRST[type(first)]  # type: ignore[arg-type]
    if sample_shape is not None and (dims is None or len(sample_shape) == dims + 1):
        kept = sample_shape if channels is None else (channels, *sample_shape[1:])
        yield kept, "the data's own size"
        yield sample_shape, "the data's own size"
    for shape in _usual(channels, dims):
        yield shape, "a usual size that the network takes"


def _usual(channels: int | None, dims: int | None) -> Iterable[tuple[int, ...]]:
    for count in [dims] if dims else (2, 1, 3):
        for known in [channels] if channels else (3, 1):
            for size in _SIZES[count]:
                yield (known, *size)
