"""Shapes as signed distances, from which coverage, corners and bounds follow.

A picture is antialiased by supersampling, or equally by the distance of each pixel's centre from
the edge: a pixel that a straight edge cuts at distance d is covered by 1/2 - d, to within 1/12 of a
grey step of what infinitely many samples would give. The distance costs one evaluation instead of
sixteen.

Coordinates are those of the shape's frame: u to the right, v downward, one unit about half an
object.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from convscope.data.draws import turned

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]


class Shape(Protocol):
    """A region of the plane."""

    @property
    def concept(self) -> str | None:
        """What the shape is called on the ladder, if it has a name there."""
        ...

    @property
    def bounds(self) -> Bounds:
        """The box around it: ``(u low, v low, u high, v high)``."""
        ...

    @property
    def junctions(self) -> tuple[tuple[str, Point], ...]:
        """Corners, line ends and crossings: ``(concept, point)``."""
        ...

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the signed distance to the edge, negative inside, in units of the frame."""
        ...


@dataclass(frozen=True)
class Oval:
    """An oval, or a circle, with half-axes ``ru`` and ``rv``, the first turned by ``turns``."""

    u: float
    v: float
    ru: float
    rv: float
    turns: float = 0.0
    named: bool = True

    @property
    def concept(self) -> str | None:
        """A circle if the axes differ by less than a tenth."""
        if not self.named:
            return None
        return "circle" if abs(self.ru - self.rv) < 0.1 * max(self.ru, self.rv) else "oval"

    @property
    def bounds(self) -> Bounds:
        """The box around it."""
        if self.turns:
            cos, sin = turned(self.turns)
            u = ((self.ru * cos) ** 2 + (self.rv * sin) ** 2) ** 0.5
            v = ((self.ru * sin) ** 2 + (self.rv * cos) ** 2) ** 0.5
        else:
            u, v = self.ru, self.rv
        return self.u - u, self.v - v, self.u + u, self.v + v

    junctions: tuple[tuple[str, Point], ...] = ()

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the distance: exact for circles, to first order near the edge for ovals."""
        u, v = u - np.float32(self.u), v - np.float32(self.v)
        if self.ru == self.rv:
            return np.sqrt(u * u + v * v) - np.float32(self.ru)
        if self.turns:
            cos, sin = (np.float32(x) for x in turned(self.turns))
            u, v = u * cos + v * sin, v * cos - u * sin
        u *= np.float32(1 / self.ru)
        v *= np.float32(1 / self.rv)
        q = np.sqrt(u * u + v * v)
        u *= np.float32(1 / self.ru)
        v *= np.float32(1 / self.rv)
        slope = np.sqrt(u * u + v * v)
        slope += np.float32(1e-6)
        return (q - 1) * q / slope


@dataclass(frozen=True)
class Polygon:
    """A convex polygon, its corners in order."""

    points: tuple[Point, ...]
    concept: str | None = None
    inset: float = 0.0
    """How far the corners are rounded."""

    @property
    def bounds(self) -> Bounds:
        """The box around it."""
        us, vs = [p[0] for p in self.points], [p[1] for p in self.points]
        return min(us), min(vs), max(us), max(vs)

    @property
    def junctions(self) -> tuple[tuple[str, Point], ...]:
        """Its corners by their angle; none where they are rounded."""
        if self.inset:
            return ()
        n = len(self.points)
        return tuple(
            (corner(self.points[k - 1], self.points[k], self.points[(k + 1) % n]), self.points[k])
            for k in range(n)
        )

    @cached_property
    def _sides(self) -> tuple[tuple[float, float, float], ...]:
        """Outward normals and offsets."""
        points = self.points
        area = sum(
            a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)
        )
        sign = 1 if area > 0 else -1
        sides = []
        for a, b in zip(points, points[1:] + points[:1], strict=True):
            du, dv = b[0] - a[0], b[1] - a[1]
            length = (du * du + dv * dv) ** 0.5
            nu, nv = sign * dv / length, -sign * du / length
            sides.append((nu, nv, nu * a[0] + nv * a[1]))
        return tuple(sides)

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the largest distance to a side; at rounded corners the root of their squares."""
        if self.inset:
            total = np.zeros_like(u)
            inner = None
            for nu, nv, c in self._sides:
                side = u * np.float32(nu) + v * np.float32(nv) - np.float32(c - self.inset)
                inner = side if inner is None else np.maximum(inner, side)
                total += np.square(np.maximum(side, np.float32(0)))
            assert inner is not None
            return np.sqrt(total) + np.minimum(inner, np.float32(0)) - np.float32(self.inset)
        worst = None
        for nu, nv, c in self._sides:
            side = u * np.float32(nu)
            side += v * np.float32(nv)
            side -= np.float32(c)
            worst = side if worst is None else np.maximum(worst, side, out=worst)
        assert worst is not None
        return worst


