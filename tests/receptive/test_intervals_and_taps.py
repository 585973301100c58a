"""Maps and taps against brute force: every position looked up, nothing assumed."""

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from convscope.receptive import taps
from convscope.receptive.intervals import IDENTITY, Intervals, compose, union


def looked_up(parent: Intervals, made: taps.Taps, output: int) -> tuple[int, int] | None:
    """Return the hull that one output reads, tap by tap."""
    turn, phase = divmod(output, made.period)
    read = [parent[made.step * turn + tap] for tap in made.offsets[phase]]
    known = [bounds for bounds in read if bounds is not None]
    return (min(b[0] for b in known), max(b[1] for b in known)) if known else None


def random_taps(draw: random.Random) -> taps.Taps:
    return draw.choice(
        [
            taps.window(
                draw.randint(1, 9), draw.randint(1, 4), draw.randint(0, 4), draw.randint(1, 3)
            ),
            taps.transposed(
                draw.randint(1, 5), draw.randint(1, 4), draw.randint(0, 2), draw.randint(1, 2)
            ),
            taps.nearest(draw.randint(1, 6), draw.randint(1, 6)),
            taps.interpolated(
                Fraction(draw.randint(1, 6), draw.randint(1, 6)), aligned=False, reach=2
            ),
            taps.adaptive(draw.randint(3, 9), draw.randint(2, 9)),
            taps.shifted(draw.randint(-3, 3), draw.choice([1, 2, -1])),
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_composed_maps_equal_the_taps_looked_up_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    parent = IDENTITY
    for _ in range(4):
        made = random_taps(draw)
        found = compose(parent, made.period, made.step, made.offsets)
        assert [found[o] for o in range(-20, 20)] == [
            looked_up(parent, made, o) for o in range(-20, 20)
        ]
        parent = found
        if parent.period > 300:
            break


def test_reduction_finds_the_smallest_period_and_changes_nothing() -> None:
    doubled = Intervals(4, 8, ((0, 3), (2, 5), (4, 7), (6, 9)))
    assert doubled.reduced() == Intervals(1, 2, ((0, 3),))
    uneven = Intervals(2, 2, ((0, 3), (0, 3)))
    assert uneven.reduced() == uneven


def test_union_is_per_phase_and_refuses_unequal_jumps() -> None:
    up = compose(IDENTITY, 2, 1, ((0,), (0, 1)))
    wide = compose(up, 1, 1, (range(-1, 2),))
    both = union([up, wide])
    assert both is not None
    assert [both[o] for o in range(4)] == [wide[o] for o in range(4)]
    assert union([up, IDENTITY]) is None


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_borders_are_resolved_as_torch_pads(mode: str) -> None:
    border: taps.Border = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}[mode]  # type: ignore[assignment]
    padded = F.pad(torch.arange(6.0)[None, None], (3, 2), mode=mode)[0, 0]
    rows = taps.shifted(-3, 1, border).rows(11, 6)[:, 0]
    assert rows.tolist() == padded.long().tolist()


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(7, 14), (6, 9), (9, 6), (5, 5), (8, 3), (3, 8), (10, 15), (18, 14)]
)
@pytest.mark.parametrize(
    ("mode", "aligned", "antialias"),
    [
        ("nearest", None, False),
        ("nearest-exact", None, False),
        ("bilinear", False, False),
        ("bilinear", True, False),
        ("bicubic", False, False),
        ("bicubic", True, False),
        ("bilinear", False, True),
        ("bicubic", False, True),
    ],
)
def test_resizing_reads_the_positions_with_weight(
    inputs: int, outputs: int, mode: str, aligned: bool | None, antialias: bool
) -> None:
    basis = torch.eye(inputs, dtype=torch.float64)[:, None, None].expand(-1, 1, 4, -1)
    size = (4, outputs)
    result = F.interpolate(basis, size, mode=mode, align_corners=aligned, antialias=antialias)
    weights = result[:, 0, 2].T.numpy()
    ratio = Fraction(inputs, outputs)
    if mode.startswith("nearest"):
        made = taps.nearest(inputs, outputs, centred=mode.endswith("exact"))
    elif antialias:
        made = taps.antialiased(inputs, outputs, reach=1 if mode == "bilinear" else 2)
    else:
        ratio = Fraction(inputs - 1, outputs - 1) if aligned else ratio
        made = taps.interpolated(ratio, aligned=bool(aligned), reach=1 if mode == "bilinear" else 2)
    rows = made.rows(outputs, inputs)
    for weight, row in zip(weights, rows, strict=True):
        assert set(np.flatnonzero(np.abs(weight) > 1e-12)) == {int(i) for i in row if i >= 0}


def test_lists_become_a_rule_where_they_follow_one() -> None:
    rows = taps.window(3, 2, 0).rows(6, 20)
    assert taps.listed(rows) == taps.Taps(1, 2, (range(3),))
    rows[3, 0] = 0
    assert isinstance(taps.listed(np.sort(rows)), taps.Listed)
