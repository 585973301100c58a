"""The network as an atlas keeps it: what it is, its layers, and the filters that can be looked at."""

import base64
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import convscope
from convscope.finding import SCHEMA
from convscope.network import Layer, Network

if TYPE_CHECKING:
    import torch

_PACKAGES = ("torch", "torchvision", "timm", "numpy", "pyarrow")
_FILTERS_SHOWN = 64


def network_facts(network: Network) -> dict[str, Any]:
    """Return what the manifest says about a network."""
    return {
        "spec": network.spec,
        "fingerprint": network.fingerprint,
        "input": network.input.shape,
        "parameters": network.parameters,
        "layers": len(network.layers),
    }


def network_document(network: Network, device: str, command: str | None) -> dict[str, Any]:
    """Return the document of a network: input rule, layers, first filters, and what it ran on.

    Args:
        network: the network.
        device: where it is measured.
        command: what was typed; None from Python.
    """
    return {
        "convscope": convscope.__version__,
        "schema": SCHEMA,
        "network": asdict(network.id),
        "protocol": {"id": "export"},
        "input": network.input.shape,
        "mean": network.input.mean,
        "std": network.input.std,
        "dtype": _dtype(network),
        "dynamic_batch": network.dynamic_batch,
        "dynamic_space": network.dynamic_space,
        "parameters": network.parameters,
        "classes": network.classes,
        "notes": network.notes,
        "versions": _versions(),
        "device": device,
        "command": command,
        "layers": [_row(layer) for layer in network.layers],
        "filters": _filters(network),
    }


def layer_table(network: Network) -> pa.Table:
    """Return one row per layer, without the names of its parameters."""
    return pa.Table.from_pylist([_row(layer) for layer in network.layers])


def _row(layer: Layer) -> dict[str, Any]:
    row = asdict(layer)
    del row["parameter_names"]
    return {**row, "parameters": layer.weights + layer.biases}


def _dtype(network: Network) -> str:
    kinds = {str(t.dtype) for t in network.graph.parameters()}
    return "/".join(sorted(kind.removeprefix("torch.") for kind in kinds)) or "float32"


def _versions() -> dict[str, str]:
    found = {"convscope": convscope.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _filters(network: Network) -> dict[str, Any] | None:
    """Return the kernels of the first convolution, if it reads the input; others show nothing a person knows."""
    layer = next((layer for layer in network.layers if layer.kind == "conv"), None)
    if layer is None or layer.transposed or not _reads_input(network, layer):
        return None
    weight = _weight(network, layer)
    if weight is None:
        return None
    shown = weight[:_FILTERS_SHOWN].detach().float().cpu().contiguous().numpy().astype("<f4")
    return {
        "layer": layer.name,
        "shape": tuple(weight.shape),
        "shown": len(shown),
        "values": base64.b64encode(shown.tobytes()).decode(),
    }


def _reads_input(network: Network, layer: Layer) -> bool:
    """Return whether a layer reads the network's input itself, perhaps with a border around it."""
    by_name = {other.name: other for other in network.layers}
    sources = layer.feeds_from
    while len(sources) == 1 and sources[0] in by_name and by_name[sources[0]].kind == "pad":
        sources = by_name[sources[0]].feeds_from
    return sources == ("input",)


def _weight(network: Network, layer: Layer) -> "torch.Tensor | None":
    """Return a layer's kernel, where it is a stored tensor and not the result of other steps."""
    node = next(node for node in network.graph.graph.nodes if node.name == layer.node)
    source = node.args[1]
    if getattr(source, "op", None) != "get_attr":
        return None
    tensors = network.graph.state_dict()
    return tensors.get(str(source.target))