def rectangle(u0: float, v0: float, u1: float, v1: float, inset: float = 0.0) -> Polygon:
    """Return the upright rectangle between two corners."""
    return Polygon(((u0, v0), (u1, v0), (u1, v1), (u0, v1)), "rectangle", inset)


def triangle(a: Point, b: Point, c: Point) -> Polygon:
    """Return the triangle with these corners."""
    return Polygon((a, b, c), "triangle")


@dataclass(frozen=True)
class Lens:
    """A leaf: what two circles share, pointed at both ends, along ``turns`` from ``(u, v)``."""

    u: float
    v: float
    length: float
    width: float
    turns: float
    concept: str | None = None
    junctions: tuple[tuple[str, Point], ...] = ()

    @property
    def bounds(self) -> Bounds:
        """A box around it, not the smallest."""
        half = self.length / 2
        return self.u - half, self.v - half, self.u + half, self.v + half

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the larger of the distances to the two circles."""
        half, wide = self.length / 2, self.width / 2
        radius = (half * half + wide * wide) / (2 * wide)
        cos, sin = (np.float32(x) for x in turned(self.turns))
        u, v = u - np.float32(self.u), v - np.float32(self.v)
        along, across = u * cos + v * sin, np.abs(v * cos - u * sin)
        across += np.float32(radius - wide)
        return np.sqrt(along * along + across * across) - np.float32(radius)


@dataclass(frozen=True)
class Arc:
    """Part of a ring: radius to its middle, width, direction, half its opening in turns."""

    u: float
    v: float
    radius: float
    width: float
    towards: float
    half: float
    concept: str | None = "arc"

    @property
    def bounds(self) -> Bounds:
        """A box around the whole ring."""
        r = self.radius + self.width / 2
        return self.u - r, self.v - r, self.u + r, self.v + r

    @property
    def junctions(self) -> tuple[tuple[str, Point], ...]:
        """Its two ends."""
        ends = (turned(self.towards + side * self.half) for side in (-1, 1))
        return tuple(
            ("line end", (self.u + self.radius * cos, self.v + self.radius * sin))
            for cos, sin in ends
        )

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the larger of the distances to the ring and to the wedge."""
        cos, sin = (np.float32(x) for x in turned(self.towards))
        cos_half, sin_half = (np.float32(x) for x in turned(self.half))
        u, v = u - np.float32(self.u), v - np.float32(self.v)
        ring = np.sqrt(u * u + v * v) - np.float32(self.radius)
        np.abs(ring, out=ring)
        ring -= np.float32(self.width / 2)
        along, across = u * cos + v * sin, np.abs(v * cos - u * sin)
        return np.maximum(ring, across * cos_half - along * sin_half)


def corner(before: Point, at: Point, after: Point) -> str:
    """Return what a corner is called by its angle: acute below 75 degrees, obtuse above 105."""
    a = (before[0] - at[0], before[1] - at[1])
    b = (after[0] - at[0], after[1] - at[1])
    cosine = (a[0] * b[0] + a[1] * b[1]) / (
        ((a[0] ** 2 + a[1] ** 2) * (b[0] ** 2 + b[1] ** 2)) ** 0.5
    )
    if cosine > 0.2588:  # of 75 degrees
        return "corner acute"
    return "corner obtuse" if cosine < -0.2588 else "corner right"
