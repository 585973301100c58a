"""What an idea found: a table, the protocol it was measured under, and its numeric floor."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import convscope

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
"""Version of every JSON document that convscope prints or stores."""


@dataclass(frozen=True)
class Protocol:
    """How a number was measured.

    Args:
        id: what was done, in the order it was done, such as ``"roll/aligned/r32/f64"``.
        dtype: the arithmetic's number type; ``"exact"`` for integer arithmetic.
        seed: the seed of what was drawn at random; None where nothing was.
        samples: how many samples were used; None where no data were.
        floor: the value that the same code gives where the true answer is known to be zero.
        settings: everything else that a repeat of the measurement needs.
    """

    id: str
    dtype: str = "float32"
    seed: int | None = None
    samples: int | None = None
    floor: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NetworkId:
    """Which network a Finding is about: the spec it was loaded from, and the hash of graph and weights."""

    spec: str
    fingerprint: str


@dataclass(frozen=True)
class Finding(ABC):
    """What one idea found about one network.

    Subclasses are frozen dataclasses that name their ``idea`` and give their rows; everything else
    (terminal, atlas, page, notebook) is made from the table and the document.
    """

    idea: ClassVar[str]
    network: NetworkId
    protocol: Protocol

    @abstractmethod
    def table(self) -> "pa.Table":
        """Return the rows, one column per documented field."""

    @abstractmethod
    def summary(self) -> str:
        """Return what was found, in one paragraph of plain text."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document that belong to this idea alone."""

    def document(self) -> dict[str, Any]:
        """Return the JSON document of the contract: version, schema, network, protocol, and the idea's fields."""
        return {
            "convscope": convscope.__version__,
            "schema": SCHEMA,
            "network": asdict(self.network),
            "protocol": asdict(self.protocol),
            **self.body(),
        }

    def chart(self) -> Any:
        """Return the Finding's Altair chart, for a notebook."""
        return import_module("convscope.site.charts").chart(self)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        names = self.table().column_names
        head = "".join(f"<th>{escape(name)}</th>" for name in names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(row[name]))}</td>" for name in names) + "</tr>"
            for row in self.table().to_pylist()
        )
        return f"<p>{escape(self.summary())}</p><table><tr>{head}</tr>{rows}</table>"


def several(count: int, noun: str) -> str:
    """Return a count and its noun, which gets an ``s`` unless there is one.

    >>> several(1, "layer"), several(2048, "unit")
    ('1 layer', '2,048 units')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, list):
        return " × ".join(_cell(item) for item in value)
    return str(value)
