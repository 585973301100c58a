"""The eight objects of the built-in world.

Each is painted from shared parts in a frame of its own: u to the right, v downward, from about -1
to 1. Proportions vary from one drawing to the next.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convscope.data.canvas import Canvas, Frame
from convscope.data.draws import Draws, turned
from convscope.data.shapes import Arc, Lens, Oval, Polygon, rectangle, triangle
from convscope.data.strokes import stroked


@dataclass(frozen=True)
class Paints:
    """The colours of one object, each (3,) float32.

    Args:
        body: (3,), or (3, size, size) with a texture.
        texture: the texture's name, if the body has one.
        second: of the other large parts.
        ink: of small parts, which stands out from both.
        pale: lies between second and white.
    """

    body: np.ndarray
    texture: str | None
    second: np.ndarray
    ink: np.ndarray
    pale: np.ndarray


Draw = Callable[[Canvas, Frame, Draws, Paints], None]


def cat(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """Pointed ears, slit pupils, a small nose and whiskers."""
    wide, tall, tip = draws.between(0.68, 0.8), draws.between(0.58, 0.68), draws.between(0.85, 1)
    for side in (-1, 1):
        with canvas.part("ear"):
            ear = ((-0.98, -0.02), (-0.86, -tip), (-0.15, -0.42))
            a, b, c = ((side * u * wide, v) for u, v in ear)
            with canvas.upon(frame, triangle(a, b, c), paints.body, paints.texture):
                a, b, c = ((side * wide * (0.6 * u - 0.27), 0.58 * v - 0.2) for u, v in ear)
                canvas.paint(frame, Polygon((a, b, c)), paints.second)
    with canvas.upon(frame, Oval(0, 0.14, wide, tall), paints.body, paints.texture):
        apart, size = draws.between(0.28, 0.36), draws.between(0.14, 0.18)
        for side in (-1, 1):
            with canvas.part("eye"):
                white = Oval(side * apart, 0.02, size, 0.85 * size, side * 0.03)
                with canvas.upon(frame, white, paints.pale):
                    slit = Oval(side * apart, 0.02, 0.34 * size, 0.82 * size)
                    canvas.paint(frame, slit, paints.ink)
        canvas.paint(frame, Oval(0, 0.42, 0.27, 0.19, named=False), paints.pale)
        for side in (-1, 1):
            for lift in (0.10, -0.03):
                whisker = ((side * 0.2, 0.42), (side * 0.72, 0.42 - lift))
                canvas.paint(frame, stroked([whisker], 0.05), paints.ink)
        with canvas.part("nose"):
            nose = triangle((-0.11, 0.27), (0.11, 0.27), (0, 0.40))
            canvas.paint(frame, nose, paints.ink)
        for side in (-1, 1):
            canvas.paint(frame, Arc(side * 0.09, 0.43, 0.09, 0.05, 0.25, 0.25), paints.ink)


def dog(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """Hanging ears, round eyes, a muzzle with a large nose, often a tongue."""
    wide, tall = draws.between(0.54, 0.64), draws.between(0.70, 0.80)
    with canvas.upon(frame, Oval(0, 0.02, wide, tall), paints.body, paints.texture):
        long, broad = draws.between(0.42, 0.54), draws.between(0.19, 0.25)
        for side in (-1, 1):
            with canvas.part("ear"):
                ear = Oval(side * (wide + 0.06), -0.12, broad, long, -side * 0.04)
                canvas.paint(frame, ear, paints.second)
        apart, size = draws.between(0.20, 0.26), draws.between(0.11, 0.14)
        for side in (-1, 1):
            with (
                canvas.part("eye"),
                canvas.upon(frame, Oval(side * apart, -0.2, size, size), paints.pale),
            ):
                pupil = Oval(side * apart, -0.18, 0.6 * size, 0.6 * size)
                canvas.paint(frame, pupil, paints.ink)
        if draws.chance(0.5):
            canvas.paint(frame, Oval(0.02, 0.74, 0.13, 0.22), paints.second)
        with canvas.upon(frame, Oval(0, 0.38, 0.36, 0.30), paints.pale):
            with canvas.part("nose"):
                canvas.paint(frame, Oval(0, 0.22, 0.17, 0.12), paints.ink)
            canvas.paint(frame, stroked([((0, 0.3), (0, 0.48))], 0.05), paints.ink)
            for side in (-1, 1):
                canvas.paint(frame, Arc(side * 0.13, 0.46, 0.13, 0.05, 0.25, 0.25), paints.ink)


def car(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A low body, a cabin with two windows, a door and two wheels."""
    low, high = draws.between(0.36, 0.44), draws.between(-0.5, -0.38)
    cabin = ((-0.68, 0), (-0.42, high), (0.3, high), (0.62, 0))
    canvas.paint(frame, Polygon((*cabin[:3], cabin[3])), paints.body, paints.texture)
    for left, right, slant in ((-0.53, -0.08, 0.16), (0.0, 0.47, -0.2)):
        with canvas.part("window"):
            points = (
                (left, -0.04),
                (left + max(slant, 0), high + 0.09),
                (right + min(slant, 0), high + 0.09),
                (right, -0.04),
            )
            canvas.paint(frame, Polygon(points), paints.pale)
    body = rectangle(-1, -0.03, 1, low, inset=0.12)
    with canvas.upon(frame, body, paints.body, paints.texture):
        with canvas.part("door"):
            edge = [((-0.06, 0.02), (-0.06, low - 0.05)), ((0.48, 0.02), (0.48, low - 0.05))]
            canvas.paint(frame, stroked(edge, 0.05), paints.ink)
            canvas.paint(frame, stroked([((0.02, 0.12), (0.12, 0.12))], 0.06), paints.ink)
        canvas.paint(frame, Oval(0.87, 0.12, 0.09, 0.09), paints.pale)
    radius = draws.between(0.22, 0.28)
    for u in (-0.56, 0.56):
        wheel(canvas, frame, u, low, radius, paints)


