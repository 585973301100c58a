"""One tool asked about one network, in a process of its own and in whatever environment it needs.

    PYTHON benchmarks/structure_parts/tools.py TOOL ANSWER < CASE

The case is JSON on standard input; the answer is written to a file, because tools print. Nothing of
convscope is imported unless convscope is the tool, so that rivals can live in an environment that has
never heard of it.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
# A map of the right shape may be passed on unchanged; what is asked for is the operation that made it.
_PASSED_ON = ("adaptive", "mean", "flatten", "dropout", "identity", "squeeze", "view", "output")


def built(spec: str) -> Any:
    """Return a torchvision or timm network with random weights, in eval mode."""
    import torch

    torch.manual_seed(0)
    library, _, name = spec.partition(":")
    if library == "timm":
        _schemas()
        import timm

        return timm.create_model(name, pretrained=False).eval()
    _schemas()
    from torchvision import models

    options = {"weights_backbone": None} if name in models.list_models(models.segmentation) else {}
    return models.get_model(name, weights=None, **options).eval()


# Kept for as long as the process lives: the declarations vanish with it.
_declared: list[Any] = []


def _schemas() -> None:
    """Declare operators that torchvision's wheel lacks beside a torch of another build."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operation in ("nms", "qnms"):
            library.define(
                f"{operation}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        _declared.append(library)


class Clock:
    """Times the stages of one question, over its repeats, in processor seconds of this process (one thread).

    The tools are asked one after another: what else the machine does meanwhile would favour one of them.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def __call__(self, stage: str, work: Callable[[], Any]) -> Any:
        """Return what the work returns, noting how long it took."""
        began = time.process_time()
        found = work()
        self.seconds.setdefault(stage, []).append(time.process_time() - began)
        return found


def convscope(case: dict[str, Any], answer: Answer, clock: Clock) -> None:
    """Export once per repeat; then layers, receptive fields and sharing of the whole network."""
    from convscope.network import Network
    from convscope.receptive import receptive
    from convscope.sharing import sharing

    answer["version"] = version("convscope")
    module = built(case["spec"])

    def export() -> Network:
        net = Network(module, case["input"])
        _ = (
            net.fingerprint
        )  # every Finding carries it; hashing the weights is part of taking a network in
        return net

    def once() -> tuple[Any, ...]:
        net = clock("prepare", export)
        layers = clock("layers", lambda: net.layers)
        fields = clock("fields", lambda: receptive(net))
        return layers, fields, clock("sharing", lambda: sharing(net).totals)

    layers, fields, totals = [once() for _ in range(case["repeats"])][-1]
    answer["parameters"] = totals.parameters
    answer["macs"] = None if totals.is_partial else totals.macs
    maps = [
        layer
        for layer in layers
        if list(layer.output) == case["map"]
        and not any(word in layer.operation for word in _PASSED_ON)
    ]
    row = fields[maps[-1].name]
    answer["field"] = list(row.local_size)
    answer["status"] = "whole input beside it" if any(row.is_global) else "exact"


def torchlens(case: dict[str, Any], answer: Answer, clock: Clock) -> None:
    """Trace once per repeat (solutions are kept in a trace), then its table of all receptive fields.

    Its other documented way, asking each operation, is timed once.
    """
    import pandas  # noqa: F401  # pyright: ignore[reportMissingImports]  (its import is not timed)
    import torch
    import torchlens  # pyright: ignore[reportMissingImports]

    answer["version"] = version("torchlens")
    module, x = built(case["spec"]), torch.rand(1, *case["input"])

    def once() -> Any:
        trace = clock("prepare", lambda: torchlens.trace(module, x))
        clock("fields", lambda: trace.receptive_fields())
        return trace

    def size(op: Any) -> Any:
        try:
            return op.receptive_field.size
        except Exception:
            return None  # it has no answer for this operation

    trace = [once() for _ in range(case["repeats"])][-1]
    clock("each", lambda: [size(op) for op in trace.ops])
    answer["parameters"], answer["macs"] = trace.num_params, int(trace.total_macs_forward)
    maps = [
        op
        for op in trace.ops
        if list(op.shape or ()) == [1, *case["map"]]
        and not any(word in str(op.func_name).lower() for word in _PASSED_ON)
        and not op.is_output
    ]
    view = maps[-1].receptive_field
    answer["status"] = str(view.status).rpartition(".")[2].lower()
    answer["field"] = [None if size is None else int(size) for size in view.size]


def torchinfo(case: dict[str, Any], answer: Answer, clock: Clock) -> None:
    """Its summary: parameters and multiply-adds; it has no receptive fields."""
    from torchinfo import summary  # pyright: ignore[reportMissingImports]

    answer["version"] = version("torchinfo")
    module = built(case["spec"])

    def once() -> Any:
        size = (1, *case["input"])
        return clock("summary", lambda: summary(module, input_size=size, verbose=0))

    said = [once() for _ in range(case["repeats"])][-1]
    answer["parameters"], answer["macs"] = said.total_params, said.total_mult_adds
    answer["status"] = "has none"


def rfa_toolbox(case: dict[str, Any], answer: Answer, clock: Clock) -> None:
    """Its graph; the largest finite receptive field in it is taken as its answer."""
    import numpy as np

    answer["version"] = version("rfa-toolbox")
    if case["patched"]:
        # As published it imports a name that Python moved in 3.3 and removed in 3.10.
        import collections
        import collections.abc

        collections.Sequence = collections.abc.Sequence  # type: ignore[attr-defined]
    from rfa_toolbox import (  # pyright: ignore[reportMissingImports]
        create_graph_from_pytorch_model,
    )

    module = built(case["spec"])

    def once() -> Any:
        size = (1, *case["input"])
        return clock("fields", lambda: create_graph_from_pytorch_model(module, input_res=size))

    graph = [once() for _ in range(case["repeats"])][-1]
    finite = [
        np.atleast_1d(node.receptive_field_max)
        for node in graph.all_layers
        if np.all(np.isfinite(node.receptive_field_max))
    ]
    axes = range(len(case["input"]) - 1)
    answer["field"] = [
        int(max(field[min(axis, len(field) - 1)] for field in finite)) for axis in axes
    ]
    answer["status"] = "largest in the graph"


TOOLS: dict[str, Callable[[dict[str, Any], Answer, Clock], None]] = {
    "convscope": convscope,
    "torchinfo": torchinfo,
    "torchlens": torchlens,
    "rfa-toolbox": rfa_toolbox,
}


def main() -> None:
    """Ask one tool; a failure is an answer."""
    tool, path = sys.argv[1:]
    case, clock = json.load(sys.stdin), Clock()
    answer: Answer = dict.fromkeys(("parameters", "macs", "field", "status", "error"))
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(case["threads"])
    try:
        with torch.no_grad():
            TOOLS[tool](case, answer, clock)
    except Exception as error:
        line = next((line for line in str(error).splitlines() if line.strip()), "")
        answer["error"] = f"{type(error).__name__}: {line.strip()[:200]}"
    answer["seconds"] = clock.seconds
    answer["torch"], answer["python"] = torch.__version__, sys.version.split()[0]
    Path(path).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
