"""Shapes against brute force, many samples to a pixel, and against areas in closed form."""

from math import pi

import numpy as np
import pytest

from convscope.data.canvas import Canvas, Frame
from convscope.data.shapes import Arc, Lens, Oval, Polygon, corner, rectangle, triangle
from convscope.data.strokes import stroked

SHAPES = {
    "circle": Oval(0.1, -0.2, 0.6, 0.6),
    "oval": Oval(0, 0, 0.9, 0.5, 0.1),
    "triangle": triangle((-0.7, 0.6), (0, -0.8), (0.8, 0.5)),
    "rectangle": rectangle(-0.8, -0.5, 0.7, 0.4),
    "rounded": rectangle(-0.8, -0.5, 0.7, 0.4, inset=0.2),
    "trapezoid": Polygon(((-0.9, 0.5), (0.9, 0.5), (0.4, -0.5), (-0.4, -0.5))),
    "leaf": Lens(0, 0, 1.8, 0.7, 0.13),
    "arc": Arc(0, 0, 0.7, 0.3, 0.2, 0.3),
    "strokes": stroked([((-0.6, -0.6), (0.6, 0.5)), ((-0.6, 0.5), (0.6, -0.6))], 0.3),
}
AREAS = {  # in units of the frame
    "circle": pi * 0.36,
    "oval": pi * 0.45,
    "rectangle": 1.35,
    "rounded": 1.35 - (4 - pi) * 0.04,
    "trapezoid": 1.3,
    "arc": 0.6 * pi * 2 * 0.7 * 0.3,
}


def _painted(shape, scale=20.0, turns=0.07, mirrored=False, x=32.3, y=31.6):
    canvas = Canvas(np.zeros((3, 64, 64), np.float32), None, remember=True)
    frame = Frame(64, x, y, scale, turns, mirrored=mirrored)
    canvas.paint(frame, shape, np.ones(3, np.float32))
    return canvas.rgb[0], canvas


def _supersampled(shape, scale=20.0, turns=0.07, mirrored=False, fine=8):
    """Return the share of fine x fine samples in each pixel that lie in the shape."""
    at = (np.arange(64 * fine) + 0.5) / fine
    dx, dy = (at[None, :] - 32.3) / scale, (at[:, None] - 31.6) / scale
    cos, sin = np.cos(2 * pi * turns), np.sin(2 * pi * turns)
    u = (dx * cos - dy * sin) * (-1 if mirrored else 1)
    inside = shape.distance(u.astype(np.float32), (dx * sin + dy * cos).astype(np.float32)) <= 0
    return inside.reshape(64, fine, 64, fine).mean((1, 3))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_the_distance_antialiases_as_supersampling_does(name, mirrored):
    got, _ = _painted(SHAPES[name], mirrored=mirrored)
    true = _supersampled(SHAPES[name], mirrored=mirrored)
    assert np.abs(got - true).mean() < 0.004
    assert np.abs(got - true).max() < 0.35  # at sharp corners, which a distance rounds
    assert got.sum() == pytest.approx(true.sum(), rel=0.01)


@pytest.mark.parametrize("name", AREAS)
def test_areas(name):
    got, canvas = _painted(SHAPES[name])
    assert got.sum() == pytest.approx(AREAS[name] * 400, rel=0.015)
    assert (canvas.owner == 1).sum() == pytest.approx(AREAS[name] * 400, rel=0.03)


@pytest.mark.parametrize("name", SHAPES)
def test_bounds_hold_the_shape(name):
    shape = SHAPES[name]
    u, v = np.meshgrid(np.linspace(-2, 2, 201), np.linspace(-2, 2, 201))
    inside = shape.distance(u.astype(np.float32), v.astype(np.float32)) < 0
    u0, v0, u1, v1 = shape.bounds
    assert inside.any()
    assert u[inside].min() >= u0 - 0.02
    assert u[inside].max() <= u1 + 0.02
    assert v[inside].min() >= v0 - 0.02
    assert v[inside].max() <= v1 + 0.02


def test_turning_is_anticlockwise():
    """A bar to the right, turned by a quarter, points up."""
    got, _ = _painted(rectangle(0.2, -0.1, 0.9, 0.1), turns=0.25)
    rows, columns = np.nonzero(got > 0.5)
    assert rows.max() < 31
    assert abs(columns.mean() + 0.5 - 32.3) < 0.5


def test_a_frame_knows_where_its_points_are():
    for mirrored in (False, True):
        frame = Frame(64, 30, 20, 15, 0.12, mirrored=mirrored)
        x, y = frame.pixel((0.4, -0.3))
        here, local = frame.window((0.4, -0.3, 0.4, -0.3))
        assert frame.u[local].mean() == pytest.approx(0.4, abs=0.06)
        assert frame.v[local].mean() == pytest.approx(-0.3, abs=0.06)
        assert here[0].start <= y < here[0].stop
        assert here[1].start <= x < here[1].stop


def test_painting_outside_the_canvas_changes_nothing():
    got, canvas = _painted(SHAPES["circle"], x=-60.0, y=200.0)
    assert got.max() == 0
    assert canvas.owner.max() == 0


def test_junctions_of_strokes():
    def found(*strokes):
        return sorted(concept for concept, _ in stroked(strokes, 0.1).junctions)

    assert found(((0, 0), (1, 0))) == ["line end"] * 2
    assert found(((0, 0), (1, 0)), ((0, 0), (0, 1))) == ["L", "line end", "line end"]
    assert found(((0, 0), (2, 0)), ((1, 0), (1, 1))) == ["T", *["line end"] * 3]
    assert found(((0, 0), (2, 2)), ((0, 2), (2, 0))) == ["cross", *["line end"] * 4]
    (cross,) = [
        p
        for what, p in stroked([((0, 0), (2, 2)), ((0, 2), (2, 0))], 0.1).junctions
        if what == "cross"
    ]
    assert cross == pytest.approx((1, 1))


def test_corners_by_their_angle():
    assert corner((1, 0), (0, 0), (0, 1)) == "corner right"
    assert corner((1, 0), (0, 0), (1, 1)) == "corner acute"
    assert corner((1, 0), (0, 0), (-1, 1)) == "corner obtuse"


def test_a_circle_is_called_a_circle():
    assert Oval(0, 0, 1, 0.95).concept == "circle"
    assert Oval(0, 0, 1, 0.8).concept == "oval"
    assert Oval(0, 0, 1, 0.8, named=False).concept is None
