"""Who knows a network's structure? The same thirty networks, asked of four tools in one run.

    python benchmarks/structure.py --rivals PYTHON [--resume] [--only WORD] [--repeats N]

convscope, torchinfo, TorchLens and rfa-toolbox are each asked for a network's parameters, its
multiply-adds and the receptive field of its last local map, and timed. What is right is found without
any of them (``structure_parts/truth.py``). ``PYTHON`` is an interpreter with the other three tools installed;
they cannot all live beside convscope. Results: ``results/structure.json`` and ``results/structure.md``.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from structure_parts.report import TOOLS, report, verdicts

HERE = Path(__file__).parent
PARTS = HERE / "structure_parts"
RIVALS = TOOLS[1:]

# spec -> where its last local map is (a module, or timm's own method) and what else the probe must know
NETWORKS: dict[str, dict[str, Any]] = {
    "torchvision:alexnet": {"at": "features"},
    "torchvision:vgg16": {"at": "features"},
    "torchvision:resnet18": {"at": "layer4"},
    "torchvision:resnet50": {"at": "layer4"},
    "torchvision:resnext50_32x4d": {"at": "layer4"},
    "torchvision:densenet121": {"at": "features"},
    "torchvision:googlenet": {"at": "inception5b"},
    "torchvision:inception_v3": {
        "at": "Mixed_7c", "input": [3, 299, 299], "both": True
    },
    "torchvision:squeezenet1_1": {"at": "classifier.1"},
    "torchvision:mobilenet_v2": {"at": "features"},
    "torchvision:mnasnet1_0": {"at": "layers"},
    "torchvision:shufflenet_v2_x1_0": {"at": "conv5"},
    "torchvision:efficientnet_b0": {"at": "features"},
    "torchvision:regnet_x_400mf": {"at": "trunk_output"},
    "torchvision:regnet_y_400mf": {"at": "trunk_output"},
    "torchvision:convnext_tiny": {"at": "features"},
    # Upsampling gives its units fields of several shapes; volumes take long to probe.
    "torchvision:fcn_resnet50": {"at": "", "field": [451, 451]},
    "torchvision:r3d_18": {"at": "layer4", "input": [3, 16, 112, 112], "field": [109, 219, 219]},
    "timm:dla34": {"at": "forward_features"},
    "timm:cspdarknet53": {"at": "forward_features"},
    "timm:hrnet_w18_small": {"at": "forward_features"},
    "timm:repvgg_a2": {"at": "forward_features"},
    "timm:resnetv2_50": {"at": "forward_features"},
    "timm:xception41": {"at": "forward_features"},
    "timm:convmixer_768_32": {"at": "forward_features"},
    "timm:res2net50_26w_4s": {"at": "forward_features"},
    "timm:dpn68": {"at": "forward_features"},
    "timm:selecsls42b": {"at": "forward_features"},
    "timm:mobilenetv4_conv_small": {"at": "forward_features"},
    "timm:resnet26d": {"at": "forward_features"},
}  # fmt: skip


def main() -> None:
    """Find the truth once, ask every tool, write both files."""
    asked = _arguments()
    path = asked.out / "structure.json"
    document: dict[str, Any] = (
        json.loads(path.read_text()) if asked.resume and path.exists() else {}
    )
    networks = document.setdefault("networks", {})
    document["machine"] = _machine()
    document["settings"] = {
        "repeats": asked.repeats,
        "threads": 1,
        "batch": 1,
        "limit_s": asked.limit,
    }
    for spec, known in NETWORKS.items():
        if asked.only not in spec:
            continue
        row = networks.setdefault(spec, {"tools": {}})
        case = {
            "spec": spec,
            "input": [3, 224, 224],
            "threads": 1,
            "repeats": asked.repeats,
            **known,
        }
        if "truth" not in row:
            row["truth"] = _truth({**case, "threads": os.cpu_count()})
        case["map"] = row["truth"]["map"]
        pythons = {
            "convscope": sys.executable,
            **(dict.fromkeys(RIVALS, asked.rivals) if asked.rivals else {}),
        }
        for tool, python in pythons.items():
            if tool not in row["tools"]:
                row["tools"][tool] = _ask(python, tool, {**case, "patched": True}, asked.limit)
        print(spec, {tool: verdicts(row, tool) for tool in row["tools"]}, flush=True)
        _write(path, document)
    if asked.rivals is not None and "rfa_toolbox_as_published" not in document:
        case = {"spec": "torchvision:resnet18", "input": [3, 224, 224], "threads": 1, "repeats": 1}
        said = _ask(asked.rivals, "rfa-toolbox", {**case, "patched": False}, asked.limit)
        document["rfa_toolbox_as_published"] = {
            key: said.get(key) for key in ("error", "field", "python")
        }
    _write(path, document)
    path.with_suffix(".md").write_text(report(document))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivals", help="a Python with torchinfo, torchlens and rfa-toolbox")
    parser.add_argument("--resume", action="store_true", help="keep the answers that are there")
    parser.add_argument("--only", default="", help="a part of a spec")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600, help="seconds for one question")
    parser.add_argument("-o", "--out", type=Path, default=HERE / "results")
    return parser.parse_args()


def _truth(case: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, str(PARTS / "truth.py")]
    asked = subprocess.run(
        command, input=json.dumps(case), capture_output=True, text=True, check=True
    )
    return json.loads(asked.stdout)


def _ask(python: str, tool: str, case: dict[str, Any], limit: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [python, str(PARTS / "tools.py"), tool, str(answer)]
        try:
            subprocess.run(
                command,
                input=json.dumps(case),
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"more than {limit:.0f} s", "seconds": {}}
        if not answer.exists():
            return {"error": "the process died", "seconds": {}}
        return json.loads(answer.read_text())


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("convscope", "torch", "torchvision", "timm")},
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".tmp")
    half.write_text(json.dumps(document, indent=1) + "\n")
    half.replace(path)


if __name__ == "__main__":
    main()
