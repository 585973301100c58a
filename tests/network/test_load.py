"""Specs become networks, and wrong ones say what to type instead."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from convscope.errors import SpecError
from convscope.network import Network, load
from convscope.network.weights import load_weights

SOURCE = """
from torch import nn
import neighbour

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 3))

def broken():
    return 1 / 0

def wants(size):
    return nn.Conv2d(1, 4, size)

class Both(nn.Module):
    def forward(self, picture, mask, scale=1.0):
        return picture * mask * scale

number = 3
line = nn.Conv1d(2, 4, 5)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "neighbour.py").write_text("x = 1\n")
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_a_file_of_the_user_with_its_neighbours_and_a_guessed_input(file: Path):
    net = load(f"{file}:Net")
    assert net.input.shape == (1, 28, 28)
    assert any("--input" in note for note in net.notes)
    assert load(f"{file}:line").input.shape == (2, 16000)


def test_a_branch_on_values_is_said_without_an_input(file: Path):
    file.write_text(
        file.read_text()
        + """
class Asks(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        y = self.conv(x)
        return y if y.mean() > 0 else -y
"""
    )
    with pytest.raises(SpecError, match=r"torch\.export cannot follow"):
        load(f"{file}:Asks")


def test_the_datas_own_size_comes_first(file: Path):
    assert load(f"{file}:line", sample_shape=(2, 321)).input.shape == (2, 321)
    assert load(f"{file}:line", sample_shape=(1, 321)).input.shape == (2, 321)
    assert load(f"{file}:line", sample_shape=(3, 8, 8)).input.shape == (2, 16000)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("resnet18", "is not a model"),
        (":x", "is not a model"),
        ("torchvision:resnet19", "resnet18"),
        ("torchvision:fasterrcnn_resnet50_fpn", "detectors take lists"),
        ("timm:convnext_tinny", "convnext_tiny"),
        ("nowhere.py:Net", "no file"),
        ("{file}:Ned", "Net"),
        ("{file}:broken", "ZeroDivisionError"),
        ("{file}:wants", "takes no arguments"),
        ("{file}:Both", "takes 2 inputs .picture, mask."),
        ("{file}:number", "expected a torch.nn.Module"),
        ("no.such.module:Net", "no module"),
        ("nothing.pt2", "no file"),
    ],
)
def test_wrong_specs_name_the_fix(file: Path, spec: str, message: str):
    with pytest.raises(SpecError, match=message):
        load(spec.format(file=file))


def test_an_untrained_network_is_the_same_every_time(file: Path):
    assert load(f"{file}:Net").fingerprint == load(f"{file}:Net").fingerprint


def _weights(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() + 1 for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("wrapped", ["plain", "state_dict", "module."])
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_weights_files(tmp_path: Path, wrapped: str, suffix: str):
    module = nn.Conv2d(3, 4, 3)
    tensors = _weights(module)
    content: object = tensors
    if wrapped == "module.":
        content = {f"module.{name}": tensor for name, tensor in tensors.items()}
    path = tmp_path / f"w{suffix}"
    if suffix == ".safetensors":
        save_file(content if isinstance(content, dict) else tensors, path)
    else:
        torch.save(
            {"state_dict": content, "epoch": 3} if wrapped == "state_dict" else content, path
        )
    load_weights(module, path)
    assert torch.equal(module.weight, tensors["weight"])


class _Runs:
    """What a hostile pickle holds: something that runs when it is opened."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path: Path):
    marker = tmp_path / "ran"
    path = tmp_path / "w.pt"
    torch.save({"weight": _Runs(marker)}, path)
    with pytest.raises(SpecError, match="can run code"):
        load_weights(nn.Conv2d(3, 4, 3), path)
    assert not marker.exists()


def test_weights_that_do_not_fit_name_the_keys_and_shapes(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    save_file({"weight": torch.zeros(4, 3, 3, 3), "weird": torch.zeros(1)}, path)
    with pytest.raises(SpecError, match=r"bias.*missing.*weird"):
        load_weights(nn.Conv2d(3, 4, 3), path)
    save_file({"weight": torch.zeros(4, 3, 5, 5), "bias": torch.zeros(4)}, path)
    with pytest.raises(SpecError, match=r"4x3x5x5 in the file and 4x3x3x3"):
        load_weights(nn.Conv2d(3, 4, 3), path)


def test_saved_and_read_again_it_is_the_same_network(tmp_path: Path):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    net = Network(module, (3, 12, 12), mean=(0.5,), std=(0.25,), spec="mine", labels=["a", "b"])
    again = load(str(net.save(tmp_path / "net.pt2")))
    x = torch.rand(3, 3, 12, 12)
    assert torch.equal(again(x), net(x))
    assert [layer.name for layer in again.layers] == [layer.name for layer in net.layers]
    assert (again.spec, again.classes, again.input) == (net.spec, net.classes, net.input)
    assert again.parameters == net.parameters
    assert list(tmp_path.iterdir()) == [tmp_path / "net.pt2"]


def test_a_program_saved_by_torch_itself(tmp_path: Path):
    path = tmp_path / "plain.pt2"
    module = nn.Conv2d(3, 4, 3)
    torch.export.save(torch.export.export(module, (torch.zeros(1, 3, 9, 9),)), path)
    net = load(str(path))
    assert net.input.shape == (3, 9, 9)
    x = torch.rand(2, 3, 9, 9)
    assert torch.allclose(net(x), module(x), atol=1e-6)


@pytest.mark.parametrize(
    "hostile", ["archive/data/constants/custom_obj_0", "archive/data/aotinductor/model/m.so"]
)
def test_a_saved_program_with_code_in_it_is_refused(tmp_path: Path, hostile: str):
    path = tmp_path / "net.pt2"
    Network(nn.Conv2d(3, 4, 3), (3, 9, 9)).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(hostile, pickle.dumps(0))
    with pytest.raises(SpecError, match="compiled code or pickled objects"):
        load(str(path))


def test_a_saved_program_whose_sizes_are_not_arithmetic_is_refused(tmp_path: Path):
    path = tmp_path / "net.pt2"
    Network(nn.Conv2d(3, 4, 3), (3, 9, 9)).save(path)
    rewritten = tmp_path / "hostile.pt2"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename.endswith("model.json"):
                assert b'"expr_str": "Symbol(' in content
                content = content.replace(
                    b'"expr_str": "Symbol(', b'"expr_str": "exec(chr(112)) + Symbol(', 1
                )
            new.writestr(item, content)
    with pytest.raises(SpecError, match="not arithmetic"):
        load(str(rewritten))


def test_classes_from_a_file(tmp_path: Path, file: Path):
    names = tmp_path / "labels.txt"
    names.write_text("cat\ndog\nbird\n")
    assert load(f"{file}:Net", labels=names).classes == ("cat", "dog", "bird")
    with pytest.raises(SpecError, match="one name per line"):
        load(f"{file}:Net", labels=tmp_path / "none.txt")
