"""Parts in three dimensions: bodies of balls, tubes and shells in a small volume.

Three kinds of part make all eight bodies; how many of each, and how they are put together, tells them apart.
"""

from collections.abc import Callable
from typing import final

import numpy as np

from convscope.data.draws import Draws, turned
from convscope.data.sample import Box, Contents
from convscope.data.world import World

SIZE = 24

Point3 = tuple[float, float, float]
Part = tuple[str, Point3, Point3, float]
"""A part: what it is, its two ends (or its middle, twice), and its radius."""


def _ball(z: float, y: float, x: float, radius: float) -> Part:
    return ("ball", (z, y, x), (z, y, x), radius)


def _shell(z: float, y: float, x: float, radius: float) -> Part:
    return ("shell", (z, y, x), (z, y, x), radius)


def _tube(start: Point3, end: Point3) -> Part:
    return ("tube", start, end, 0.14)


_BAR = _tube((0, 0, -0.7), (0, 0, 0.7))
BODIES: dict[str, tuple[Part, ...]] = {
    "dumbbell": (_BAR, _ball(0, 0, -0.7, 0.33), _ball(0, 0, 0.7, 0.33)),
    "handle": (_BAR, _shell(0, 0, -0.65, 0.38), _shell(0, 0, 0.65, 0.38)),
    "pin": (_BAR, _ball(0, 0, 0.7, 0.38)),
    "lollipop": (_tube((0, 0, -0.9), (0, 0, 0.2)), _shell(0, 0, 0.5, 0.45)),
    "cell": (_shell(0, 0, 0, 0.75), _ball(0, 0.15, 0.15, 0.28)),
    "satellite": (_shell(0, 0, 0, 0.45), _ball(0, 0, -0.8, 0.24), _ball(0, 0, 0.8, 0.24)),
    "cross": (_BAR, _tube((0, -0.7, 0), (0, 0.7, 0))),
    "tripod": (
        _tube((0, 0, 0), (0, 0, 0.85)),
        _tube((0, 0, 0), (0, 0.8, -0.35)),
        _tube((0, 0, 0), (0, -0.8, -0.35)),
    ),
}
"""The bodies in the order of their labels, about their middles: (depth, row, column)."""

LEVEL = {"surface": 1, "tube end": 2, "ball": 3, "tube": 3, "shell": 3, **dict.fromkeys(BODIES, 4)}
"""Every concept that volumes carry masks of, and its level on the ladder."""


