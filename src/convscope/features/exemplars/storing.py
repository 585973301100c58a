"""A harvest in one file, so that an interrupted pass goes on and equal passes give equal bytes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from convscope.errors import SpecError, WorkError
from convscope.features.exemplars import histogram, sums
from convscope.features.exemplars.result import Harvest, LayerHarvest
from convscope.features.exemplars.tally import Tally

_SCHEMA = 1
_SPARSE = {"total": sums.DIGITS, "squares": sums.DIGITS, "counts": histogram.BINS}
"""Arrays most of whose columns are zero, and how many columns they have."""


def save(path: Path, harvest: Harvest, done: int | None = None) -> None:
    """Write a harvest; a crash at any moment leaves the old file or the new one.

    Args:
        path: the file.
        harvest: what was found, so far or in the end.
        done: batches of the pass that it covers; None where the pass is over.

    Raises:
        WorkError: the file could not be written.
    """
    arrays = {"kept": harvest.kept}
    names = list(harvest.layers)
    for number, one in enumerate(harvest.layers.values()):
        for name, array in one.tally.arrays().items():
            if name in _SPARSE:
                columns = np.flatnonzero(array.any(0))
                arrays[f"{number}/{name}/columns"] = columns
                array = array[:, columns]
            arrays[f"{number}/{name}"] = np.ascontiguousarray(array)
    facts = {
        "schema": _SCHEMA,
        "layers": names,
        "spaces": [list(harvest.layers[name].space) for name in names],
        "samples": harvest.samples,
        "done": done,
        "facts": dict(harvest.facts),
    }
    content = to_bytes(arrays, metadata={"harvest": json.dumps(facts, sort_keys=True)})
    waiting = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except OSError as reason:
        raise WorkError(
            f"{path} could not be written ({reason.strerror or reason}). Free some space, or name "
            "another place."
        ) from reason
    finally:
        waiting.unlink(missing_ok=True)


def load(path: Path) -> tuple[Harvest, int | None]:
    """Read a harvest.

    Returns:
        The harvest, and how many batches of its pass are done; None where all are.

    Raises:
        SpecError: the file is missing or something else.
    """
    try:
        with safe_open(path, framework="np") as file:
            facts = json.loads((file.metadata() or {})["harvest"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _assembled(facts, arrays), facts["done"]
    except (SafetensorError, KeyError, ValueError, TypeError, OSError) as reason:
        raise SpecError(
            f"{path} is not a harvest that can be read ({reason}). Remove it, and it is made again."
        ) from reason


def _assembled(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Harvest:
    if facts["schema"] != _SCHEMA:
        raise ValueError(f"it has the schema {facts['schema']}, and {_SCHEMA} was expected")
    kept = arrays["kept"]
    layers = {}
    for number, (name, space) in enumerate(zip(facts["layers"], facts["spaces"], strict=True)):
        prefix = f"{number}/"
        found = {
            key.removeprefix(prefix): array
            for key, array in arrays.items()
            if key.startswith(prefix)
        }
        for key, width in _SPARSE.items():
            full = np.zeros((len(found[key]), width), np.int64)
            full[:, found.pop(f"{key}/columns")] = found[key]
            found[key] = full
        layers[name] = LayerHarvest(name, tuple(space), Tally(**found), kept)
    return Harvest(layers, facts["samples"], kept, facts["facts"])
