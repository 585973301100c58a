"""How each family of stimuli is drawn: parameters become a contrast in [-1, 1], edges antialiased.

A shape is a signed distance in pixels, positive inside; a pixel is covered by as much as the distance says,
up to one pixel. The same formulas hold for one, two and three axes wherever they make sense.
"""

from collections.abc import Callable, Mapping

import numpy as np

from convscope.data.stimuli.screen import Screen, heading
from convscope.errors import SpecError

Parameters = Mapping[str, float]
Painter = Callable[[Screen, Parameters], np.ndarray]


def _filled(distance: np.ndarray) -> np.ndarray:
    """Return bright inside and dark outside, antialiased over one pixel."""
    return np.clip(2 * distance, -1, 1)


def _line(screen: Screen, way: tuple[float, ...]) -> np.ndarray:
    """Return the distance from a line through the centre."""
    return np.sqrt(np.maximum(screen.squared - screen.along(way) ** 2, 0))


def _arm(screen: Screen, angle: float, width: float, start: float) -> np.ndarray:
    """Return the signed distance of a stroke that leaves the centre at an angle."""
    way = heading(2, angle)
    return np.minimum(width / 2 - _line(screen, way), screen.along(way) - start)


def _way(screen: Screen, p: Parameters, name: str) -> tuple[float, ...]:
    if "azimuth" in p:
        return heading(screen.dims, p["azimuth"], p["elevation"])
    return heading(screen.dims, p[name])


