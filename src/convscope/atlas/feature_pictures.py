"""What the pages show of units: sheets of syntheses, of exemplars cut to the field, and of activation maps."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from convscope.atlas.samples import PLAYABLE, wav
from convscope.atlas.tiles import Sheets, sheets
from convscope.data import Source, fit
from convscope.features import LayerFeatures

GRID = 72
"""Longer side of a tile in a layer's grid, in pixels."""
WHOLE = 160
"""Longer side of a synthesis on its unit's page."""
MAP = 16
"""Positions along an axis of an activation map."""
_PER_FILE = 32  # units: as many as share a file of details

Pictures = dict[str, bytes]


class Samples:
    """Samples as the network sees them, the last few kept.

    Args:
        source: the data.
        shape: what the network takes, ``(C, *S)``.
    """

    def __init__(self, source: Source, shape: tuple[int, ...]):
        self.source, self.shape = source, shape
        self._read: Callable[[int], np.ndarray] = lru_cache(maxsize=600)(self._fitted)

    def _fitted(self, index: int) -> np.ndarray:
        # A quarter of the memory; what is made of it is a picture of 8 bits anyway.
        return np.rint(fit(self.source[index].array, self.shape) * 255).clip(0, 255).astype("u1")

    def crop(self, index: int, box: Sequence[Sequence[int]]) -> np.ndarray:
        """Return a part of a sample, ``(C, *S)`` in [0, 1]."""
        part = tuple(slice(max(0, low), high) for low, high in box)
        return self._read(index)[(slice(None), *part)].astype(np.float32) / 255


def layer_pictures(
    name: str,
    row: LayerFeatures,
    document: dict[str, Any],
    samples: Samples,
    maps: np.ndarray | None,
) -> Pictures:
    """Draw what a layer's document shows, and enter into the document where it is.

    Args:
        name: the layer's entry, which names the files.
        row: the layer's units.
        document: their document; gains ``sheets``, and each unit's pictures their tiles.
        samples: the data.
        maps: the activation maps of the exemplars, unit by unit; None leaves them out.

    Returns:
        The files, by name.
    """
    files: Pictures = {}
    laid: dict[str, Sheets | None] = {
        "synthesis": None,
        "exemplars": None,
        "all": None,
        "maps": None,
    }
    if len(samples.shape) == 2:
        files |= _waves(name, row, document, samples.source.rate or PLAYABLE)
    else:
        first = [
            _picture(made[0].image) if (made := row.syntheses.get(n)) else None for n in row.numbers
        ]
        laid["synthesis"] = sheets(f"{name}-synthesis", first, GRID)
        crops = [_exemplar(row, n, samples) for n in row.numbers]
        laid["exemplars"] = sheets(f"{name}-exemplars", crops, GRID)
        laid["all"] = _all(name, row, document)
    if maps is not None and row.harvest.space:
        laid["maps"] = _maps(name, row, document, maps)
    document["sheets"] = {role: found and found.document() for role, found in laid.items()}
    for found in laid.values():
        files |= found.files if found else {}
    return files


def picks(row: LayerFeatures) -> list[tuple[int, int]]:
    """Return the exemplars of a layer's units whose activation maps are shown."""
    return [(n, one["sample"]) for n in row.numbers for one in row.unit(n).exemplars]


def _picture(array: np.ndarray) -> np.ndarray:
    """Return an array as one can look at it: the middle slice of a volume; grey unless there are three channels."""
    if array.ndim == 4:
        array = array[:, array.shape[1] // 2]
    return array if array.shape[0] == 3 else array.mean(0, keepdims=True)


def _exemplar(row: LayerFeatures, unit: int, samples: Samples) -> np.ndarray | None:
    best = next(iter(row.unit(unit).exemplars), None)
    if best is None or row.dead[unit]:
        return None
    return _picture(samples.crop(best["sample"], best["box"]))


def _all(name: str, row: LayerFeatures, document: dict[str, Any]) -> Sheets | None:
    """Lay out every synthesis; each unit has as many places as the one with most."""
    most = max((len(made) for made in row.syntheses.values()), default=0)
    tiles: list[np.ndarray | None] = []
    for at, detail in enumerate(document["detail"]):
        made = row.syntheses.get(detail["unit"], ())
        for place, one in enumerate(detail["synthesis"]):
            one["tile"] = at * most + place
        tiles += [_picture(one.image) for one in made] + [None] * (most - len(made))
    return sheets(f"{name}-all", tiles, WHOLE, max(1, _PER_FILE * most)) if most else None


def _waves(name: str, row: LayerFeatures, document: Mapping[str, Any], rate: int) -> Pictures:
    """Return the syntheses as waveforms to draw and sounds to play."""
    files: Pictures = {}
    for detail in document["detail"]:
        n = detail["unit"]
        for place, one in enumerate(row.syntheses.get(n, ())):
            wave = one.image.mean(0)
            shown = detail["synthesis"][place]
            for role, ending, content in (
                ("waveform", "f32", wave.astype("<f4").tobytes()),
                ("sound", "wav", wav(wave, rate)),
            ):
                files[f"{name}-{n:04d}-{place}.{ending}"] = content
                shown[role] = f"pictures/{name}-{n:04d}-{place}.{ending}"
    return files


def _maps(
    name: str, row: LayerFeatures, document: Mapping[str, Any], maps: np.ndarray
) -> Sheets | None:
    """Lay out the activation maps; white is the unit's natural maximum, black is zero and below."""
    tiles: list[np.ndarray | None] = []
    most = row.harvest.samples.shape[1]
    taken = 0
    for at, detail in enumerate(document["detail"]):
        peak = max(float(row.harvest.maximum[detail["unit"]]), 1e-30)
        for place, one in enumerate(detail["exemplars"]):
            one["map"] = at * most + place
            flat = maps[taken].reshape(1, -1, maps.shape[-1])
            tiles.append(np.clip(flat / peak, 0, 1))
            taken += 1
        tiles += [None] * (most - len(detail["exemplars"]))
    return sheets(f"{name}-maps", tiles, MAP**2, _PER_FILE * most, lossless=True)
