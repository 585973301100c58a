"""Which stimuli to show a unit that sees so many pixels.

Every family in enough orientations, sizes and frequencies that a unit's best one is not missed by much; what
lies between is found by interpolation and by refining. Sizes are shares of the field, and never less than a
pixel. Deep layers, with large fields, are shown fewer gratings: they are not that finely tuned, and large
pictures are slow.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from convscope.data.stimuli.recipe import Recipe

BOTH = (1.0, -1.0)
PHASES = (0.0, 90.0, 180.0, 270.0)
TURN = 15.0  # degrees between neighbouring orientations and polarities
LARGE = 64
"""Fields above this many pixels are shown fewer orientations, frequencies and widths."""
HUES = 24
_HIGHEST = 0.48  # at 0.5 the phase would decide whether anything is seen


def menu(dims: int, channels: int, field: float) -> list[Recipe]:
    """Return the stimuli for units with a field of this size.

    Args:
        dims: number of spatial axes of the input.
        channels: channels of the input; hues need three.
        field: pixels that a unit sees along its longest axis.
    """
    shapes = {1: _sounds, 2: _pictures, 3: _volumes}[dims]
    levels = np.linspace(-1, 1, 9) if dims == 1 else np.linspace(0, 1, 9)
    found = [Recipe("uniform", {"level": float(level)}) for level in levels]
    found += _colours(dims, channels, field)
    found += shapes(field)
    return found


def frequencies(field: float, most: int = 20, finest: float = 0.75) -> list[float]:
    """Return the frequencies to probe a field with, in cycles per pixel.

    Args:
        field: its size in pixels.
        most: how many at most.
        finest: the largest step, in cycles per field: a unit that integrates over the whole field is that narrow.

    >>> [round(f, 3) for f in frequencies(7)]
    [0.071, 0.101, 0.143, 0.202, 0.286, 0.393, 0.48]
    """
    lowest = min(0.5 / field, 0.2)
    found = [lowest]
    while found[-1] < _HIGHEST:
        following = min(found[-1] * 2**0.5, found[-1] + finest / field)
        found.append(min(following, _HIGHEST))
    if len(found) > most:
        found = np.geomspace(lowest, _HIGHEST, most).tolist()
    return found


def sizes(field: float, shares: tuple[float, ...]) -> list[float]:
    """Return shares of a field in pixels, none below one pixel, each once."""
    return sorted({round(max(1.0, share * field), 2) for share in shares})


def _pictures(field: float) -> Iterator[Recipe]:
    turn = 22.5 if field > LARGE else TURN
    polarities = np.arange(0, 360, turn).tolist()
    orientations = np.arange(0, 180, turn).tolist()
    pointed = np.arange(0, 360, 22.5).tolist()
    strokes = sizes(field, (0.1,) if field > LARGE else (0.1, 0.2))
    for polarity in polarities:
        yield Recipe("edge", {"polarity": polarity})
    waves = frequencies(field, most=20 if field <= 32 else 12 if field <= LARGE else 9)
    for orientation, frequency, phase in product(orientations, waves, PHASES):
        yield Recipe(
            "grating", {"orientation": orientation, "frequency": frequency, "phase": phase}
        )
    widths = sizes(field, (0.06, 0.12, 0.25, 0.4))
    for orientation, width, contrast in product(orientations, widths, BOTH):
        yield Recipe("bar", {"orientation": orientation, "width": width, "contrast": contrast})
    for family in ("line end", "L", "T"):
        for way, width, contrast in product(pointed, strokes, BOTH):
            yield Recipe(family, {"direction": way, "width": width, "contrast": contrast})
    for way, angle, contrast in product(pointed, (45.0, 90.0, 120.0), BOTH):
        yield Recipe("corner", {"direction": way, "angle": angle, "contrast": contrast})
    for orientation, width, contrast in product(np.arange(0, 90, turn).tolist(), strokes, BOTH):
        yield Recipe("cross", {"orientation": orientation, "width": width, "contrast": contrast})
    radii = sizes(field, (0.2, 0.3, 0.45))
    for way, radius, width, contrast in product(pointed, radii, strokes, BOTH):
        shape = {"radius": radius, "width": width, "span": 150.0, "contrast": contrast}
        yield Recipe("arc", {"direction": way, **shape})
    yield from _round(field, "circle", "centre-surround")


def _volumes(field: float) -> Iterator[Recipe]:
    ways = _directions()
    for azimuth, elevation in ways + [((a + 180) % 360, -e) for a, e in ways]:
        yield Recipe("edge", {"azimuth": azimuth, "elevation": elevation})
    for (azimuth, elevation), frequency, phase in product(ways, frequencies(field, 8), PHASES):
        way = {"azimuth": azimuth, "elevation": elevation}
        yield Recipe("grating", {**way, "frequency": frequency, "phase": phase})
    for (azimuth, elevation), width, contrast in product(
        ways, sizes(field, (0.1, 0.25, 0.4)), BOTH
    ):
        shape = {"width": width, "contrast": contrast}
        yield Recipe("bar", {"azimuth": azimuth, "elevation": elevation, **shape})
    yield from _round(field, "shell", "blob")


def _sounds(field: float) -> Iterator[Recipe]:
    for polarity in (0.0, 180.0):
        yield Recipe("edge", {"polarity": polarity})
    for frequency, phase in product(frequencies(field, most=400), PHASES):
        yield Recipe("tone", {"frequency": frequency, "phase": phase})
    widths = sizes(field, (0.0, 0.02, 0.04, 0.08, 0.15, 0.3))
    for lobes, width, contrast in product((1.0, 2.0, 3.0), widths, BOTH):
        yield Recipe("click", {"lobes": lobes, "width": width, "contrast": contrast})
    coarse = frequencies(field, most=16)
    for frequency, rise, phase in product(coarse, (-3.0, -1.5, 1.5, 3.0), PHASES):
        sweep = {"sweep": rise / field, "phase": phase}
        yield Recipe("chirp", {"frequency": frequency, **sweep})
    for frequency, bandwidth, seed in product(coarse, (0.5, 1.5), (0.0, 1.0)):
        shape = {"bandwidth": bandwidth, "draw": seed}
        yield Recipe("noise band", {"frequency": frequency, **shape})


def _round(field: float, ring: str, disc: str) -> Iterator[Recipe]:
    width = sizes(field, (0.12,))[0]
    for radius, contrast in product(sizes(field, (0.15, 0.22, 0.3, 0.38, 0.46)), BOTH):
        yield Recipe(ring, {"radius": radius, "width": width, "contrast": contrast})
    for radius, contrast in product(sizes(field, (0.08, 0.15, 0.22, 0.3, 0.4)), BOTH):
        yield Recipe(disc, {"radius": radius, "contrast": contrast})


def _colours(dims: int, channels: int, field: float) -> Iterator[Recipe]:
    if channels == 3 and dims > 1:
        for hue in np.arange(HUES) * 360 / HUES:
            yield Recipe("colour", {"hue": float(hue), "strength": 1.0})
        if dims > 2:
            return
        # Half a turn of polarity: the other half is the same with the opposite hue.
        turn = 45 if field > LARGE else 22.5
        for polarity, hue in product(np.arange(0, 180, turn), np.arange(0, 360, 30)):
            yield Recipe("colour edge", {"polarity": float(polarity), "hue": float(hue)})
        for radius, hue in product(sizes(field, (0.12, 0.22, 0.35)), np.arange(0, 360, 30)):
            shape = {"radius": radius, "contrast": 1.0}
            yield Recipe("colour spot", {"hue": float(hue), **shape})
    elif channels > 1:
        for channel, strength in product(range(channels), BOTH):
            yield Recipe("channel", {"channel": float(channel), "strength": strength})


def _directions() -> list[tuple[float, float]]:
    """Return the 13 axes through the neighbours of a voxel, as azimuth and elevation in degrees."""
    steps = [s for s in product((-1, 0, 1), repeat=3) if s > (0, 0, 0)]
    found = []
    for depth, up, right in steps:
        flat = np.hypot(up, right)
        angle = np.degrees(np.arctan2(up, right)) % 360
        found.append((float(angle), float(np.degrees(np.arctan2(depth, flat)))))
    return found
