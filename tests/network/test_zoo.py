"""Networks of a library that a user's own file builds: what of the library's rule is taken, and what is said."""

from pathlib import Path
from typing import Any

import pytest

from convscope.network import load
from convscope.network.inputs import InputRule

ZOO = """
from torchvision.models.resnet import BasicBlock

def wide():
    return BasicBlock(3, 3)

def narrow():
    return BasicBlock(1, 1)

def thin():  # as timm marks its networks
    block = BasicBlock(1, 1)
    block.pretrained_cfg = {"input_size": (3, 96, 96), "mean": (0.5,) * 3, "std": (0.5,) * 3}
    return block
"""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    path = tmp_path / "zoo.py"
    path.write_text(ZOO)
    return path


@pytest.mark.parametrize("name", ["narrow", "thin"])
def test_a_librarys_network_with_other_channels_leaves_the_librarys_rule(zoo: Path, name: str):
    net = load(f"{zoo}:{name}")
    assert net.input == InputRule((1, 224, 224))
    assert any("for 3 channels, and the input has 1" in note for note in net.notes)
    assert not any("those of the library" in note for note in net.notes)
    seen = load(f"{zoo}:{name}", sample_shape=(1, 64, 64), mean=(0.5,), std=(0.2,))
    assert seen.input == InputRule((1, 64, 64), (0.5,), (0.2,))


def test_what_is_typed_goes_before_the_library_and_the_library_fills_up(zoo: Path):
    def loaded(**asked: Any) -> tuple[object, object, list[str]]:
        net = load(f"{zoo}:wide", input=(3, 64, 64), **asked)
        about = [note for note in net.notes if "mean" in note or "deviation" in note]
        return net.input.mean, net.input.std, about

    typed = (0.5, 0.4, 0.3)
    assert loaded(mean=typed, std=typed) == (typed, typed, [])
    mean, std, (note,) = loaded(mean=typed)
    assert (mean, std) == (typed, STD)
    assert note.startswith("No deviation was given")
    mean, std, (note,) = loaded(std=typed)
    assert (mean, std) == (MEAN, typed)
    assert note.startswith("No mean was given")
    mean, std, (note,) = loaded()
    assert (mean, std) == (MEAN, STD)
    assert note.startswith("The mean and deviation are those of the library")
