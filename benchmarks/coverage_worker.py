"""One process that looks at one network after another and says how far it came.

The driver (``coverage.py``) hands over a case at a time through a pipe; what comes back is plain
numbers and words. A network that kills the process, or takes all the memory it may have, costs that
network only.
"""

import importlib.util
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

GIGABYTE = 2**30


@dataclass(frozen=True)
class Case:
    """One network to look at, or a family of random ones.

    Args:
        group: where it comes from: ``timm``, ``classification`` and so on.
        name: what the row is called; for timm the module it stands for.
        spec: what ``convscope.load`` is given; empty for random graphs.
        input: shape of one sample where it is not the library's own.
        options: passed to the library's constructor (the network is then built here, not by its spec); for
            random graphs their number of axes and the seeds.
        fields: what to return the receptive field of, by a key: a layer, a module, or the shape of an
            output (then: the last layer with that output and a local field).
        probes: how many columns per axis the NaN test pushes through it; 0 for none.
        most_macs: above so many multiply-adds the NaN test is left out.
    """

    group: str
    name: str
    spec: str = ""
    input: tuple[int, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str | tuple[int, ...]] = field(default_factory=dict)
    probes: int = 0
    most_macs: float = float("inf")

    @property
    def key(self) -> str:
        """Return what tells this case from all others."""
        shape = "x".join(map(str, self.input or ()))
        return "|".join((self.group, self.name, Path(self.spec).name, shape))


