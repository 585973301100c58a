"""Strokes: straight lines of one width, and what their meeting points are called."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from convscope.data.shapes import Bounds, Point


@dataclass(frozen=True)
class Strokes:
    """Straight strokes of one width, with round ends."""

    segments: tuple[tuple[Point, Point], ...]
    width: float
    junctions: tuple[tuple[str, Point], ...] = field(default=())
    concept: str | None = "stroke"

    @property
    def bounds(self) -> Bounds:
        """The box around them."""
        us = [p[0] for s in self.segments for p in s]
        vs = [p[1] for s in self.segments for p in s]
        r = self.width / 2
        return min(us) - r, min(vs) - r, max(us) + r, max(vs) + r

    def distance(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Return the smallest of the distances to the strokes."""
        best = None
        for (u0, v0), (u1, v1) in self.segments:
            du, dv = u1 - u0, v1 - v0
            square = du * du + dv * dv
            pu, pv = u - np.float32(u0), v - np.float32(v0)
            t = pu * np.float32(du / square)
            t += pv * np.float32(dv / square)
            np.maximum(t, np.float32(0), out=t)
            np.minimum(t, np.float32(1), out=t)
            pu -= t * np.float32(du)
            pv -= t * np.float32(dv)
            pu *= pu
            pv *= pv
            pu += pv
            best = pu if best is None else np.minimum(best, pu, out=best)
        assert best is not None
        np.sqrt(best, out=best)
        best -= np.float32(self.width / 2)
        return best


def stroked(segments: Sequence[tuple[Point, Point]], width: float) -> Strokes:
    """Return strokes with their line ends, L, T and cross junctions found from where they meet."""
    segments = tuple(segments)
    return Strokes(segments, width, _junctions(segments))


def _junctions(segments: tuple[tuple[Point, Point], ...]) -> tuple[tuple[str, Point], ...]:
    found: dict[Point, str] = {}
    for i, (a, b) in enumerate(segments):
        for p in (a, b):
            touching = [s for j, s in enumerate(segments) if j != i and _distance(p, s) < 1e-6]
            ends = sum(p in s for s in touching)
            if not touching:
                found[p] = "line end"
            elif ends == len(touching) == 1:
                found[p] = "L"
            else:
                found[p] = "T"
        for c, d in segments[:i]:
            p = _crossing(a, b, c, d)
            if p is not None:
                found[p] = "cross"
    return tuple((concept, p) for p, concept in found.items())


def _distance(p: Point, segment: tuple[Point, Point]) -> float:
    (u0, v0), (u1, v1) = segment
    du, dv = u1 - u0, v1 - v0
    t = ((p[0] - u0) * du + (p[1] - v0) * dv) / (du * du + dv * dv)
    t = min(max(t, 0.0), 1.0)
    return ((p[0] - u0 - t * du) ** 2 + (p[1] - v0 - t * dv) ** 2) ** 0.5


def _crossing(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Return where two segments cross inside both, if they do."""
    r, s = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    det = r[0] * s[1] - r[1] * s[0]
    if abs(det) < 1e-9:
        return None
    w = (c[0] - a[0], c[1] - a[1])
    t, k = (w[0] * s[1] - w[1] * s[0]) / det, (w[0] * r[1] - w[1] * r[0]) / det
    inside = 0.01 < t < 0.99 and 0.01 < k < 0.99
    return (a[0] + t * r[0], a[1] + t * r[1]) if inside else None
