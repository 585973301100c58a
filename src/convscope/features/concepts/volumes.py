"""What classical operators find in a volume: edges, spots, tubes, sheets, corners, contrast, bright and dark.

Curvatures are the eigenvalues of the Hessian (Frangi et al. 1998): three of one sign are a spot, two a tube, one
a sheet.
"""

import torch
from torch import Tensor

from convscope.features.concepts.filters import derivative, smooth

_SIDES = (("far", "near"), ("down", "up"), ("right", "left"))


def volume_maps(x: Tensor) -> dict[str, Tensor]:
    """Return the strength of each concept at each voxel, at the scale of the volume's own voxels.

    Args:
        x: (B, C, D, H, W) in [0, 1]; the mean over channels is looked at.

    Returns:
        By concept (B, D, H, W). An edge is named by the side on which it is bright.
    """
    grey = x.mean(1, keepdim=True)
    found: dict[str, Tensor] = {}
    slopes = [derivative(grey, tuple(int(i == axis) for i in range(3)))[:, 0] for axis in range(3)]
    for slope, (more, less) in zip(slopes, _SIDES, strict=True):
        found[f"edge {more}"], found[f"edge {less}"] = slope.clamp_min(0), (-slope).clamp_min(0)
    _curved(grey, found)
    products = [[smooth(a * b, 1.0, 3) for b in slopes] for a in slopes]
    found["corner"] = torch.linalg.eigvalsh(_matrix(products))[..., 0].clamp_min(0).sqrt()
    steep = torch.stack(slopes).square().sum(0)
    found["contrast"] = smooth(steep, 2.0, 3).sqrt()
    found["plain"] = 1 / (found["contrast"] + 1e-3)
    level = smooth(grey, 1.0, 3)[:, 0]
    found["bright area"], found["dark area"] = level.exp(), (-level).exp()
    return found


def _curved(grey: Tensor, found: dict[str, Tensor]) -> None:
    """Add spots, tubes and sheets, bright and dark."""
    second = [
        [derivative(grey, tuple((i == a) + (i == b) for i in range(3)))[:, 0] for b in range(3)]
        for a in range(3)
    ]
    low, middle, high = torch.linalg.eigvalsh(_matrix(second)).unbind(-1)
    found["bright spot"], found["dark spot"] = (-high).clamp_min(0), low.clamp_min(0)
    found["bright tube"] = (-middle - high.abs()).clamp_min(0)
    found["dark tube"] = (middle - low.abs()).clamp_min(0)
    found["bright sheet"] = (-low - torch.maximum(middle.abs(), high.abs())).clamp_min(0)
    found["dark sheet"] = (high - torch.maximum(middle.abs(), low.abs())).clamp_min(0)


def _matrix(rows: list[list[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(row, -1) for row in rows], -2)