def serve(pipe: Connection, memory: int, folder: str) -> None:
    """Answer cases from a pipe until it closes.

    Args:
        pipe: receives a ``Case`` and sends back pairs: each stage that begins with the row so far, then None
            with the whole row.
        memory: bytes of private memory this process may take.
        folder: the working directory, from which file specs are read.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.chdir(folder)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    import torch

    torch.set_num_threads(1)
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        row = looked_at(case, lambda stage, row: pipe.send((stage, row)))
        pipe.send((None, row))


def looked_at(case: Case, at: Callable[[str, dict[str, Any]], None]) -> dict[str, Any]:
    """Return what convscope says of one network; a failure is a result too.

    Args:
        case: the network.
        at: told of each stage before it begins, with the row so far.
    """
    row: dict[str, Any] = {
        "group": case.group,
        "name": case.name,
        "spec": Path(case.spec).name,
        "cpu_s": {},
    }
    known: dict[str, Any] = {}
    for stage, look in (STAGES if case.spec else RANDOM_STAGES).items():
        at(stage, row)
        began = time.process_time()
        try:
            look(case, row, known)
        except Exception as error:
            row["failed"] = {"stage": stage, "reason": _said(error)}
        row["cpu_s"][stage] = round(time.process_time() - began, 3)
        if "failed" in row:
            break
    return row


def _load(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    from convscope.network import Network, load

    if case.options:
        module = _built(case.spec, case.options).eval()
        net = Network(module, case.input or (3, 224, 224), spec=case.spec)
    else:
        net = load(case.spec, input=case.input)
    known["net"] = net
    row["input"] = list(net.input.shape)
    row["dynamic_batch"], row["dynamic_space"] = net.dynamic_batch, net.dynamic_space


def _layers(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    layers = known["net"].layers
    kinds: dict[str, int] = {}
    for layer in layers:
        kinds[layer.kind] = kinds.get(layer.kind, 0) + 1
    row["layers"], row["kinds"] = len(layers), kinds
    row["other"] = sorted({layer.operation for layer in layers if layer.kind == "other"})
    if len({layer.name for layer in layers}) != len(layers):
        raise AssertionError("two layers have one name")


def _parameters(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    """Count the parameters of the module, built once more without convscope, without memory if it can be."""
    import torch

    try:
        with torch.device("meta"):
            module = _built(case.spec, case.options)
    except NotImplementedError:  # its constructor reads values of tensors
        module = _built(case.spec, case.options)
    row["parameters"] = known["net"].parameters
    row["parameters_of_module"] = sum(parameter.numel() for parameter in module.parameters())


def _built(spec: str, options: dict[str, Any]) -> Any:
    from convscope.network.torchvision_schemas import import_torchvision

    import_torchvision()
    library, _, name = spec.rpartition(":")
    if library == "timm":
        import timm

        return timm.create_model(name, pretrained=False, **options)
    if library == "torchvision":
        from torchvision import models

        if name in models.list_models(module=models.segmentation):
            options = {"weights_backbone": None, **options}
        return models.get_model(name, weights=None, **options)
    from convscope.network.user_code import built_by_file

    return built_by_file(Path(library), name)


def _sharing(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    from convscope.sharing import sharing

    totals = sharing(known["net"]).totals
    row["sharing_parameters"] = totals.parameters
    row["macs"] = totals.macs
    row["unknown_macs"] = list(totals.unknown)


def _receptive(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    from convscope.receptive import receptive

    found = known["receptive"] = receptive(known["net"])
    rows = {field.name: field for field in found.layers}
    local = [field for field in found.layers if any(field.stride)]
    row["fields"] = {
        "layers": len(rows),
        "without": [layer.name for layer in known["net"].layers if layer.name not in rows],
        "unsupported": sorted(set(found.unsupported.values())),
        "last_local": _numbers(local[-1]) if local else None,
    }
    for key, wanted in case.fields.items():
        if isinstance(wanted, str):
            one = found[wanted]
        else:
            one = next(field for field in reversed(local) if field.layer.output == tuple(wanted))
        row["fields"].setdefault("asked", {})[key] = _numbers(one)


def _numbers(field: Any) -> dict[str, Any]:
    return {
        "layer": field.name,
        "size": list(field.local_size),
        "stride": [str(step) for step in field.stride],
        "center": [str(center) for center in field.center],
        "phases": max((len(axis.phases) for axis in field.axes), default=0) or 1,
        "global": any(field.is_global),
    }


def _nan(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    from convscope.receptive.verify import nan_dependence

    if not case.probes:
        return
    if row["macs"] > case.most_macs:
        row["nan"] = {"left_out": f"{row['macs'] / 1e9:.0f} G multiply-adds"}
        return
    net = known["net"]
    row["nan"] = _outcome(
        nan_dependence(net.graph, net.input.shape, case.probes, found=known["receptive"].walk)
    )


def _outcome(found: Any) -> dict[str, Any]:
    return {
        "elements": found.checks,
        "nodes": len(found.nodes),
        "unsound": found.unsound,
        "loose": found.loose,
        "skipped": found.skipped,
    }


def _random(case: Case, row: dict[str, Any], known: dict[str, Any]) -> None:
    """Draw small networks as the tests do, and check each of them at every column of its input."""
    from convscope.receptive.verify import nan_dependence
    from convscope.receptive.walk import walk

    drawing = _module(Path(__file__).parents[1] / "tests" / "receptive" / "conftest.py")
    total: dict[str, Any] = {
        "graphs": 0,
        "elements": 0,
        "nodes": 0,
        "unsound": {},
        "loose": {},
        "skipped": {},
    }
    for seed in case.options["seeds"]:
        ten = drawing.RandomNetworks(case.options["dims"], seed)
        graph = drawing.graph_of(ten, ten.shape)
        found = walk(graph)
        if found.unsupported:
            raise AssertionError(f"seed {seed}: no rule for {found.unsupported}")
        one = _outcome(nan_dependence(graph, ten.shape, 1000, found=found))
        total["graphs"] += len(ten.networks)
        total["elements"] += one["elements"]
        total["nodes"] += one["nodes"]
        for what in ("unsound", "loose", "skipped"):
            total[what].update({f"seed {seed} {node}": said for node, said in one[what].items()})
    row["nan"] = total


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("drawing", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STAGES: dict[str, Callable[[Case, dict[str, Any], dict[str, Any]], None]] = {
    "load": _load,
    "layers": _layers,
    "parameters": _parameters,
    "sharing": _sharing,
    "receptive": _receptive,
    "nan": _nan,
}
RANDOM_STAGES = {"nan": _random}


def _said(error: Exception) -> str:
    line = next((line for line in str(error).splitlines() if line.strip()), "").strip()
    return f"{type(error).__name__}: {line[:400]}"


def smallest_of_every_timm_module() -> list[tuple[str, str, int]]:
    """Return module, model and parameters of the smallest network that each timm module registers."""
    import torch

    from convscope.network.torchvision_schemas import import_torchvision

    import_torchvision()
    import timm

    chosen = []
    for module in timm.list_modules():
        sizes = []
        for name in timm.list_models(module=module):
            with torch.device("meta"):
                model = timm.create_model(name, pretrained=False)
            sizes.append((sum(parameter.numel() for parameter in model.parameters()), name))
        size, name = min(sizes)
        chosen.append((module, name, size))
    return chosen


if __name__ == "__main__":
    json.dump(smallest_of_every_timm_module(), sys.stdout)
