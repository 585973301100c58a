"""The odd parts that lie around the objects of the built-in world."""

from convscope.data.canvas import Canvas, Frame
from convscope.data.draws import Draws
from convscope.data.objects import Paints, wheel, window
from convscope.data.shapes import Arc, Lens, Oval, rectangle, triangle
from convscope.data.strokes import stroked


def odd_part(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """Paint one part or shape by itself, so that no part gives a class away."""
    colour = draws.one_of((paints.body, paints.second, paints.ink, paints.pale))
    kind = draws.below(13)
    width = draws.between(0.28, 0.4)
    if kind == 0:
        canvas.paint(frame, Oval(0, 0, 0.8, 0.8), colour)
    elif kind == 1:
        canvas.paint(frame, Oval(0, 0, 1, draws.between(0.5, 0.75)), colour)
    elif kind == 2:
        canvas.paint(frame, triangle((-0.9, 0.7), (0, -0.9), (0.9, 0.7)), colour)
    elif kind == 3:
        canvas.paint(frame, rectangle(-1, -0.6, 1, 0.6), colour)
    elif kind == 4:
        canvas.paint(frame, Arc(0, 0, 0.8, width, 0, draws.between(0.15, 0.4)), colour)
    elif kind in (5, 6, 7):
        strokes = (_L, _T, _CROSS)[kind - 5]
        canvas.paint(frame, stroked(strokes, width), colour)
    elif kind == 8:
        wheel(canvas, frame, 0, 0, 0.8, paints)
    elif kind == 9:
        window(canvas, frame, 0, 0, 0.75, paints)
    elif kind == 10:
        with canvas.part("leaf"):
            canvas.paint(frame, Lens(0, 0, 2, 0.9, 0), colour)
    elif kind == 11:
        with canvas.part("eye"), canvas.upon(frame, Oval(0, 0, 0.8, 0.7), paints.pale):
            canvas.paint(frame, Oval(0, 0, 0.4, 0.4), paints.ink)
    else:
        with canvas.part("petal"):
            canvas.paint(frame, Oval(0, 0, 0.95, 0.55), colour)


_L = [((-0.5, -0.8), (-0.5, 0.7)), ((-0.5, 0.7), (0.7, 0.7))]
_T = [((-0.8, -0.6), (0.8, -0.6)), ((0.0, -0.6), (0.0, 0.9))]
_CROSS = [((-0.9, 0.0), (0.9, 0.0)), ((0.0, -0.9), (0.0, 0.9))]
