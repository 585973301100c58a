"""`train-demo`: which network is trained, and what is said of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
TINY = ("--samples", "32", "--unseen", "16", "--epochs", "1")


@pytest.mark.parametrize("kind", ["sound", "volume"])
def test_every_kind_is_trained_and_written(desk: Path, convscope: Run, kind: str) -> None:
    result = convscope("train-demo", "--kind", kind, *TINY, "-o", "again", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    record = found["record"]
    assert record["recipe"]["kind"] == kind
    assert found["network"]["spec"] == f"demo:{kind}, retrained"
    assert found["protocol"]["samples"] == record["unseen"] == 16
    assert record["timeline"]["steps"] == [0, 32]
    assert found["shipped"]["accuracy"] > 0.9
    assert found["agrees"] is False
    names = {path.name for path in (desk / "again").iterdir()}
    assert names == {
        f"demo-{kind}{end}" for end in (".safetensors", ".json", "-timeline.safetensors")
    }
    assert json.loads((desk / "again" / f"demo-{kind}.json").read_text()) == record


def test_no_other_kind_is_trained(convscope: Run) -> None:
    result = convscope("train-demo", "--kind", "smell")
    assert result.exit_code == 2
    assert "sound" in result.stderr
