"""Receptive fields of every layer of a network: the Finding of idea 2."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, Protocol
from convscope.network import Layer, Network
from convscope.receptive.fields import AxisField, ChannelGroup, Number, Reader
from convscope.receptive.states import Place, State
from convscope.receptive.walk import Walk, walk

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class LayerField:
    """The receptive field of one layer, all channels together, per input axis.

    Args:
        layer: the layer.
        axes: its field along each input axis.
        groups: fields of channel ranges, where a concatenation made them differ.
        input: the input's size per axis.
        cross: whether the hull is larger than what is read: branches of different shape (1x7 beside 7x1).
    """

    layer: Layer
    axes: tuple[AxisField, ...]
    groups: tuple[ChannelGroup, ...]
    input: tuple[int, ...]
    cross: bool = False

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def size(self) -> tuple[int, ...]:
        """Input positions from the first to the last that a unit reads, per axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def local_size(self) -> tuple[int, ...]:
        """The size without global operands (means, attention, gates), per axis."""
        return tuple(axis.local_size for axis in self.axes)

    @property
    def stride(self) -> tuple[Number, ...]:
        """Input positions between neighbouring units, per axis; a fraction after upsampling."""
        return tuple(axis.stride for axis in self.axes)

    @property
    def start(self) -> tuple[int, ...]:
        """First position of unit 0's local field, per axis; negative inside padding."""
        return tuple(axis.start for axis in self.axes)

    @property
    def center(self) -> tuple[Number, ...]:
        """Middle of unit 0's local field, per axis; a half lies between two positions."""
        return tuple(axis.center for axis in self.axes)

    @property
    def is_global(self) -> tuple[bool, ...]:
        """Whether every unit reads the axis as a whole, per axis."""
        return tuple(axis.whole is not None for axis in self.axes)

    @property
    def exceeds_input(self) -> bool:
        """Whether the local field is larger than the input along some axis."""
        return any(s > n for s, n in zip(self.local_size, self.input, strict=True))

    def document(self) -> dict[str, Any]:
        """Return the row as JSON."""
        axes = self.axes
        return {
            "name": self.name,
            "kind": self.layer.kind,
            "size": list(self.size),
            "stride": [number(a.stride) for a in axes],
            "start": list(self.start),
            "center": [number(a.center) for a in axes],
            "global": list(self.is_global),
            "global_from": [a.whole and {"reason": a.whole, "node": a.whole_from} for a in axes],
            "local_size": list(self.local_size),
            "groups": [_group(group) for group in self.groups],
            "phases": [list(a.phases) for a in axes],
            "shift_invariant": all(a.shift_invariant for a in axes),
            "cross": self.cross,
            "exceeds_input": self.exceeds_input,
        }


@dataclass(frozen=True)
class Receptive(Finding):
    """The receptive field of every layer of a network, exact.

    Args:
        layers: one row per layer.
        unsupported: graph nodes whose operation has no rule; they are taken to read everything.
        effective: measured effective fields by layer name, where they were measured.
    """

    idea: ClassVar[str] = "receptive"

    layers: tuple[LayerField, ...]
    unsupported: Mapping[str, str] = field(default_factory=dict)
    effective: Mapping[str, Any] = field(default_factory=dict)
    net: Network | None = field(default=None, repr=False, compare=False)
    walk: Walk | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> LayerField:
        """Return the field of a layer, by its name or by the path of a module (then: its last layer).

        Raises:
            SpecError: no such layer; the message names the nearest ones.
        """
        found = {row.name: row for row in self.layers}
        if name in found or self.net is None:
            return found[name]
        return found[self.net.layer(name).name]

    def table(self) -> "pa.Table":
        """Return one row per layer."""
        import pyarrow as pa

        rows = [row.document() for row in self.layers]
        for row in rows:
            row["stride"] = [float(value) for value in row["stride"]]
            row["center"] = [float(value) for value in row["center"]]
            row["global_from"] = next((g["reason"] for g in row["global_from"] if g), None)
            row["groups"] = len(row["groups"])
            del row["phases"]
        return pa.Table.from_pylist(rows)

    def summary(self) -> str:
        """Return the field of the last local layer, and what is global, in one paragraph."""
        local = [row for row in self.layers if not all(row.is_global) or _gated(row)]
        if not local:
            return "No layer of this network has a local receptive field."
        last = max(local, key=lambda row: self.layers.index(row))
        text = (
            f"A unit of {last.name}, the last layer with a local field, reads {by(last.local_size)} input positions "
            f"(input {by(last.input)}), one every {by(last.stride)}."
        )
        first = next((row for row in self.layers if any(row.is_global)), None)
        if first is not None:
            reason = next(a.whole for a in first.axes if a.whole)
            text += f" From {first.name} on, units also read the whole input ({reason})."
        if self.unsupported:
            names = ", ".join(sorted(set(self.unsupported.values())))
            text += (
                f" No rule is known for {names}: everything after is taken to read the whole input."
            )
        return text

    def body(self) -> dict[str, Any]:
        """Return the fields of the JSON document."""
        return {
            "layers": [
                {**row.document(), "effective": self._effective(row.name)} for row in self.layers
            ],
            "unsupported": dict(self.unsupported),
        }

    def with_effective(self, effective: Mapping[str, Any]) -> "Receptive":
        """Return the finding with measured effective fields, by layer name."""
        return replace(self, effective={**self.effective, **effective})

    def _effective(self, name: str) -> dict[str, Any] | None:
        found = self.effective.get(name)
        return None if found is None else found.document()


def receptive(net: Network) -> Receptive:
    """Return the exact receptive field of every layer of a network.

    Args:
        net: any network, with one to three spatial axes.

    Returns:
        Sizes, strides, starts and centres in input positions (pixels, samples), computed in integers from
        the exported graph; no data and no gradients are needed.

    >>> from torch import nn
    >>> net = Network(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)), input=(1, 16, 16))
    >>> receptive(net)["1"].size
    (5, 5)
    """
    found = walk(net.graph)
    size = net.input.shape[1:]
    reader = Reader(size, Place(found.sites, "reader"))
    states = found.by_name
    rows = []
    for layer in net.layers:
        state = states.get(layer.node)
        if isinstance(state, State):
            rows.append(LayerField(layer, reader.axes(state), reader.groups(state), size))
    return Receptive(
        network=net.id,
        protocol=Protocol("graph/intervals", dtype="exact", floor=0.0),
        layers=tuple(rows),
        unsupported=found.unsupported,
        net=net,
        walk=found,
    )


def number(value: Number | float) -> int | float:
    """Return an exact number as JSON: an integer where it is one."""
    return float(value) if isinstance(value, Fraction) else value


def by(values: tuple[Number, ...]) -> str:
    """Return sizes as people write them: ``7 × 7``."""
    return " × ".join(str(value) for value in values)


def _gated(row: LayerField) -> bool:
    return any(axis.local_size != axis.size or axis.stride for axis in row.axes)


def _group(group: ChannelGroup) -> dict[str, Any]:
    return {
        "channels": list(group.channels),
        "size": [a.size for a in group.axes],
        "start": [a.start for a in group.axes],
        "local_size": [a.local_size for a in group.axes],
    }
