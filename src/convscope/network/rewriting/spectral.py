"""Ideal filters: on a torus, cutting a map's spectrum off is exact, and so is going to fewer or more positions.

A map of ``n`` positions taken at every ``s``-th keeps ``n / s``, which can carry the frequencies below
``1 / (2 s)`` cycles per position. What was above comes back as a false low one (aliasing), and where it falls
depends on the phase: that is the error of unaligned shifts. Taking it out before makes any shift exact.
The frequency at exactly half of the rate, which an even number of positions can carry in one phase only, is
taken out with them.
"""

from collections.abc import Sequence

import torch
from torch import fx

from convscope.network.rewriting.rebuild import Rebuild

_ATEN = torch.ops.aten


def put_resampled(
    make: Rebuild, source: fx.Node, axes: Sequence[int], sizes: Sequence[int], like: fx.Node
) -> fx.Node:
    """Return a map on more or fewer positions, without the frequencies that either number cannot carry.

    Args:
        make: the graph in the making.
        source: a map.
        axes: its spatial axes, counted from the end.
        sizes: the new number of positions per axis.
        like: the node in whose module it stands.
    """
    make.any_size = False
    for axis, size in zip(axes, sizes, strict=True):
        n = int(source.meta["val"].shape[axis])
        if n == size:
            continue
        place = axis % source.meta["val"].dim()
        kept = (min(n, size) + 1) // 2  # frequencies 0, 1, ... below half of the lower rate
        # Divided by n on the way there, so that amplitudes stay whatever the number of positions.
        spectrum = make.call(_ATEN.fft_rfft.default, source, None, place, "forward", like=like)
        low = make.call(_ATEN.slice.Tensor, spectrum, place, 0, kept, like=like)
        source = make.call(_ATEN.fft_irfft.default, low, size, place, "forward", like=like)
    return source
