"""Receptive fields of every layer of a network: the Finding of idea 2."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from convscope.finding import Finding, Protocol
from convscope.network import Network
from convscope.receptive.advice import Advice, advice
from convscope.receptive.fields import Reader
from convscope.receptive.layerfield import LayerField, by
from convscope.receptive.reasons import Reason, reasons
from convscope.receptive.states import Place, State
from convscope.receptive.walk import Walk, walk

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Receptive(Finding):
    """The receptive field of every layer of a network, exact.

    Args:
        layers: one row per layer.
        unsupported: graph nodes whose operation has no rule; they are taken to read everything.
        effective: measured effective fields by layer name, where they were measured.
        advice: what the fields say about the architecture.
    """

    idea: ClassVar[str] = "receptive"

    layers: tuple[LayerField, ...]
    unsupported: Mapping[str, str] = field(default_factory=dict)
    effective: Mapping[str, Any] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()
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
        steps = tuple(step for step in last.stride if step)
        text = (
            f"A unit of {last.name}, the last layer with a local field, reads {by(last.local_size)} input positions "
            f"(input {by(last.input)})" + (f", one every {by(steps)}." if steps else ".")
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
            "tiling": self._tiling(),
            "advice": [piece.document() for piece in self.advice],
        }

    def why(self, name: str, axis: int = 0) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
        """Return which layers set the first and the last position of a layer's field.

        Args:
            name: the layer, or the path of a module.
            axis: the input axis.

        Returns:
            Two paths from the input, with what each layer adds to the size; empty without a local field.

        Raises:
            SpecError: no such layer.
        """
        site = self[name].axes[axis].site
        if site is None:
            return (), ()
        names = {row.layer.node: row.name for row in self.layers}
        paths = (reasons(site, last=last) for last in (False, True))
        first, last = (tuple(replace(r, node=names.get(r.node, r.node)) for r in p) for p in paths)
        return first, last

    def with_effective(self, effective: Mapping[str, Any]) -> "Receptive":
        """Return the finding with measured effective fields, by layer name.

        Args:
            effective: what ``convscope.receptive.effective`` measured; each carries a protocol of its own, since they
                are sampled and the fields are exact.
        """
        return replace(self, effective={**self.effective, **effective})

    def _tiling(self) -> dict[str, Any] | None:
        """Return how to tile for the last layer that allows it."""
        for row in reversed(self.layers):
            if row.tiling:
                return {
                    "layer": row.name,
                    "step": [tile.step for tile in row.tiling],
                    "halo": [[tile.before, tile.after] for tile in row.tiling],
                }
        return None

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
    names = {layer.node: layer.name for layer in net.layers}
    reader = Reader(size, Place(found.sites, "reader"), names)
    states = found.by_name
    rows = []
    for layer in net.layers:
        state = states.get(layer.node)
        if isinstance(state, State):
            axes, groups = reader.axes(state), reader.groups(state)
            rows.append(LayerField(layer, axes, groups, size, layer.node in found.crosses))
    result = Receptive(
        network=net.id,
        protocol=Protocol("graph/intervals", dtype="exact", floor=0.0),
        layers=tuple(rows),
        unsupported=found.unsupported,
        net=net,
        walk=found,
    )
    return replace(result, advice=advice(result))


def _gated(row: LayerField) -> bool:
    return any(axis.local_size != axis.size or axis.stride for axis in row.axes)
