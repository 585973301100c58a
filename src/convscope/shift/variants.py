"""The variants of a network: its exact twin, the dense one, those without a cause."""

from collections.abc import Sequence
from math import prod

from torch import Tensor

from convscope.errors import SpecError
from convscope.network import Network
from convscope.network.rewriting import dense
from convscope.progress import Progress
from convscope.shift.alias import dense_parts
from convscope.shift.causes import CAUSES, every_set, name_of
from convscope.shift.grids import grids
from convscope.shift.oracles import without
from convscope.shift.passing import Layers, Watched
from convscope.shift.records import Move, Records

MOST_VALUES = 2e8
"""Values of all dense maps of one sample, at most; of larger networks aliases are estimated."""


def watched(net: Network, names: Sequence[str], most: int | None = None) -> Watched:
    """Return a network with taps at some layers, and their grids in it.

    Args:
        net: the network.
        names: the layers.
        most: channels that are looked at.
    """
    return Watched.of(net, grids(net), names, most)


def folded_energies(
    round_: Watched, batches: Sequence[Tensor], progress: Progress
) -> Records | None:
    """Return the energies of dense maps; None where they are too large, or the network has none.

    Args:
        round_: the circular network.
        batches: the samples.
        progress: told of each batch.
    """
    names = [n for n, grid in round_.placed.items() if grid.tiles and min(grid.size) > 2]
    channels = sum(
        prod(round_.net.layer(name).output) / prod(round_.grids[name].size) for name in names
    )
    if channels * prod(round_.net.input.shape[1:]) > MOST_VALUES:
        return None
    try:
        full = watched(dense(round_.net), names)
    except SpecError:
        return None
    found = Records()
    none = (0,) * round_.net.dims
    for i, x in enumerate(batches):
        progress("alias fractions, dense maps", i, len(batches))
        for one in x.split(1):
            for name, z in full.maps(one).items():
                found.add(name, none, *dense_parts(z, round_.grids[name].stride))
    return found


def swapped(
    net: Network,
    names: Sequence[str],
    batches: Sequence[Tensor],
    moves: Sequence[Sequence[Move]],
    known: dict[str, Records],
    most: int | None,
    progress: Progress,
) -> dict[str, Records]:
    """Return the errors of layers for each set of causes.

    Args:
        net: the network.
        names: the layers.
        batches: the samples.
        moves: by how much those of each batch move.
        known: sets of causes that were measured before.
        most: channels that are looked at.
        progress: told of each set.
    """
    swaps = dict(known)
    for there in every_set():
        name = name_of(there)
        if name not in swaps:
            progress(f"causes: {name}", len(swaps), 2 ** len(CAUSES))
            swaps[name] = _errors(net, there, names, batches, moves, most)
    return swaps


def _errors(
    net: Network,
    there: tuple[str, ...],
    names: Sequence[str],
    batches: Sequence[Tensor],
    moves: Sequence[Sequence[Move]],
    most: int | None,
) -> Records:
    """Return the errors of a network without some causes."""
    try:
        variant = without(net, there, tuple(names), most)
    except SpecError:
        return Records()
    found = Layers()
    for x, some in zip(batches, moves, strict=True):
        found.follow(variant, x, some)
    return found.errors
