"""What was found of units that do not exist: every number follows from a formula here.

Of a layer ``i`` (0, 1, ...) unit ``u`` has the natural maximum ``10 - 8 u / units``, the density
``(u + 1) / units``, the family ``FAMILIES[(u + i) % 5]`` at orientation ``15 u % 180``, no label where
``u % 5 == 4``, otherwise one of level ``min(4, 1 + i + u % 2)``, and is dead where ``u % 16 == 15``.
"""

from math import cos, exp, radians
from typing import Any

import numpy as np

FAMILIES = ("edge", "grating", "colour", "corner", "circle")
NAMES = {
    1: ("edge", "colour blob"),
    2: ("corner", "L junction"),
    3: ("circle", "eye"),
    4: ("face", "character"),
}
STATUSES = {15: "dead on data", 13: "weak", 11: "failed"}
KINDS = ("positive", "negative", "diverse 1", "diverse 2")
NEAREST = {
    False: {
        "name": "edge",
        "source": "overlap",
        "score": 0.06,
        "null99": 0.14,
        "bits": 0.04,
        "above_null": False,
    },
    True: {
        "name": "edge",
        "source": "overlap",
        "score": 0.21,
        "null99": 0.14,
        "bits": 0.31,
        "above_null": True,
    },
}
"""What comes nearest to a unit without a label, by whether it is more than chance: where ``u % 10 == 9``."""
ASSUMED = "Activations are passed as they are, with slope 1."
SAMPLES = 6
EXEMPLARS = 9

Row = dict[str, Any]


def layers_of(plan: Any) -> list[Row]:
    """Return the layers whose units are measured: what follows each block's last nonlinearity."""
    rows = plan.layers
    chosen = [r for r in rows if r["name"].endswith(("relu:2", "stem.relu", "mixed.cat"))]
    chosen = chosen or [r for r in rows if r["kind"] == "activation"]
    return chosen or [r for r in rows if r["kind"] == "pool"]


def natural_max(u: int, units: int) -> float:
    return 10 - 8 * u / units


def density(u: int, units: int) -> float:
    return (u + 1) / units


def status(u: int) -> str:
    return STATUSES.get(u % 16, "ok")


def family(i: int, u: int) -> str:
    return FAMILIES[(u + i) % 5]


def level(i: int, u: int) -> int | None:
    return None if u % 5 == 4 or u % 16 == 15 else min(4, 1 + i + u % 2)


