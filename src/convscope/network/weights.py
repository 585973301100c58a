"""Weights from a file into a module, without ever running code from the file."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from convscope.errors import SpecError

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Keys under which training scripts keep a state dict."""
PREFIXES = ("module.", "_orig_mod.")
"""What ``DataParallel`` and ``torch.compile`` put before every name."""


def load_weights(module: nn.Module, path: Path) -> None:
    """Fill a module with the weights of a ``.safetensors``, ``.pt`` or ``.pth`` file.

    Wrappers that training scripts leave behind are taken off: a dictionary around the state dict
    (``state_dict``, ``model_state_dict``, ``model``, ``net``, ``weights``), and ``module.`` or ``_orig_mod.``
    before every name, where fewer names fit with it.

    Raises:
        SpecError: no such file, a file that holds code, or names or shapes that do not fit the module.
    """
    wanted = module.state_dict()
    tensors = _fitting(_unwrapped(read_tensors(path)), wanted)
    missing = [name for name in wanted if name not in tensors and not _optional(name)]
    unexpected = [name for name in tensors if name not in wanted]
    if missing or unexpected:
        raise SpecError(
            f"The weights in {path} do not fit the network: {_some(missing)} missing, {_some(unexpected)} "
            f"not wanted. The network wants {len(wanted)} tensors, the file has {len(tensors)}. "
            "Check that the file belongs to this architecture, or rename its keys to the network's."
        )
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            raise SpecError(
                f"The weights in {path} do not fit the network: {name} is {_shape(tensor)} in the file and "
                f"{_shape(wanted[name])} in the network. Build the network with the same widths and classes."
            )
    module.load_state_dict(tensors, strict=False)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file by name.

    Raises:
        SpecError: no such file, not a weights file, or a pickle that wants to run code.
    """
    if not path.is_file():
        raise SpecError(
            f"There is no weights file {path}. Give --weights the path of a .safetensors, .pt or .pth file."
        )
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise SpecError(
                f"{path} is not a readable safetensors file: {error}. Save it again with safetensors."
            ) from error
    if path.suffix not in (".pt", ".pth", ".bin", ".ckpt"):
        raise SpecError(
            f"Weights end in .safetensors, .pt or .pth; {path.name} does not. Convert the file and try again."
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a bad file
        raise SpecError(
            f"{path} was not read: it is damaged, or it is a pickle that holds more than tensors, which can run "
            "code when it is opened, so convscope never opens one. Save only the weights, with "
            "torch.save(model.state_dict(), ...) or safetensors.torch.save_file(model.state_dict(), ...)."
        ) from error
    return content


def _unwrapped(content: object) -> dict[str, Tensor]:
    while isinstance(content, dict):
        inner = next(
            (content[key] for key in WRAPPERS if isinstance(content.get(key), dict)),
            None,
        )
        if inner is None:
            break
        content = inner
    if (
        not isinstance(content, dict)
        or not content
        or not all(isinstance(v, Tensor) for v in content.values())
    ):
        raise SpecError(
            f"The weights file does not hold named tensors (a state dict){_found(content)}. Save "
            f"model.state_dict(), by itself or in a dictionary as one of {', '.join(WRAPPERS)}."
        )
    return {str(name): tensor for name, tensor in content.items()}


def _found(content: object) -> str:
    if not isinstance(content, dict) or not content:
        return f", but a {type(content).__name__}"
    keys = [repr(key) for key, value in content.items() if not isinstance(value, Tensor)]
    return f"; what it holds as {_some(keys)} is no tensor"


def _fitting(named: dict[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take prefixes off as often as makes the most names fit: a network may have a part of that name."""
    forms = [named]
    while prefix := next((p for p in PREFIXES if all(n.startswith(p) for n in forms[-1])), None):
        forms.append({name.removeprefix(prefix): value for name, value in forms[-1].items()})
    return max(forms, key=lambda form: len(form.keys() & wanted.keys()))


def _optional(name: str) -> bool:
    # A counter that inference never reads; old checkpoints do not have it.
    return name.endswith("num_batches_tracked")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{len(names)} ({shown}{', ...' if len(names) > 3 else ''})" if names else "none"


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"