def truck(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A tall box, a cab with a window, and three wheels."""
    top, front = draws.between(-0.72, -0.55), draws.between(0.28, 0.4)
    canvas.paint(frame, rectangle(-1, 0.30, 1, 0.46), paints.ink)
    canvas.paint(frame, rectangle(-1, top, front, 0.34), paints.body, paints.texture)
    with canvas.upon(frame, rectangle(front + 0.06, -0.3, 1, 0.42), paints.second):
        with canvas.part("window"):
            glass = rectangle(front + 0.22, -0.2, 0.9, 0.06)
            canvas.paint(frame, glass, paints.pale)
        with canvas.part("door"):
            edge = [((front + 0.2, 0.12), (front + 0.2, 0.4))]
            canvas.paint(frame, stroked(edge, 0.05), paints.ink)
        canvas.paint(frame, Oval(0.91, 0.26, 0.06, 0.06), paints.pale)
    radius = draws.between(0.19, 0.24)
    for u in (-0.72, -0.22, 0.66):
        wheel(canvas, frame, u, 0.48, radius, paints)


def wheel(canvas: Canvas, frame: Frame, u: float, v: float, radius: float, paints: Paints) -> None:
    """A tyre and a hub."""
    with canvas.part("wheel"), canvas.upon(frame, Oval(u, v, radius, radius), paints.ink):
        canvas.paint(frame, Oval(u, v, 0.5 * radius, 0.5 * radius), paints.pale)


def tree(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A trunk with branches under a crown of leaves."""
    thick, low = draws.between(0.11, 0.17), draws.between(0.0, 0.12)
    with canvas.part("trunk"):
        points = ((-1.3 * thick, 1), (1.3 * thick, 1), (0.8 * thick, -0.2), (-0.8 * thick, -0.2))
        canvas.paint(frame, Polygon(points), paints.second)
        branches = [((0, 0.35), (-0.34, -0.1)), ((0, 0.25), (0.34, -0.12))]
        canvas.paint(frame, stroked(branches, 0.11), paints.second)
    rim = draws.between(0.34, 0.42)
    centres = [(-0.42, low - 0.25), (0.42, low - 0.25), (-0.22, -0.62), (0.24, -0.6), (0, -0.3)]
    for u, v in centres:
        lump = Oval(u, v, rim, rim, named=False)
        canvas.paint(frame, lump, paints.body, paints.texture)
    for k in range(8):
        cos, sin = turned((k + draws.unit()) / 8)
        far = draws.between(0.25, 1)
        with canvas.part("leaf"):
            place = (0.58 * far * cos, -0.36 + 0.46 * far * sin)
            colour = paints.second if k % 2 else paints.pale
            canvas.paint(frame, Lens(*place, 0.3, 0.15, draws.unit()), colour)


def flower(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A ring of petals on a stem with two leaves."""
    count, far = 5 + draws.below(4), draws.between(0.36, 0.42)
    with canvas.part("stem"):
        bend = draws.between(-0.12, 0.12)
        path = [((0, -0.3), (bend, 0.35)), ((bend, 0.35), (0, 1))]
        canvas.paint(frame, stroked(path, 0.1), paints.ink)
    for side in (-1, 1):
        with canvas.part("leaf"):
            turns = 0.25 - side * draws.between(0.08, 0.14)
            leaf = Lens(side * 0.26, draws.between(0.45, 0.7), 0.6, 0.24, -turns * 1.0)
            canvas.paint(frame, leaf, paints.ink)
    start = draws.unit()
    broad = 0.55 * far * 5.2 / count
    for k in range(count):
        cos, sin = turned(start + k / count)
        with canvas.part("petal"):
            petal = Oval(far * cos, -0.36 + far * sin, 0.66 * far, broad, start + k / count)
            canvas.paint(frame, petal, paints.body, paints.texture)
    canvas.paint(frame, Oval(0, -0.36, 0.19, 0.19), paints.second)


def house(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A roof over a wall with a door, two windows and often a chimney."""
    wide, eaves, ridge = draws.between(0.6, 0.75), draws.between(-0.2, -0.05), -0.92
    if draws.chance(0.6):
        canvas.paint(frame, rectangle(0.3, ridge, 0.5, eaves), paints.ink)
    wall = rectangle(-wide, eaves - 0.05, wide, 0.85)
    with canvas.upon(frame, wall, paints.body, paints.texture):
        at = draws.one_of((-0.36 * wide, 0.0, 0.36 * wide))
        with canvas.part("door"), canvas.upon(frame, _door(at), paints.second):
            canvas.paint(frame, Oval(at + 0.09, 0.6, 0.045, 0.045), paints.ink)
        size = 0.16
        for u in (-0.58 * wide, 0.58 * wide):
            v = 0.14 if abs(u - at) < 0.42 * wide else draws.between(0.16, 0.34)
            window(canvas, frame, u, v, size, paints)
    with canvas.part("roof"):
        reach = wide + draws.between(0.12, 0.22)
        roof = triangle((-reach, eaves), (0, ridge), (reach, eaves))
        canvas.paint(frame, roof, paints.second)


def _door(u: float) -> Polygon:
    return rectangle(u - 0.15, 0.36, u + 0.15, 0.85)


def window(canvas: Canvas, frame: Frame, u: float, v: float, size: float, paints: Paints) -> None:
    """A pane and its cross of bars."""
    pane = rectangle(u - size, v - size, u + size, v + size)
    with canvas.part("window"), canvas.upon(frame, pane, paints.pale):
        bars = [((u - size, v), (u + size, v)), ((u, v - size), (u, v + size))]
        canvas.paint(frame, stroked(bars, 0.05), paints.ink)


_P = {  # the points of letters, on a grid of three by three (and a few between)
    "a": (-0.5, -0.8),
    "b": (0.0, -0.8),
    "c": (0.5, -0.8),
    "d": (-0.5, 0.0),
    "e": (0.0, 0.0),
    "f": (0.5, 0.0),
    "g": (-0.5, 0.8),
    "h": (0.0, 0.8),
    "i": (0.5, 0.8),
}
LETTERS = {
    "A": "gb bi kl",
    "E": "ag ac df gi",
    "F": "ag ac df",
    "H": "ag ci df",
    "K": "ag dc di",
    "L": "ag gi",
    "M": "ga ae ec ci",
    "N": "ga ai ic",
    "T": "ac bh",
    "V": "ah hc",
    "X": "ai cg",
    "Y": "ae ce eh",
    "Z": "ac cg gi",
}
"""Letters as strokes between named points."""
_P |= {"k": (-0.28, 0.1), "l": (0.28, 0.1)}


def character(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """A capital letter, or a digit with arcs, in strokes of one width."""
    width = draws.between(0.24, 0.36)
    name = draws.one_of((*LETTERS, "C", "D", "P", "U", "5"))
    if name in LETTERS:
        strokes = [(_P[s[0]], _P[s[1]]) for s in LETTERS[name].split()]
        canvas.paint(frame, stroked(strokes, width), paints.body, paints.texture)
        return
    straight, (u, v, radius, towards, half) = _ROUND[name]
    if straight:
        strokes = [(_P[s[0]], _P[s[1]]) for s in straight.split()]
        canvas.paint(frame, stroked(strokes, width), paints.body, paints.texture)
    arc = Arc(u, v, radius, width, towards, half)
    canvas.paint(frame, arc, paints.body, paints.texture)


_ROUND = {  # straight strokes, then an arc: centre, radius, direction and half its opening in turns
    "C": ("", (0.1, 0.0, 0.7, 0.5, 0.36)),
    "D": ("ag", (-0.5, 0.0, 0.8, 0.0, 0.25)),
    "P": ("ag", (-0.45, -0.38, 0.45, 0.0, 0.25)),
    "U": ("ad cf", (0.0, 0.0, 0.5, 0.25, 0.25)),
    "5": ("ac ad", (-0.35, 0.3, 0.48, 0.04, 0.36)),
}

OBJECTS: dict[str, Draw] = {
    "cat": cat,
    "dog": dog,
    "car": car,
    "truck": truck,
    "tree": tree,
    "flower": flower,
    "house": house,
    "character": character,
}
"""The classes, in the order of their labels, and how each is drawn."""
