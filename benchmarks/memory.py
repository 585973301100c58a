"""Counting a network's cost must not cost memory: sharing on 300 million parameters.

    python benchmarks/memory.py [SPEC]

The dense twin of this network would take three terabytes; it is counted, never built. The peak of a
process that has loaded the network is compared with its peak once sharing is measured. Results:
``results/memory.json``.
"""

import json
import multiprocessing
import platform
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

LARGE = "torchvision:vit_l_32"


def peaks(spec: str) -> dict[str, float | int]:
    """Load a network, then measure its sharing; return the peak memory and time of each.

    Args:
        spec: what ``convscope.load`` takes.

    Returns:
        Peaks in megabytes, times in seconds, and the number of parameters.
    """
    from convscope.network import load
    from convscope.sharing import sharing

    began = time.perf_counter()
    net = load(spec)
    loaded, load_mb = time.perf_counter(), _peak_mb()
    finding = sharing(net)
    finding.document()
    finding.table()
    return {
        "parameters": finding.totals.parameters,
        "dense_weights": finding.totals.dense_weights,
        "load_mb": round(load_mb, 1),
        "with_sharing_mb": round(_peak_mb(), 1),
        "load_s": round(loaded - began, 2),
        "sharing_s": round(time.perf_counter() - loaded, 2),
    }


def _peak_mb() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    """Measure in a fresh process, print and keep the result."""
    spec = sys.argv[1] if len(sys.argv) > 1 else LARGE
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        found = pool.submit(peaks, spec).result()
    document = {
        "spec": spec,
        **found,
        "more": round(found["with_sharing_mb"] / found["load_mb"] - 1, 4),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": version("torch"),
    }
    print(json.dumps(document, indent=1))
    path = Path(__file__).parent / "results" / "memory.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    if document["more"] > 0.1:
        sys.exit("sharing took more than 10 % over loading")


if __name__ == "__main__":
    main()
