"""A spec ("timm:convnext_tiny", "my_model.py:build", "net.pt2") becomes a Network."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from convscope.errors import SpecError
from convscope.network.graph import Network
from convscope.network.guess import guess_input, takes
from convscope.network.inputs import AS_THEY_ARE, InputRule, checked_rule
from convscope.network.saved import load_saved
from convscope.network.torchvision_schemas import import_torchvision
from convscope.network.user_code import built_by_file, built_by_module
from convscope.network.weights import load_weights
from convscope.network.zoo import Built, timm_network, torchvision_network, zoo_rule

_LIBRARY = {
    "mean and deviation": "The mean and deviation are those of the library that the network is from; "
    "--mean and --std change them.",
    "mean": "No mean was given: the one that comes with the network is used; --mean changes it.",
    "deviation": "No deviation was given: the one that comes with the network is used; --std changes it.",
}

_FORMS = (
    "A model is one of: demo, demo:sound, demo:volume, torchvision:NAME, timm:NAME, FILE.py:CALLABLE, "
    "package.module:CALLABLE, FILE.pt2."
)


@dataclass(frozen=True)
class _Asked:
    spec: str
    weights: str | None
    shape: tuple[int, ...] | None
    mean: Sequence[float] | str | None
    std: Sequence[float] | str | None
    sample_shape: tuple[int, ...] | None


def load(
    spec: str,
    *,
    weights: str | Path | None = None,
    input: Sequence[int] | None = None,
    mean: Sequence[float] | str | None = None,
    std: Sequence[float] | str | None = None,
    labels: Sequence[str] | str | Path | None = None,
    sample_shape: Sequence[int] | None = None,
    seed: int = 0,
) -> Network:
    """Return the network that a spec names, ready to look at.

    Args:
        spec: ``demo``, ``demo:sound``, ``demo:volume``, ``torchvision:NAME``, ``timm:NAME``,
            ``FILE.py:CALLABLE``, ``package.module:CALLABLE`` or ``FILE.pt2``.
        weights: a ``.safetensors``, ``.pt`` or ``.pth`` file; ``"pretrained"`` asks the library for
            its own.
        input: shape of one sample, ``(C, *S)``; where it is not given, the library's own, the
            data's, or a guess.
        mean: subtracted per channel; by default the library's own where it fits the channels, else nothing.
        std: divided by, per channel; the same.
        labels: the class names, or a text file with one per line.
        sample_shape: shape of the samples that the network will look at, to guess the input from.
        seed: for the weights of a network that gets none.

    Raises:
        SpecError: no such network, weights that do not fit, or an input that it does not take.

    >>> load("demo").input.shape
    (3, 64, 64)
    """
    shape = tuple(input) if input is not None else None
    seen = tuple(sample_shape) if sample_shape is not None else None
    asked = _Asked(spec, None if weights is None else str(weights), shape, mean, std, seen)
    names = _labels(labels)
    if spec.endswith(".pt2"):
        if asked.weights:
            raise SpecError(f"{spec} holds its own weights; leave out --weights.")
        return load_saved(Path(spec), shape, mean, std, names)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # libraries warn about their own initialisers
        torch.manual_seed(seed)
        built = _built(asked)
    if asked.weights not in (None, "pretrained"):
        load_weights(built.module, Path(asked.weights or ""))
    elif asked.weights is None and not built.trained:
        built = built.noting(
            "No weights were given: the network is as its author initialises it, untrained."
        )
    rule, notes = _rule(asked, built)
    return Network(
        built.module.eval(),
        rule.shape,
        mean=rule.mean,
        std=rule.std,
        spec=spec,
        labels=names or built.classes,
        notes=(*built.notes, *notes),
    )


def _built(asked: _Asked) -> Built:
    spec, pretrained = asked.spec, asked.weights == "pretrained"
    kind, colon, name = spec.rpartition(":")
    if spec == "demo" or kind == "demo":
        from convscope.network.demo import demo_module, design_of

        design = design_of(name if kind else "image")
        rule = InputRule(design.input, design.mean, design.std)
        return Built(demo_module(design), rule, design.classes, trained=True)
    if not colon or not name or not kind:
        raise SpecError(f"{spec!r} is not a model. {_FORMS} Try 'demo', or 'torchvision:resnet18'.")
    if kind == "torchvision":
        return torchvision_network(name, pretrained)
    if kind == "timm":
        return timm_network(name, pretrained)
    if pretrained:
        raise SpecError(
            f"Only torchvision and timm have weights of their own; give {spec} a file with "
            "--weights FILE."
        )
    module, notes = _by_user(kind, name)
    rule = zoo_rule(module)
    if rule is not None and rule.shape and not takes(module, rule.shape):
        rule = replace(rule, shape=())  # its author changed what it takes
    return Built(module, rule, recognised=rule is not None, notes=notes)


def _by_user(kind: str, name: str) -> tuple[nn.Module, tuple[str, ...]]:
    """Run the user's code; once more where all that failed is torchvision's import in it."""
    notes: tuple[str, ...] = ()
    while True:
        try:
            if kind.endswith(".py"):
                return built_by_file(Path(kind), name), notes
            return built_by_module(kind, name), notes
        except SpecError as error:
            if notes or "operator torchvision::" not in str(error):
                raise
            notes = (import_torchvision() or "",)


def _rule(asked: _Asked, built: Built) -> tuple[InputRule, tuple[str, ...]]:
    """Return what was asked for, filled up with what the library gives; what was guessed is said."""
    notes: tuple[str, ...] = ()
    own = built.rule or InputRule(())
    shape = asked.shape or own.shape
    if not shape:
        shape, note = guess_input(built.module, asked.sample_shape)
        notes = (note,)
    channels = {len(values) for values in (own.mean, own.std) if isinstance(values, tuple)}
    if channels - {shape[0]}:
        notes += (
            f"The library's mean and deviation are for {max(channels)} channels, and the input has {shape[0]}: "
            "they were left out.",
        )
        own = InputRule(own.shape)
    taken = [
        word
        for word, typed, held in (("mean", asked.mean, own.mean), ("deviation", asked.std, own.std))
        if typed is None and held is not None
    ]
    if taken and (built.recognised or len(taken) == 1):
        notes += (_LIBRARY[" and ".join(taken)],)
    mean = own.mean if asked.mean is None else asked.mean
    std = own.std if asked.std is None else asked.std
    if mean is None and std is None and asked.spec.partition(":")[0] != "demo":
        notes += (AS_THEY_ARE,)
    return checked_rule(shape, mean, std), notes


def _labels(labels: Sequence[str] | str | Path | None) -> tuple[str, ...] | None:
    if labels is None:
        return None
    if not isinstance(labels, str | Path):
        return tuple(labels)
    try:
        lines = Path(labels).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"The labels file {labels} was not read ({error}). Give a text file with one name per "
            "line."
        ) from error
    return tuple(line.strip() for line in lines if line.strip())
