"""The step of idea 4: the errors under shifts, and a few maps to move about."""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convscope.atlas.reader import read_manifest
from convscope.atlas.result import Result, Step, Unmeasured, first_line
from convscope.atlas.samples import TALLEST, chosen, webp
from convscope.atlas.schema import fingerprint
from convscope.atlas.shift_maps import Fine, Moving, moving
from convscope.atlas.writer import AtlasWriter
from convscope.data import Source, fit
from convscope.errors import ConvscopeError, WorkError
from convscope.network import Network
from convscope.network.rewriting import circular
from convscope.progress import Progress
from convscope.shift import shift
from convscope.shift.repairing import Repair

SAMPLES = 32
"""Samples on which errors under shifts are measured."""
SHOWN = 3
"""Samples that can be moved about on the page."""


def shift_steps(
    network: Network, data: Source, data_fingerprint: str | None, *, seed: int, batch: int
) -> Iterator[Step]:
    """Yield the step that measures what moves with a sample and what holds still.

    Args:
        network: the network, on the device where it is measured.
        data: what it looks at.
        data_fingerprint: of the data.
        seed: for what is drawn at random.
        batch: samples that pass through the network at once.
    """
    key = fingerprint(
        idea="shift",
        network=network.fingerprint,
        data=data_fingerprint,
        samples=SAMPLES,
        shown=SHOWN,
        seed=seed,
    )

    def measure(progress: Progress) -> Result:
        try:
            found = shift(
                network,
                data,
                samples=SAMPLES,
                quick=True,
                seed=seed,
                batch=batch,
                progress=progress,
            )
        except (ConvscopeError, RuntimeError) as error:  # an operation that no move gets through
            raise Unmeasured(f"Shifts could not be measured ({first_line(error)}).") from error
        document = found.document()
        document["moving"], files = _moved_about(network, data, document, progress)
        return Result(found, document, files)

    yield Step("shift", "shift", key, measure)


def _moved_about(
    network: Network, data: Source, document: dict[str, Any], progress: Progress
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a page moves about, or the reason why there is nothing, and its files."""
    testable = document["testable"]
    if testable is not True:
        return {"reason": testable["reason"]}, {}
    try:
        indices, samples = _shown(data, network.input.shape)
        device = next(iter(network.graph.state_dict().values()), torch.empty(0)).device
        made = moving(circular(network), samples.to(device), progress=progress)
    except (ConvscopeError, RuntimeError) as error:  # an operation without such a form, no memory
        return {"reason": f"The maps could not be made ({first_line(error)})."}, {}
    if made is None:
        return {"reason": "No map was kept: the passes for all moves would cost too much."}, {}
    return moving_document(made, indices)


def _shown(data: Source, shape: tuple[int, ...]) -> tuple[list[int], torch.Tensor]:
    """Return a few of the samples that the atlas shows, as the network sees them."""
    indices: list[int] = []
    arrays = []
    # Neighbours in the order of the atlas are often of one class.
    places = chosen(data)
    for index in [*places[:: max(1, len(places) // SHOWN)], *places]:
        if len(indices) == SHOWN or index in indices:
            continue
        try:
            arrays.append(fit(data[index].array, shape))
        except WorkError:
            continue  # counted and named in the source
        indices.append(index)
    return indices, torch.from_numpy(np.stack(arrays))


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
    low = np.min([part.reshape(count, units, -1).min((0, 2)) for part in fine.maps], axis=0)
    high = np.max([part.reshape(count, units, -1).max((0, 2)) for part in fine.maps], axis=0)
    scale = np.where(high > low, high - low, 1)
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
    """Return values as the rows of a picture, in their order; rows that are too long go on below."""
    flat = levels.reshape(-1)
    wide = levels.shape[-1]
    while wide > TALLEST:
        wide = -(-wide // 2)
    rows = -(-prod(levels.shape) // wide)
    return np.pad(flat, (0, rows * wide - flat.size)).reshape(rows, wide)


def keep_repair(folder: Path, found: Repair, key: str) -> None:
    """Add a repair to the atlas of the network that was repaired.

    Args:
        folder: the atlas.
        found: the repair.
        key: hash of everything it depends on.
    """
    manifest = read_manifest(folder)
    with AtlasWriter(folder, manifest.network, manifest.data) as atlas:
        atlas.put_finding("repair", key, found)
        atlas.leave(manifest.left)
