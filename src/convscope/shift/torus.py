"""What goes round: the sample itself, or the sample beside its mirror image.

A picture moved on a torus has a seam where left meets right, and a seam is an edge that was not there. Put beside
its mirror images, a picture of twice the size per axis has no seam; the network must then take that size.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from convscope.errors import SpecError
from convscope.network import Network
from convscope.network.export import from_program

Torus = Literal["wrap", "mirror"]


def laid(x: Tensor, torus: Torus) -> Tensor:
    """Return samples ``(B, C, *S)`` as they go round: themselves, or with mirror images, ``(B, C, *2S)``.

    >>> laid(torch.tensor([[[1.0, 2.0]]]), "mirror").tolist()
    [[[1.0, 2.0, 2.0, 1.0]]]
    """
    if torus == "mirror":
        for axis in range(2, x.ndim):
            x = torch.cat([x, x.flip(axis)], axis)
    return x


def on_torus(net: Network, torus: Torus) -> Network:
    """Return the network for samples as they go round.

    Args:
        net: the network.
        torus: ``wrap``, or ``mirror``: the network at twice its size.

    Raises:
        SpecError: another torus, or the network takes no other size.
    """
    if torus not in ("wrap", "mirror"):
        raise SpecError(f"There is no torus called {torus!r}. Type wrap or mirror.")
    if torus == "wrap":
        return net
    return at_size(net, [2 * n for n in net.input.shape[1:]])


def at_size(net: Network, size: Sequence[int]) -> Network:
    """Return the network for inputs of another size; the weights are shared.

    Args:
        net: the network.
        size: per spatial axis.

    Raises:
        SpecError: it takes no other size.
    """
    rule = replace(net.input, shape=(net.input.shape[0], *size))
    try:
        # What was traced for one size may still hold a shape of that size inside.
        exported = from_program(net.program, rule) if net.dynamic_space else None
    except SpecError:
        exported = None
    if exported is None:
        raise SpecError(
            f"{net.spec} takes inputs of one size only, so it cannot be moved beside its mirror image "
            f"({'x'.join(map(str, size))}). Leave the torus at wrap."
        )
    return Network.from_exported(exported, rule, spec=net.spec, labels=net.classes, notes=net.notes)
