"""Networks of torchvision and timm, with the input rules that those libraries give them."""

import difflib
import importlib
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from convscope.errors import SpecError
from convscope.network.inputs import InputRule
from convscope.network.torchvision_schemas import import_torchvision

IMAGENET = InputRule((), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's colours; the shape is left open."""

_FRAMES = 16


@dataclass(frozen=True)
class Built:
    """A network before it is exported.

    Args:
        module: the network.
        rule: its library's input rule; an empty shape leaves the size open; None where there is no rule.
        classes: the names of its classes, where the library knows them.
        trained: whether its weights are trained.
        notes: what the user should be told once.
        recognised: whether nobody named the library, and the rule is there because the module is one of its.
    """

    module: nn.Module
    rule: InputRule | None = None
    classes: tuple[str, ...] | None = None
    trained: bool = False
    notes: tuple[str, ...] = ()
    recognised: bool = False

    def noting(self, note: str) -> "Built":
        """Return the same with one more note."""
        return replace(self, notes=(*self.notes, note))


def torchvision_network(name: str, pretrained: bool = False) -> Built:
    """Return a torchvision network by name, with the input of its default weights.

    Raises:
        SpecError: torchvision is missing or has no such network, or it takes more than one image tensor.
    """
    note = _torchvision()
    models = importlib.import_module("torchvision.models")
    names = models.list_models()
    if name not in names:
        raise SpecError(_no_such("torchvision", name, names))
    if name in models.list_models(module=models.detection) or name.startswith("raft"):
        raise SpecError(
            f"torchvision:{name} does not take one image tensor (detectors take lists of images, RAFT two "
            "images). Name its backbone instead, for example torchvision:resnet50."
        )
    enum = models.get_model_weights(name)
    default = enum.DEFAULT if len(enum) else None
    options: dict[str, Any] = {"weights": default if pretrained else None}
    if name in models.list_models(module=models.segmentation):
        options["weights_backbone"] = None
    try:
        module = models.get_model(name, **options)
    except Exception as error:
        raise SpecError(_not_built("torchvision", name, pretrained, error)) from error
    rule, classes = _torchvision_rule(default)
    own = getattr(module, "image_size", None)
    if rule is not None and isinstance(own, int):
        # Untrained, a ViT keeps its constructor's size, whatever its best weights were trained at.
        rule = replace(rule, shape=(3, own, own))
    return Built(module, rule, classes, pretrained, (note,) if note else ())


def timm_network(name: str, pretrained: bool = False) -> Built:
    """Return a timm network by name, with the input of its configuration.

    Raises:
        SpecError: timm is missing or has no such network, or its weights cannot be had.
    """
    note = _torchvision()
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise SpecError(_not_installed("timm")) from error
    if not timm.is_model(name):
        raise SpecError(_no_such("timm", name, timm.list_models()))
    try:
        module = timm.create_model(name, pretrained=pretrained)
    except Exception as error:
        raise SpecError(_not_built("timm", name, pretrained, error)) from error
    return Built(module, zoo_rule(module), None, pretrained, (note,) if note else ())


def zoo_rule(module: nn.Module) -> InputRule | None:
    """Return the input rule of a network that timm or torchvision made, however it was come by."""
    config = getattr(module, "pretrained_cfg", None)
    if isinstance(config, dict) and config.get("input_size"):
        return InputRule(tuple(config["input_size"]), tuple(config["mean"]), tuple(config["std"]))
    if type(module).__module__.startswith("torchvision.models"):
        return IMAGENET
    return None


def _torchvision_rule(weights: Any) -> tuple[InputRule | None, tuple[str, ...] | None]:
    if weights is None:
        return IMAGENET, None
    transform = weights.transforms()
    size = getattr(transform, "crop_size", None) or [224]
    size = [size[0], size[-1]] if len(size) < 3 else list(size[-2:])
    video = "Video" in type(transform).__name__
    shape = (3, _FRAMES, *size) if video else (3, *size)
    classes = weights.meta.get("categories")
    return InputRule(shape, tuple(transform.mean), tuple(transform.std)), tuple(
        classes
    ) if classes else None


def _torchvision() -> str | None:
    try:
        return import_torchvision()
    except ImportError as error:
        raise SpecError(_not_installed("torchvision")) from error


def _not_installed(library: str) -> str:
    return f'{library} is not installed. Type: pip install "convscope[zoo]"'


def _no_such(library: str, name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=4, cutoff=0.5)
    hint = (
        f"Did you mean {', '.join(near)}?"
        if near
        else f"It has {len(names)}, for example {names[0]}."
    )
    return f"{library} has no network {name!r}. {hint}"


def _not_built(library: str, name: str, pretrained: bool, error: Exception) -> str:
    why = f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
    if pretrained:
        return (
            f"{library} could not give the trained weights of {name} ({why}). They are downloaded at first use; "
            "without a connection, give a file with --weights FILE."
        )
    return f"{library} could not build {name} ({why})."
