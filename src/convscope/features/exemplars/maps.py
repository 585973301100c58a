"""The activation maps of single units on single samples, to lay over pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from convscope.data import Source
from convscope.errors import WorkError
from convscope.network import Network
from convscope.progress import Progress, silent

Pick = tuple[int, int]
"""A unit and a sample."""


def activation_maps(
    net: Network,
    source: Source,
    picks: Mapping[str, Sequence[Pick]],
    *,
    side: int | None = None,
    batch: int = 8,
    progress: Progress = silent,
) -> dict[str, np.ndarray]:
    """Return what some units do at every position of some samples, in one pass for all layers.

    Args:
        net: the network, on the device where its weights are.
        source: the data; samples are fitted to the network's input.
        picks: pairs (unit, sample) by layer name or module path.
        side: positions along an axis at most: of a larger map the maxima of its cells; None keeps all.
        batch: samples passed through the network at a time.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        By layer float32 ``(n, *S)``, one map for each pick. Equal to what a harvest saw to rounding.

    Raises:
        WorkError: a sample cannot be read.
    """
    rows = {name: net.layer(name) for name in picks}
    taps = net.taps(list(rows))
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    found = {
        name: np.zeros((len(picks[name]), *_space(row.output[1:], side)), np.float32)
        for name, row in rows.items()
    }
    wanted: dict[int, list[tuple[str, int]]] = {}
    for name, pairs in picks.items():
        for number, (_, sample) in enumerate(pairs):
            wanted.setdefault(int(sample), []).append((name, number))
    samples = sorted(wanted)
    with torch.inference_mode():
        for start in range(0, len(samples), batch):
            here = samples[start : start + batch]
            arrays = source.take(np.array(here), net.input.shape)
            if len(arrays.indices) < len(here):
                missing = sorted(set(here) - set(arrays.indices.tolist()))
                raise WorkError(f"Sample {missing[0]} of {source.spec!r} can no longer be read.")
            outputs = taps(torch.from_numpy(arrays.arrays).to(device))
            for place, sample in enumerate(here):
                for name, number in wanted[sample]:
                    unit = outputs[name][place, picks[name][number][0]]
                    found[name][number] = _pooled(unit.float(), found[name].shape[1:]).cpu()
            progress("activation maps", start + len(here), len(samples))
    return found


def _space(space: Sequence[int], side: int | None) -> tuple[int, ...]:
    return tuple(size if side is None else min(size, side) for size in space)


def _pooled(unit: torch.Tensor, space: tuple[int, ...]) -> torch.Tensor:
    if tuple(unit.shape) == space:
        return unit
    pool = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[len(space) - 1]
    return pool(unit[None, None], space)[0, 0]
