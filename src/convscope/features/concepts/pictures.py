"""What classical operators find in a picture: edges, lines, spots, colours, corners, textures, discs, arcs.

Each operator is a map of strengths at one scale; larger scales are the same operators on a picture made
smaller. Directions are degrees anticlockwise, with the convention of all stimuli: the polarity of an edge points
from dark to bright, the orientation of a line is along it.

Sources: steered Gaussian derivatives (Freeman, Adelson 1991), structure tensor (Foerstner 1987; Shi, Tomasi 1994),
corner strength by the curvature of level lines (Kitchen, Rosenfeld 1982), radial symmetry (Loy, Zelinsky 2003).
"""

from math import cos, pi, sin

import torch
from torch import Tensor

from convscope.features.concepts.filters import derivative, shifted, smooth

HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")
_RADII = (3, 4)  # of discs and arcs, in pixels of the scale
_BLUR = 2.0  # over which texture is pooled, in pixels of the scale
_TINY = 1e-12


def picture_maps(x: Tensor) -> dict[str, Tensor]:
    """Return the strength of each concept at each pixel, at the scale of the picture's own pixels.

    Args:
        x: (B, C, H, W) in [0, 1]; colours are looked at where C is 3, else the mean over channels is.

    Returns:
        By concept (B, H, W), 0 where there is nothing of it.
    """
    colour = x.shape[1] == 3
    grey = (x * x.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1) if colour else x.mean(1)
    found: dict[str, Tensor] = {}
    edges = _lines_and_edges(grey[:, None], found)
    _discs_and_arcs(edges, found)
    if colour:
        _colours(x, found)
    return found


def _lines_and_edges(grey: Tensor, found: dict[str, Tensor]) -> list[Tensor]:
    """Add all that is seen in grey from first and second derivatives; return the edges by direction."""
    right, up = derivative(grey, (0, 1))[:, 0], -derivative(grey, (1, 0))[:, 0]
    xx, yy = derivative(grey, (0, 2))[:, 0], derivative(grey, (2, 0))[:, 0]
    xy = -derivative(grey, (1, 1))[:, 0]
    edges = []
    for k in range(8):
        a = k * pi / 4
        edges.append((right * cos(a) + up * sin(a)).clamp_min(0))
        found[f"edge {45 * k}"] = edges[-1]
    across = []
    for k in range(8):
        a = k * pi / 8 + pi / 2  # the normal of the stripe
        across.append(xx * cos(a) ** 2 + 2 * xy * cos(a) * sin(a) + yy * sin(a) ** 2)
    for k in range(8):
        along = across[(k + 4) % 8].abs()
        name = f"{22.5 * k:g}"
        found[f"bright line {name}"] = (-across[k] - along).clamp_min(0)
        found[f"dark line {name}"] = (across[k] - along).clamp_min(0)
    _spots(xx, yy, xy, found)
    _corners(right, up, xx, yy, xy, found)
    _textures(right, up, xx, yy, xy, across, found)
    level = smooth(grey, 1.0, 2)[:, 0]
    found["bright area"], found["dark area"] = level.exp(), (-level).exp()
    return edges


def _spots(xx: Tensor, yy: Tensor, xy: Tensor, found: dict[str, Tensor]) -> None:
    """Add where the surface is a peak or a pit: both curvatures of one sign."""
    half, apart = (xx + yy) / 2, (((xx - yy) / 2) ** 2 + xy**2).sqrt()
    found["bright spot"] = (-half - apart).clamp_min(0)
    found["dark spot"] = (half - apart).clamp_min(0)


def _corners(
    right: Tensor, up: Tensor, xx: Tensor, yy: Tensor, xy: Tensor, found: dict[str, Tensor]
) -> None:
    """Add corners of any kind, and bright and dark ones by the direction in which they open."""
    a, b, c = (smooth(t, _BLUR / 2, 2) for t in (right * right, up * up, right * up))
    found["corner"] = ((a + b) / 2 - (((a - b) / 2) ** 2 + c**2 + _TINY).sqrt()).clamp_min(0)
    bend = xx * up**2 - 2 * right * up * xy + yy * right**2  # curvature times gradient cubed
    steep = (right**2 + up**2 + _TINY).sqrt()
    # Weighted so that a strength grows with contrast as an edge's does.
    bent = bend / steep**2
    for sign, name in ((-1, "bright corner"), (1, "dark corner")):
        for k in range(8):
            angle = k * pi / 4
            facing = sign * -(right * cos(angle) + up * sin(angle)) / steep
            found[f"{name} {45 * k}"] = (sign * bent).clamp_min(0) * facing.clamp_min(0) ** 4


