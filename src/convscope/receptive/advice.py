"""Advice: what the fields say about the architecture, with the layers, their cost, and how far it can be trusted.

Everything here is geometry, or geometry against the sizes of known objects; none of it is a measurement
of accuracy. Each piece says so in its ``limits``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from statistics import median
from typing import TYPE_CHECKING, Any

from convscope.data import LEVELS, Source
from convscope.data.fit import magnified
from convscope.network import Layer
from convscope.receptive.fields import AxisField
from convscope.receptive.holes import Holes
from convscope.receptive.layerfield import LayerField, by
from convscope.receptive.sites import ancestors
from convscope.receptive.taps import window

if TYPE_CHECKING:
    from convscope.receptive.finding import Receptive

_WINDOWED = ("conv", "pool")
_WHOLE = max(LEVELS)


@dataclass(frozen=True)
class Advice:
    """One thing that the fields say.

    Args:
        id: what kind of thing.
        title: it, in a few words.
        text: it, in a sentence or two, with what to do.
        layers: the layers it is about.
        macs: their multiply-adds per sample.
        limits: how far the evidence goes.
    """

    id: str
    title: str
    text: str
    layers: tuple[str, ...]
    macs: int
    limits: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "text": self.text,
            "layers": list(self.layers),
            "macs": self.macs,
            "limits": self.limits,
        }


def advice(
    found: "Receptive", source: Source | None = None, samples: int = 64
) -> tuple[Advice, ...]:
    """Return what the receptive fields say about a network.

    Args:
        found: its receptive fields.
        source: what it looks at; where objects are known in it, their sizes are compared with the fields.
        samples: how many samples are read for that.

    Returns:
        Advice, the most consequential first; empty if there is nothing to say.
    """
    rules: tuple[Callable[[Receptive], Iterator[Advice]], ...] = (
        _unproductive,
        _padding_mostly,
        _beyond_input,
        _gridding,
        _off_centre,
        _period,
    )
    pieces = [piece for rule in rules for piece in rule(found)]
    if source is not None:
        pieces += _objects(found, source, samples)
    return tuple(pieces)


def _piece(
    id: str, title: str, text: str, rows: Sequence[LayerField], limits: str
) -> Iterator[Advice]:
    if rows:
        macs = sum(row.layer.macs or 0 for row in rows)
        yield Advice(id, title, text, tuple(row.name for row in rows), macs, limits)


def _unproductive(found: "Receptive") -> Iterator[Advice]:
    """Layers that widen what is complete already, on every path (Richter et al. 2021)."""
    by_name = {row.name: row for row in found.layers}

    def complete(name: str) -> bool:
        row = by_name.get(name)
        if row is None:
            return False
        return all(
            a.shortest >= n or (a.whole and not a.stride)
            for a, n in zip(row.axes, row.input, strict=True)
        )

    rows = [
        row
        for row in found.layers
        if row.layer.kind == "conv"
        and any(k > 1 for k in row.layer.kernel)
        and row.layer.feeds_from
        and all(complete(name) for name in row.layer.feeds_from)
    ]
    total = sum(row.layer.macs or 0 for row in found.layers)
    share = sum(row.layer.macs or 0 for row in rows) / max(total, 1)
    first = rows[0].name if rows else ""
    yield from _piece(
        "unproductive",
        "Layers that look further than the input",
        f"From {first} on, even the shortest path has seen the whole input before these {len(rows)} layers widen the "
        f"field once more. They hold {share:.0%} of the multiply-adds. Larger inputs, or smaller early strides, would "
        "give them something to do; without them the network would be cheaper.",
        rows,
        "Richter et al. (2021) found that such layers add little on CIFAR-sized inputs, by probing networks trained "
        "there. They may still compute features of larger depth; whether they matter here is for an ablation to say.",
    )


def _padding_mostly(found: "Receptive") -> Iterator[Advice]:
    rows = [row for row in found.layers if _on_padding(row.layer) > 0.5]
    worst = max((_on_padding(row.layer) for row in rows), default=0.0)
    yield from _piece(
        "padding",
        "Kernels that mostly read padding",
        f"The maps are no larger than the reach of these kernels: up to {worst:.0%} of their taps fall on "
        "padding, averaged over all positions. A larger input, an earlier end of down-sampling, or a "
        "smaller kernel or dilation avoids it.",
        rows,
        "Exact for this input size; at another size the same network may not have it. Padding by a "
        "separate operation is not counted.",
    )


def _on_padding(layer: Layer) -> float:
    """Return the share of a convolution's taps that fall on padding, over all positions."""
    if layer.kind != "conv" or layer.transposed or not layer.kernel:
        return 0.0
    inside = 1.0
    axes = len(layer.kernel)
    for i in range(axes):
        taps = window(layer.kernel[i], layer.stride[i], layer.padding[i][0], layer.dilation[i])
        rows = taps.rows(layer.output[i - axes], layer.input[i - axes])
        inside *= float((rows >= 0).mean())
    return 1 - inside


