"""What the page of idea 5 reads: the study without its single runs, and a built-in network's own past."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import convscope

Document = Mapping[str, Any]

_SHIPPED = Path(convscope.__file__).parent / "network" / "weights"
_LEFT_OUT = ("runs", "searches", "prior")


def files(documents: Mapping[str, Document], spec: str) -> Iterator[tuple[str, Document]]:
    """Yield the name and content of each file that the page reads.

    Args:
        documents: the atlas's, by entry.
        spec: of its network.
    """
    if "learn" in documents:
        whole = documents["learn"]
        kept = {key: value for key, value in whole.items() if key not in _LEFT_OUT}
        yield "learn", kept | {"run_count": len(whole["runs"])}
    if "prior" in documents:
        yield "prior", documents["prior"]
    found = own_past(spec, documents.get("network", {}).get("filters"))
    if found is not None:
        yield "timeline", found


def own_past(spec: str, filters: Document | None) -> Document | None:
    """Return the first filters of a built-in network over its training.

    Args:
        spec: of the network that is shown.
        filters: its own; with weights of another training it has another past.
    """
    place = _SHIPPED / f"{spec.replace(':', '-')}-timeline.safetensors"
    if filters is None or spec.partition(":")[0] != "demo" or not place.is_file():
        return None
    from safetensors.numpy import load_file

    kept = load_file(place)
    seen = kept.pop("pictures_seen")
    values = next(iter(kept.values())).astype("<f4")
    shown = np.frombuffer(base64.b64decode(filters["values"]), "<f4")
    if shown.size != values[-1].size or not np.allclose(shown, values[-1].ravel(), atol=1e-3):
        return None
    return {
        "steps": seen.tolist(),
        "unit": "samples",
        "net": "this network",
        "shape": list(values.shape),
        "values": base64.b64encode(values.tobytes()).decode(),
    }