@final
class Parts3d(World):
    """Volumes of 24 voxels a side with one of eight bodies in each.

    Args:
        n: how many volumes.
        seed: which of 2**63 worlds.
    """

    kind = "volume"

    def __init__(self, n: int = 1000, seed: int = 0) -> None:
        super().__init__(
            "parts3d", n, seed, shape=(1, SIZE, SIZE, SIZE), classes=tuple(BODIES), concepts=LEVEL
        )

    def _array(self, at: int) -> np.ndarray:
        draws, noise = self._streams(at)
        cover = np.zeros((SIZE,) * 3, np.float32)
        for _, _, inside in self._placed(at, draws):
            np.maximum(cover, np.minimum(inside, np.float32(1)), out=cover)
        ground, body = draws.between(0, 0.3), draws.between(0.55, 1)
        ramp = np.arange(SIZE, dtype=np.float32) * np.float32(draws.between(-0.008, 0.008))
        volume = np.float32(ground) + cover * np.float32(body - ground) + ramp[:, None, None]
        volume += noise.noise(volume.shape) * np.float32(draws.between(0.01, 0.08))
        steps = np.clip(np.floor(volume * np.float32(255) + np.float32(0.5)), 0, 255)
        return (steps / np.float32(255))[None]

    def contents(self, index: int) -> Contents:
        """Return masks and boxes of parts and body."""
        at = self._at(index)
        draws, _ = self._streams(at)
        masks = {name: np.zeros((SIZE,) * 3, bool) for name in LEVEL}
        boxes: list[Box] = []
        name = tuple(BODIES)[int(self._labels[at])]
        for part, of_body, inside in self._placed(at, draws):
            solid = inside > 0.5
            masks[part] |= solid
            if part != "tube end":
                masks["surface"] |= (inside > 0.02) & (inside < 0.98)
                boxes += _box(part, solid)
                masks[name] |= solid & of_body
        return Contents(masks, (*boxes, *_box(name, masks[name])))

    def _placed(self, at: int, draws: Draws) -> list[tuple[str, bool, np.ndarray]]:
        """Return per part its name, whether it is the body's, and how far voxels are inside."""
        turn = _turn(draws)
        scale = SIZE / 2 * draws.between(0.6, 0.8)
        middle = [SIZE / 2 + draws.between(-1, 1) * (SIZE / 2 - 0.9 * scale) for _ in range(3)]
        placed = []
        for name, start, end, radius in tuple(BODIES.values())[int(self._labels[at])]:
            a, b = (
                [m + scale * c for m, c in zip(middle, turn(p), strict=True)] for p in (start, end)
            )
            placed.append((name, True, _inside(name, a, b, radius * scale)))
            if name == "tube":
                placed += [
                    ("tube end", True, _inside("ball", p, p, radius * scale)) for p in (a, b)
                ]
        for _ in range(draws.below(3)):
            a = [draws.between(1, SIZE - 1) for _ in range(3)]
            kind = draws.one_of(("ball", "tube", "shell"))
            b = [c + draws.between(-4, 4) for c in a] if kind == "tube" else a
            radius = draws.between(1.3, 2.4) * (
                1.5 if kind == "shell" else 1
            )  # so that it is hollow
            placed.append((kind, False, _inside(kind, a, b, radius)))
        return placed


def _turn(draws: Draws) -> Callable[[Point3], Point3]:
    """Return a rotation drawn anew: about each axis in turn."""
    angles = [turned(draws.unit()) for _ in range(3)]

    def turn(point: Point3) -> Point3:
        values = list(point)
        for axis, (cos, sin) in enumerate(angles):
            j, k = (axis + 1) % 3, (axis + 2) % 3
            values[j], values[k] = (
                cos * values[j] - sin * values[k],
                sin * values[j] + cos * values[k],
            )
        return (values[0], values[1], values[2])

    return turn


def _inside(kind: str, a: list[float], b: list[float], radius: float) -> np.ndarray:
    """Return the share of each voxel that a part covers, by its distance (float32)."""
    steps = np.arange(SIZE, dtype=np.float32) + np.float32(0.5)
    axes = [steps.reshape([-1 if k == axis else 1 for k in range(3)]) for axis in range(3)]
    along = [q - p for p, q in zip(a, b, strict=True)]
    square = sum(d * d for d in along)
    t = np.float32(0)
    if square:
        t = sum(
            (x - np.float32(p)) * np.float32(d / square)
            for x, p, d in zip(axes, a, along, strict=True)
        )
        t = np.minimum(np.maximum(t, np.float32(0)), np.float32(1))
    far = sum(
        np.square(x - np.float32(p) - t * np.float32(d))
        for x, p, d in zip(axes, a, along, strict=True)
    )
    distance = np.sqrt(far) - np.float32(radius)
    if kind == "shell":
        distance = np.abs(distance + np.float32(0.8)) - np.float32(0.8)  # a wall of 1.6 voxels
    return np.minimum(np.maximum(np.float32(0.5) - distance, np.float32(0)), np.float32(1))


def _box(name: str, mask: np.ndarray) -> list[Box]:
    if not mask.any():
        return []
    filled = [
        np.flatnonzero(mask.any(tuple(k for k in range(3) if k != axis))) for axis in range(3)
    ]
    return [Box(name, tuple((int(f[0]), int(f[-1]) + 1) for f in filled))]