def _beyond_input(found: "Receptive") -> Iterator[Advice]:
    rows = [row for row in found.layers if row.layer.kind in _WINDOWED and row.exceeds_input]
    if not rows:
        return
    border = max(rows[-1].axes, key=lambda a: a.border).border
    yield from _piece(
        "beyond",
        "Fields larger than the input",
        f"From {rows[0].name} on ({by(rows[0].local_size)} against {by(rows[0].input)}), fields are "
        f"larger than the input. In the last of them {border:.0%} of the positions along an axis read "
        "beyond the edge, where there is only padding.",
        rows,
        "This is common and no fault: effective fields are much smaller. It means that the network "
        "can tell where the edge is.",
    )


def _gridding(found: "Receptive") -> Iterator[Advice]:
    holes = Holes()
    rows, least = [], 1.0
    for row in found.layers:
        if row.layer.kind not in _WINDOWED:
            continue
        density = min((_density(axis, holes) for axis in row.axes), default=1.0)
        if density < 1:
            rows.append(row)
            least = min(least, density)
    yield from _piece(
        "gridding",
        "Positions inside the field that are never read",
        f"At worst {1 - least:.0%} of the positions along an axis are skipped, for any input: "
        "dilations that share a factor, or strides larger than their kernels. Mixed dilation rates "
        "(1, 2, 3 instead of 2, 2, 2), or a kernel as large as the stride, close the holes.",
        rows,
        "Exact, per axis. A hole matters where a later layer needs that detail. What one branch "
        "skips and another reads counts as read once they are merged.",
    )


def _density(axis: AxisField, holes: Holes) -> float:
    pattern = holes.pattern(axis.site) if axis.site is not None else None
    return 1.0 if pattern is None else pattern.density


def _off_centre(found: "Receptive") -> Iterator[Advice]:
    """Even kernels, one-sided padding: the field's centre drifts away from the place the unit stands for."""
    rows: list[LayerField] = []
    drift = Fraction(0)
    for row in found.layers:
        if row.layer.kind != "conv" or not any(k > 1 for k in row.layer.kernel):
            continue
        for axis, size, count in zip(
            row.axes, row.input, row.layer.output[-len(row.axes) :], strict=True
        ):
            if axis.site is None or axis.site.plane is None or not axis.stride:
                continue
            # Where the middle of the map looks, against the middle of the input.
            middle = axis.center + Fraction(axis.stride) * Fraction(count - 1, 2)
            off = abs(middle - Fraction(size - 1, 2)) / max(Fraction(axis.stride), 1)
            if off > Fraction(1, 2):
                rows.append(row)
                drift = max(drift, off)
                break
    yield from _piece(
        "off-centre",
        "Fields that are off their place",
        f"The middle of these maps looks up to {float(drift):.2g} strides beside the middle of the "
        "input: even kernels or padding on one side. Positions read off such a map (heat maps, boxes, "
        "crops) are displaced by as much.",
        rows,
        "Exact geometry of the theoretical field. Half a stride or less is not listed: it is "
        "unavoidable with strides of 2.",
    )


def _period(found: "Receptive") -> Iterator[Advice]:
    """An input that is not a whole number of periods is treated unevenly at its two ends."""
    axes = range(len(found.layers[0].input) if found.layers else 0)
    sites = [[row.axes[i].site for row in found.layers] for i in axes]
    steps = [
        lcm(
            *(abs(s.plane.step) or 1 for s in ancestors(filter(None, known)) if s.plane is not None)
        )
        for known in sites
    ]
    sizes = found.layers[0].input if found.layers else ()
    if all(n % step == 0 for n, step in zip(sizes, steps, strict=True)):
        return
    nearest = tuple(max(round(n / step), 1) * step for n, step in zip(sizes, steps, strict=True))
    rows = [
        row
        for row in found.layers
        if row.layer.kind in _WINDOWED and any(s > 1 for s in row.layer.stride)
    ]
    yield from _piece(
        "period",
        "The input is not a multiple of the stride",
        f"{by(sizes)} is not a multiple of the network's period {by(tuple(steps))}: the last positions "
        "are dropped or padded unevenly, and shifts by whole strides do not come out as shifts. The "
        f"nearest size that fits is {by(nearest)}.",
        rows,
        "Exact. Many networks are trained and used this way; it costs evenness at the border, not "
        "necessarily accuracy.",
    )


def _objects(found: "Receptive", source: Source, samples: int) -> Iterator[Advice]:
    shape = found.layers[0].input if found.layers else ()
    spans: list[float] = []
    for sample in (source[i] for i in range(min(len(source), samples))):
        scale = magnified(sample.array.shape[1:], shape)
        spans += [
            scale * max(high - low for low, high in box.span)
            for box in sample.boxes
            if source.concepts.get(box.concept) == _WHOLE
        ]
    local = [
        row for row in found.layers if row.layer.kind in _WINDOWED and all(a.site for a in row.axes)
    ]
    if not spans or not local:
        return
    largest = max(local, key=lambda row: min(row.local_size))
    typical = median(spans)
    if min(largest.local_size) < typical:
        yield from _piece(
            "objects",
            "Fields smaller than the objects",
            f"The largest local field, {by(largest.local_size)} at {largest.name}, is smaller than half "
            f"of the {len(spans)} objects in the data (median side {typical:.0f}). No unit before the "
            "global layers sees such an object as a whole. More depth, stride or dilation would widen "
            "the fields.",
            [largest],
            "Object sizes are those of the known boxes of whole things, in positions of the network's input. Parts may "
            "be enough for the task.",
        )
