"""The step of idea 4: the errors under shifts, and a few maps to move about."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convscope.atlas.reader import read_manifest
from convscope.atlas.result import Result, Step, Unmeasured, first_line
from convscope.atlas.samples import chosen
from convscope.atlas.schema import fingerprint
from convscope.atlas.shift_maps import moving
from convscope.atlas.shift_native import handful
from convscope.atlas.shift_pictures import moving_document, native_document
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
        native=1,  # an atlas of before has no moves of the network as it is
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
        document["native"], more = _as_it_is(network, data, document["moving"], progress)
        return Result(found, document, files | more)

    yield Step("shift", "shift", key, measure)


def _moved_about(
    network: Network, data: Source, document: dict[str, Any], progress: Progress
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a page moves about, or the reason why there is nothing, and its files."""
    testable = document["testable"]
    if testable is not True:
        return {"reason": testable["reason"]}, {}
    try:
        indices, samples = _shown(network, data)
        made = moving(circular(network), samples, progress=progress)
    except (ConvscopeError, RuntimeError) as error:  # an operation without such a form, no memory
        return {"reason": f"The maps could not be made ({first_line(error)})."}, {}
    if made is None:
        return {"reason": "No map was kept: the passes for all moves would cost too much."}, {}
    return moving_document(made, indices)


def _as_it_is(
    network: Network, data: Source, moving: Mapping[str, Any], progress: Progress
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a handful of moves of the network as it is, or the reason why there are none, and the files."""
    like = {row["name"]: row["units"] for row in moving.get("layers", ())} or None
    try:
        indices, samples = _shown(network, data)
        made = handful(network, samples, like, progress=progress)
    except (ConvscopeError, RuntimeError) as error:  # no memory
        return {"reason": f"The maps could not be made ({first_line(error)})."}, {}
    if made is None:
        return {"reason": "No layer has places, or even a few moves would take too much."}, {}
    return native_document(made, indices)


def _shown(network: Network, data: Source) -> tuple[list[int], torch.Tensor]:
    """Return a few of the samples that the atlas shows, as the network sees them, where it is."""
    indices: list[int] = []
    arrays = []
    # Neighbours in the order of the atlas are often of one class.
    places = chosen(data)
    for index in [*places[:: max(1, len(places) // SHOWN)], *places]:
        if len(indices) == SHOWN or index in indices:
            continue
        try:
            arrays.append(fit(data[index].array, network.input.shape))
        except WorkError:
            continue  # counted and named in the source
        indices.append(index)
    device = next(iter(network.graph.state_dict().values()), torch.empty(0)).device
    return indices, torch.from_numpy(np.stack(arrays)).to(device)


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
