"""Textures and colours of the built-in world.

A texture is a number from 0 to 1 at every pixel, by which one colour is mixed into another. Waves
are triangles and not sines, so that the arithmetic is exact (see ``convscope.data.draws``).
"""

from functools import cache

import numpy as np

from convscope.data.draws import Draws, turned

TEXTURES = ("plain", "fur", "fabric", "wood grain", "stripes", "dots")
_TILE = 128  # side of the periodic noise, in pixels; a power of two


def texture(name: str, draws: Draws, size: int) -> np.ndarray:
    """Return a texture.

    Args:
        name: one of ``TEXTURES`` but plain.
        draws: where direction, period and offset come from.
        size: of the square picture, in pixels; periods are in pixels of a 64-pixel picture.

    Returns:
        float32 (size, size) in [0, 1].
    """
    cos, sin = turned(draws.unit())
    start = draws.between(0, 97), draws.between(0, 97)
    zoom = 64 / size
    along = _ramp(size, zoom * cos, -zoom * sin, start[0])
    across = _ramp(size, zoom * sin, zoom * cos, start[1])
    if name == "stripes":
        return _steep(_wave(across, draws.between(5, 10)), 3)
    if name == "dots":
        period = draws.between(6, 9)
        u, v = _folded(along, period), _folded(across, period)
        u *= u
        v *= v
        u += v
        np.sqrt(u, out=u)
        return _clip(np.float32(0.30 * period + 0.5) - u)
    if name == "fabric":
        period = draws.between(4, 6)
        warp, weft = _wave(along, period), _wave(across, period)
        return _steep(np.abs(warp - weft), 1.6)
    if name == "wood grain":
        across += _noise(along, across, 0.04, 0.10) * np.float32(draws.between(7, 11))
        rings = _wave(across, draws.between(4.5, 6.5))
        return rings * rings * np.float32(0.8) + _noise(along, across, 0.08, 0.6) * np.float32(0.2)
    if name == "fur":
        bent = across + _noise(along, across, 0.06, 0.06) * np.float32(8)
        return _steep(_noise(along, bent, 0.11, 0.5), 2.2)
    raise ValueError(f"no texture {name!r}")


def _ramp(size: int, per_x: float, per_y: float, start: float) -> np.ndarray:
    steps = np.arange(size, dtype=np.float32)
    return (steps * np.float32(per_x) + np.float32(start))[None, :] + (steps * np.float32(per_y))[
        :, None
    ]


def _folded(x: np.ndarray, period: float) -> np.ndarray:
    """Return the distance from the nearest multiple of the period."""
    x = x * np.float32(1 / period)
    return np.abs(x - np.floor(x + np.float32(0.5))) * np.float32(period)


def _wave(x: np.ndarray, period: float) -> np.ndarray:
    """Return a triangle wave from 0 to 1."""
    return _folded(x, period) * np.float32(2 / period)


def _steep(x: np.ndarray, slope: float) -> np.ndarray:
    """Return x with its contrast raised about a half."""
    x = x - np.float32(0.5)
    x *= np.float32(slope)
    x += np.float32(0.5)
    return _clip(x)


def _clip(x: np.ndarray) -> np.ndarray:
    np.maximum(x, np.float32(0), out=x)
    return np.minimum(x, np.float32(1), out=x)


def _noise(u: np.ndarray, v: np.ndarray, per_u: float, per_v: float) -> np.ndarray:
    """Return smooth noise from 0 to 1, with that many lumps to a pixel along u and v."""
    tile = _tile()
    column = (u * np.float32(8 * per_u)).astype(np.int32)
    row = (v * np.float32(8 * per_v)).astype(np.int32)
    column &= _TILE - 1
    row &= _TILE - 1
    row *= _TILE
    row += column
    return tile[row]


@cache
def _tile() -> np.ndarray:
    """Return periodic noise, flat (TILE * TILE): random values smoothed over 8 pixels."""
    knots = Draws(0, 0, stream=77).noise((_TILE // 8, _TILE // 8))
    knots = np.repeat(np.repeat(knots, 8, 0), 8, 1)
    for axis in (0, 1):
        for _ in range(2):  # two passes of an 8-pixel box: a smooth bump
            knots = sum(np.roll(knots, shift, axis) for shift in range(-4, 4)) * np.float32(0.125)
    low, high = knots.min(), knots.max()
    return np.ascontiguousarray((knots - low) / (high - low)).reshape(-1)


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """Return a colour as red, green, blue in [0, 1], float32; hue in whole turns."""
    six = 6 * (hue % 1.0)
    red = min(max(abs(six - 3) - 1, 0), 1)
    green = min(max(2 - abs(six - 2), 0), 1)
    blue = min(max(2 - abs(six - 4), 0), 1)
    return np.array(
        [value * (1 - saturation * (1 - channel)) for channel in (red, green, blue)], np.float32
    )


def luminance(colour: np.ndarray) -> float:
    """Return how bright a colour is, 0 to 1 (ITU-R BT.601)."""
    return 0.299 * float(colour[0]) + 0.587 * float(colour[1]) + 0.114 * float(colour[2])
