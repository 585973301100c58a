"""Sums over the rows of a sharing table, and their ratios.

A network's factor is a ratio of sums, not a mean of ratios: its large layers decide it, as they decide
the network's size. The three factors still multiply to it exactly: each is the ratio of two consecutive
sums in the chain dense -> local with all channels -> local -> shared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from convscope.sharing.cost import LayerCost, number


@dataclass(frozen=True)
class Totals:
    """What several layers cost together, in the three forms.

    Args:
        layers: how many rows.
        parameters: numbers stored.
        biases: how many of them are biases.
        local_weights: weights of the local forms.
        ungrouped_weights: weights of the local forms without channel groups.
        dense_weights: weights of the dense forms.
        twin_biases: biases of the local and of the dense forms.
        macs: multiply-adds of the operations that are known.
        dense_macs: multiply-adds of the dense forms.
        taps: multiply-adds of the layers that have links.
        links: real connections of those layers.
        bytes: parameters in bytes.
        local_bytes: weights and biases of the local forms in bytes.
        dense_bytes: weights and biases of the dense forms in bytes.
        unknown: operations whose multiply-adds are not known; where there are any, ``macs`` is a lower bound.
    """

    layers: int
    parameters: int
    biases: int
    local_weights: int
    ungrouped_weights: int
    dense_weights: int
    twin_biases: int
    macs: int
    dense_macs: int
    taps: int
    links: int
    bytes: int
    local_bytes: int
    dense_bytes: int
    unknown: tuple[str, ...]

    @property
    def weights(self) -> int:
        """Return the stored numbers that are not biases."""
        return self.parameters - self.biases

    @property
    def factor(self) -> Fraction | None:
        """Return the dense forms' weights over the weights stored."""
        return _ratio(self.dense_weights, self.weights)

    @property
    def locality(self) -> Fraction | None:
        """Return the factor saved by reading patches."""
        return _ratio(self.dense_weights, self.ungrouped_weights)

    @property
    def grouping(self) -> Fraction | None:
        """Return the factor saved by channel groups."""
        return _ratio(self.ungrouped_weights, self.local_weights)

    @property
    def sharing(self) -> Fraction | None:
        """Return the factor saved by using the same weights at every position."""
        return _ratio(self.local_weights, self.weights)

    @property
    def padded_share(self) -> float:
        """Return the share of multiply-adds that fall on padding, among layers that have links."""
        return 1 - self.links / self.taps if self.taps else 0.0

    @property
    def is_partial(self) -> bool:
        """Return whether an operation was met whose multiply-adds are not known."""
        return bool(self.unknown)

    def document(self) -> dict[str, Any]:
        """Return the sums and factors as JSON."""
        return {
            "layers": self.layers,
            "parameters": self.parameters,
            "weights": self.weights,
            "biases": self.biases,
            "local_weights": self.local_weights,
            "dense_weights": self.dense_weights,
            "local_biases": self.twin_biases,
            "dense_biases": self.twin_biases,
            "links": self.links,
            "padded_share": self.padded_share,
            "locality_factor": number(self.locality),
            "grouping_factor": number(self.grouping),
            "sharing_factor": number(self.sharing),
            "factor": number(self.factor),
            "macs": self.macs,
            "local_macs": self.macs,
            "dense_macs": self.dense_macs,
            "bytes": self.bytes,
            "local_bytes": self.local_bytes,
            "dense_bytes": self.dense_bytes,
            "status": "partial" if self.is_partial else "complete",
            "unknown": list(self.unknown),
        }


def totals_of(rows: Iterable[LayerCost]) -> Totals:
    """Return the sums over some rows."""
    rows = tuple(rows)
    linked = [row for row in rows if row.links is not None]
    return Totals(
        layers=len(rows),
        parameters=sum(row.parameters for row in rows),
        biases=sum(row.biases for row in rows),
        local_weights=sum(row.local_weights for row in rows),
        ungrouped_weights=sum(row.local_weights * (row.grouping or 1) for row in rows),
        dense_weights=sum(row.dense_weights for row in rows),
        twin_biases=sum(row.twin_biases for row in rows),
        macs=sum(row.macs or 0 for row in rows),
        dense_macs=sum(row.dense_macs or 0 for row in rows),
        taps=sum(row.macs or 0 for row in linked),
        links=sum(row.links or 0 for row in linked),
        bytes=sum(row.parameters * row.itemsize for row in rows),
        local_bytes=sum((row.local_weights + row.twin_biases) * row.itemsize for row in rows),
        dense_bytes=sum((row.dense_weights + row.twin_biases) * row.itemsize for row in rows),
        unknown=tuple(sorted({row.unknown for row in rows if row.unknown})),
    )


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None
