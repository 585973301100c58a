"""What is wrong about a command is said in one paragraph that names the fix, and leaves nothing behind."""

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

BROKEN_MODELS = {
    "broken.py": "def net(:\n",
    "raises.py": "raise RuntimeError('no licence')\n",
    "needs.py": "def net(width):\n    return width\n",
    "thing.py": "def net():\n    return 'a network'\nVALUE = 3\n",
    "two.py": "from torch import nn\n"
    "class Two(nn.Module):\n    def forward(self, a, b):\n        return a + b\n"
    "def net():\n    return Two()\n",
    "fails.py": "from torch import nn\n"
    "class Fails(nn.Module):\n    def forward(self, x):\n        raise ValueError('left handed')\n"
    "def net():\n    return Fails()\n",
}


class Bomb:
    """A pickle that writes a file when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a careless reader would run."""
        return (Path.write_text, (Path("exploded"), "boom"))


@pytest.fixture
def mess(desk: Path) -> Path:
    """Put everything that is wrong on the desk."""
    for name, text in BROKEN_MODELS.items():
        (desk / name).write_text(text)
    good = {"0.weight": torch.zeros(4, 1, 3, 3), "0.bias": torch.zeros(4)}
    good |= {"3.weight": torch.zeros(8, 4, 3, 3), "3.bias": torch.zeros(8)}
    good |= {"7.weight": torch.zeros(10, 8), "7.bias": torch.zeros(10)}
    save_file({f"backbone.{k}": v for k, v in list(good.items())[:2]}, desk / "keys.safetensors")
    save_file({**good, "7.weight": torch.zeros(5, 8)}, desk / "shapes.safetensors")
    save_file(good, desk / "good.safetensors")
    (desk / "cut.safetensors").write_bytes((desk / "good.safetensors").read_bytes()[:100])
    (desk / "bomb.pt").write_bytes(pickle.dumps(Bomb()))
    torch.save({"state_dict": Bomb()}, desk / "bomb.pth")
    (desk / "cut.pt").write_bytes(b"PK\x03\x04 nothing")
    (desk / "weights.h5").write_bytes(b"\x89HDF")
    (desk / "cut.pt2").write_bytes(b"PK\x03\x04 nothing")
    (desk / "labels.txt").write_text("one\ntwo\n")
    (desk / "notes.txt").write_text("mine")
    (desk / "empty").mkdir()
    (desk / "texts").mkdir()
    (desk / "texts" / "a.txt").write_text("no picture")
    (desk / "torn").mkdir()
    (desk / "torn" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    np.savez(desk / "nothing.npz", weights=np.zeros(3))
    np.savez(desk / "object.npz", images=np.array([Bomb()], dtype=object))
    (desk / "cut.npz").write_bytes(b"PK\x03\x04 nothing")
    (desk / "t10k-images-idx3-ubyte").write_bytes(b"\x00\x00\x08\x03\x00\x00\x00\x05")
    (desk / "foreign").mkdir()
    (desk / "foreign" / "manifest.json").write_text('{"name": "a web app"}')
    (desk / "newer").mkdir()
    (desk / "newer" / "manifest.json").write_text(
        json.dumps({"convscope": "9.0", "schema": 2, "entries": {}})
    )
    return desk


LOOK = "look model.py:net --data digits.npz -o atlas"
WRONG = [
    # models
    ("sharing resnet18", 2, "not a model.*torchvision:resnet18"),
    ("sharing torchvision:resnet1888", 2, "resnet18"),
    ("sharing timm:resnet18x", 2, "resnet18"),
    ("sharing absent.py:net", 2, r"absent\.py"),
    ("sharing model.py:nett", 2, r"net\b"),
    ("sharing broken.py:net", 2, r"broken\.py.*(line 1|syntax)"),
    ("sharing raises.py:net", 2, "no licence"),
    ("sharing needs.py:net", 2, "(takes no|without) arguments|width"),
    ("sharing thing.py:net", 2, "str"),
    ("sharing thing.py:VALUE", 2, "VALUE"),
    ("sharing two.py:net", 2, "input"),
    ("sharing fails.py:net --input 1x8x8", 2, "left handed"),
    ("sharing convscope.absent:net", 2, r"convscope\.absent"),
    ("sharing absent.pt2", 2, r"absent\.pt2"),
    ("sharing cut.pt2", 2, r"cut\.pt2"),
    # weights
    ("sharing model.py:net --weights absent.safetensors", 2, r"absent\.safetensors"),
    ("sharing model.py:net --weights keys.safetensors", 2, r"0\.weight"),
    ("sharing model.py:net --weights shapes.safetensors", 2, r"7\.weight.*5.*8.*10"),
    ("sharing model.py:net --weights cut.safetensors", 2, r"cut\.safetensors"),
    ("sharing model.py:net --weights bomb.pt", 2, r"bomb\.pt.*(code|safetensors)"),
    ("sharing model.py:net --weights bomb.pth", 2, r"bomb\.pth.*(code|safetensors)"),
    ("sharing model.py:net --weights cut.pt", 2, r"cut\.pt"),
    ("sharing model.py:net --weights weights.h5", 2, r"\.safetensors"),
    ("sharing model.py:net --weights pretrained", 2, "--weights FILE"),
    # the input rule
    ("sharing model.py:net --input 3by3", 2, "3x224x224"),
    ("sharing model.py:net --input 1x0x8", 2, "3x224x224"),
    ("sharing model.py:net --input 8", 2, "3x224x224"),
    ("sharing model.py:net --input 3x16x16", 2, "--input|1 channel"),
    ("sharing model.py:net --input 1x16x16 --mean 0.5,0.5", 2, "2 values of mean for 1"),
    ("sharing model.py:net --input 1x16x16 --mean dark", 2, "--mean 0.485"),
    ("sharing model.py:net --input 1x16x16 --std 0", 2, "above 0"),
    (f"{LOOK} --labels absent.txt", 2, "one name per line"),
    # layers by hand, and which of three
    ("sharing", 2, "torchvision:resnet18"),
    ("sharing demo --lesson", 2, "one thing at a time"),
    ("sharing --lesson --input 3x8x8", 2, "--input belongs to a MODEL"),
    ("sharing --layer conv3x3", 2, "conv 3x224x224 64 3x3"),
    ("receptive model.py:net --effective", 2, "--effective and --data DATA together"),
    ("receptive model.py:net --data digits.npz", 2, "--effective and --data DATA together"),
    ("receptive model.py:net --effective --data digits.npz --layers nine", 2, "no layer 'nine'"),
    ("receptive model.py:net --effective --data digits.npz --samples 1", 2, "--samples"),
    # data
    ("look model.py:net --data absent -o atlas", 2, "no file or folder"),
    ("look model.py:net --data parts:many -o atlas", 2, "parts:1000"),
    ("look model.py:net --data empty -o atlas", 2, "empty"),
    ("look model.py:net --data texts -o atlas", 2, "texts"),
    ("look model.py:net --data torn -o atlas", None, r"torn"),
    ("look model.py:net --data notes.txt -o atlas", 2, r"notes\.txt"),
    ("look model.py:net --data nothing.npz -o atlas", 2, "images"),
    ("look model.py:net --data object.npz -o atlas", 2, "(object|pickle)"),
    ("look model.py:net --data cut.npz -o atlas", 2, r"cut\.npz"),
    ("look model.py:net --data t10k-images-idx3-ubyte -o atlas", 2, "idx"),
    ("look model.py:net --data torchvision:Nothing:here -o atlas", 2, "Nothing"),
    ("look model.py:sound --data digits.npz --input 1x64 -o atlas", 2, "data"),
    # options
    (f"{LOOK} --only colour", 2, "Type one or more of sharing"),
    (f"{LOOK} --only ,", 2, "Type one or more of sharing"),
    (f"{LOOK} --budget soon", 2, "--budget 45s"),
    (f"{LOOK} --budget 0m", 2, "--budget 45s"),
    (f"{LOOK} --batch 0", 2, "--batch"),
    (f"{LOOK} --seed -1", 2, "--seed"),
    (f"{LOOK} --device tpu", 2, "auto.*cpu.*cuda"),
    (f"{LOOK} --colour", 2, "No such option"),
    ("look model.py:net --data digits.npz", 2, "-o"),
    ("paint", 2, "paint"),
    # atlases
    ("look model.py:net --data digits.npz -o notes.txt", 2, "not a folder.*-o"),
    ("look model.py:net --data digits.npz -o notes.txt/atlas", 2, "folder"),
    ("look model.py:net --data digits.npz -o texts", 2, "not empty.*new folder with -o"),
    ("look model.py:net --data digits.npz -o foreign", 2, "another program"),
    ("look model.py:net --data digits.npz -o newer", 2, "pip install -U convscope"),
    ("serve absent", 2, "no such folder.*convscope look"),
    ("serve notes.txt", 2, "it is a file"),
    ("serve newer", 2, "pip install -U convscope"),
    ("serve foreign --port 99999", 2, "--port"),
    ("serve foreign --weights pretrained", 2, "name it after the atlas"),
    ("serve absent model.py:net", 2, "no such folder.*convscope look"),
    ("report absent -o r.html", 2, "no such folder"),
    ("report foreign -o report.pdf", 2, r"-o report\.html"),
    ("demo --out texts --no-open", 2, "not empty"),
]


@pytest.mark.parametrize(("words", "code", "fix"), WRONG, ids=[row[0] for row in WRONG])
def test_is_refused_in_one_paragraph(
    mess: Path, convscope: Callable[..., Any], words: str, code: int | None, fix: str
) -> None:
    before = tree(mess)
    result = convscope(*words.split())
    assert result.exit_code in ((1, 2) if code is None else (code,)), result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "fault of convscope" not in result.stderr
    said = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(said) == 1, result.stderr
    assert re.search(fix, result.stderr, re.DOTALL), result.stderr
    assert result.stderr.rstrip().endswith(said[0]), "the error is the last word"
    assert tree(mess) == before


def test_there_are_enough_of_them() -> None:
    assert len(WRONG) >= 25


def test_an_atlas_of_another_network_is_not_mixed(
    desk: Path, convscope: Callable[..., Any]
) -> None:
    assert convscope(*LOOK.split()).exit_code == 0
    before = tree(desk)
    result = convscope(*["look", "model.py:free", "--data", "digits.npz", "-o", "atlas"])
    assert result.exit_code == 2
    assert "other network" in result.stderr
    assert "name a new folder with -o" in result.stderr
    assert tree(desk) == before


def test_without_a_gpu(
    desk: Path, convscope: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    result = convscope(*LOOK.split(), "--device", "cuda")
    assert result.exit_code == 2
    assert "Type --device cpu" in result.stderr
    assert not (desk / "atlas").exists()


def test_a_full_disk(
    desk: Path, convscope: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    from convscope.atlas import files

    assert convscope(*LOOK.split()).exit_code == 0
    shutil.rmtree(desk / "atlas" / "pictures")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    result = convscope(*LOOK.split())
    assert result.exit_code == 1
    assert "The disk is full" in result.stderr
    assert "run the same command again" in result.stderr
    assert not list((desk / "atlas").rglob("*.tmp"))


def test_a_fault_of_ours_says_so_and_shows_its_traceback_when_asked(
    desk: Path, convscope: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from convscope.sharing import grammar

    def fault(text: str, **kwargs: object) -> None:
        raise KeyError("a typo of ours")

    monkeypatch.setattr(grammar.Sharing, "document", fault)
    words = ["sharing", "--layer", "conv 3x8x8 4 3x3"]
    result = convscope(*words)
    assert result.exit_code == 1
    assert "fault of convscope" in result.stderr
    assert "Traceback" not in result.stderr
    loud = convscope(*words, "-v")
    assert "Traceback" in loud.stderr
    assert "a typo of ours" in loud.stderr


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder with its contents, and every folder."""
    return {
        str(place.relative_to(folder)): place.read_bytes() if place.is_file() else b""
        for place in folder.rglob("*")
        if "__pycache__" not in place.parts
    }
