"""The layers of a network and of its variants, under the same moves of the same samples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from convscope.data import Source, spread
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.progress import Progress
from convscope.shift.boundary import Differences
from convscope.shift.causes import CAUSES, name_of
from convscope.shift.grids import total_stride
from convscope.shift.moves import Moves, diagonal, moves_of
from convscope.shift.passing import Layers, Watched
from convscope.shift.records import Move
from convscope.shift.rows import LayerShift
from convscope.shift.summing import Swaps, invariances, row_of
from convscope.shift.torus import Torus, laid
from convscope.shift.variants import folded_energies, swapped, watched

KINDS = {"conv", "pool", "activation", "add", "cat", "resize", "linear", "reduce", "attention"}
"""Kinds of layers that are looked at if none are named: norms and gains change no error."""
QUICK_CHANNELS = 32
"""Channels of each layer that quick mode looks at; errors are those of a spread sample of channels."""
QUICK_SWAPS = 2
"""Groups of samples whose errors are split by cause in quick mode."""
GROUP = 4
"""Samples that pass together and, in quick mode, move alike; no number depends on how many would fit."""
DISTANCES = (1, 2, 4, 8)
"""Positions along every axis by which inputs move to see which maps hold still."""
QUARTERS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))


@dataclass(frozen=True)
class Survey:
    """How layers are looked at.

    Args:
        shape: what samples are fitted to.
        samples: how many.
        quick: few moves, drawn for each batch; else the same many moves for all.
        torus: what goes round.
        seed: of the draw.
        exact: whether circular padding makes the network exact, so that causes can be told apart.
    """

    shape: tuple[int, ...]
    samples: int
    quick: bool
    torus: Torus
    seed: int
    exact: bool


@dataclass(frozen=True)
class Surveyed:
    """What was found.

    Args:
        rows: one per layer.
        differences: where the borders are felt.
        protocol: what was done.
    """

    rows: tuple[LayerShift, ...]
    differences: Differences
    protocol: str


def surveyed(
    net: Network,
    source: Source,
    how: Survey,
    layers: Sequence[str] | None,
    *,
    progress: Progress,
) -> Surveyed:
    """Return the rows of a network's layers.

    Args:
        net: the network, on its torus.
        source: the samples.
        how: how they are looked at.
        layers: layer names or module paths; None takes the usual ones.
        progress: told of each batch and each variant.

    Raises:
        SpecError: a layer that does not exist.
        WorkError: no sample could be read.
    """
    names = chosen(net, layers)
    most = QUICK_CHANNELS if how.quick else None
    native = watched(net, names, most)
    batches = list(_batches(net, source, how))
    total = total_stride(native.grids, net.dims)
    size = net.input.shape[1:]
    moves = moves_of(native.placed, total, size, len(batches), quick=how.quick, seed=how.seed)
    found, first = passed(native, batches, moves, quick=how.quick, progress=progress)
    twin, differences, folded, swaps = Layers(), Differences(), None, Swaps()
    if how.exact:
        round_ = watched(circular(net), names, most)
        others, twin = _twin(round_, batches, moves, progress)
        differences.add(first, others)
        if not how.quick:
            folded = folded_energies(round_, batches, progress)
        known = {name_of(CAUSES): found.errors, name_of(CAUSES[1:]): twin.errors}
        few = QUICK_SWAPS if how.quick else len(batches)
        some = [one.drawn for one in moves[:few]]
        swaps = Swaps(
            swapped(net, names, batches[:few], some, known, most, progress),
            {move for one in some for move in one},
            sum(len(x) for x in batches[:few]),
        )
    rows = [
        row_of(net.layer(name), native.grids[name], found, twin, folded, swaps, how.seed)
        if name in native.grids
        else LayerShift(
            net.layer(name),
            invariance=invariances(found, name).get(1),
            holds=invariances(found, name),
        )
        for name in names
    ]
    counted = f"{len({move for one in moves for move in one.all})} moves, {how.samples} samples"
    return Surveyed(tuple(rows), differences, counted)


def passed(
    native: Watched,
    batches: Sequence[Tensor],
    moves: Sequence[Moves],
    *,
    quick: bool,
    progress: Progress,
) -> tuple[Layers, Mapping[str, Tensor]]:
    """Return what moved samples do in a network as it is, and the maps of the first batch.

    Args:
        native: the network.
        batches: the samples.
        moves: by how much those of each batch move.
        quick: whether what takes longer is done on a few samples only.
        progress: told of each batch.
    """
    found, first = Layers(), {}
    for i, (x, some) in enumerate(zip(batches, moves, strict=True)):
        progress("layers", i, len(batches))
        before = found.follow(native, x, some.all)
        if i == 0:
            first = before
        if i == 0 or not quick:
            _slowly(found, native, x, some.drawn, quick)
    return found, first


def _twin(
    round_: Watched, batches: Sequence[Tensor], moves: Sequence[Moves], progress: Progress
) -> tuple[Mapping[str, Tensor], Layers]:
    """Return the circular twin's maps of the first batch, and its errors."""
    found, first = Layers(), {}
    for i, (x, some) in enumerate(zip(batches, moves, strict=True)):
        progress("layers, circular padding", i, len(batches))
        before = found.follow(round_, x, some.all, pairs=True)
        if i == 0:
            first = before
    return first, found


def chosen(net: Network, layers: Sequence[str] | None) -> list[str]:
    """Return the names of the layers to look at, in the order in which they run.

    Raises:
        SpecError: no such layer.
    """
    place = {layer.name: i for i, layer in enumerate(net.layers)}
    if layers is None:
        return [layer.name for layer in net.layers if layer.kind in KINDS and layer.output]
    return sorted({net.layer(name).name for name in layers}, key=place.__getitem__)


def _slowly(found: Layers, native: Watched, x: Tensor, moves: Sequence[Move], quick: bool) -> None:
    """Measure what takes longer: parts of a position, derivatives, and every layer by itself."""
    dims = native.net.dims
    parts = (Fraction(1, 2),) if quick else QUARTERS
    found.follow(native, x, [diagonal(part, dims) for part in parts])
    found.stay(native, x, [diagonal(d, dims) for d in DISTANCES[: 1 if quick else None]])
    axes: list[Move] = [tuple(int(a == axis) for a in range(dims)) for axis in range(dims)]
    found.differentiate(native, x, [(1,) * dims] if quick else axes)
    found.start(native, x, moves[: 1 if quick else 4])


def _batches(net: Network, source: Source, how: Survey) -> Iterator[Tensor]:
    like = next(net.graph.parameters(), torch.empty(0))
    samples = spread(len(source), how.samples)
    groups = -(-len(samples) // GROUP)
    read = 0
    for first in range(groups):
        # Each group is spread over the source: what quick mode asks of the first ones alone must not be
        # asked of the first class alone.
        part = source.take(samples[first::groups], how.shape)
        read += len(part.arrays)
        if not len(part.arrays):
            continue
        x = torch.from_numpy(part.arrays).to(device=like.device, dtype=like.dtype)
        yield laid(x, how.torus)
    if not read:
        raise source.unreadable(len(samples))
