"""The samples that units are shown with: whole, as the network saw them, each kept once."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from convscope.atlas.samples import class_name, sample_files, thinned
from convscope.atlas.tiles import sheets
from convscope.data import Source, fit
from convscope.errors import WorkError

SMALL = 64
"""Pictures up to this many pixels a side share sheets: a file for each would be mostly its own name."""
_PER = 64


def shown(
    source: Source, shape: tuple[int, ...], indices: Iterable[int]
) -> tuple[dict[str, dict[str, Any]], dict[str, bytes]]:
    """Return what a page needs to show samples, by index as text, and the files.

    Args:
        source: the data.
        shape: what the network takes, ``(C, *S)``.
        indices: which samples; those that cannot be read are left out.
    """
    rows: dict[str, dict[str, Any]] = {}
    files: dict[str, bytes] = {}
    small: dict[str, np.ndarray] = {}
    for index in sorted(set(indices)):
        try:
            sample = source[index]
        except WorkError:
            continue
        array = thinned(fit(sample.array, shape))
        row = {
            "name": sample.name,
            "label": None if sample.label is None else class_name(source, sample.label),
            "shape": array.shape,
            **dict.fromkeys(("picture", "tile", "waveform", "sound")),
        }
        rows[str(index)] = row
        if array.ndim == 3 and max(array.shape[1:]) <= SMALL:
            small[str(index)] = array if array.shape[0] == 3 else array.mean(0, keepdims=True)
            continue
        made = sample_files(f"shown-{index:06d}", array, source)
        files |= dict(made.values())
        row |= {role: f"pictures/{name}" for role, (name, _) in made.items()}
    laid = sheets("shown", list(small.values()), SMALL, _PER)
    if laid is not None:
        files |= laid.files
        for number, index in enumerate(small):
            picture, tile = laid.at(number)
            rows[index] |= {"picture": f"pictures/{picture}", "tile": tile}
    return rows, files
