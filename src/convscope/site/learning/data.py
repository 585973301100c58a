"""What the page of idea 5 reads: the study without its single runs, and a built-in network's own past."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Document = Mapping[str, Any]

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
    """Return what a built-in network was like while it was trained: first filters, accuracy, hierarchy score.

    Args:
        spec: of the network that is shown.
        filters: its own; with weights of another training it has another past.
    """
    name, _, kind = spec.partition(":")
    if filters is None or name != "demo" or kind not in ("", "sound", "volume"):
        return None
    from convscope.learning.timeline import demo_timeline

    found = demo_timeline(kind or "image")
    shown = np.frombuffer(base64.b64decode(filters["values"]), "<f4")
    last = found.filters[-1].ravel()
    if shown.size != last.size or not np.allclose(shown, last, atol=1e-3):
        return None
    return found.document() | {"net": "this network"}
