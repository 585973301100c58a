"""What the first idea finds: the table of a network's layers in three forms, and its totals."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, several
from convscope.sharing.cost import LayerCost
from convscope.sharing.totals import Totals, totals_of

if TYPE_CHECKING:
    import pyarrow as pa

_INT64 = 2**63 - 1


@dataclass(frozen=True)
class Sharing(Finding):
    """Every layer's cost as it is, local and dense.

    Args:
        layers: one row for each step that stores or multiplies something, in the order of the graph.
        tied_biases: whether the local and the dense forms keep one bias per output channel.
    """

    idea: ClassVar[str] = "sharing"
    layers: tuple[LayerCost, ...]
    tied_biases: bool = False

    def __getitem__(self, name: str) -> LayerCost:
        return {row.name: row for row in self.layers}[name]

    @property
    def totals(self) -> Totals:
        """The sums over all rows."""
        return totals_of(self.layers)

    def totals_of(self, kind: str) -> Totals:
        """Return the sums over the layers of one kind that have weights and a dense form, such as ``"conv"``."""
        return totals_of(
            row
            for row in self.layers
            if row.kind == kind and row.factor is not None and row.dense_weights
        )

    def table(self) -> "pa.Table":
        """Return one row per layer; counts that do not fit 64 bits make their column floating point."""
        import pyarrow as pa

        rows = [_plain(row.document()) for row in self.layers]
        names = list(rows[0]) if rows else []
        return pa.table({name: _column([row[name] for row in rows]) for name in names})

    def body(self) -> dict[str, Any]:
        """Return the fields ``layers`` and ``totals`` of the JSON document."""
        kinds = dict.fromkeys(row.kind for row in self.layers if row.factor is not None)
        return {
            "layers": [row.document() for row in self.layers],
            "totals": {
                **self.totals.document(),
                "by_kind": {kind: self.totals_of(kind).document() for kind in kinds},
            },
            "tied_biases": self.tied_biases,
        }

    def summary(self) -> str:
        """Return the totals in plain words."""
        totals = self.totals
        least = "at least " if totals.is_partial else ""
        said = [
            f"{self.network.spec}: {totals.parameters:,} parameters, {least}{short(totals.macs)} multiply-adds "
            "per sample."
        ]
        for kind, noun in (("conv", "convolution"), ("linear", "linear layer")):
            some = self.totals_of(kind)
            if (
                some.layers
                and some.weights
                and (kind == "conv" or some.local_weights > some.weights)
            ):
                said.append(_sentence(some, noun))
        if len(said) > 1:
            said.append(
                "Locality and grouping save memory and arithmetic; sharing saves memory only: a shared kernel "
                "is still multiplied at every position."
            )
        if totals.is_partial:
            said.append(
                f"The multiply-adds are partial: convscope does not know {', '.join(totals.unknown)}."
            )
        return " ".join(said)


def _sentence(some: Totals, noun: str) -> str:
    locality, grouping, sharing = (
        short(float(x or 1)) for x in (some.locality, some.grouping, some.sharing)
    )
    grouped = f", grouping ×{grouping}" if some.grouping != 1 else ""
    padded = (
        f" {some.padded_share:.1%} of their multiply-adds fall on padding."
        if some.padded_share
        else ""
    )
    return (
        f"The weights of its {several(some.layers, noun)}: {short(some.weights)} shared; "
        f"{short(some.local_weights)} with a kernel of its own at every position; {short(some.dense_weights)} dense. "
        f"That is locality ×{locality}{grouped}, sharing ×{sharing}.{padded}"
    )


def short(count: float) -> str:
    """Return a number as people say it: four digits and a unit.

    >>> short(576), short(14_710_464), short(16710000000000)
    ('576', '14.71 M', '16.71 T')
    """
    for size, unit in ((1e15, ""), (1e12, " T"), (1e9, " G"), (1e6, " M")):
        if count >= size:
            return f"{count / size:.4g}{unit}" if unit else f"{count:.3e}"
    return f"{count:,.0f}" if count >= 1000 or count == int(count) else f"{count:.3g}"


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose padding is always two numbers per axis, as a column must be of one type."""
    sides = [[side, side] if isinstance(side, int) else side for side in document["padding"]]
    return {**document, "padding": sides}


def _column(values: list[Any]) -> Any:
    if any(isinstance(value, float) for value in values) or any(
        isinstance(value, int) and abs(value) > _INT64 for value in values
    ):
        return [None if value is None else float(value) for value in values]
    return values
