"""What was found of moves by a network that does not exist.

The fine map of the first layer is smooth, so the layer follows every move; those of the others are noise, so
they follow moves by multiples of their stride and no others. A layer's errors fall from 0.5 by halves.
Class 0 wins unmoved, and class 1 at moves by half the total stride along the last axis, there alone.
As it is, few moves are known: the maps are other noise after each, and class 1 wins after a whole stride alone.
"""

from typing import Any

import numpy as np

from convscope.atlas.shift_maps import Fine, Moving
from convscope.atlas.shift_native import Handful, Placed
from convscope.atlas.shift_pictures import moving_document, native_document

Row = dict[str, Any]
PER = 2
STRIDES = (1, 4, 8)
TOTAL = STRIDES[-1]
SAMPLES = 2
UNITS = (2, 5)
ALONG = (0, 1, 4, TOTAL, 0.5, -1, -4)
"""Moves along the last axis that are known of the network as it is."""
NAMES = {1: ("conv1", "conv2", "conv3"), 2: ("relu1", "pool2", "pool3"), 3: ("conv1", "conv2", "pool2")}  # fmt: skip
TESTABLE: Row = {"reason": "its maps of 65 positions are not divided by 4", "nearest_input": [3, 64, 64]}  # fmt: skip


def document(plan: Any, head: Row, *, exact: bool = True) -> tuple[Row, dict[str, bytes]]:
    """Return the document of ``shift`` and its files; not ``exact``: of a network that cannot be tested."""
    dims = len(plan.shape) - 1
    layers = [_layer(row, i, dims) for i, row in enumerate(plan.layers)]
    last = next(row["name"] for row in reversed(layers) if row["total_stride"])
    made = _moving(plan) if exact else None
    moving, files = (
        ({"reason": TESTABLE["reason"]}, {})
        if made is None
        else moving_document(made, list(range(SAMPLES)))
    )
    native, more = native_document(_as_it_is(plan), list(range(SAMPLES)))
    native = native if exact else {"reason": "No layer has places."}
    causes = {"padding": 0.3, "stride": 0.25, "nonlinearity": 0.1, "total": 0.65, "leftover": 0.01}
    cells = {"native_aligned": 0.4, "native_unaligned": 0.66, "circular_aligned": 0.0,
             "circular_unaligned": 0.36, "interaction": -0.1}  # fmt: skip
    for row in layers:
        row["causes"] = causes if exact and row["total_stride"] else None
    return head | {
        "protocol": head["protocol"] | {"samples": 20}, "layers": layers, "last": last,
        "output": answers(dims, 0.02), "crops": answers(dims, 0.03),
        "causes": {"layer": last, **causes, "swaps": {}, "samples": 8, "cells": cells} if exact else None,
        "boundary": {"uneven": [], "uneven_sides": [], "halo": [[15, 15]] * dims, "tile": [TOTAL] * dims,
                     "reach": [{"layer": last, "reach": 16, "clear": 0.25}]},
        "testable": True if exact else TESTABLE, "moving": moving, "native": native,
    }, files | more  # fmt: skip


def repaired(head: Row) -> Row:
    """Return the document of a repair that makes answers hold still, and wrong."""
    gain = {
        "what": "consistency",
        "before": 0.9,
        "after": 0.95,
        "interval": [0.01, 0.09],
        "verdict": "better",
    }
    return head | {
        "steps": ["blur"], "finetuned": False,
        "changes": [{"layer": "conv1", "what": "zeros around the map: the map goes round"}],
        "comparison": {"answers": {"moved round": [gain]}, "causes": []},
        "accuracy": {"before": 0.98, "after": 0.86, "change": -0.12, "interval": [-0.16, -0.09], "samples": 360},
        "macs": {"before": 100.0, "after": 200.0, "ratio": 2.0},
    }  # fmt: skip


def answers(dims: int, flips: float) -> Row:
    """Return what answers did under moves of 0 to 7 positions along each axis."""
    span = [TOTAL] * dims
    moves = [list(place) for place in np.ndindex(*span)][:64]
    numbers = {"invariance": 0.1, "consistency": 0.9, "flip_1px": flips, "wobble": 0.2, "probability_change": 0.1,
               "accuracy": 0.8, "worst_case_accuracy": 0.5, "fidelity": 0.7}  # fmt: skip
    return numbers | {
        "interval": {name: [0.8 * value, 1.2 * value] for name, value in numbers.items()},
        "protocol": "roll/all/made-up", "samples": 20,
        "offsets": {"looked_at": len(moves), "of": len(moves), "span": span},
        "flips": [{"move": move, "share": 0.01 * sum(move)} for move in moves],
    }  # fmt: skip


def _layer(row: Row, depth: int, dims: int) -> Row:
    placed = len(row["output"]) == 1 + dims
    stride = [2 ** (depth // 3)] * dims if placed else []
    errors = ("aligned_error", "unaligned_error", "alias_fraction", "subpixel_error",
              "infinitesimal_error", "started_error", "circular_error")  # fmt: skip
    return {
        "name": row["name"], "kind": row["kind"], "total_stride": stride, "period": stride,
        **dict.fromkeys(errors, 0.05 * (depth + 1) if placed else None),
        "invariance": 0.5 / 2 ** (depth / 3), "floor": 0.0 if placed else None, "interval": {},
        "heat": [{"move": list(place), "error": 0.1 * sum(place)} for place in np.ndindex(*stride)] if placed else [],
    }  # fmt: skip


def _moving(plan: Any) -> Moving:
    space = plan.shape[1:]
    random = np.random.default_rng(0)
    fine = tuple(PER * n for n in space)
    smooth = np.cos(
        sum(2 * np.pi * axis / n for axis, n in zip(np.indices(fine), fine, strict=True))
    )
    layers = []
    for name, r in zip(NAMES[len(space)], STRIDES, strict=True):
        noise = random.random((SAMPLES, len(UNITS), *fine), np.float32)
        maps = np.broadcast_to(smooth, noise.shape) if r == 1 else noise
        size = tuple(n // r for n in space)
        layers.append(
            Fine(name, (r,) * len(space), size, UNITS, (np.array(maps, np.float32),), 2e-7)
        )
    steps = (PER * TOTAL,) * len(space)
    scores = np.zeros((SAMPLES, *steps, 3), np.float32)
    scores[..., :2] = 0.7, 0.3
    scores[..., PER * TOTAL // 2, :] = 0.4, 0.6, 1
    return Moving(
        "plane", PER, (TOTAL,) * len(space), tuple(layers), (scores,), ((0, 1),) * SAMPLES
    )


def _as_it_is(plan: Any) -> Handful:
    space = plan.shape[1:]
    random = np.random.default_rng(1)
    moves = tuple((*(0,) * (len(space) - 1), far) for far in ALONG)
    layers, maps = [], []
    for name, r in zip(NAMES[len(space)], STRIDES, strict=True):
        size = tuple(n // r for n in space)
        layers.append(Placed(name, (float(r),) * len(space), size, UNITS))
        maps.append(random.random((SAMPLES, len(moves), len(UNITS), *size), np.float32))
    scores = np.zeros((SAMPLES, len(moves), 3), np.float32)
    scores[..., :2] = 0.8, 0.2
    scores[:, ALONG.index(TOTAL)] = 0.3, 0.7, 1
    stride = (TOTAL,) * len(space)
    return Handful(stride, moves, tuple(layers), tuple(maps), scores, ((0, 1),) * SAMPLES)
