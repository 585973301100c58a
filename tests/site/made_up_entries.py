"""The entries of a made-up atlas that hold the units: their documents and their pictures."""

import io
import wave
from collections.abc import Iterator
from typing import Any

import made_up_features as made
import numpy as np
from made_up_tiles import bump, described, drawn, lossless, sheet

Row = dict[str, Any]
MAPS = 16  # pixels of an activation map in its sheet


def entries(
    plan: Any, head: Row, *, full: bool = True
) -> Iterator[tuple[str, Row, dict[str, bytes]]]:
    """Yield name, document and pictures of each entry of ``features``."""
    document = made.document(plan, head)
    pictures = {"features-samples.webp": _two_samples(plan)} if len(plan.shape) == 3 else {}
    yield "features", document, pictures
    for i, row in enumerate(document["layers"]):
        name = f"features-{row['index']:04d}"
        sheets, files = _pictures(plan, i, row, name, full=full)
        yield name, made.layer_document(plan, i, head, sheets, full=full), files


def _pictures(
    plan: Any, i: int, row: Row, name: str, *, full: bool
) -> tuple[Row, dict[str, bytes]]:
    if len(plan.shape) == 2:
        return {}, _sounds(i)
    units = row["units"]

    def picture(u: int, turn: float = 0) -> np.ndarray:
        if made.status(u) == "dead on data":
            return np.full((32, 32, 3), 127, np.uint8)
        return drawn(made.family(i, u), made.orientation(u) + turn, u)

    made_for = sheet(units, picture)
    found_for = sheet(units, lambda u: 255 - picture(u, 90)) if full else made_for
    files = {f"{name}-synthesis.webp": made_for, f"{name}-exemplars.webp": found_for}
    sheets: Row = {
        kind: described([f"{name}-{kind}.webp"], units) for kind in ("synthesis", "exemplars")
    } | {"all": None, "maps": None}
    if full:
        kinds, shown = len(made.KINDS), made.EXEMPLARS
        files[f"{name}-all.webp"] = sheet(
            kinds * units, lambda n: picture(n // kinds, 20 * (n % kinds))
        )
        sheets["all"] = described([f"{name}-all.webp"], kinds * units)
        half = shown * units // 2  # of the maps a picture each
        for part in range(2):
            files[f"{name}-maps-{part}.webp"] = sheet(
                half, lambda n, at=part * half: bump(MAPS, made.peak(at + n), 0.9), MAPS
            )
        sheets["maps"] = described([f"{name}-maps-{part}.webp" for part in range(2)], half, MAPS)
    return sheets, files


def _two_samples(plan: Any) -> bytes:
    """Return a sheet of two samples side by side; the second is the last of the samples."""
    rows, columns = np.mgrid[0 : plan.shape[1], 0 : plan.shape[2]]
    left = np.stack([rows, rows, columns], -1) * 255 // plan.shape[1]
    right = np.stack([columns, rows, rows], -1) * 255 // plan.shape[1]
    return lossless(np.hstack([left, right]).astype(np.uint8))


def _sounds(i: int) -> dict[str, bytes]:
    files = {}
    for k in range(len(made.KINDS)):
        t = np.arange(256) / 8000
        tone = np.sin(2 * np.pi * 400 * (i + k + 1) * t) * np.hanning(256)
        files[f"features-wave-{i}-{k}.f32"] = tone.astype("<f4").tobytes()
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes((tone * 32000).astype("<i2").tobytes())
        files[f"features-wave-{i}-{k}.wav"] = buffer.getvalue()
    return files
