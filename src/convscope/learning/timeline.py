"""The first layer's filters over one training: from noise to edges."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convscope.errors import SpecError
from convscope.learning.checkpoint import load_checkpoint

SHOWN = 16
"""Filters and moments that are kept, at most: what a page can show side by side."""


@dataclass(frozen=True)
class Timeline:
    """The first filters at moments of a training.

    Args:
        steps: optimiser steps, or pictures, seen at each moment.
        unit: what ``steps`` counts, such as ``"steps"``.
        net: whose filters they are.
        filters: float32 ``(T, F, C, *K)``.
    """

    steps: tuple[int, ...]
    unit: str
    net: str
    filters: np.ndarray = field(repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """Return the timeline as JSON: values in base 64, little-endian float32."""
        values = np.ascontiguousarray(self.filters, "<f4")
        return {
            "steps": list(self.steps),
            "unit": self.unit,
            "net": self.net,
            "shape": list(values.shape),
            "values": base64.b64encode(values.tobytes()).decode(),
        }


def timeline(path: Path, steps: tuple[int, ...], net: str) -> Timeline | None:
    """Return the first filters of a network whose weights were kept at several moments.

    Args:
        path: the file: tensors named ``K.NAME``, K the number of the moment.
        steps: at each moment.
        net: the network's name.

    Returns:
        Its first weights with axes of space, or None where there are none.

    Raises:
        SpecError: the file is something else.
    """
    tensors, _ = load_checkpoint(path)
    first = next(
        (name[2:] for name, w in tensors.items() if name.startswith("0.") and w.dim() > 2), None
    )
    if first is None:
        return None
    kept = np.unique(np.linspace(0, len(steps) - 1, min(SHOWN, len(steps))).round().astype(int))
    try:
        rows = [tensors[f"{k}.{first}"].float().numpy()[:SHOWN] for k in kept.tolist()]
    except KeyError as reason:
        raise SpecError(
            f"{path} is not a training that was kept whole ({reason}). Remove it to train again."
        ) from reason
    return Timeline(tuple(steps[k] for k in kept), "steps", net, np.stack(rows))
