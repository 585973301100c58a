"""What a comparison of two networks found: unit by unit, layer by layer, and in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.features.comparing.matching import STATUSES, Status
from convscope.finding import Finding, NetworkId

if TYPE_CHECKING:
    import pyarrow as pa

_CHANGED = 0.005  # what differs by less is the same to two digits


@dataclass(frozen=True)
class UnitPair:
    """A unit of one network and the unit of the other that responds most like it.

    Args:
        network: 0 for a unit of the first network, 1 for one of the second.
        layer: its layer.
        unit: its channel.
        other_layer: the layer it was looked for in.
        other_unit: its best match there; None for a unit that does not vary over the data.
        status: ``matched``, ``shared``, ``unmatched`` or ``silent``; see ``Matching``.
        correlation: with the best match; None for a silent unit.
        maximum: its natural maximum.
        other_maximum: that of its best match.
        density: share of the samples on which it is active.
        other_density: that of its best match.
        label: what it is called, where that is known.
        other_label: what its best match is called.
    """

    network: int
    layer: str
    unit: int
    other_layer: str
    other_unit: int | None
    status: Status
    correlation: float | None
    maximum: float | None = None
    other_maximum: float | None = None
    density: float | None = None
    other_density: float | None = None
    label: str | None = None
    other_label: str | None = None

    @property
    def changed(self) -> float:
        """How much a matched pair differs: 1 - correlation, or the difference in density if that is larger."""
        if self.correlation is None or self.status != "matched":
            return 0.0
        densities = (self.density, self.other_density)
        apart = 0.0
        if densities[0] is not None and densities[1] is not None:
            apart = abs(densities[0] - densities[1])
        return max(1 - self.correlation, apart)


@dataclass(frozen=True)
class LayerPair:
    """A layer of one network and the layer of the other in which its units were looked for.

    Args:
        network: 0 for a layer of the first network, 1 for one of the second.
        layer: its name.
        other_layer: the other's name: the same where both networks have it, else the one most similar.
        units: how many units it has.
        counts: units by status.
        similarity: mean best correlation of its units that vary; None where none does.
        null99: the correlation that 99 % of best matches stay below when samples are shuffled.
        relabelled: matched units whose label differs from their match's, of those where both are known.
    """

    network: int
    layer: str
    other_layer: str
    units: int
    counts: Mapping[str, int]
    similarity: float | None
    null99: float | None
    relabelled: int


@dataclass(frozen=True)
class Comparison(Finding):
    """Two networks, matched unit by unit over the same samples.

    Args:
        other: the second network; ``network`` is the first.
        layers: the layers of both, the first network's first.
        units: the units of both, in the same order.
        called: what the user calls them beside their specs, such as the folders of two atlases.
    """

    idea: ClassVar[str] = "compare"
    other: NetworkId
    layers: tuple[LayerPair, ...]
    units: tuple[UnitPair, ...]
    called: tuple[str, str] = ("", "")

    @property
    def names(self) -> tuple[str, str]:
        """What the two are called: by their spec, and where that is the same by what the user calls them, or by order.

        >>> from convscope.finding import Protocol
        >>> one, two = NetworkId("demo", "a"), NetworkId("demo", "b")
        >>> Comparison(network=one, protocol=Protocol(""), other=two, layers=(), units=()).names
        ('demo, first', 'demo, second')
        """
        one, two = self.network.spec, self.other.spec
        if one != two:
            return one, two
        first, second = self.called if len({*self.called} - {""}) == 2 else ("first", "second")
        return f"{one}, {first}", f"{two}, {second}"

    @property
    def same(self) -> bool:
        """Whether it is one network, with the same weights, that was compared with itself."""
        return self.network.fingerprint == self.other.fingerprint

    def share(self, status: Status, network: int = 0) -> float:
        """Return the share of a network's units that have a status.

        Args:
            status: ``matched``, ``shared``, ``unmatched`` or ``silent``.
            network: 0 or 1.
        """
        rows = [row for row in self.layers if row.network == network]
        units = sum(row.units for row in rows)
        return sum(row.counts[status] for row in rows) / units if units else float("nan")

    def most_changed(self, count: int = 20) -> tuple[UnitPair, ...]:
        """Return the matched pairs of the first network that differ most, most first.

        Args:
            count: pairs at most.
        """
        pairs = [row for row in self.units if row.network == 0 and row.changed >= _CHANGED]
        return tuple(sorted(pairs, key=lambda row: -row.changed)[:count])

    def table(self) -> "pa.Table":
        """Return one row per unit of either network."""
        import pyarrow as pa

        rows = [asdict(row) for row in self.units]
        return pa.table({name: [row[name] for row in rows] for name in UnitPair.__annotations__})

    def body(self) -> dict[str, Any]:
        """Return the other network, the layers, the units and the pairs that differ most."""
        return {
            "other": asdict(self.other),
            "layers": [asdict(row) | {"counts": dict(row.counts)} for row in self.layers],
            "units": [asdict(row) for row in self.units],
            "most_changed": [
                {"layer": row.layer, "unit": row.unit, "changed": row.changed}
                for row in self.most_changed()
            ],
        }

    def summary(self) -> str:
        """Return what the two have in common, in plain words."""
        one, two = self.names
        shares = {status: self.share(status) for status in STATUSES}
        if not isfinite(shares["matched"]):
            return f"{one} and {two} have no layers to compare."
        count = sum(row.units for row in self.layers if row.network == 0)
        words = {
            "matched": f"have a counterpart in {two} (each is the other's best match)",
            "shared": "resemble a unit that resembles another more",
            "unmatched": "have nothing like them above chance",
            "silent": "do not vary over these data",
        }
        told = [f"{shares[s]:.0%} {words[s]}" for s in STATUSES if shares[s] > 0]
        said = f"Of {count:,} units of {one}, {', '.join(told)}."
        if self.share("unmatched", 1) > 0:
            said += f" Of the units of {two}, {self.share('unmatched', 1):.0%} are new."
        if self.same:
            said = f"Both are one network, with the same weights. {said}"
        rows = [row for row in self.layers if row.network == 0 and row.similarity is not None]
        if len(rows) > 1:
            low, high = (pick(rows, key=lambda row: row.similarity or 0.0) for pick in (min, max))
            if (high.similarity or 0) - (low.similarity or 0) > 0.005:
                said += (
                    f" Most alike is {high.layer} (mean best correlation {high.similarity:.2f}), "
                    f"least {low.layer} ({low.similarity:.2f})."
                )
        return said
