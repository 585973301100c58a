"""One row of the sharing table: a layer's cost as it is, local, and dense."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

from convscope.sharing.counts import Sides, Window


@dataclass(frozen=True)
class LayerCost:
    """What a layer stores and multiplies, and what it would without its priors.

    A row without a dense form (normalisation, attention, a free parameter) is counted as it is in all
    three forms, and has no factors. Counts are per sample; every parameter is counted in one row only.

    Args:
        name: the layer's name, or the module's path for parameters that no layer reads.
        kind: the layer's kind; ``unused`` for parameters that the graph never reads.
        input: shape of the map that is read, ``(C, *S)``; for a Linear over tokens S are the tokens. A border that
            a separate operation adds just before a convolution is padding, not part of the map.
        output: shape of the map that is written, ``(C, *S)``.
        parameters: numbers stored for this row, biases included.
        biases: how many of them are biases.
        macs: multiply-adds, taps on padding counted; None for an operation that is not known.
        local_weights: weights if every position had a kernel of its own.
        dense_weights: weights if every output element read every input element.
        twin_biases: biases of the local and of the dense form: one per output element, or the layer's own if tied.
        local_macs: multiply-adds of the local form, the same number as the layer's.
        dense_macs: multiply-adds of the dense form.
        links: real connections, taps on padding left out; None without a dense form.
        connections: the links and one bias per output element, which is what LeCun's papers count.
        kernel: taps per axis; empty, like the next three, where there is no window.
        stride: step per axis.
        padding: positions added per axis, before and after.
        dilation: distance between taps per axis.
        groups: channel groups; 0 without a window.
        transposed: whether input and output have swapped roles.
        locality: exact factor saved by reading a patch; None, like the next two, without a dense form.
        grouping: exact factor saved by reading some channels.
        sharing: exact factor saved by using the same weights at every position; memory only.
        shared_with: the earlier row that lists this one's weights, if one does.
        unknown: the operation whose multiply-adds are not known.
        itemsize: bytes of one weight.
    """

    name: str
    kind: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    parameters: int
    biases: int
    macs: int | None
    local_weights: int
    dense_weights: int
    twin_biases: int = 0
    local_macs: int | None = 0
    dense_macs: int | None = 0
    links: int | None = None
    connections: int | None = None
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: Sides = ()
    dilation: tuple[int, ...] = ()
    groups: int = 0
    transposed: bool = False
    locality: Fraction | None = None
    grouping: int | None = None
    sharing: int | None = None
    shared_with: str | None = None
    unknown: str | None = None
    itemsize: int = 4

    @property
    def weights(self) -> int:
        """Return the stored numbers that are not biases."""
        return self.parameters - self.biases

    @property
    def factor(self) -> Fraction | None:
        """Return how many times more weights the dense form has: locality times grouping times sharing."""
        if self.locality is None or self.grouping is None or self.sharing is None:
            return None
        return self.locality * self.grouping * self.sharing

    def document(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "input": list(self.input),
            "output": list(self.output),
            "kernel": list(self.kernel),
            "stride": list(self.stride),
            "padding": [
                before if before == after else [before, after] for before, after in self.padding
            ],
            "dilation": list(self.dilation),
            "groups": self.groups,
            "transposed": self.transposed,
            "parameters": self.parameters,
            "weights": self.weights,
            "biases": self.biases,
            "local_weights": self.local_weights,
            "dense_weights": self.dense_weights,
            "local_biases": self.twin_biases,
            "dense_biases": self.twin_biases,
            "links": self.links,
            "connections": self.connections,
            "locality_factor": number(self.locality),
            "grouping_factor": self.grouping,
            "sharing_factor": self.sharing,
            "factor": number(self.factor),
            "macs": self.macs,
            "local_macs": self.local_macs,
            "dense_macs": self.dense_macs,
            "bytes": self.parameters * self.itemsize,
            "local_bytes": (self.local_weights + self.twin_biases) * self.itemsize,
            "dense_bytes": (self.dense_weights + self.twin_biases) * self.itemsize,
            "shared_with": self.shared_with,
        }


def windowed(
    window: Window,
    *,
    name: str,
    kind: str,
    parameters: int,
    biases: int,
    macs: int | None,
    itemsize: int,
    has_bias: bool,
    links: int | None = None,
    tied_biases: bool = False,
    fixed: bool = True,
) -> LayerCost:
    """Return the row of a layer that has a dense form.

    Args:
        window: the layer's shape.
        name: the layer's name.
        kind: the layer's kind.
        parameters: numbers stored for it, biases included.
        biases: how many of them are biases.
        macs: its multiply-adds.
        itemsize: bytes of one weight.
        has_bias: whether it adds a bias; a reused layer does, though its biases are listed elsewhere.
        links: its real connections where something other than the window decides them.
        tied_biases: whether the local and the dense form keep one bias per output channel.
        fixed: whether its weights are stored; False where the network computes them from its input.
    """
    real = window.links if links is None else links
    everywhere = prod(window.output) if has_bias else 0
    return LayerCost(
        name=name,
        kind=kind,
        input=window.input,
        output=window.output,
        parameters=parameters,
        biases=biases,
        macs=macs,
        local_weights=window.local_weights if fixed else 0,
        dense_weights=window.dense_weights if fixed else 0,
        twin_biases=window.output[0] if has_bias and tied_biases else everywhere,
        local_macs=macs,
        dense_macs=window.dense_weights,
        links=real,
        connections=real + everywhere,
        kernel=window.kernel,
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        groups=window.groups,
        transposed=window.transposed,
        locality=window.locality,
        grouping=window.groups,
        sharing=window.positions,
        itemsize=itemsize,
    )


def as_it_is(row: LayerCost) -> LayerCost:
    """Return a row without a dense form: its own counts in all three forms."""
    return replace(
        row,
        local_weights=row.weights,
        dense_weights=row.weights,
        twin_biases=row.biases,
        local_macs=row.macs,
        dense_macs=row.macs,
    )


def number(exact: Fraction | None) -> int | float | None:
    """Return an exact factor as JSON writes it: a whole number where it is one."""
    if exact is None:
        return None
    return exact.numerator if exact.denominator == 1 else float(exact)
