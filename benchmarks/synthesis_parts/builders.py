"""The networks that are compared, for either environment: torchvision modules and their layers."""

import importlib.util
from pathlib import Path

import torch
from torch import nn

# One file of convscope's, which needs nothing but torch: wheels whose operators do not fit torch import all the same.
_SCHEMAS = Path(__file__).parents[2] / "src/convscope/network/torchvision_schemas.py"
_found = importlib.util.spec_from_file_location("torchvision_schemas", _SCHEMAS)
assert _found is not None
assert _found.loader is not None
_module = importlib.util.module_from_spec(_found)
_found.loader.exec_module(_module)
_module.import_torchvision()

import torchvision  # noqa: E402

SIZE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LAYERS = {
    "squeezenet1_0": ("features.3", "features.5", "features.9", "features.12"),
    "resnet18": ("layer1.0", "layer1.1", "layer2.1", "layer3.1"),
}
"""Modules whose output is looked at: what they see is up to 64 pixels, up to 128, and more."""


def built(name: str, weights: str | None) -> nn.Module:
    """Return a network in eval mode.

    Args:
        name: of a torchvision model.
        weights: a file that ``torch.save`` made of its state; None for weights as drawn from seed 0.
    """
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None)
    if weights is not None:
        model.load_state_dict(torch.load(Path(weights), weights_only=True))
    return model.eval()


def at_centre(model: nn.Module, layer: str, pictures: torch.Tensor) -> torch.Tensor:
    """Return what the middle position of a layer's map says to pictures, ``(B, U)``, in one plain pass.

    Args:
        model: the network.
        layer: path of a module.
        pictures: ``(B, 3, 224, 224)`` in 0 to 1.
    """
    found = []
    hook = model.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: found.append(output)
    )
    shape = (1, 3, 1, 1)
    with torch.inference_mode():
        for picture in pictures:
            model((picture[None] - torch.tensor(MEAN).view(shape)) / torch.tensor(STD).view(shape))
    hook.remove()
    maps = torch.cat(found)
    return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
