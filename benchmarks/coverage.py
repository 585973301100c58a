"""Which networks can convscope look at? One of every timm module, and all of torchvision's.

    python benchmarks/coverage.py --oracle FOLDER [--resume] [--only WORD] [--limit SECONDS]

Each network is loaded, its layers listed, its parameters and multiply-adds counted, its receptive
fields found, and compared with what is known of it from elsewhere. What fails is named with its
reason. The results go to ``benchmarks/results/coverage.json`` and ``coverage.md``.
"""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from coverage_oracle import Oracle, read_oracle
from coverage_report import report
from coverage_worker import GIGABYTE, Case, serve

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PROBES = 3
"""Columns per axis that the NaN test pushes through a network."""
MOST_MACS = 5e10
"""Above so many multiply-adds the NaN test is left out: it needs a dozen passes."""
SMALL = 64
"""Size of the input at which the NaN goes through every column of some networks, too."""
EVERY_COLUMN = (
    "torchvision:alexnet", "torchvision:vgg11", "torchvision:resnet18", "torchvision:resnet50",
    "torchvision:resnext50_32x4d", "torchvision:densenet121", "torchvision:googlenet",
    "torchvision:squeezenet1_0", "torchvision:mobilenet_v2", "torchvision:mobilenet_v3_small",
    "torchvision:mnasnet0_5", "torchvision:shufflenet_v2_x0_5", "torchvision:efficientnet_b0",
    "torchvision:regnet_x_400mf", "torchvision:regnet_y_400mf", "torchvision:convnext_tiny",
    "torchvision:lraspp_mobilenet_v3_large", "timm:dla34", "timm:ghostnet_050", "timm:hrnet_w18_small",
    "timm:repvgg_a0", "timm:res2net50_26w_4s", "timm:resnet26d", "timm:mobilenetv4_conv_small",
)  # fmt: skip
OTHER_SIZES = {"vit_b_16": {"image_size": 384}}
"""Networks whose known cost is that of another size than their own."""
FIRST_SEED = 1000
"""Of the random graphs; the tests use those from 0."""


class Worker:
    """A process that looks at networks, started anew whenever one of them ended it.

    Args:
        limit: seconds for one network.
        memory: bytes for one process.
    """

    def __init__(self, limit: float, memory: int):
        self._limit, self._memory = limit, memory
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None

    def look(self, case: Case) -> dict[str, Any]:
        """Return the row of one network, whatever happens to the process."""
        self._start()
        began = time.monotonic()
        stage: str | None = "start"
        row: dict[str, Any] = {}
        self._pipe.send(case)
        try:
            while stage is not None:
                left = self._limit - (time.monotonic() - began)
                if not self._pipe.poll(max(left, 0)):
                    raise TimeoutError(f"more than {self._limit:.0f} s")
                stage, row = self._pipe.recv()
        except (EOFError, ConnectionError, TimeoutError) as error:
            row["failed"] = {"stage": stage, "reason": str(error) or "the process died"}
            self.stop()
        row["wall_s"] = round(time.monotonic() - began, 1)
        if row["wall_s"] > 20:
            self.stop()  # a large network leaves its memory in pieces
        return row

    def _start(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=serve, args=(theirs, self._memory, str(Path.cwd())), daemon=True
        )
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


def main() -> None:
    """Look at every network that was asked for, keeping what is done."""
    asked = _arguments()
    path = asked.out / "coverage.json"
    kept = json.loads(path.read_text()) if asked.resume and path.exists() else {}
    rows: dict[str, dict[str, Any]] = kept.get("rows", {})
    choice = kept.get("choice") or _choice()
    cases = [
        case for case in cases_of(choice, asked.oracle, asked.probes) if asked.only in case.key
    ]
    worker = Worker(asked.limit, int(asked.memory * GIGABYTE))
    for case in cases:
        if case.key in rows and not (asked.retry and "failed" in rows[case.key]):
            continue
        row = rows[case.key] = worker.look(case)
        said = row.get("failed", {"stage": "", "reason": "ok"})
        print(
            f"{case.name:24} {row['spec']:40} {row['wall_s']:6.1f} s  {said['stage']} {said['reason'][:90]}",
            flush=True,
        )
        _write(path, {**_machine(), "limit_s": asked.limit, "choice": choice, "rows": rows})
    worker.stop()
    text = report(json.loads(path.read_text()), asked.oracle and read_oracle(asked.oracle))
    path.with_suffix(".md").write_text(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--oracle", type=Path, help="folder of independent figures to compare with")
    parser.add_argument("--resume", action="store_true", help="keep the rows that are there")
    parser.add_argument(
        "--retry", action="store_true", help="with --resume: look at failures again"
    )
    parser.add_argument("--only", default="", help="a part of a group, name or spec")
    parser.add_argument(
        "--probes", type=int, default=PROBES, help="columns per axis of the NaN test; 0 for none"
    )
    parser.add_argument("--limit", type=float, default=120, help="seconds for one network")
    parser.add_argument("--memory", type=float, default=14, help="gigabytes for one network")
    parser.add_argument("-o", "--out", type=Path, default=RESULTS)
    return parser.parse_args()


def _choice() -> list[list[Any]]:
    """Choose in a process of its own, which then gives its memory back."""
    command = [sys.executable, str(HERE / "coverage_worker.py")]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def cases_of(choice: list[list[Any]], oracle: Path | None, probes: int) -> list[Case]:
    """Return every network to look at: the libraries', those of the oracle at its sizes, and random ones."""
    from convscope.network.torchvision_schemas import import_torchvision

    import_torchvision()
    from torchvision import models

    known = read_oracle(oracle) if oracle else Oracle({}, {}, {})
    plain: dict[str, Any] = {"probes": probes, "most_macs": MOST_MACS}
    cases = [Case("timm", module, f"timm:{name}", **plain) for module, name, _ in choice]
    for group, module in (
        ("classification", models),
        ("segmentation", models.segmentation),
        ("video", models.video),
    ):
        for name in models.list_models(module=module):
            asked = {"last": known.fields[name].output} if name in known.fields else {}
            cases.append(Case(group, name, f"torchvision:{name}", fields=asked, **plain))
    for spec in EVERY_COLUMN:
        cases.append(
            Case("every column", spec.partition(":")[2], spec, (3, SMALL, SMALL), probes=SMALL)
        )
    for name, options in OTHER_SIZES.items():
        if name in known.costs:
            shape = known.costs[name].input
            cases.append(Case("other size", name, f"torchvision:{name}", shape, options))
    if oracle:
        left = {f"L-Stage{i + 1}": f"left.{i}" for i in range(5)}
        right = {f"R-Stage{4 - i}": f"right.{i}" for i in range(4)}
        spec = f"{oracle.parent / 'networks.py'}:vnet_skeleton"
        cases.append(Case("vnet", "vnet", spec, (1, 32, 32, 32), fields=left | right, probes=32))
    for dims, tens in ((1, 9), (2, 8), (3, 3)):
        for seed in range(FIRST_SEED, FIRST_SEED + tens):
            options = {"dims": dims, "seeds": (seed,)}
            cases.append(Case("random", f"{dims}-D, ten of seed {seed}", options=options))
    return cases


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    names = ("convscope", "torch", "torchvision", "timm")
    return {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in names},
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(memory),
            "system": platform.system(),
            "threads": 1,
        },
    }


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".tmp")
    half.write_text(json.dumps(document, indent=1) + "\n")
    half.replace(path)


if __name__ == "__main__":
    main()
