"""The answers to all shifts from one pass: shifts by the total stride give the same, so only phases differ.

A stride keeps one of its phases. If all are kept, side by side in the batch, everything behind runs on each as
it would have run on that one: layers before the stride are computed once for all of them, and no kernel has
to be spread. It is as much work as dense (dilated) evaluation, in convolutions that libraries are fast at,
and it is right for operations that look at a whole map too, since every phase is a map of its own.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor, fx

from convscope.errors import SpecError
from convscope.network.aten import operation
from convscope.network.graph import Network
from convscope.network.rewriting.rebuild import Rebuild
from convscope.network.rewriting.strided import Path, Strided, put_phases
from convscope.network.rewriting.strides import testability, total_stride

_ATEN = torch.ops.aten
_WITH_SIZES = ("view", "_unsafe_view", "reshape", "expand")


def space_to_batch(net: Network) -> tuple[Network, Path]:
    """Return a network whose strides keep every phase, moved into the batch, and the strides on the way.

    Args:
        net: a network on a torus (``circular(net)``); it is left as it is, and the weights are shared.

    Returns:
        The network, which answers a batch of ``B`` with ``R * B`` answers, phases of later strides first; and
        the strides, one after the other.

    Raises:
        SpecError: a stride that does not come out even, maps that meet after other strides, going back to more
            positions, or a network that fixes its batch.
    """
    if not net.dynamic_batch:
        raise SpecError(
            f"{net.spec} fixes its batch size, so its phases cannot go into the batch. Shift the input instead."
        )
    handle = _Batched(net)
    graph = Rebuild(net.graph, "space_to_batch").run(handle)
    path = max(handle.path.values(), key=len, default=())
    return Network.from_graph(graph, net, dynamic_space=False), path


def all_phases(net: Network, x: Tensor) -> Tensor:
    """Return a network's answers to a batch shifted by every phase, from one pass.

    ``answers[d][b] = net(T_d x[b])`` for all ``0 <= d < R`` per axis. By the theorem
    ``net(T_(d + R) x) = net(T_d x)``, so these are the answers to all shifts there are.

    Args:
        net: a network on a torus (``circular(net)``) that answers with one vector per sample.
        x: samples ``(B, C, *S)`` of the size it was loaded for.

    Returns:
        ``(*R, B, K)`` for K answers.

    Raises:
        SpecError: the network is not exact on a torus, or its phases cannot go into the batch.

    >>> from convscope.network import load
    >>> from convscope.network.rewriting import circular
    >>> net, x = circular(load("demo")), torch.rand(1, 3, 64, 64)
    >>> answers = all_phases(net, x)
    >>> tuple(answers.shape), bool(torch.allclose(answers[3, 5], net(x.roll((3, 5), (2, 3))), atol=1e-4))
    ((16, 16, 1, 8), True)
    """
    exact = testability(net)
    if not isinstance(exact, bool):
        raise SpecError(
            f"The shifts of {net.spec} are not all known from its phases: {exact[0]}. Shift the input instead."
        )
    every, path = space_to_batch(net)
    found = every(x)
    if not isinstance(found, Tensor) or found.ndim != 2:
        raise SpecError("Phases are taken of networks that answer with one vector per sample.")
    total = total_stride(net)
    kept = found.reshape(prod(total), len(x), -1)
    answers = torch.empty_like(kept)
    for row, start in enumerate(_starts(path)):
        # The positions r n + p are kept where the input is shifted by -p.
        shift = [-p % r for p, r in zip(start, total, strict=True)]
        answers[_place(shift, total)] = kept[row]
    return answers.reshape(*total, len(x), -1)


def every_shift(x: Tensor, total: tuple[int, ...]) -> Iterator[Tensor]:
    """Yield a batch shifted by every phase, one after the other.

    Args:
        x: ``(B, C, *S)``.
        total: the total stride per axis.
    """
    axes = tuple(range(2, 2 + len(total)))
    for phase in product(*map(range, total)):
        yield x.roll(phase, axes)


class _Batched(Strided):
    """Every stride keeps all of its phases, one after the other in the batch."""

    def __init__(self, net: Network):
        super().__init__(net, "all phases in the batch")

    def __call__(self, make: Rebuild, node: fx.Node) -> fx.Node | None:
        made = super().__call__(make, node)
        if made is None and operation(node) in _WITH_SIZES:
            return _with_own_batch(make, node)
        return made

    def taken(
        self, make: Rebuild, node: fx.Node, source: fx.Node, strides: tuple[int, ...]
    ) -> fx.Node:
        """Return all phases of a map ``(B, C, *S)``: ``(P * B, C, *S / s)``."""
        phases = put_phases(make, source, strides, node)
        first = make.call(_ATEN.transpose.int, phases, 0, 1, like=node)
        return make.call(_ATEN.flatten.using_ints, first, 0, 1, like=node)


def _with_own_batch(make: Rebuild, node: fx.Node) -> fx.Node | None:
    """Return a reshape whose batch is that of what it reads, not that of the network's input."""
    sizes: Any = list(node.args[1])  # type: ignore[arg-type]
    if not sizes or not isinstance(sizes[0], fx.Node):
        return None
    source = make.read(node)
    sizes = [make.made.get(size, size) for size in sizes]
    sizes[0] = make.call(_ATEN.sym_size.int, source, 0, like=node)
    return make.copy(node, _1=sizes)


def _starts(path: Path) -> Iterator[tuple[int, ...]]:
    """Yield the first position that each row of the batch keeps, in its order: later strides are slower."""
    spread = [1] * len(path[0]) if path else []
    scaled = []
    for strides in path:
        scaled.append(
            [tuple(p * s for p, s in zip(one, spread, strict=True)) for one in _phases(strides)]
        )
        spread = [a * b for a, b in zip(spread, strides, strict=True)]
    for parts in product(*reversed(scaled)):
        yield tuple(map(sum, zip(*parts, strict=True)))


def _phases(strides: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*map(range, strides))


def _place(at: Sequence[int], sizes: Sequence[int]) -> int:
    place = 0
    for index, size in zip(at, sizes, strict=True):
        place = place * size + index
    return place
