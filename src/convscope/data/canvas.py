"""A canvas that remembers what was painted where.

Every painted shape has a number, and the owner map holds, per pixel, the number of the shape on
top. What a shape is part of (a pupil of an eye of a cat) is kept beside, so that any concept's mask
is a look-up in the owner map, and covered things drop out of the masks by themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import numpy as np

from convscope.data.draws import turned
from convscope.data.shapes import Bounds, Point, Shape

Window = tuple[slice, slice]
_MARGIN = 1.0  # pixels around a shape that its antialiased edge may reach


@final
class Frame:
    """A place on the canvas with its own coordinates.

    Args:
        size: of the square canvas, in pixels.
        x: column of the frame's origin in pixels, from the left edge of the canvas.
        y: row of the frame's origin in pixels, from the top edge.
        scale: pixels to a unit.
        turns: how far it is turned anticlockwise, in whole turns.
        reach: units from the origin within which it can be painted on.
        mirrored: whether u runs to the left.
    """

    def __init__(
        self,
        size: int,
        x: float,
        y: float,
        scale: float,
        turns: float = 0.0,
        reach: float = 1.5,
        mirrored: bool = False,
    ) -> None:
        self.scale = scale
        self.origin = (x, y)
        self.cos, self.sin = turned(turns)
        self._hand = -1.0 if mirrored else 1.0
        self._size = size
        far = reach * scale + _MARGIN
        self._left, right = _clipped(x - far, x + far, size)
        self._top, bottom = _clipped(y - far, y + far, size)
        dx = (np.arange(self._left, right, dtype=np.float32) + np.float32(0.5 - x)) * np.float32(
            1 / scale
        )
        dy = (np.arange(self._top, bottom, dtype=np.float32) + np.float32(0.5 - y)) * np.float32(
            1 / scale
        )
        cos, sin = np.float32(self.cos), np.float32(self.sin)
        self.u = (dx * (cos * np.float32(self._hand)))[None, :]
        self.u = self.u - (dy * (sin * np.float32(self._hand)))[:, None]
        self.v = (dx * sin)[None, :] + (dy * cos)[:, None]

    def pixel(self, point: Point) -> Point:
        """Return a point of the frame as (column, row) in pixels."""
        u, v = point[0] * self._hand, point[1]
        return (
            self.origin[0] + self.scale * (u * self.cos + v * self.sin),
            self.origin[1] + self.scale * (v * self.cos - u * self.sin),
        )

    def window(self, bounds: Bounds) -> tuple[Window, Window]:
        """Return the pixels a box of the frame may touch: on the canvas, and in ``u``, ``v``."""
        u0, v0, u1, v1 = bounds
        middle = self.pixel(((u0 + u1) / 2, (v0 + v1) / 2))
        du, dv = (u1 - u0) / 2 * self.scale, (v1 - v0) / 2 * self.scale
        cos, sin = abs(self.cos), abs(self.sin)
        wide, tall = du * cos + dv * sin + _MARGIN, du * sin + dv * cos + _MARGIN
        height, width = self.u.shape
        left = max(int(middle[0] - wide) - self._left, 0)
        right = min(max(int(middle[0] + wide) + 1 - self._left, left), width)
        top = max(int(middle[1] - tall) - self._top, 0)
        bottom = min(max(int(middle[1] + tall) + 1 - self._top, top), height)
        return (
            (
                slice(top + self._top, bottom + self._top),
                slice(left + self._left, right + self._left),
            ),
            (slice(top, bottom), slice(left, right)),
        )


def _clipped(low: float, high: float, size: int) -> tuple[int, int]:
    start = min(max(int(low), 0), size)
    return start, max(min(int(high) + 1, size), start)


@dataclass(frozen=True)
class Group:
    """One drawn thing: what it is, its pixels when uncovered, and the thing it is part of."""

    concept: str
    area: int
    parent: int


@final
class Canvas:
    """A picture being painted, colours ``rgb`` (3, size, size) float32.

    Args:
        rgb: the ground; painted over in place.
        ground: the ground's texture, a concept, if it has one.
        remember: whether to keep what is needed for masks; pictures alone are made faster without.
    """

    def __init__(self, rgb: np.ndarray, ground: str | None, *, remember: bool) -> None:
        self.rgb = rgb
        self.size = rgb.shape[-1]
        self.remember = remember
        self.owner = np.zeros(rgb.shape[1:], np.int16)
        self.groups: list[Group] = []
        self.within: list[int] = [-1]
        """Per painted shape (the ground is 0) the innermost group it belongs to."""
        self.textures: list[str | None] = [ground]
        self.junctions: list[tuple[str, Point, int]] = []
        self._open = -1

    @contextmanager
    def part(self, concept: str) -> Iterator[None]:
        """Make what is painted meanwhile one thing of that name."""
        before = self._open
        if self.remember:
            self._begin(concept, 0)
        yield
        self._open = before

    @contextmanager
    def upon(
        self, frame: Frame, shape: Shape, colour: np.ndarray, texture: str | None = None
    ) -> Iterator[None]:
        """Paint a shape; what is painted meanwhile is on it and belongs to it."""
        before = self._open
        self._paint(frame, shape, colour, texture)
        yield
        self._open = before

    def paint(
        self, frame: Frame, shape: Shape, colour: np.ndarray, texture: str | None = None
    ) -> None:
        """Paint a shape over what is there.

        Args:
            frame: whose coordinates the shape is in.
            shape: what to paint.
            colour: (3,), or (3, size, size) to paint with a texture.
            texture: the texture's name, a concept.
        """
        before = self._open
        self._paint(frame, shape, colour, texture)
        self._open = before

    def _paint(self, frame: Frame, shape: Shape, colour: np.ndarray, texture: str | None) -> None:
        here, local = frame.window(shape.bounds)
        cover = shape.distance(frame.u[local], frame.v[local])
        cover *= np.float32(-frame.scale)
        cover += np.float32(0.5)
        np.maximum(cover, np.float32(0), out=cover)
        np.minimum(cover, np.float32(1), out=cover)
        under = self.rgb[(slice(None), *here)]
        paint = colour[:, None, None] if colour.ndim == 1 else colour[(slice(None), *here)]
        under += cover * (paint - under)
        if self.remember:
            self._note(frame, shape, texture, self.owner[here], cover > 0.5)

    def _note(
        self, frame: Frame, shape: Shape, texture: str | None, under: np.ndarray, on: np.ndarray
    ) -> None:
        if shape.concept is not None:
            self._begin(shape.concept, int(on.sum()))
        number = len(self.within)
        under[on] = number
        self.within.append(self._open)
        self.textures.append(texture)
        self.junctions += [(what, frame.pixel(point), number) for what, point in shape.junctions]

    def _begin(self, concept: str, area: int) -> None:
        self.groups.append(Group(concept, area, self._open))
        self._open = len(self.groups) - 1
