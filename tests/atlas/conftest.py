"""Findings made by hand, so that the atlas is tested without measuring anything."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from convscope.finding import Finding, NetworkId, Protocol


@dataclass(frozen=True)
class Counted(Finding):
    """A Finding with one column of integers."""

    idea: ClassVar[str] = "counted"
    values: tuple[int, ...] = (1, 2, 3)

    def table(self) -> pa.Table:
        """Return one row per value."""
        return pa.table({"value": list(self.values)})

    def summary(self) -> str:
        """Say how many."""
        return f"{len(self.values)} values"

    def body(self) -> dict[str, Any]:
        """Return the values."""
        return {"values": self.values}


@pytest.fixture
def counted() -> Counted:
    """Return a Finding of three numbers."""
    return Counted(NetworkId("hand:made", "ab" * 8), Protocol("count"))


@pytest.fixture
def network() -> dict[str, Any]:
    """Return the facts of a network."""
    return {"spec": "hand:made", "fingerprint": "ab" * 8}


@pytest.fixture
def data() -> dict[str, Any]:
    """Return the facts of a data set."""
    return {"spec": "parts", "fingerprint": "cd" * 8}
