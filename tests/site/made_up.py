"""Atlases made by hand: every number follows from a formula here, so that pages can be checked."""

import base64
import io
import wave
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import made_up_shift
import numpy as np
import pyarrow as pa
from made_up_entries import entries
from PIL import Image

from convscope.atlas import AtlasWriter

Row = dict[str, Any]


@dataclass
class Plan:
    """A network described layer by layer, with what each layer would measure."""

    spec: str
    shape: tuple[int, ...]
    layers: list[Row] = field(default_factory=list)
    fields: dict[str, Row] = field(default_factory=dict)

    def add(
        self, name: str, kind: str, *sources: str, channels: int | None = None, **step: int
    ) -> str:
        """Append a layer that reads ``sources`` (default: the one before) and return its name."""
        known = {row["name"]: row for row in self.layers}
        names = list(sources) or ([self.layers[-1]["name"]] if self.layers else [])
        parents = [known[n] for n in names]
        inside = list(parents[0]["output"] if parents else self.shape)
        if kind == "cat":
            inside[0] = sum(p["output"][0] for p in parents)
        dims, k = len(inside) - 1, step.get("k", 1)
        s, p, groups = step.get("s", 1), step.get("p", 0), step.get("groups", 1)
        windowed = kind in ("conv", "pool")
        space = [(n + 2 * p - k) // s + 1 for n in inside[1:]] if windowed else inside[1:]
        space = {"reduce": [], "linear": []}.get(kind, space)
        outside = [channels or inside[0], *space]
        weights = {
            "conv": outside[0] * inside[0] // groups * k**dims,
            "linear": outside[0] * prod(inside),
            "norm": inside[0],
        }.get(kind, 0)
        biases = outside[0] if kind in ("conv", "linear", "norm") else 0
        self.layers.append(
            {
                "name": name, "kind": kind, "operation": kind, "module": name, "node": name,
                "input": inside, "output": outside, "parameters": weights + biases,
                "weights": weights, "biases": biases, "transposed": False,
                "feeds_from": names or ["input"],
                "macs": weights * (prod(space) if kind == "conv" else kind == "linear"),
                "kernel": [k] * dims if windowed else [],
                "stride": [s] * dims if windowed else [],
                "padding": [[p, p]] * dims if windowed else [],
                "dilation": [1] * dims if windowed else [],
                "groups": groups if kind == "conv" else 0,
            }
        )  # fmt: skip
        self._see(name, kind, names, k, s, p)
        return name

    def _see(self, name: str, kind: str, parents: list[str], k: int, s: int, p: int) -> None:
        dims = len(self.shape) - 1
        start: dict[str, Any] = {"size": 1, "stride": 1, "start": 0, "global": False}
        seen = [self.fields[n] for n in parents] or [start]
        jump = seen[0]["stride"]
        lo = min(f["start"] for f in seen) - p * jump
        hi = max(f["start"] + f["size"] for f in seen) - p * jump + (k - 1) * jump
        whole = kind in ("reduce", "linear") or seen[0]["global"]
        size = self.shape[1] if whole else hi - lo
        self.fields[name] = {
            "name": name, "kind": kind, "size": size, "stride": 0 if whole else jump * s, "start": lo,
            "center": lo + (size - 1) / 2, "global": whole, "dims": dims,
        }  # fmt: skip

    def network(self) -> Row:
        """Return the document that tells what the network is."""
        first = next((r for r in self.layers if r["kind"] == "conv"), None)
        return self._head("exact") | {
            "input": list(self.shape), "mean": None, "std": None, "dtype": "float32",
            "parameters": sum(r["parameters"] for r in self.layers),
            "classes": [f"kind {i}" for i in range(8)], "notes": [],
            "versions": {"python": "3.12", "torch": "2.9.0"}, "device": "cpu",
            "command": f"convscope look {self.spec}", "layers": self.layers,
            "filters": _filters(first) if first else None,
        }  # fmt: skip

    def sharing(self) -> Row:
        """Return the document of idea 1."""
        rows = [_cost(r) for r in self.layers if r["parameters"]]
        kinds = {r["kind"] for r in rows}
        by_kind = {kind: _sums([r for r in rows if r["kind"] == kind]) for kind in kinds}
        totals = _sums(rows) | {"status": "complete", "by_kind": by_kind}
        return self._head("exact") | {"layers": rows, "totals": totals}

    def receptive(self, effective: bool) -> Row:
        """Return the document of idea 2, with Gaussian effective fields where asked for."""
        rows = []
        for layer in self.layers:
            seen = self.fields[layer["name"]]
            n = seen["dims"]
            size = [seen["size"]] * n
            rows.append(
                {key: [seen[key]] * n for key in ("size", "stride", "start", "center", "global")}
                | {
                    "name": seen["name"], "kind": seen["kind"], "local_size": size,
                    "groups": [{"channels": [0, layer["output"][0]], "size": size, "start": []}],
                    "exceeds_input": seen["size"] >= self.shape[1],
                    "effective": None,
                }
            )  # fmt: skip
            if effective and layer["kind"] == "conv":
                rows[-1]["effective"] = self._effective(layer, seen)
        return self._head("exact") | {"layers": rows, "advice": self._advice(rows)}

    def _advice(self, rows: list[Row]) -> list[Row]:
        wide = [r["name"] for r in rows if r["exceeds_input"] and r["kind"] == "conv"]
        if not wide:
            return []
        text = "Their field covers the whole input before their own kernel adds to it."
        return [
            {"id": "wide", "title": "Layers that cannot see more", "text": text, "layers": wide}
        ]

    def _effective(self, layer: Row, seen: Row) -> Row:
        unit = [(n - 1) // 2 for n in layer["output"][1:]]
        size, n = seen["size"], seen["dims"]
        sigma = max(0.5, size / 5)
        return {
            "sigma": [sigma] * n, "box95": [min(size, round(4 * sigma))] * n, "area_ratio": 0.31,
            "interval": {"sigma": [[0.9 * sigma, 1.1 * sigma]] * n, "area_ratio": [0.29, 0.34]},
            "samples": 16,
            "protocol": {"id": "receptive/effective", "dtype": "float32", "seed": 0, "samples": 16,
                         "floor": None, "settings": {}},
            "unit": unit, "shape": [size] * n,
            "start": [seen["start"] + u * seen["stride"] for u in unit],
            "picture": f"pictures/effective-{layer['name'].replace('/', '-')}.webp",
        }  # fmt: skip

    def _head(self, protocol: str) -> Row:
        return {
            "convscope": "0.1.0", "schema": 1,
            "network": {"spec": self.spec, "fingerprint": "5a3f" * 8},
            "protocol": {"id": protocol, "dtype": "exact", "seed": None, "samples": None,
                         "floor": 0.0, "settings": {}},
        }  # fmt: skip


SUMS = ("parameters", "weights", "local_weights", "dense_weights", "macs", "dense_macs")


def _sums(rows: list[Row]) -> Row:
    sums = {key: sum(r[key] for r in rows) for key in SUMS}
    factor = sums["dense_weights"] / sums["weights"]
    return sums | {"layers": len(rows), "factor": factor, "grouping_factor": 1}


def _cost(row: Row) -> Row:
    kept = {
        k: row[k]
        for k in row
        if k not in ("operation", "module", "node", "feeds_from", "transposed")
    }
    inside, outside = prod(row["input"][1:]), prod(row["output"][1:])
    if row["kind"] == "conv":
        dense = row["input"][0] * inside * row["output"][0] * outside
        local, factors = row["weights"] * outside, (inside / prod(row["kernel"]), outside)
    else:
        dense = local = row["weights"]
        factors = (1.0, 1)
    groups = row["groups"] or 1
    return kept | {
        "local_weights": local, "dense_weights": dense, "links": local,
        "locality_factor": factors[0], "grouping_factor": groups, "sharing_factor": factors[1],
        "factor": dense / row["weights"],
        "local_macs": local if row["macs"] else 0, "dense_macs": dense if row["macs"] else 0,
    }  # fmt: skip


def _filters(row: Row) -> Row:
    """Gabor-like filters, so that pictures of them have something to show."""
    c_in, k, dims = row["input"][0], row["kernel"][0], len(row["kernel"])
    shown = min(64, row["output"][0])
    axes = np.meshgrid(*[np.linspace(-1, 1, k)] * dims, indexing="ij")
    bank = []
    for i in range(shown):
        turn = np.pi * i / shown
        along = axes[0] * np.cos(turn) + (axes[-1] * np.sin(turn) if dims > 1 else 0)
        wave_ = np.sin(along * (2 + i % 4) + i)
        bank.append([wave_ * np.cos(i + 2 * c) for c in range(c_in)])
    values = np.asarray(bank, "<f4")
    shape = [row["output"][0], c_in, *row["kernel"]]
    return {
        "layer": row["name"], "shape": shape, "shown": shown,
        "values": base64.b64encode(values.tobytes()).decode(),
    }  # fmt: skip


def demo() -> Plan:
    """Four times [conv 3x3, ReLU, pool 2], then mean and linear: fields 3, 8, 18, 38."""
    plan = Plan("demo", (3, 64, 64))
    for i, channels in enumerate((16, 32, 64, 96), 1):
        plan.add(f"conv{i}", "conv", channels=channels, k=3, p=1)
        plan.add(f"relu{i}", "activation")
        plan.add(f"pool{i}", "pool", k=2, s=2)
    plan.add("mean", "reduce")
    plan.add("classifier", "linear", channels=8)
    return plan


def branched() -> Plan:
    """A long network with residual blocks in four stages, and one block of four branches."""
    plan = Plan("torchvision:made_up", (3, 128, 128))
    plan.add("stem.conv", "conv", channels=32, k=7, s=2, p=3)
    last = plan.add("stem.relu", "activation")
    for stage, channels in enumerate((32, 64, 128, 256), 1):
        for block in range(3):
            at = f"layer{stage}.{block}"
            s = 2 if block == 0 and stage > 1 else 1
            plan.add(f"{at}.conv1", "conv", last, channels=channels, k=3, s=s, p=1)
            plan.add(f"{at}.bn1", "norm")
            plan.add(f"{at}.relu", "activation")
            plan.add(f"{at}.conv2", "conv", channels=channels, k=3, p=1)
            out = plan.add(f"{at}.bn2", "norm")
            skip = last
            if s == 2:
                skip = plan.add(f"{at}.downsample", "conv", last, channels=channels, k=1, s=2)
            plan.add(f"{at}.add", "add", out, skip)
            last = plan.add(f"{at}.relu:2", "activation")
    ends = [plan.add(f"mixed.branch{i}", "conv", last, channels=64, k=k, p=k // 2)
            for i, k in enumerate((1, 3, 5, 7))]  # fmt: skip
    plan.add("mixed.cat", "cat", *ends)
    plan.add("mean", "reduce")
    plan.add("fc", "linear", channels=8)
    return plan


def sound() -> Plan:
    """A 1-D network on half a second of sound."""
    plan = Plan("tones.py:build", (1, 4000))
    for i, channels in enumerate((8, 16, 32), 1):
        plan.add(f"conv{i}", "conv", channels=channels, k=25, s=4, p=12)
        plan.add(f"relu{i}", "activation")
    plan.add("mean", "reduce")
    plan.add("head", "linear", channels=8)
    return plan


def volume() -> Plan:
    """A 3-D network on 24^3 voxels."""
    plan = Plan("bodies.py:build", (1, 24, 24, 24))
    for i, channels in enumerate((4, 8), 1):
        plan.add(f"conv{i}", "conv", channels=channels, k=3, p=1)
        plan.add(f"pool{i}", "pool", k=2, s=2)
    plan.add("mean", "reduce")
    plan.add("head", "linear", channels=8)
    return plan


def write_atlas(
    folder: Path,
    plan: Plan,
    *,
    data: bool = True,
    features: str | None = None,
    shift: str | None = None,
    repair: bool = False,
    command: str | None = None,
) -> Path:
    """Write ``plan`` as an atlas.

    Args:
        folder: the place.
        plan: the network.
        data: False leaves an atlas of its structure alone.
        features: ``"full"`` adds its units, ``"grid"`` what a grid shows of them.
        shift: ``"exact"`` adds moves of a network that can be tested exactly, ``"not"`` of one that cannot.
        repair: whether one was kept.
        command: what was typed, if not the plan's own; empty where nothing was.
    """
    documents = {"network": plan.network(), "sharing": plan.sharing()}
    documents["receptive"] = plan.receptive(effective=data)
    pictures: dict[str, dict[str, bytes]] = {"receptive": _heat(documents["receptive"])}
    if data:
        documents["data"], pictures["data"] = _samples(plan)
    if command is not None:
        documents["network"]["command"] = command or None
    if repair:
        documents["repair"] = made_up_shift.repaired(plan._head("made up"))
    if shift:
        found = made_up_shift.document(plan, plan._head("made up"), exact=shift == "exact")
        documents["shift"], pictures["shift"] = found
    facts = documents["network"]["network"]
    described = {k: documents["data"][k] for k in ("spec", "fingerprint")} if data else None
    with AtlasWriter(folder, facts, described) as atlas:
        for name, document in documents.items():
            rows = [{"name": r["name"], "kind": r["kind"]} for r in document.get("layers", [])]
            atlas.put(
                name,
                "0" * 16,
                document,
                idea=name,
                summary=f"What {name} found.",
                protocol=document.get("protocol"),
                table=pa.Table.from_pylist(rows) if rows else None,
                pictures=pictures.get(name),
                seconds=0.25,
            )
        found = entries(plan, plan._head("made up"), full=features == "full") if features else ()
        for name, document, files in found:
            atlas.put(name, "0" * 16, document, idea="features", summary="What features found.",
                      protocol=document["protocol"], pictures=files, seconds=0.25)  # fmt: skip
    return folder


def _samples(plan: Plan) -> tuple[Row, dict[str, bytes]]:
    random = np.random.default_rng(0)
    kind = {1: "sound", 2: "image", 3: "volume"}[len(plan.shape) - 1]
    samples, files = [], {}
    for i in range(6):
        row: Row = {"index": i, "name": f"sample {i}", "label": f"kind {i}", "shape": plan.shape}
        if kind == "sound":
            t = np.arange(plan.shape[1]) / 8000
            tone = np.sin(2 * np.pi * (200 + 300 * i + 900 * t) * t) * np.exp(-4 * t)
            row |= {"waveform": f"pictures/sample-{i}.f32", "sound": f"pictures/sample-{i}.wav"}
            row["rate"] = 8000
            files[f"sample-{i}.f32"] = tone.astype("<f4").tobytes()
            files[f"sample-{i}.wav"] = _wav((tone * 32000).astype("<i2"))
        else:
            row["picture"] = f"pictures/sample-{i}.webp"
            files[f"sample-{i}.webp"] = _webp(_drawn(plan.shape, random))
        samples.append(row)
    return {
        "spec": "made up", "fingerprint": "1b" * 16, "kind": kind, "count": 500,
        "shape": list(plan.shape), "classes": None, "skipped": [["broken.png", "not an image"]],
        "skipped_count": 1, "samples": samples,
    }, files  # fmt: skip


def _wav(levels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(levels.tobytes())
    return buffer.getvalue()


def _webp(levels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def _drawn(shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """A disc (or ball, slices downwards) on a striped ground."""
    sides = shape[1:]
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in sides], indexing="ij")
    middle = random.uniform(-0.3, 0.3, len(sides))
    ball = sum((a - m) ** 2 for a, m in zip(axes, middle, strict=True)) < 0.3
    ground = 0.6 + 0.2 * np.sin(9 * axes[0] + 6 * axes[-1])
    channels = []
    for _ in range(shape[0]):
        ink, paper = random.uniform(0.1, 0.5), random.uniform(0.6, 1.0)
        channels.append(np.where(ball, ink * (1 + 0.3 * axes[-1]), ground * paper))
    stacked = np.stack(channels, -1).clip(0, 1).reshape(-1, sides[-1], shape[0])
    return (stacked.squeeze() * 255).astype(np.uint8)


def _heat(receptive: Row) -> dict[str, bytes]:
    files = {}
    for row in receptive["layers"]:
        found = row["effective"]
        if not found:
            continue
        axes = np.meshgrid(*[np.arange(n) for n in found["shape"]], indexing="ij")
        far = sum(
            ((a - (n - 1) / 2) / s) ** 2
            for a, n, s in zip(axes, found["shape"], found["sigma"], strict=True)
        )
        bright = (255 * np.sqrt(np.exp(-np.asarray(far) / 2))).astype(np.uint8)
        files[Path(found["picture"]).name] = _webp(bright.reshape(-1, found["shape"][-1]))
    return files


def large() -> Plan:
    """Return ten layers of 500 units each."""
    plan = Plan("large", (3, 64, 64))
    for i in range(10):
        plan.add(f"conv{i}", "conv", channels=500, k=3, p=1)
        plan.add(f"relu{i}", "activation")
    plan.add("mean", "reduce")
    return plan


PLANS = {"demo": demo, "branched": branched, "sound": sound, "volume": volume, "large": large}
"""Networks by the names that tests ask for."""
