"""The effective field: of what a unit can see, what does it use, on these data?

The usual picture is the logarithm of unnormalised gradients of one image; it depends on the gradients'
scale, so it compares nothing. Here: the squared gradient of one unit with respect to the input, summed
over input channels, averaged over samples and over the layer's channels, normalised to sum 1. It is a
distribution over input positions, and has moments (Luo, Li, Urtasun, Zemel 2016; they do not square,
but signed gradients cancel over samples).

The average over channels is not taken one channel at a time: for random signs r, the expectation of
``(sum_c r_c g_c)^2`` is ``sum_c g_c^2``, so one backward pass per sample is an unbiased estimate of all.

Limit: a gradient says what a small change would do, not what the unit would do without that part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zlib import crc32

import numpy as np
import torch

from convscope.data import Source
from convscope.errors import SpecError, WorkError
from convscope.finding import Protocol
from convscope.network import Network
from convscope.network.fresh import redrawn
from convscope.progress import Progress, silent
from convscope.receptive.central import CentralUnit
from convscope.receptive.finding import Receptive, receptive
from convscope.receptive.layerfield import LayerField
from convscope.receptive.moments import Frame, Gaussian, Spread, Sums, bootstrap, gaussian

DRAWS = 1000
"""Resamples of the bootstrap."""


@dataclass(frozen=True)
class Effective:
    """The effective field of one layer: of the unit nearest the centre of the input, over all its channels.

    Args:
        layer: the layer's name.
        unit: the unit's position, per axis.
        frame: its theoretical field.
        spread: how far the effective field reaches.
        interval: 95 % intervals by bootstrap over samples.
        gaussian: the Gaussian that fits it best, per axis.
        protocol: how it was measured.
        start: input position of the map's first cell, per axis.
        heat: the distribution inside the theoretical field, cut to the input; sums to ``1 - outside``.
        fresh: the same with weights drawn anew; None where it was not asked for.
    """

    layer: str
    unit: tuple[int, ...]
    frame: Frame
    spread: Spread
    interval: Mapping[str, list]
    gaussian: Gaussian
    protocol: Protocol
    start: tuple[int, ...]
    heat: np.ndarray = field(repr=False, compare=False)
    fresh: "Effective | None" = None

    @property
    def outside(self) -> float:
        """Share of the mass outside the local field, which arrives through means, gates or attention."""
        return self.spread.outside

    @property
    def samples(self) -> int:
        """Samples measured."""
        return self.protocol.samples or 0

    def document(self) -> dict[str, Any]:
        """Return it as JSON, without the map."""
        box50, box95, box99 = (list(box) for box in self.spread.boxes)
        found = {
            "sigma": list(self.spread.sigma),
            "box50": box50,
            "box95": box95,
            "box99": box99,
            "area_ratio": self.spread.area_ratio,
            "interval": dict(self.interval),
            "gaussian": {
                "sigma": list(self.gaussian.sigma),
                "explained": list(self.gaussian.explained),
            },
            "outside": self.outside,
            "samples": self.samples,
            "protocol": asdict(self.protocol),
            "unit": list(self.unit),
            "start": list(self.start),
            "shape": list(self.heat.shape),
        }
        if self.fresh is not None:
            found["fresh"] = self.fresh.document()
        return found


def effective(
    net: Network,
    source: Source | Iterable[np.ndarray],
    layers: Sequence[str] | None = None,
    *,
    samples: int = 32,
    batch: int = 8,
    seed: int = 0,
    fresh: bool = True,
    found: Receptive | None = None,
    progress: Progress = silent,
) -> dict[str, Effective]:
    """Measure the effective fields of some layers.

    Args:
        net: the network; run in eval mode, on the device where its weights are.
        source: what it looks at; or batches of arrays ``(B, C, *S)``.
        layers: names or module paths; by default up to eight convolutions, spread over the depth.
        samples: how many samples, spread over the source.
        batch: samples at a time; no result depends on it, but for rounding.
        seed: of the signs, the bootstrap and the fresh weights.
        fresh: whether to measure a second time with weights drawn anew.
        found: the receptive fields, if they are known already.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        Effective fields by layer name. A layer none of whose gradients arrived is left out.

    Raises:
        SpecError: a layer that does not exist, or has no local field.
        WorkError: no sample could be used.
    """
    found = found or receptive(net)
    rows = [found[name] for name in layers] if layers is not None else _chosen(found)
    for row in rows:
        if _lacks_field(row):
            raise SpecError(
                f"Layer {row.name} of {net.spec} has no local receptive field that its units share: they read "
                "the whole input, or parts of it that follow no rule. Ask for an earlier one."
            )
    measured = _measure(net, rows, found, source, samples, batch, seed, None, progress)
    if fresh and not isinstance(source, Source):
        fresh = False  # batches are gone once they were used
    again = (
        _measure(net, rows, found, source, samples, batch, seed, seed, progress) if fresh else {}
    )
    return {name: replace(one, fresh=again.get(name)) for name, one in measured.items()}


def _measure(
    net: Network,
    rows: Sequence[LayerField],
    found: Receptive,
    source: Source | Iterable[np.ndarray],
    samples: int,
    batch: int,
    seed: int,
    redraw: int | None,
    progress: Progress,
) -> dict[str, Effective]:
    taps = net.taps([row.name for row in rows])
    if redraw is not None:
        taps = redrawn(taps, redraw)
    units = {row.name: CentralUnit.nearest(row, found) for row in rows}
    sums = {row.name: Sums.empty(units[row.name].frame) for row in rows}
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    what = "effective fields" if redraw is None else "effective fields, weights drawn anew"
    done = 0
    for indices, arrays in _batches(source, net, batch, samples):
        x = torch.as_tensor(arrays, device=device).requires_grad_()
        outputs = taps(x)
        for place, row in enumerate(rows):
            values = outputs[row.name].flatten(1)[:, units[row.name].index.to(device)]
            signs = np.stack([signs_of(seed, row.name, i, values.shape[1]) for i in indices])
            flips = torch.from_numpy(signs).to(values)
            (gradient,) = torch.autograd.grad(
                (values * flips).sum(), x, retain_graph=place + 1 < len(rows), allow_unused=True
            )
            if gradient is not None:
                sums[row.name].add(gradient.detach().square().sum(1).cpu().numpy())
        done += len(arrays)
        progress(what, done, samples)
    if not done:
        raise WorkError("No sample was there to measure effective fields on.")
    protocol = Protocol(
        "receptive/effective",
        dtype=str(next((p.dtype for p in taps.parameters()), torch.float32)).removeprefix("torch."),
        seed=seed,
        samples=done,
        settings={"weights": "as loaded" if redraw is None else "drawn anew", "bootstrap": DRAWS},
    )
    results = {}
    for row in rows:
        one = _finished(row.name, units[row.name], sums[row.name], protocol)
        if one is not None:
            results[row.name] = one
    return results


def signs_of(seed: int, layer: str, sample: int, count: int) -> np.ndarray:
    """Return the random signs of one sample: the same whatever else is measured, and in whatever batches.

    Args:
        seed: of all signs.
        layer: the layer's name.
        sample: the sample's index in its source.
        count: how many channels.

    Returns:
        -1 and 1, int64 ``(count,)``.
    """
    draw = np.random.default_rng([seed, crc32(layer.encode()), sample])
    return draw.integers(0, 2, count) * 2 - 1


def _batches(
    source: Source | Iterable[np.ndarray], net: Network, size: int, limit: int
) -> Iterator[tuple[Sequence[int], np.ndarray]]:
    """Yield batches with the indices of their samples."""
    if isinstance(source, Source):
        for batch in source.batches(size, net.input.shape, limit):
            yield batch.indices.tolist(), batch.arrays
        return
    done = 0
    for arrays in source:
        yield range(done, done + len(arrays)), arrays
        done += len(arrays)


def _finished(name: str, unit: CentralUnit, sums: Sums, protocol: Protocol) -> Effective | None:
    spread = sums.spread()
    if spread is None:
        return None
    heat = sums.heat / sums.heat.sum()
    ends = unit.frame.visible()
    inside = heat[tuple(slice(first, last + 1) for first, last in ends)]
    return Effective(
        layer=name,
        unit=unit.position,
        frame=unit.frame,
        spread=spread,
        interval=bootstrap(sums, DRAWS, protocol.seed or 0),
        gaussian=gaussian(heat),
        protocol=protocol,
        start=tuple(first for first, _ in ends),
        heat=inside.astype(np.float32),
    )


def _lacks_field(row: LayerField) -> bool:
    return any(axis.site is None for axis in row.axes)


def _chosen(found: Receptive, most: int = 8) -> list[LayerField]:
    rows = [row for row in found.layers if row.layer.kind == "conv" and not _lacks_field(row)]
    rows = rows or [row for row in found.layers if not _lacks_field(row)]
    grown = [
        row for i, row in enumerate(rows) if i == 0 or row.local_size != rows[i - 1].local_size
    ]
    count = min(most, len(grown))
    return [grown[round(i * (len(grown) - 1) / max(count - 1, 1))] for i in range(count)]
