"""What is where in a drawn picture: a mask per concept, and a box per thing.

Shapes, parts, wholes, textures and junctions come from the geometry that was painted, as far as
nothing covers it. Edges and colours are measured on the picture before blur and noise.
"""

from collections.abc import Mapping

import numpy as np

from convscope.data.canvas import Canvas
from convscope.data.objects import OBJECTS
from convscope.data.sample import Box, Contents

HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")
EDGES = tuple(f"edge {45 * k}" for k in range(8))
"""Edges by polarity: the direction from dark to bright, degrees anticlockwise."""

LEVEL: Mapping[str, int] = {
    **dict.fromkeys(EDGES, 1),
    **{f"{hue} blob": 1 for hue in HUES},
    **dict.fromkeys(("corner acute", "corner right", "corner obtuse"), 2),
    **dict.fromkeys(("L", "T", "cross", "line end"), 2),
    **dict.fromkeys(("stripes", "dots"), 2),
    **dict.fromkeys(("circle", "arc", "oval", "triangle", "rectangle"), 3),
    **dict.fromkeys(("fur", "fabric", "wood grain"), 3),
    **dict.fromkeys(("eye", "ear", "nose", "wheel", "window", "door", "roof"), 3),
    **dict.fromkeys(("trunk", "leaf", "petal", "stem", "stroke"), 3),
    **dict.fromkeys(OBJECTS, 4),
}
"""Every concept that pictures carry masks of, and its level on the ladder."""

_STEP = 0.06  # grey levels to a pixel from which a change of brightness is an edge
_SATURATED = 0.25
_SEEN = 0.5  # share of a shape's pixels that must be uncovered for it to count
_REACH = 2.5  # radius of a junction's mask in pixels of a 64-pixel picture


def contents(canvas: Canvas) -> Contents:
    """Return masks and boxes of what was painted on a canvas that remembers."""
    masks = {name: np.zeros((canvas.size, canvas.size), bool) for name in LEVEL}
    boxes = _things(canvas, masks)
    _textures(canvas, masks)
    _junctions(canvas, masks)
    _edges(canvas.rgb, masks)
    _colours(canvas.rgb, masks)
    return Contents(masks, boxes)


def _things(canvas: Canvas, masks: dict[str, np.ndarray]) -> tuple[Box, ...]:
    """Fill in shapes, parts and wholes; return the boxes of those that can be seen."""
    boxes = []
    chains = [_chain(canvas, group) for group in canvas.within]
    for number, group in enumerate(canvas.groups):
        seen = np.array([number in chain for chain in chains])[canvas.owner]
        count = int(seen.sum())
        if not count or count < _SEEN * group.area:
            continue
        masks[group.concept] |= seen
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        span = ((int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1))
        boxes.append(Box(group.concept, span))
    return tuple(boxes)


def _chain(canvas: Canvas, group: int) -> set[int]:
    """Return a group and all it is part of."""
    chain = set()
    while group >= 0:
        chain.add(group)
        group = canvas.groups[group].parent
    return chain


def _textures(canvas: Canvas, masks: dict[str, np.ndarray]) -> None:
    for name in set(canvas.textures) - {None}:
        assert name is not None
        masks[name] |= np.array([texture == name for texture in canvas.textures])[canvas.owner]


def _junctions(canvas: Canvas, masks: dict[str, np.ndarray]) -> None:
    reach = _REACH * canvas.size / 64
    near = 1.5 * max(1.0, canvas.size / 64)
    for concept, (x, y), number in canvas.junctions:
        if not (0 <= x < canvas.size and 0 <= y < canvas.size):
            continue
        if (canvas.owner[_around(x, y, near)] == number).any():
            here = _around(x, y, reach)
            rows = np.arange(here[0].start, min(here[0].stop, canvas.size)) + 0.5 - y
            columns = np.arange(here[1].start, min(here[1].stop, canvas.size)) + 0.5 - x
            masks[concept][here] |= rows[:, None] ** 2 + columns[None, :] ** 2 <= reach**2


def _around(x: float, y: float, reach: float) -> tuple[slice, slice]:
    return (
        slice(max(int(y - reach), 0), int(y + reach) + 1),
        slice(max(int(x - reach), 0), int(x + reach) + 1),
    )


def gradient(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the change to the right and the change upward in grey levels per pixel (Sobel)."""
    padded = np.pad(grey, 1, mode="edge")
    across = padded[:, 2:] - padded[:, :-2]
    down = padded[2:] - padded[:-2]
    right = (across[:-2] + 2 * across[1:-1] + across[2:]) / 8
    upward = -(down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 8
    return right, upward


def _edges(rgb: np.ndarray, masks: dict[str, np.ndarray]) -> None:
    grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
    right, upward = gradient(grey)
    strong = right * right + upward * upward > _STEP**2
    direction = np.rint(np.arctan2(upward, right) * (4 / np.pi)).astype(int) % 8
    for k, name in enumerate(EDGES):
        masks[name] |= strong & (direction == k)


def _colours(rgb: np.ndarray, masks: dict[str, np.ndarray]) -> None:
    """Fill in where colours are saturated, by the nearest of the six pure hues."""
    red, green, blue = rgb
    top, bottom = rgb.max(0), rgb.min(0)
    spread = np.maximum(top - bottom, 1e-6)
    hue = np.where(
        top == red,
        (green - blue) / spread,
        np.where(top == green, 2 + (blue - red) / spread, 4 + (red - green) / spread),
    )
    nearest = np.rint(hue).astype(int) % 6
    saturated = top - bottom > _SATURATED
    for k, name in enumerate(HUES):
        masks[f"{name} blob"] |= saturated & (nearest == k)
