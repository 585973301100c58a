"""The activation maps of single units on single samples, to lay over pictures."""

from collections.abc import Sequence

import numpy as np
import torch

from convscope.data import Source
from convscope.network import Network


def activation_maps(
    net: Network, source: Source, layer: str, picks: Sequence[tuple[int, int]], *, batch: int = 8
) -> np.ndarray:
    """Return what some units do at every position of some samples.

    Args:
        net: the network, on the device where its weights are.
        source: the data; samples are fitted to the network's input.
        layer: a layer name or module path.
        picks: pairs (unit, sample).
        batch: samples passed through the network at a time.

    Returns:
        float32 ``(n, *S)``, one map for each pick. Equal to what a harvest saw to rounding.

    Raises:
        WorkError: a sample cannot be read.
    """
    row = net.layer(layer)
    taps = net.taps([row.name])
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    maps = np.zeros((len(picks), *row.output[1:]), np.float32)
    wanted: dict[int, list[int]] = {}
    for number, (_, sample) in enumerate(picks):
        wanted.setdefault(int(sample), []).append(number)
    samples = sorted(wanted)
    with torch.inference_mode():
        for start in range(0, len(samples), batch):
            here = samples[start : start + batch]
            arrays = np.stack([source.take(np.array([i]), net.input.shape).arrays[0] for i in here])
            found = taps(torch.from_numpy(arrays).to(device))[row.name].float().cpu().numpy()
            for sample, values in zip(here, found, strict=True):
                for number in wanted[sample]:
                    maps[number] = values[picks[number][0]]
    return maps
