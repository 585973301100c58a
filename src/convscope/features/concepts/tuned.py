"""From what stimuli a unit prefers to the concept that its tuning claims, so that the claim can be graded.

A best stimulus is no evidence about pictures: something is always best. So a tuning claims one of the computed
concepts (its nearest direction, hue or frequency; any scale), and that is graded on held-out samples as any other.
"""

from collections.abc import Mapping
from math import cos, isnan, log2, radians, sin

from convscope.features.concepts.pictures import HUES
from convscope.features.concepts.sounds import BANDS, HIGHEST, named
from convscope.features.tuning import Tuning

FAMILY_LEVEL: Mapping[str, int] = {
    **dict.fromkeys(("uniform", "colour", "colour edge", "colour spot", "channel"), 1),
    **dict.fromkeys(("edge", "bar", "grating", "centre-surround", "blob"), 1),
    **dict.fromkeys(("tone", "click", "noise band"), 1),
    **dict.fromkeys(("line end", "L", "T", "corner", "cross", "chirp"), 2),
    **dict.fromkeys(("arc", "circle", "shell"), 3),
}
"""On which level of the ladder each family of stimuli stands."""
_SIMPLE = 1.0  # F1/F0 below which a response does not mind the phase: no edge detector, a texture's


def tuning_level(tuning: Tuning) -> int:
    """Return the level of what a unit prefers: gratings of any phase are a texture, of one phase an edge."""
    if tuning.family == "grating" and tuning.phase_invariance < _SIMPLE:
        return 2
    return FAMILY_LEVEL[tuning.family]


def tuning_name(tuning: Tuning) -> str:
    """Return what a unit prefers in words, directions to 22.5 degrees and hues by name."""
    p, family = tuning.preferred, tuning.family
    if family == "uniform":
        return "bright area" if p["level"] > 0.5 else "dark area"
    words = [] if family not in ("circle", "arc", "corner", "bar") else [_contrast(p)]
    if family in ("colour", "colour spot", "colour edge"):
        words.append(HUES[round(p["hue"] / 60) % 6])
    words.append(
        {"colour": "area", "colour edge": "edge", "colour spot": "spot"}.get(family, family)
    )
    way = next((name for name in ("polarity", "direction", "orientation") if name in p), None)
    if way:
        period = 180 if way == "orientation" else 360
        words.append(f"{round(p[way] / 22.5) * 22.5 % period:g}")
    return " ".join(words)


def claims(tuning: Tuning, rate: int | None = None) -> tuple[str, ...]:
    """Return the computed concepts that a tuning stands for; empty where no operator looks for such a thing.

    Args:
        tuning: what the unit prefers.
        rate: samples of sound a second, by which tones are named; then frequencies are in hertz.
    """
    p = tuning.preferred
    if tuning.family in ("tone", "noise band", "click", "chirp"):
        return _sounds(tuning, rate)
    if "azimuth" in p:
        return _solid(tuning)
    sign = _contrast(p)
    match tuning.family:
        case "uniform":
            return (f"{'bright' if p['level'] > 0.5 else 'dark'} area",)
        case "colour":
            return (f"{_hue(p)} blob",)
        case "colour spot":
            return (f"{_hue(p)} spot", f"{_hue(p)} blob")
        case "colour edge":
            k = round(p["hue"] / 60) % 6
            turn = 180 if k > 2 else 0
            return (f"{HUES[k % 3]}-{HUES[k % 3 + 3]} edge {_eighth(p['polarity'] + turn)}",)
        case "edge" if "polarity" in p:
            slope = "rise" if cos(radians(p["polarity"])) > 0 else "fall"
            return (f"edge {_eighth(p['polarity'])}", slope)
        case "bar":
            return (f"{sign} line {_line(p['orientation'])}",)
        case "grating" if "orientation" in p:
            o = p["orientation"]
            lines = tuple(f"{one} line {_line(o)}" for one in ("bright", "dark"))
            edges = tuple(f"edge {_eighth(o + turn)}" for turn in (90, 270))
            return (*lines, *edges, f"stripes {_eighth(o) % 180}")
        case "line end" | "L" | "corner":
            return (f"{sign} corner {_eighth(p['direction'])}", "corner")
        case "T" | "cross":
            return ("corner", "grid")
        case "arc":
            return tuple(f"{one} arc {45 * k}" for one in ("bright", "dark") for k in range(8))
        case "circle" | "shell":
            return ("bright disc", "dark disc", f"{sign} spot")
        case "centre-surround" | "blob":
            return (f"{sign} spot", f"{sign} disc")
    return ()


def _sounds(tuning: Tuning, rate: int | None) -> tuple[str, ...]:
    p = tuning.preferred
    if tuning.family == "click":
        return ("click", "crest", "trough", "rise", "fall", "onset")
    if tuning.family == "chirp":
        return ("chirp up" if p.get("sweep", 0) > 0 else "chirp down",)
    place = round(BANDS * log2(HIGHEST / (p["frequency"] / (rate or 1))))
    tones = tuple(
        f"tone {named(HIGHEST / 2 ** (max(0, k) / BANDS), rate)}"
        for k in range(place - 2, place + 3)
    )
    return tones if tuning.family == "tone" else (*tones, "noise")


def _solid(tuning: Tuning) -> tuple[str, ...]:
    p = tuning.preferred
    a, e = radians(p["azimuth"]), radians(p["elevation"])
    ways = {"far": sin(e), "right": cos(e) * cos(a), "up": cos(e) * sin(a)}
    opposite = {"far": "near", "right": "left", "up": "down"}
    side = max(ways, key=lambda way: abs(ways[way]))
    match tuning.family:
        case "edge":
            return (f"edge {side if ways[side] > 0 else opposite[side]}",)
        case "bar":
            return (f"{_contrast(p)} tube",)
    return ("bright sheet", "dark sheet", "contrast")


def _contrast(p: Mapping[str, float]) -> str:
    value = p.get("contrast", 1.0)
    return "dark" if not isnan(value) and value < 0 else "bright"


def _hue(p: Mapping[str, float]) -> str:
    turn = 180 if _contrast(p) == "dark" else 0
    return HUES[round((p["hue"] + turn) / 60) % 6]


def _eighth(degrees: float) -> int:
    return round(degrees / 45) * 45 % 360


def _line(degrees: float) -> str:
    return f"{round(degrees / 22.5) * 22.5 % 180:g}"
