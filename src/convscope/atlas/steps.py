"""What `look` measures: one step per result, with the fingerprint of all that it depends on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from convscope.atlas.result import Result, Step, Unmeasured, first_line
from convscope.atlas.samples import TALLEST, webp
from convscope.atlas.schema import fingerprint
from convscope.data import Source
from convscope.errors import ConvscopeError
from convscope.finding import Finding
from convscope.network import Network
from convscope.progress import Progress
from convscope.receptive import Receptive, advice, effective, receptive
from convscope.sharing import sharing

SAMPLES = 16
"""Samples on which effective fields are measured."""


def steps(
    network: Network,
    data: Source | None,
    data_fingerprint: str | None,
    ideas: Sequence[str],
    folder: Path,
    *,
    layers: Sequence[str] | None,
    units: int | None,
    seed: int,
    batch: int,
) -> Iterator[Step]:
    """Yield the measurements, cheap ones first.

    Args:
        network: the network, on the device where it is measured.
        data: what it looks at; None leaves out what needs data.
        data_fingerprint: of the data that the atlas is about, given now or before.
        ideas: the ideas to measure.
        folder: the atlas.
        layers: whose units are looked at; None takes the usual ones.
        units: of each layer, at most; None takes all.
        seed: for what is drawn at random.
        batch: samples that pass through the network at once; no result depends on it.
    """
    if "sharing" in ideas:
        key = fingerprint(idea="sharing", network=network.fingerprint)
        yield Step("sharing", "sharing", key, lambda progress: _plain(sharing(network)))
    if "receptive" in ideas:
        exact = fingerprint(idea="receptive", network=network.fingerprint)
        seen = fingerprint(
            idea="effective",
            network=network.fingerprint,
            data=data_fingerprint,
            samples=SAMPLES,
            seed=seed,
        )
        yield Step(
            "receptive",
            "receptive",
            exact,
            lambda progress: _plain(receptive(network)),
            contained_in=(seen,),
        )
        if data is not None:
            yield Step(
                "receptive",
                "effective fields",
                seen,
                lambda progress: _effective(network, data, seed, batch, progress),
            )
    if "features" in ideas and data is not None:
        from convscope.atlas.feature_steps import feature_steps
        from convscope.features import Settings

        yield from feature_steps(
            network,
            data,
            data_fingerprint,
            folder,
            layers=None if layers is None else tuple(layers),
            settings=Settings(units=units, seed=seed),
            batch=batch,
        )
    if "shift" in ideas and data is not None:
        from convscope.atlas.shift_steps import shift_steps

        yield from shift_steps(network, data, data_fingerprint, seed=seed, batch=batch)
    if "learn" in ideas and data is not None:
        from convscope.atlas.learning_step import learning_steps

        yield from learning_steps(data, data_fingerprint, folder, seed)


def _plain(finding: Finding) -> Result:
    return Result(finding, finding.document(), {})


def _effective(network: Network, data: Source, seed: int, batch: int, progress: Progress) -> Result:
    found = receptive(network)
    try:
        measured = effective(
            network, data, samples=SAMPLES, batch=batch, seed=seed, found=found, progress=progress
        )
    except (ConvscopeError, RuntimeError) as error:  # an operation without a gradient, no memory
        raise Unmeasured(f"Gradients could not be measured ({first_line(error)}).") from error
    finding = replace(found.with_effective(measured), advice=advice(found, data))
    document = finding.document()
    return Result(finding, document, _heat_maps(finding, document))


def _heat_maps(finding: Receptive, document: dict[str, Any]) -> dict[str, bytes]:
    """Draw the effective fields, and name each drawing in its layer's part of the document."""
    pictures: dict[str, bytes] = {}
    for place, row in enumerate(document["layers"]):
        measured = finding.effective.get(row["name"])
        if measured is None:
            continue
        drawn = heat_map(measured.heat)
        if drawn is not None:
            name = f"effective-{place:04d}.webp"
            pictures[name] = drawn
            row["effective"]["picture"] = f"pictures/{name}"
    return pictures


def heat_map(heat: np.ndarray) -> bytes | None:
    """Return a lossless grey picture of a distribution; None where it is too large for one.

    Args:
        heat: the share of each position, ``(*S)``. Leading axes become rows: 1-D is one row, 3-D
            is slices stacked downwards. Brightness is the square root, the gradient's magnitude.
    """
    rows = heat.reshape(-1, heat.shape[-1])
    if max(rows.shape) > TALLEST or not rows.max(initial=0) > 0:
        return None
    return webp(np.sqrt(rows / rows.max())[None], lossless=True)
