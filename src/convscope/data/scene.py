"""One picture of the built-in world: ground, odd parts, object, cover, light, blur, noise."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from convscope.data.canvas import Canvas, Frame
from convscope.data.draws import Draws, turned
from convscope.data.objects import OBJECTS, Paints
from convscope.data.odd_parts import odd_part
from convscope.data.shapes import Oval, rectangle
from convscope.data.textures import TEXTURES, hsv, luminance, texture

Position = Literal["anywhere", "centred", "left half"]
GRID = (2, 4)
"""Rows and columns of the cells that are the classes where position is the answer."""

_UNIT = 20.0  # pixels of a 64-pixel picture to a unit of an object's frame


@dataclass(frozen=True)
class Scene:
    """What to draw.

    Args:
        label: the object's class; None draws it.
        cell: the cell of ``GRID`` that the object's middle lies in; None goes by the position's
            rule.
        position: where objects are.
        size: of the square picture in pixels.
    """

    label: int | None
    cell: int | None
    position: Position
    size: int


def paint(scene: Scene, draws: Draws, noise: Draws, *, remember: bool) -> tuple[np.ndarray, Canvas]:
    """Draw a scene.

    Args:
        scene: what to draw.
        draws: where everything that varies comes from.
        noise: where the noise comes from.
        remember: whether the canvas keeps what masks are made from.

    Returns:
        The picture, float32 (3, size, size), multiples of 1/255; and the canvas, whose ``rgb`` is
        the picture without blur and noise.
    """
    size = scene.size
    label = draws.below(len(OBJECTS)) if scene.label is None else scene.label
    name = tuple(OBJECTS)[label]
    frame = _place(scene, draws, mirrored=name != "character" and draws.chance(0.5))
    ground, ground_texture, paints, strangers = _colours(draws, size)
    canvas = Canvas(ground, ground_texture, remember=remember)
    for _ in range(1 + draws.below(4)):
        odd_part(canvas, _anywhere(draws, size), draws, strangers)
    with canvas.part(name):
        OBJECTS[name](canvas, frame, draws, paints)
    if draws.chance(0.3):
        _cover(canvas, frame, draws, strangers)
    _light(canvas.rgb, draws)
    picture = _blurred(canvas.rgb, draws.between(0, 0.22)) if draws.chance(0.5) else canvas.rgb
    picture = picture + noise.noise(picture.shape) * np.float32(draws.between(0.005, 0.045))
    picture *= np.float32(255)
    picture += np.float32(0.5)
    np.floor(picture, out=picture)
    np.clip(picture, 0, 255, out=picture)
    return picture / np.float32(255), canvas


def _place(scene: Scene, draws: Draws, *, mirrored: bool) -> Frame:
    """Return the object's frame: where, how large and how turned it is."""
    zoom = scene.size / 64
    scale = _UNIT * zoom * draws.between(0.6, 1.3 if scene.cell is None else 0.75)
    turns = draws.between(-20 / 360, 20 / 360)
    across, down = draws.unit(), draws.unit()
    margin = 0.85 * scale  # the object may lean out of the picture by a sixth of its half width
    low, high = margin, scene.size - margin
    x, y = low + (high - low) * across, low + (high - low) * down
    if scene.position == "centred":
        x = y = scene.size / 2
    elif scene.position == "left half":
        low = min(margin, scene.size / 4)
        x = low + (scene.size / 2 - low) * across
    if scene.cell is not None:
        row, column = divmod(scene.cell, GRID[1])
        x = scene.size * (column + 0.15 + 0.7 * across) / GRID[1]
        y = scene.size * (row + 0.15 + 0.7 * down) / GRID[0]
    return Frame(scene.size, x, y, scale, turns, mirrored=mirrored)


def _anywhere(draws: Draws, size: int) -> Frame:
    return Frame(
        size,
        draws.between(0, size),
        draws.between(0, size),
        draws.between(4.5, 9) * size / 64,
        draws.unit(),
        reach=1.2,
    )


