"""What a page reads of moved samples: a document, and maps with 8 bits as the rows of pictures."""

from typing import Any

import numpy as np

from convscope.atlas.samples import TALLEST, webp
from convscope.atlas.shift_maps import Fine, Moving
from convscope.atlas.shift_native import Handful, Placed


def moving_document(made: Moving, indices: list[int]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a page reads of maps at all moves, and the files.

    Args:
        made: the maps and answers.
        indices: which samples they are of.
    """
    files: dict[str, bytes] = {}
    layers = [_layer(number, fine, files) for number, fine in enumerate(made.layers)]
    samples: list[dict[str, Any]] = []
    count = made.layers[0].maps[0].shape[0]
    for number, index in enumerate(indices[:count]):
        row: dict[str, Any] = {"index": index, "classes": None, "scores": None}
        if made.scores is not None:
            name = f"shift-scores-{number}.f32"
            flat = [part[number].reshape(-1) for part in made.scores]
            files[name] = np.concatenate(flat).astype("<f4").tobytes()
            row |= {"classes": made.classes[number], "scores": f"pictures/{name}"}
        samples.append(row)
    document = {
        "form": made.form,
        "per": made.per,
        "stride": made.stride,
        "layers": layers,
        "samples": samples,
    }
    return document, files


def _layer(number: int, fine: Fine, files: dict[str, bytes]) -> dict[str, Any]:
    """Return what a page reads of one layer; its pictures, a row of bytes for a row of a map, are added."""
    count, units = fine.maps[0].shape[:2]
    flat = [part.reshape(count, units, -1) for part in fine.maps]
    low, high, scale = _range(np.concatenate(flat, axis=2))
    pictures = []
    for sample in range(count):
        names = []
        for axis, part in enumerate(fine.maps):
            space = part.shape[2:]
            shape = (units, *(1,) * len(space))
            levels = (part[sample] - low.reshape(shape)) / scale.reshape(shape)
            name = f"shift-{number}-{sample}-{axis}.webp"
            files[name] = webp(_rows(levels)[None], lossless=True)
            names.append(f"pictures/{name}")
        pictures.append(names)
    return {
        "name": fine.name,
        "stride": fine.stride,
        "size": fine.size,
        "units": fine.units,
        "low": low.tolist(),
        "high": high.tolist(),
        "differs": fine.differs,
        "fine": [part.shape[2:] for part in fine.maps],
        "pictures": pictures,
    }


def _rows(levels: np.ndarray) -> np.ndarray:
    """Return values as the rows of a picture, in their order; rows that are too long go on below, too many beside."""
    flat = levels.reshape(-1)
    wide = levels.shape[-1]
    while wide > TALLEST:
        wide = -(-wide // 2)
    wide *= -(-flat.size // (wide * TALLEST))
    rows = -(-flat.size // wide)
    return np.pad(flat, (0, rows * wide - flat.size)).reshape(rows, wide)


def native_document(made: Handful, indices: list[int]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a page reads of a network as it is at a few moves, and the files.

    Args:
        made: the maps and answers.
        indices: which samples they are of.
    """
    files: dict[str, bytes] = {}
    layers = [
        _placed(number, layer, maps, files)
        for number, (layer, maps) in enumerate(zip(made.layers, made.maps, strict=True))
    ]
    samples: list[dict[str, Any]] = []
    for number, index in enumerate(indices[: len(made.maps[0])]):
        row: dict[str, Any] = {"index": index, "classes": None, "scores": None}
        if made.scores is not None:
            name = f"native-scores-{number}.f32"
            files[name] = made.scores[number].astype("<f4").tobytes()
            row |= {"classes": made.classes[number], "scores": f"pictures/{name}"}
        samples.append(row)
    document = {
        "stride": made.stride,
        "moves": [[float(far) for far in move] for move in made.moves],
        "layers": layers,
        "samples": samples,
    }
    return document, files


def _placed(
    number: int, layer: Placed, maps: np.ndarray, files: dict[str, bytes]
) -> dict[str, Any]:
    """Return what a page reads of one layer as it is; its pictures are added, the moves one after another."""
    low, high, scale = _range(maps.swapaxes(1, 2).reshape(len(maps), len(layer.units), -1))
    shape = (1, len(layer.units), *(1,) * len(layer.size))
    pictures = []
    for sample, part in enumerate(maps):
        name = f"native-{number}-{sample}.webp"
        files[name] = webp(
            _rows((part - low.reshape(shape)) / scale.reshape(shape))[None], lossless=True
        )
        pictures.append(f"pictures/{name}")
    return {
        "name": layer.name,
        "stride": layer.stride,
        "size": layer.size,
        "units": layer.units,
        "low": low.tolist(),
        "high": high.tolist(),
        "pictures": pictures,
    }


def _range(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the least and the largest of each unit of ``(samples, units, values)``, and how far apart they are."""
    low, high = values.min((0, 2)), values.max((0, 2))
    return low, high, np.where(high > low, high - low, 1)
