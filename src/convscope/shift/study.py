"""All that is asked of a network under moves, in order: layers, causes, answers, crops, borders."""

from collections.abc import Sequence
from typing import Any

import torch

from convscope.data import Source
from convscope.finding import Protocol
from convscope.network import Network
from convscope.network.rewriting.strides import testability
from convscope.progress import Progress, silent
from convscope.shift.answers import answered, cropped
from convscope.shift.boundary import boundary
from convscope.shift.finding import Shift, Testable
from convscope.shift.graded import by_name
from convscope.shift.grids import grids, last_with_place, total_stride
from convscope.shift.survey import Survey, surveyed
from convscope.shift.torus import Torus, on_torus

QUICK, FULL = 16, 64
"""Samples that are looked at if nothing is said."""
QUICK_OFFSETS = 24
"""Offsets at which answers are looked at in quick mode, half of them neighbours of the other half."""


def shift(
    net: Network,
    source: Source,
    *,
    samples: int | None = None,
    quick: bool = True,
    layers: Sequence[str] | None = None,
    torus: Torus = "wrap",
    total: Sequence[int] | None = None,
    seed: int = 0,
    batch: int = 8,
    progress: Progress = silent,
) -> Shift:
    """Measure how the layers and the answers of a network follow moves of its input, and why they do not.

    Args:
        net: the network, on the device where its weights are.
        source: what it looks at.
        samples: how many samples, spread over the source; None takes 16, or 64 if not ``quick``.
        quick: some moves, drawn at random, instead of all of them.
        layers: layer names or module paths; None takes every layer that computes more than a scale.
        torus: what goes round: the sample (``wrap``), or the sample beside its mirror image (``mirror``).
        total: the total stride per axis by which offsets are chosen; None takes the network's own. Give the other
            network's to measure two of different strides at the same offsets.
        seed: of everything that is drawn at random.
        batch: samples whose answers are found at once; no result depends on it.
        progress: called with what is being done, how much is done, and how much there is.

    Returns:
        The finding; ``found["layer3.0.conv1"]`` is one layer.

    Raises:
        SpecError: a layer that does not exist, data that do not fit, or a torus that the network cannot take.
        WorkError: no sample could be read.
    """
    count = min(samples or (QUICK if quick else FULL), len(source))
    shape = net.input.shape
    round_ = on_torus(net, torus)
    placed = grids(round_)
    total = tuple(total or total_stride(placed, net.dims))
    testable = _testable(round_)
    found = surveyed(
        round_,
        source,
        Survey(shape, count, quick, torus, seed, exact=testable is None),
        layers,
        progress=progress,
    )
    last = last_with_place(round_, placed)
    draw = QUICK_OFFSETS if quick else None
    told: dict[str, Any] = {"samples": count, "draw": draw, "seed": seed, "batch": batch}
    output = answered(round_, source, shape, total, torus=torus, progress=progress, **told)
    crops = cropped(net, source, progress=progress, **told)
    rows = {row.name: row for row in found.rows}
    floors = [row.floor for row in found.rows if row.floor is not None]
    return Shift(
        network=net.id,
        protocol=Protocol(
            f"{torus}/{'quick' if quick else 'full'}/r{'x'.join(map(str, total))}/{_width(net)}",
            dtype=str(_dtype(net)).removeprefix("torch."),
            seed=seed,
            samples=count,
            floor=max(floors, default=None),
            settings={
                "layers": found.protocol,
                "answers": output and output.protocol,
                "crops": crops and crops.protocol,
                "labels": "by name" if by_name(net, source) else "by number",
                "tf32": torch.backends.cuda.matmul.allow_tf32,
            },
        ),
        layers=found.rows,
        output=output,
        crops=crops,
        causes=rows[last].causes if last in rows else None,
        boundary=boundary(round_, placed, last, found.differences),
        testable=testable,
        last=last,
    )


def _testable(net: Network) -> Testable | None:
    said = testability(net)
    if isinstance(said, bool):
        return None
    reason, nearest = said
    return Testable(reason, nearest and (net.input.shape[0], *nearest))


def _dtype(net: Network) -> torch.dtype:
    return next((p.dtype for p in net.graph.parameters()), torch.float32)


def _width(net: Network) -> str:
    return {torch.float64: "f64", torch.float16: "f16", torch.bfloat16: "bf16"}.get(
        _dtype(net), "f32"
    )
