"""Networks that other people trained, as a user would bring them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from convscope.network import Network, load

NAMES = {
    "squeezenet1_0_dc": (3, 224, 224),
    "cifar10_resnet20": (3, 32, 32),
    "cifar10_resnet8_mlperf": (3, 32, 32),
    "crepe_tiny_1d": (1, 1024),
    "wakeword_dscnn_1d": (40, 30),
    "dncnn25_gray": (1, 64, 64),
    "mobilenetv1_100_tf": (3, 224, 224),
}


def _net(shared: Path, name: str, **options) -> Network:
    weights = shared / "data" / "weights" / f"{name}.safetensors"
    return load(f"{shared / 'networks.py'}:{name}", weights=weights, input=NAMES[name], **options)


@pytest.mark.parametrize("name", NAMES)
def test_every_tap_agrees_with_the_eager_network(shared: Path, name: str):
    net = _net(shared, name)
    eager = _eager(shared, name)
    x = torch.rand(2, *NAMES[name], generator=torch.Generator().manual_seed(0))
    mean, std = net.graph.state_dict().get("mean"), net.graph.state_dict().get("std")
    seen: dict[str, torch.Tensor] = {}
    leaves = {layer.name for layer in net.layers}
    for path, child in eager.named_modules():
        if path in leaves and not list(child.children()):
            _keep_first_output(child, path, seen)
    with torch.no_grad():
        expected = eager(x if mean is None else (x - mean) / std)
        assert _close(net(x), expected)
        tapped = net.taps(list(seen))(x)
    assert len(seen) >= 8
    assert all(_close(tapped[path], value) for path, value in seen.items())


def _keep_first_output(module: nn.Module, path: str, seen: dict[str, torch.Tensor]) -> None:
    # A hook that returns something replaces the output, and later layers may write to it.
    def hook(_: nn.Module, __: object, output: torch.Tensor) -> None:
        if path not in seen:
            seen[path] = output.clone()

    module.register_forward_hook(hook)


def _close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return bool((found - expected).abs().max() <= 1e-6 * max(1.0, float(expected.abs().max())))


def _eager(shared: Path, name: str) -> nn.Module:
    from safetensors.torch import load_file

    spec = importlib.util.spec_from_file_location("networks_of_others", shared / "networks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built = getattr(module, name)()
    built.load_state_dict(load_file(shared / "data" / "weights" / f"{name}.safetensors"))
    return built.eval()


def test_resnet20_is_as_accurate_as_its_authors_say(shared: Path):
    net = _net(shared, "cifar10_resnet20", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    data = np.load(shared / "data" / "cifar10_test.npz")
    images, labels = data["images"][:2000], torch.from_numpy(data["labels"][:2000].astype(np.int64))
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        right = torch.cat([net(part).argmax(1) for part in x.split(250)]) == labels
    # 91.73 % published; three standard errors of 2,000 images are 1.9 points.
    assert abs(float(right.double().mean()) - 0.9173) < 0.019


def test_crepe_hears_what_it_heard_before_conversion(shared: Path):
    net = _net(shared, "crepe_tiny_1d")
    reference = np.load(shared / "data" / "crepe_reference.npz")
    frames, activations = (reference[key] for key in _frames_and_activations(reference))
    with torch.no_grad():
        found = net(torch.from_numpy(frames.astype(np.float32)).reshape(-1, 1, 1024))
    assert float(np.abs(found.numpy() - activations).max()) < 1e-4


def _frames_and_activations(reference) -> tuple[str, str]:
    by_width = {
        reference[key].shape[-1]: key for key in reference.files if reference[key].ndim >= 2
    }
    return by_width[1024], by_width[360]