def uniform(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw one level everywhere: ``level`` in the natural range."""
    return np.full((1,) * screen.dims, (p["level"] - screen.middle) / screen.swing, np.float32)


def patch(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw one colour everywhere, as strong as ``strength`` says (-1 to 1)."""
    return np.full((1,) * screen.dims, p["strength"], np.float32)


def edge(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a straight edge (a plane in volumes): bright where ``polarity`` points."""
    return _filled(screen.along(_way(screen, p, "polarity")))


def grating(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a sinusoid: ``orientation`` along the stripes, ``frequency`` in cycles per pixel, ``phase``."""
    turn = np.float32(2 * np.pi * p["frequency"])
    along = screen.along(across(screen.dims, p))
    return np.cos(turn * along + np.float32(np.radians(p["phase"])))


def square_grating(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw stripes with hard edges where a grating has slopes."""
    return _filled(np.arcsin(grating(screen, p)) / np.float32(2 * np.pi * p["frequency"]))


def across(dims: int, p: Parameters) -> tuple[float, ...]:
    """Return the direction in which a grating or tone runs: at right angles to its stripes.

    Args:
        dims: number of spatial axes.
        p: its parameters.
    """
    if "azimuth" in p:
        return heading(dims, p["azimuth"], p["elevation"])
    return heading(dims, p.get("orientation", 90.0) - 90)


def bar(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a bar (a rod in volumes) along ``orientation``, ``width`` pixels wide."""
    return _signed(p, p["width"] / 2 - _line(screen, _way(screen, p, "orientation")))


def line_end(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a bar that ends in the centre and runs off towards ``direction``."""
    return _signed(p, _arm(screen, p["direction"], p["width"], 0.0))


def corner(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a filled corner of ``angle`` degrees that opens towards ``direction``."""
    half = p["angle"] / 2
    sides = (p["direction"] + half - 90, p["direction"] - half + 90)
    planes = [screen.along(heading(2, side)) for side in sides]
    # Beyond 180 degrees the corner is the union of its half planes.
    return _signed(p, (np.minimum if p["angle"] <= 180 else np.maximum)(*planes))


def ell(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw two strokes at a right angle that opens towards ``direction``."""
    return _strokes(screen, p, (-45, 45))


def tee(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a T whose stem leaves the centre towards ``direction``."""
    return _strokes(screen, p, (0, 90, -90))


def cross(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw two bars that cross at a right angle, one of them along ``orientation``."""
    bars = [_line(screen, heading(2, p["orientation"] + turn)) for turn in (0, 90)]
    return _signed(p, p["width"] / 2 - np.minimum(*bars))


def arc(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw an arc of ``span`` degrees, ``radius`` and ``width`` pixels, bulging towards ``direction``.

    The circle's centre lies so that the arc's own middle, half-way up its bulge, is in the screen's centre.
    """
    way = heading(2, p["direction"])
    half = np.radians(p["span"] / 2)
    back = p["radius"] * (1 + np.cos(half)) / 2
    shifted = screen.moved([-back * w for w in way])
    away = np.sqrt(shifted.squared)
    ring = p["width"] / 2 - np.abs(away - p["radius"])
    ahead = shifted.along(way)
    inside = np.arccos(np.clip(ahead / np.maximum(away, 1e-6), -1, 1))
    return _signed(p, np.minimum(ring, (half - inside) * p["radius"]))


def circle(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a ring (a shell in volumes) of ``radius`` and ``width`` pixels."""
    return _signed(p, p["width"] / 2 - np.abs(np.sqrt(screen.squared) - p["radius"]))


def spot(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a disc (a ball in volumes) of ``radius`` pixels on the opposite."""
    return _signed(p, p["radius"] - np.sqrt(screen.squared))


def click(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a click on silence: ``lobes`` swings of ``width`` samples, to one side and the other."""
    lobes, width, time = round(p["lobes"]), p["width"], screen.coordinates[0]
    total = np.zeros_like(time)
    for lobe in range(lobes):
        away = np.abs(time - (lobe - (lobes - 1) / 2) * width)
        total += (-1) ** (lobe + lobes // 2) * np.clip(width / 2 - away + 0.5, 0, 1)
    return np.float32(p["contrast"]) * np.clip(total, -1, 1)


def chirp(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw a tone that passes ``frequency`` in the centre and rises by ``sweep`` octaves per sample."""
    time, sweep = screen.coordinates[0].astype(np.float64), p["sweep"]
    # Held at half the sampling rate, beyond which it would fold back.
    current = np.minimum(p["frequency"] * 2.0 ** np.clip(sweep * time, -8, 8), 0.5)
    turns = np.concatenate([[0.0], np.cumsum((current[1:] + current[:-1]) / 2)])
    turns -= np.interp(0.0, time, turns)
    return np.cos(2 * np.pi * turns + np.radians(p["phase"])).astype(np.float32)


def noise_band(screen: Screen, p: Parameters) -> np.ndarray:
    """Draw noise between ``frequency`` times 2^(-``bandwidth``/2) and 2^(``bandwidth``/2), seeded by ``draw``."""
    half = 2.0 ** (p["bandwidth"] / 2)
    generator = np.random.default_rng(round(p["draw"]))
    length = screen.shape[1]
    low, high = p["frequency"] / half, min(p["frequency"] * half, 0.5)
    count = max(3, round((high - low) * length) + 1)
    frequencies = low + (high - low) * (np.arange(count) + generator.random(count)) / count
    phases = generator.random(count) * 2 * np.pi
    waves = np.cos(2 * np.pi * np.outer(frequencies, screen.coordinates[0]) + phases[:, None])
    total = waves.sum(0)
    return (total / max(np.abs(total).max(), 1e-9)).astype(np.float32)


def _signed(p: Parameters, distance: np.ndarray) -> np.ndarray:
    """Return the shape bright on dark for ``contrast`` 1, dark on bright for -1."""
    return np.float32(p["contrast"]) * _filled(distance)


def _strokes(screen: Screen, p: Parameters, turns: tuple[float, ...]) -> np.ndarray:
    start = -p["width"] / 2  # strokes overlap in the joint, so that its outer side is square
    arms = [_arm(screen, p["direction"] + turn, p["width"], start) for turn in turns]
    return _signed(p, np.maximum.reduce(arms))


PAINTERS: Mapping[str, Painter] = {
    "uniform": uniform,
    "colour": patch,
    "channel": patch,
    "edge": edge,
    "colour edge": edge,
    "bar": bar,
    "grating": grating,
    "square grating": square_grating,
    "centre-surround": spot,
    "colour spot": spot,
    "line end": line_end,
    "corner": corner,
    "L": ell,
    "T": tee,
    "cross": cross,
    "circle": circle,
    "arc": arc,
    "blob": spot,
    "shell": circle,
    "tone": grating,
    "chirp": chirp,
    "click": click,
    "noise band": noise_band,
}
"""How each family is drawn."""


def painter(family: str) -> Painter:
    """Return how a family is drawn.

    Raises:
        SpecError: no such family; the message names them.
    """
    if family not in PAINTERS:
        raise SpecError(f"There are no stimuli {family!r}. Families: {', '.join(PAINTERS)}.")
    return PAINTERS[family]
