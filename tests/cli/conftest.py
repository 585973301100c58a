"""A desk with a small network and small data on it, and the command run from there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

MODEL = '''
"""A user's own file."""

from torch import nn

print("a user's file may print as it is imported")


def net():
    """Return a small network for digits."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10),
    )


def sound():
    """Return a small network for sound."""
    return nn.Sequential(nn.Conv1d(1, 4, 9, 2, 4), nn.ReLU(), nn.Conv1d(4, 4, 3))


def volume():
    """Return a small network for volumes."""
    return nn.Sequential(nn.Conv3d(1, 4, 3, 1, 1), nn.ReLU(), nn.MaxPool3d(2))


def free():
    """Return a network for pictures of any size."""
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
'''


@pytest.fixture(scope="session")
def furnish() -> Callable[[Path], None]:
    """Return what puts ``model.py``, ``digits.npz``, ``sound.npz`` and ``volume.npz`` into a folder."""

    def put(folder: Path) -> None:
        (folder / "model.py").write_text(MODEL)
        draw = np.random.default_rng(0)
        images = draw.random((6, 16, 16), np.float32)
        np.savez(folder / "digits.npz", images=images, labels=np.arange(6) % 3)
        np.savez(folder / "sound.npz", waveforms=draw.random((4, 64), np.float32) - 0.5)
        np.savez(folder / "volume.npz", x=draw.random((4, 1, 8, 8, 8), np.float32))

    return put


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, furnish: Callable[[Path], None]) -> Path:
    """Go to an empty folder with a model and data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    furnish(tmp_path)
    return tmp_path


@pytest.fixture
def convscope() -> Callable[..., Any]:
    """Return the command, run in this process: ``convscope("sharing", "demo").stdout``."""
    from convscope.cli.app import app

    torch.set_num_threads(1)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])