def _colours(draws: Draws, size: int) -> tuple[np.ndarray, str | None, Paints, Paints]:
    """Return ground, its texture's name, the object's colours and those of odd parts."""
    hue = draws.unit()
    base = hsv(hue, draws.between(0.1, 0.6), draws.between(0.3, 0.95))
    other = hsv(hue + draws.between(-0.08, 0.08), draws.between(0.1, 0.6), draws.between(0.3, 0.95))
    other = base + (other - base) * np.float32(0.8)
    ground, ground_texture = _textured(base, other, draws, size)
    if ground.ndim == 1:
        ground = np.repeat(ground, size * size).reshape(3, size, size)
    middle = (luminance(base) + luminance(other)) / 2
    body = _standing_out(draws, (middle,), 0.22)
    second = _standing_out(draws, (middle, luminance(body)), 0.14)
    shade = body * np.float32(draws.between(0.62, 0.82))
    textured, name = _textured(body, shade, draws, size)
    paints = Paints(textured, name, second, *_accents(body, second))
    stranger = _standing_out(draws, (middle,), 0.15)
    friend = _standing_out(draws, (middle,), 0.15)
    strangers = Paints(stranger, None, friend, *_accents(stranger, friend))
    return ground, ground_texture, paints, strangers


def _textured(
    base: np.ndarray, other: np.ndarray, draws: Draws, size: int
) -> tuple[np.ndarray, str | None]:
    """Return a colour, (3,) if plain and (3, size, size) if textured, and the texture's name."""
    name = draws.one_of(TEXTURES)
    if name == "plain":
        return base, None
    mix = texture(name, draws, size)
    return base[:, None, None] + mix * (other - base)[:, None, None], name


def _standing_out(draws: Draws, from_: tuple[float, ...], least: float) -> np.ndarray:
    """Return a colour that differs in luminance from all of these; the best of ten."""
    best, most = None, -1.0
    for _ in range(10):
        colour = hsv(draws.unit(), draws.between(0.25, 0.9), draws.between(0.25, 1))
        apart = min(abs(luminance(colour) - level) for level in from_)
        if apart > most:
            best, most = colour, apart
        if most >= least:
            break
    assert best is not None
    return best


def _accents(body: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an ink far darker or lighter than the body, and a pale tone on the other side."""
    dark = second * np.float32(0.25)
    light = np.float32(1) - (np.float32(1) - second) * np.float32(0.3)
    return (dark, light) if luminance(body) > 0.4 else (light, dark)


def _cover(canvas: Canvas, frame: Frame, draws: Draws, paints: Paints) -> None:
    """Paint something over the object's rim, up to about a fifth of it."""
    cos, sin = turned(draws.unit())
    far, half = draws.between(0.75, 0.95), draws.between(0.22, 0.4)
    u, v = far * cos, far * sin
    if draws.chance(0.5):
        canvas.paint(frame, Oval(u, v, half, half), paints.body)
    else:
        canvas.paint(frame, rectangle(u - half, v - half, u + half, v + half), paints.body)


def _light(rgb: np.ndarray, draws: Draws) -> None:
    """Multiply by a ramp of brightness, in place."""
    size = rgb.shape[-1]
    cos, sin = turned(draws.unit())
    strength = 2 * draws.between(0, 0.25) / size
    steps = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    ramp = (steps * np.float32(strength * sin))[:, None] + (
        steps * np.float32(strength * cos) + np.float32(1)
    )
    rgb *= ramp


def _blurred(rgb: np.ndarray, side: float) -> np.ndarray:
    """Return the picture blurred by (side, 1 - 2 side, side) along rows and columns."""
    side_, middle = np.float32(side), np.float32(1 - 2 * side)
    out = rgb * middle
    out[:, 1:] += rgb[:, :-1] * side_
    out[:, :-1] += rgb[:, 1:] * side_
    out[:, 0] += rgb[:, 0] * side_
    out[:, -1] += rgb[:, -1] * side_
    again = out * middle
    again[:, :, 1:] += out[:, :, :-1] * side_
    again[:, :, :-1] += out[:, :, 1:] * side_
    again[:, :, 0] += out[:, :, 0] * side_
    again[:, :, -1] += out[:, :, -1] * side_
    return again
