"""Does a measure of equivariance say 0 where the truth is 0, and what does a whole network cost?

    python benchmarks/shift_layers.py [--network SPEC]

1. **Floor.** A convolution with circular padding and stride 1 follows every move exactly. Its error by
   convscope, under whole moves, parts of a position and infinitesimal moves, beside its error by the
   definition of the local equivariance error (Gruver, Finzi, Goldblum, Wilson, ICLR 2023): the derivative
   at t = 0 of ``T_-t f(T_t x)``, where ``T_t`` samples the map bilinearly on an affine grid. It is written
   here from its definition: ``affine_grid`` in float32 with ``align_corners=True``, ``floor``, bilinear weights.
2. **Cost.** The per-layer measurement of a whole network in quick mode, in units of a forward pass of the
   same samples.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.network import Network, load
from convscope.network.rewriting import in_double
from convscope.progress import silent
from convscope.shift.fourier import slope
from convscope.shift.grids import grids, total_stride
from convscope.shift.moves import diagonal, moves_of
from convscope.shift.passing import Layers, Watched
from convscope.shift.records import whole
from convscope.shift.survey import GROUP, QUICK_CHANNELS, chosen, passed
from convscope.shift.variants import watched

BORDER = 8
"""Positions at each side that the published definition is not judged by: there it moves in nothing, or a mirror."""


def published_shift(x: Tensor, t: Tensor) -> Tensor:
    """Return maps moved by ``t`` half widths along their last axis, as the published definition moves them."""
    identity = torch.eye(2, 3)
    offset = torch.zeros(2, 3)
    offset[0, 2] = 1
    theta = (identity + t * offset).expand(len(x), 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=True).to(x.dtype)
    width = x.shape[3]
    places = (grid[..., 0] + 1) / 2 * (width - 1)
    left = places.detach().floor()
    weight = (places - left)[:, None]
    index = left.long()[:, None].expand(x.shape)
    first = x.gather(3, index.clamp(0, width - 1))
    second = x.gather(3, (index + 1).clamp(0, width - 1))
    return first * (1 - weight) + second * weight


def published_error(f: Callable[[Tensor], Tensor], x: Tensor) -> dict[str, float]:
    """Return ``|L f|^2`` inside the border, with ``L f = d/dt T_-t f(T_t x)`` at ``t = 0``, over two energies.

    They are those of the map's derivative: by the Fourier transform, and as the definition itself takes it.
    """
    zero, one = torch.zeros(()), torch.ones(())

    def there_and_back(t: Tensor) -> Tensor:
        return published_shift(f(published_shift(x, t)), -t)

    def there(t: Tensor) -> Tensor:
        return f(published_shift(x, t))

    wrong, own = (torch.func.jvp(way, (zero,), (one,))[1] for way in (there_and_back, there))
    exact = slope(f(x), (0, 1)) * (x.shape[3] - 1) / 2
    inside = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    wrong, own, exact = (float(part[inside].square().sum()) for part in (wrong, own, exact))
    return {
        "published definition, over the exact derivative": wrong / exact,
        "published definition, over its own derivative": wrong / own,
    }


def pictures(kind: str, size: int, dtype: torch.dtype) -> Tensor:
    """Return four noise pictures: ``white``, or with amplitudes that fall as ``1/f``, as those of photographs do."""
    x = torch.randn(4, 3, size, size, dtype=torch.float64)
    if kind == "1/f":
        rows, columns = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)
        radius = torch.sqrt(rows**2 + columns**2).clamp_min(1 / size)
        x = torch.fft.irfft2(torch.fft.rfft2(x) / radius, s=(size, size))
    return (x / x.std()).to(dtype)


def floors(size: int) -> dict[str, Any]:
    """Return the error of a circular convolution with stride 1 by each measure, on each kind of picture."""
    torch.manual_seed(0)
    module = nn.Conv2d(3, 8, 3, padding=1, padding_mode="circular").eval()
    found: dict[str, Any] = {}
    for kind in ("1/f", "white"):
        row: dict[str, float | None] = {}
        for name, dtype in (("float64", torch.float64), ("float32", torch.float32)):
            net = Network(module, input=(3, size, size))
            net = in_double(net) if dtype == torch.float64 else net
            x = pictures(kind, size, dtype)
            placed = grids(net)
            one, layers = Watched.of(net, placed, list(placed)), Layers()
            layers.follow(one, x, [(1, 0), (5, -3), diagonal(Fraction(1, 4), 2)])
            layers.differentiate(one, x, [(0, 1)])
            (layer,) = placed
            row[f"whole, {name}"] = layers.errors.ratio(layer, whole)
            row[f"parts, {name}"] = layers.errors.ratio(layer, lambda move: not whole(move))
            row[f"infinitesimal, {name}"] = layers.tangents.ratio(layer)
        x = pictures(kind, size, torch.float32)
        with torch.no_grad():
            row.update(published_error(module, x))
        found[kind] = row
    return found


def cost(spec: str, samples: int, repeats: int) -> dict[str, Any]:
    """Return the time of the per-layer measurement of a network in quick mode, and of a forward pass.

    Args:
        spec: what ``convscope.load`` takes.
        samples: how many.
        repeats: of the forward pass and of the measurement; the medians are compared.
    """
    net = load(spec)
    parts = list(torch.rand(samples, *net.input.shape).split(GROUP))
    names = chosen(net, None)
    native = watched(net, names, QUICK_CHANNELS)
    moves = moves_of(
        native.placed,
        total_stride(native.grids, net.dims),
        net.input.shape[1:],
        len(parts),
        quick=True,
        seed=0,
    )

    def forward() -> None:
        with torch.no_grad():
            for x in parts:
                net(x)

    def measure() -> None:
        passed(native, parts, moves, quick=True, progress=silent)

    forward()
    measure()
    # In turns, so that what else the machine does meets both alike.
    times = [(_seconds(forward), _seconds(measure)) for _ in range(repeats)]
    bare, whole_network = (statistics.median(one) for one in zip(*times, strict=True))
    return {
        "network": spec,
        "layers": len(names),
        "samples": samples,
        "forward_s": round(bare, 4),
        "quick_s": round(whole_network, 4),
        "forward_passes": round(statistics.median(b / a for a, b in times), 2),
        "repeats": repeats,
    }


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Measure, print and keep the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--network", action="append", help="for the cost; may be given again")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    document = {
        "floor": floors(224),
        "cost": [
            cost(spec, asked.samples, asked.repeats)
            for spec in asked.network or ["torchvision:resnet18", "torchvision:vgg16"]
        ],
        "threads": torch.get_num_threads(),
        "times": "processor time, medians",
        "system": platform.system(),
        "torch": version("torch"),
    }
    print(json.dumps(document, indent=1))
    path = Path(__file__).parent / "results" / "shift_layers.json"
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
