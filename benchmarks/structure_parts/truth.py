"""The truth about a network's last local map, found without any tool: a NaN pushed through it.

    python benchmarks/structure_parts/truth.py < CASE

A column of NaNs in the input makes every unit that reads it NaN, whatever the weights. For each column
of one period, the first and last unit that turn NaN are noted; the earliest and latest column of a unit
follow, exactly, and their distance is the field. Parameters are ``sum(p.numel())``, multiply-adds are
half of what torch's own dispatcher counts (exact without fused attention, of which these networks have
none). Squeeze-excitation gates read the whole map and are taken out first: what is asked for is the
field of the local path.
"""

import json
import sys
import warnings
from typing import Any

from tools import built

GATES = ("SqueezeExcitation", "SEModule", "SqueezeExcite", "EffectiveSEModule")


def truth(case: dict[str, Any]) -> dict[str, Any]:
    """Return parameters, multiply-adds, the map's shape, and its field and stride per axis."""
    import torch
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    module = built(case["spec"])
    with FlopCounterMode(display=False) as counter:
        module(torch.rand(1, *case["input"]))
    found: dict[str, Any] = {
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "macs": counter.get_total_flops() // 2,
    }
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child).__name__ in GATES:
                setattr(parent, name, nn.Identity())
    found["map"] = list(_map(module, case["at"], torch.rand(1, *case["input"])).shape[1:])
    if "field" in case:
        return {**found, "field": case["field"], "source": "NaN test at every position, earlier"}
    axes = range(len(case["input"]) - 1)
    # Most networks treat both axes of an image alike; the ones that may not are probed along each.
    alike = len(axes) == 2 and not case.get("both")
    sizes = [_field(module, case, axis) for axis in axes if not (alike and axis == 0)]
    found["field"] = [size for size, _ in sizes] * (2 if alike else 1)
    found["stride"] = [stride for _, stride in sizes] * (2 if alike else 1)
    return {**found, "source": "NaN test of one period"}


def _map(module: Any, at: str, x: Any) -> Any:
    """Return the output of a module inside a network, without running what comes after it."""
    if at == "forward_features":
        return module.forward_features(x)

    class _Reached(Exception):
        pass

    kept: list[Any] = []

    def keep(_module: Any, _inputs: Any, output: Any) -> None:
        kept.append(output)
        raise _Reached

    hook = module.get_submodule(at).register_forward_hook(keep)
    try:
        module(x)
    except _Reached:
        pass
    finally:
        hook.remove()
    return kept[0]["out"] if isinstance(kept[0], dict) else kept[0]


def _field(module: Any, case: dict[str, Any], axis: int) -> tuple[int, int]:
    length, width = 512, 32
    while True:
        try:
            found = _probe(module, case, axis, length, width)
        except RuntimeError:
            # Some networks do not take so narrow a strip.
            width *= 2
            continue
        if found is not None:
            return found
        length = length * 3 // 2 // 64 * 64  # whole strides of up to 64


def _probe(
    module: Any, case: dict[str, Any], axis: int, length: int, width: int
) -> tuple[int, int] | None:
    """Return size and stride along an axis; None where the strip is too short to see a whole field."""
    import torch

    channels, *sizes = case["input"]
    narrow = [min(size, width) for size in sizes]

    def along(n: int, nan: int | None = None) -> Any:
        x = torch.zeros(1, channels, *[n if i == axis else size for i, size in enumerate(narrow)])
        if nan is not None:
            x.select(2 + axis, nan).fill_(torch.nan)
        out = _map(module, case["at"], x)
        hit = out.isnan().movedim(2 + axis, -1).flatten(0, -2).any(0).nonzero().flatten()
        return out.shape[2 + axis], hit

    units = along(length)[0]
    # Rounded: a stride such as 7 divides no length that is tried.
    stride = round(length / (along(2 * length)[0] - units))
    firsts, lasts = [], []
    for column in range(length // 2, length // 2 + stride):
        _, hit = along(length, column)
        if not len(hit) or hit[0] == 0 or hit[-1] == units - 1:
            return None
        lasts.append(column - stride * int(hit[-1]))
        firsts.append(column - stride * int(hit[0]))
    return max(firsts) - min(lasts) + 1, stride


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    import torch

    given = json.load(sys.stdin)
    torch.set_num_threads(given["threads"])
    with torch.no_grad():
        json.dump(truth(given), sys.stdout)