def name(i: int, u: int) -> str:
    step = level(i, u)
    return "unknown" if step is None else NAMES[step][u // 2 % 2]


def orientation(u: int) -> float:
    return float(15 * u % 180)


def percent(u: int) -> float:
    return {"ok": 210.0 - 10 * (u % 10), "weak": 31.0, "failed": 3.0}.get(status(u), 0.0)


def peak(shot: int) -> tuple[float, float]:
    """Return where the activation map of an exemplar is highest, in shares of height and width."""
    return shot % 7 / 7, shot % 5 / 5


def document(plan: Any, head: Row) -> Row:
    """Return the document of ``features``, without its units, which no page reads."""
    rows = [_row(plan, i, layer) for i, layer in enumerate(layers_of(plan))]
    return head | {
        "layers": rows,
        "hierarchy": {"rho": 0.62, "interval": [0.55, 0.68],
                      "control_rho": 0.01, "control_interval": [-0.09, 0.11]},
        "precision": {"mean": 0.78, "interval": [0.74, 0.81], "labelled": 120},
        "equivariant": [{"name": "edges that differ in orientation", "layer": rows[0]["name"],
                         "by": "orientation", "units": [0, 5, 10],
                         "values": [orientation(u) for u in (0, 5, 10)]}],
        "units": [],
        "samples": {str(i): _sample(plan, i) for i in range(SAMPLES)},
    }  # fmt: skip


def _row(plan: Any, i: int, layer: Row) -> Row:
    units = layer["output"][0]
    levels: dict[str, int] = {}
    labels: dict[str, Row] = {}
    for u in range(units):
        step = level(i, u)
        if step is not None:
            levels[str(step)] = levels.get(str(step), 0) + 1
            label = labels.setdefault(name(i, u), {"name": name(i, u), "level": step, "units": 0})
            label["units"] += 1
    all_status = [status(u) for u in range(units)]
    families = [family(i, u) for u in range(units)]
    seen = plan.fields[layer["name"]]
    index = plan.layers.index(layer)
    return {
        "name": layer["name"], "index": index, "units": units, "measured": units,
        "map": layer["output"][1:], "field": [seen["size"]] * seen["dims"],
        "families": {f: families.count(f) for f in FAMILIES}, "levels": levels,
        "unknown": units - sum(levels.values()), "dead": all_status.count("dead on data"),
        "statuses": {s: all_status.count(s) for s in ("ok", "weak", "dead on data", "failed")},
        "labels": sorted(labels.values(), key=lambda row: -row["units"]),
        "trust": {"exemplars": {"mean": 0.81, "interval": [0.77, 0.85]},
                  "synthesis": {"mean": 0.66, "interval": [0.61, 0.71]},
                  "untrained": {"mean": 0.52, "interval": [0.46, 0.58]}},
        "document": f"documents/features-{index:04d}.json",
    }  # fmt: skip


def _sample(plan: Any, i: int) -> Row:
    base = {"name": f"sample {i}", "label": f"kind {i}", "shape": list(plan.shape)}
    if len(plan.shape) == 2:
        files = {"waveform": f"pictures/sample-{i}.f32", "sound": f"pictures/sample-{i}.wav"}
        return base | {"picture": None, "tile": None} | files
    sheeted = len(plan.shape) == 3 and i == SAMPLES - 1  # one of them lies inside a sheet
    tile = [plan.shape[2], 0, plan.shape[2], plan.shape[1]] if sheeted else None
    picture = "pictures/features-samples.webp" if sheeted else f"pictures/sample-{i}.webp"
    return base | {"picture": picture, "tile": tile, "waveform": None, "sound": None}


def layer_document(plan: Any, i: int, head: Row, sheets: Row, *, full: bool = True) -> Row:
    """Return everything of a layer's units; without ``full`` only what a grid needs."""
    rows = layers_of(plan)
    layer = rows[i]
    seen = plan.fields[layer["name"]]
    units = layer["output"][0]
    return head | {
        "layer": layer["name"], "index": plan.layers.index(layer), "units": units,
        "map": layer["output"][1:], "field": [seen["size"]] * seen["dims"],
        "stride": [seen["stride"]] * seen["dims"], "assumed": [ASSUMED], "kinds": list(KINDS), "sheets": sheets,
        "detail": [
            _unit(i, u, units) | (_evidence(plan, i, u) if full else {}) for u in range(units)
        ],
    }  # fmt: skip


def _unit(i: int, u: int, units: int) -> Row:
    step = level(i, u)
    found: Row = {
        "unit": u, "status": status(u), "natural_max": natural_max(u, units), "natural_min": -1.0,
        "mean": 0.5, "deviation": 0.8, "density": density(u, units),
        "synthesis": [{"kind": "positive", "activation": natural_max(u, units) * percent(u) / 100,
                       "percent_of_natural": percent(u), "status": status(u), "why": "",
                       "tile": len(KINDS) * u, "waveform": None, "sound": None}],
        "tuning": {"family": family(i, u), "preferred": {}},
        "label": {"name": name(i, u), "level": step, "source": "tuning" if step else "none"},
        "group": 0 if i == 0 and u in (0, 5, 10) else None,
    }  # fmt: skip
    if status(u) == "dead on data":
        found["synthesis"] = found["synthesis"][:1]
        found["synthesis"][0]["percent_of_natural"] = None
        found["tuning"] = None
    return found


def _evidence(plan: Any, i: int, u: int) -> Row:
    layer = layers_of(plan)[i]
    units, high = layer["output"][0], natural_max(u, layer["output"][0])
    found = _unit(i, u, units)
    first = found["synthesis"][0]
    found["synthesis"] = [
        first
        | {"kind": kind, "tile": len(KINDS) * u + k}
        | ({"activation": -0.8, "percent_of_natural": None} if kind == "negative" else {})
        | ({"why": "It took more than 512 steps."} if status(u) == "failed" else {})
        | _sounds(plan, i, k)
        for k, kind in enumerate(KINDS if status(u) != "dead on data" else KINDS[:1])
    ]
    if found["tuning"]:
        found["tuning"] = _tuning(i, u, high)
    if found["label"]["level"]:
        found["label"] |= {
            "precision": 0.91, "recall": 0.62, "score": 0.41, "null99": 0.14,
            "interval": {"precision": [0.84, 0.96]},
            "others": [
                {"name": "texture", "source": "class", "score": 0.72, "null99": 0.6, "above_null": True},
                {"name": "arc", "source": "overlap", "score": 0.01, "null99": 0.02, "above_null": False},
            ],
        }  # fmt: skip
    else:
        found["label"] |= {
            "precision": None, "recall": None, "score": None, "null99": None,
            "others": [NEAREST[u % 10 == 9], {"name": "corner", "source": "tuning", "score": 0.02}],
        }  # fmt: skip
    edges = np.linspace(-high / 4, high, 26)
    share = np.exp(-np.abs(edges[:-1]) / (high / 6))
    return found | {
        "exemplars": [_shown(plan, i, u, j, high * (1 - 0.05 * j)) for j in range(EXEMPLARS)],
        "deciles": [
            {"decile": d + 1} | _shown(plan, i, u, d, high * (d + 0.5) / 10) | {"map": None}
            for d in range(10)
        ],
        "lows": [_shown(plan, i, u, j + 3, -1 + 0.1 * j) | {"map": None} for j in range(3)],
        "histogram": {"edges": edges.tolist(), "share": (share / share.sum()).tolist()},
        "inputs": _links(plan, i - 1, u), "outputs": _links(plan, i + 1, u),
        "kernel": _kernel(plan, u) if i == 0 else None,
        "trust": {"exemplars": 0.81, "synthesis": 0.66},
    }  # fmt: skip


def _shown(plan: Any, i: int, u: int, j: int, value: float) -> Row:
    layer = layers_of(plan)[i]
    seen = plan.fields[layer["name"]]
    at = [(3 * j + 5 * u + axis) % n for axis, n in enumerate(layer["output"][1:])]
    low = [seen["start"] + seen["stride"] * p for p in at]
    box = [
        [max(0, lo), min(n, lo + seen["size"])] for lo, n in zip(low, plan.shape[1:], strict=True)
    ]
    # A field in the padding alone would be no crop at all.
    box = [[min(lo, n - 1), max(hi, 1)] for (lo, hi), n in zip(box, plan.shape[1:], strict=True)]
    return {
        "sample": (u + j) % SAMPLES, "value": value, "position": at, "box": box,
        "map": EXEMPLARS * u + j,
    }  # fmt: skip


def _tuning(i: int, u: int, high: float) -> Row:
    kind, turn = family(i, u), orientation(u)
    preferred: Row = {
        "edge": {"orientation": turn, "polarity": (turn + 90) % 360},
        "grating": {"orientation": turn, "frequency": 0.125},
        "colour": {"hue": 40.0 * u % 360},
        "corner": {"orientation": turn, "angle": 90.0},
        "circle": {"radius": 6.0},
    }[kind]
    curves = {}
    for name_, best in preferred.items():
        values = {
            "orientation": np.arange(0, 180, 15), "polarity": np.arange(0, 360, 30),
            "hue": np.arange(0, 360, 30), "frequency": np.array([1 / 32, 1 / 16, 1 / 8, 1 / 4]),
            "radius": np.array([2, 4, 6, 8]), "angle": np.array([60, 90, 120]),
        }[name_]  # fmt: skip
        around = {"orientation": 180, "polarity": 360, "hue": 360}.get(name_)
        curves[name_] = {
            "values": [float(v) for v in values],
            "responses": [high * _bell(float(v), best, around) for v in values],
        }
    return {
        "family": kind, "preferred": preferred, "selectivity": 0.83, "phase_invariance": 0.2,
        "percent_of_natural": 88.0, "curves": curves,
        "baseline": 0.1,
        "best_by_family": {
            f: high * max(0.1, 0.88 - 0.2 * k)
            for k, f in enumerate(sorted(FAMILIES, key=lambda f: f != kind))
        },
    }  # fmt: skip


def _bell(value: float, best: float, around: float | None) -> float:
    if around:
        return exp(3 * (cos(radians((value - best) * 360 / around)) - 1))
    return exp(-3 * abs(np.log2(value / best)))


def _links(plan: Any, i: int, u: int) -> list[Row]:
    rows = layers_of(plan)
    if not 0 <= i < len(rows):
        return []
    units = rows[i]["output"][0]
    dims = len(plan.shape) - 1
    return [
        {
            "layer": rows[i]["name"], "unit": (u + 3 * j) % units, "norm": 1 / (1 + j),
            "contribution": (-1) ** j * 0.6 / (1 + j), "ablation": -0.61 / (1 + j) if j < 4 else None,
            "kernel": {"shape": [3] * dims,
                       "values": [cos(j + k) for k in range(3**dims)]} if j < 6 else None,
        }
        for j in range(min(12, units))
    ]  # fmt: skip


def _kernel(plan: Any, u: int) -> Row:
    first = next(r for r in plan.layers if r["kind"] == "conv")
    shape = [first["input"][0], *first["kernel"]]
    values = [cos(u + 0.7 * k) for k in range(int(np.prod(shape)))]
    return {"shape": shape, "values": values}


def _sounds(plan: Any, i: int, k: int) -> Row:
    if len(plan.shape) != 2:
        return {}
    return {
        "tile": None,
        "waveform": f"pictures/features-wave-{i}-{k}.f32",
        "sound": f"pictures/features-wave-{i}-{k}.wav",
    }