def _textures(
    right: Tensor,
    up: Tensor,
    xx: Tensor,
    yy: Tensor,
    xy: Tensor,
    across: list[Tensor],
    found: dict[str, Tensor],
) -> None:
    """Add where fine structure fills an area: stripes by orientation, both ways at once, any, none."""
    energy = [smooth(one**2, _BLUR, 2) for one in across[::2]]
    for k, one in enumerate(energy):
        found[f"stripes {45 * k}"] = (one - energy[(k + 2) % 4]).clamp_min(0).sqrt()
    # Along a stripe nothing curves; where both ways do, so does the direction of least.
    a, b, c = (smooth(t, _BLUR, 2) for t in (xx**2 + xy**2, yy**2 + xy**2, xy * (xx + yy)))
    least = (a + b) / 2 - (((a - b) / 2) ** 2 + c**2).sqrt()
    found["grid"] = least.clamp_min(0).sqrt()
    found["contrast"] = (a + b).sqrt()
    found["plain"] = 1 / (smooth(right**2 + up**2, _BLUR, 2).sqrt() + (a + b).sqrt() + 1e-3)


def _discs_and_arcs(edges: list[Tensor], found: dict[str, Tensor]) -> None:
    """Add where edges all around, or along a part of a circle, point at one centre or away from it.

    An edge of polarity d votes for the centre of a bright disc one radius ahead, of a dark one behind.
    """
    for name, ahead in (("bright", 1), ("dark", -1)):
        votes = {
            radius: [shifted(edge, _toward(k, -ahead, radius)) for k, edge in enumerate(edges)]
            for radius in _RADII
        }
        discs = []
        arcs: list[list[Tensor]] = [[] for _ in edges]
        for radius, cast in votes.items():
            # Every diameter, at both its ends: a stripe has three of four.
            discs.append(torch.stack(cast).amin(0))
            for k in range(8):
                run = torch.minimum(torch.minimum(cast[k - 1], cast[k]), cast[(k + 1) % 8])
                facing = [other[(k + turn) % 8] for other in votes.values() for turn in (3, 4, 5)]
                arc = (run - torch.stack(facing).amax(0)).clamp_min(0)
                arcs[k].append(shifted(arc, _toward(k, ahead, radius)))
        found[f"{name} disc"] = torch.stack(discs).amax(0)
        for k in range(8):
            found[f"{name} arc {45 * k}"] = torch.stack(arcs[k]).amax(0)


def _toward(k: int, ahead: int, radius: int) -> tuple[int, int]:
    """Return the step of one radius in a direction, or against it: rows and columns."""
    a = k * pi / 4
    return round(-ahead * radius * sin(a)), round(ahead * radius * cos(a))


def _colours(x: Tensor, found: dict[str, Tensor]) -> None:
    """Add areas and spots of six hues, and edges between opposite hues by direction."""
    red, green, blue = x[:, 0], x[:, 1], x[:, 2]
    plane = torch.stack([red - (green + blue) / 2, (green - blue) * (3**0.5 / 2)], 1)
    area = smooth(plane, 1.0, 2)
    spot = derivative(plane, (2, 0)) + derivative(plane, (0, 2))
    right, up = derivative(plane, (0, 1)), -derivative(plane, (1, 0))
    for k, name in enumerate(HUES):
        a = k * pi / 3
        found[f"{name} blob"] = (area[:, 0] * cos(a) + area[:, 1] * sin(a)).clamp_min(0)
        found[f"{name} spot"] = (-spot[:, 0] * cos(a) - spot[:, 1] * sin(a)).clamp_min(0)
    for k in range(3):
        a = k * pi / 3
        across, upward = (d[:, 0] * cos(a) + d[:, 1] * sin(a) for d in (right, up))
        for j in range(8):
            b = j * pi / 4
            name = f"{HUES[k]}-{HUES[k + 3]} edge {45 * j}"
            found[name] = (across * cos(b) + upward * sin(b)).clamp_min(0)
