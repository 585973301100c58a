"""From errors by layer and move to one row per layer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from convscope.network import Layer
from convscope.shift.causes import Causes, Cells, causes_of
from convscope.shift.grids import Grid
from convscope.shift.passing import Layers
from convscope.shift.records import Move, Records, by_residue, whole
from convscope.shift.rows import LayerShift


@dataclass(frozen=True)
class Swaps:
    """What networks without some causes of error did.

    Args:
        errors: for each set of causes; empty where causes cannot be told apart.
        moves: of the samples.
        samples: how many were moved.
    """

    errors: Mapping[str, Records] = field(default_factory=dict)
    moves: Collection[Move] = ()
    samples: int = 0


def row_of(
    layer: Layer,
    grid: Grid,
    found: Layers,
    twin: Layers,
    folded: Records | None,
    swaps: Swaps,
    seed: int,
) -> LayerShift:
    """Return the row of a layer that has place.

    Args:
        layer: the layer.
        grid: its grid.
        found: what passed through the network.
        twin: what passed through its circular twin.
        folded: energies of dense maps, where they were made.
        swaps: errors for each set of causes.
        seed: of the bootstrap.
    """
    name = layer.name

    def aligned(move: Move) -> bool:
        return grid.aligned(move)

    def unaligned(move: Move) -> bool:
        return whole(move) and not grid.aligned(move)

    def parts(move: Move) -> bool:
        return not whole(move)

    def counted(move: Move) -> bool:
        # Where every whole move can be followed, the causes of the rest of the error are asked for all of them.
        return move in swaps.moves and (exact_everywhere or not grid.aligned(move))

    exact_everywhere = all(p == 1 for p in grid.period)
    intervals = {
        key: ends
        for key, kind in (("aligned_error", aligned), ("unaligned_error", unaligned))
        if (ends := found.errors.interval(name, kind, seed)) is not None
    }
    values = {key: records.ratio(name, counted) for key, records in swaps.errors.items()}
    known = {key: value for key, value in values.items() if value is not None}
    causes: Causes | None = None
    if swaps.errors:
        cells = Cells(
            found.errors.ratio(name, aligned),
            found.errors.ratio(name, unaligned),
            twin.errors.ratio(name, aligned),
            twin.errors.ratio(name, unaligned),
        )
        causes = causes_of(name, known, cells, swaps.samples)
    return LayerShift(
        layer,
        total_stride=grid.stride,
        period=grid.period,
        aligned_error=found.errors.ratio(name, aligned),
        unaligned_error=found.errors.ratio(name, unaligned),
        alias_fraction=alias_fraction(name, grid, twin.pairs, folded),
        subpixel_error=found.errors.ratio(name, parts),
        infinitesimal_error=found.tangents.ratio(name),
        started_error=found.starts.ratio(name),
        circular_error=twin.errors.ratio(name, unaligned),
        invariance=invariances(found, name).get(1),
        holds=invariances(found, name),
        floor=twin.errors.ratio(name, aligned),
        intervals=intervals,
        # With circular padding the phase says all; else the distance does, too.
        heat=by_residue(
            twin.errors if twin.errors.moves(name) else found.errors, name, grid.stride
        ),
        causes=causes,
    )


def invariances(found: Layers, name: str) -> dict[int, float]:
    """Return how much a layer's output changes where it is, for each distance that the input moved.

    Args:
        found: what passed through the network.
        name: the layer.
    """
    values = {
        int(move[0]): found.stays.ratio(name, lambda one, move=move: one == move)
        for move in found.stays.moves(name)
    }
    return {distance: value for distance, value in values.items() if value is not None}


def alias_fraction(name: str, grid: Grid, pairs: Records, folded: Records | None) -> float | None:
    """Return a layer's alias fraction: from its dense map, or estimated from pairs of phases.

    Args:
        name: the layer.
        grid: its grid.
        pairs: what pairs of phases have, and do not have in common.
        folded: energies of the dense map.
    """
    if all(r <= 1 for r in grid.stride):
        return 0.0
    if folded is not None and name in folded.sums:
        return folded.ratio(name)

    def same_phase(move: Move) -> bool:
        return all(step == int(step) for step in grid.steps(move))

    other = pairs.ratio(name, lambda move: not same_phase(move))
    same = pairs.ratio(name, same_phase)
    if other is None:
        return None
    # Of all pairs of phases, this share is one phase twice.
    share = 1 / float(prod(max(r, Fraction(1)) for r in grid.stride))
    return (1 - share) * other + share * (same or 0.0)
