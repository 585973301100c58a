"""Let torchvision import where its compiled operators do not match the installed torch.

torchvision's wheels carry operators compiled for one build of torch. Beside another build (a CPU-only
torch, say) ``import torchvision`` ends in ``operator torchvision::nms does not exist``, although none
of its networks for classification, segmentation or video needs them. Declaring the schemas that its
Python code refers to at import is enough.
"""

import importlib
import sys

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
# The declarations live as long as the library object that made them.
_declared: list[torch.library.Library] = []


def import_torchvision() -> str | None:
    """Import torchvision, declaring its missing operators first if that is what keeps it from importing.

    Returns:
        A sentence to tell the user once, or None where torchvision imported as it is.

    Raises:
        ImportError: torchvision is not installed, or fails for another reason.
    """
    if "torchvision" in sys.modules and hasattr(sys.modules["torchvision"], "models"):
        return NOTE if _declared else None
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise ImportError(f"torchvision does not import: {error}") from error
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            library.define(schema)
        _declared.append(library)
        importlib.import_module("torchvision")
        return NOTE
    return None


NOTE = (
    "torchvision's compiled operators do not match the installed torch; their schemas were declared "
    "without code. Classification, segmentation and video networks do not need them, detection does."
)
