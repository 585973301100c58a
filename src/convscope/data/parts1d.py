"""Parts in one dimension: words of tone bursts, chirps, clicks and harmonics, in sound.

Every word is three sounds of four, and every choice of three makes two words, in different orders.
So no sound gives a word away, nor do all its sounds together: their order does.
"""

from collections.abc import Callable
from typing import final

import numpy as np

from convscope.data.draws import Draws
from convscope.data.sample import Box, Contents
from convscope.data.world import World

RATE = 8000
LENGTH = 8000

WORDS = (
    ("burst", "chirp", "clicks"),
    ("clicks", "chirp", "burst"),
    ("burst", "harmonic", "chirp"),
    ("chirp", "harmonic", "burst"),
    ("clicks", "burst", "harmonic"),
    ("harmonic", "burst", "clicks"),
    ("chirp", "clicks", "harmonic"),
    ("harmonic", "clicks", "chirp"),
)
_NAMES = tuple(" ".join(word) for word in WORDS)

LEVEL = {
    "burst": 1,
    "click": 1,
    "chirp up": 2,
    "chirp down": 2,
    "harmonic": 3,
    "clicks": 3,
    **dict.fromkeys(_NAMES, 4),
}
"""Every concept that sounds carry masks of, and its level on the ladder."""

Span = tuple[str, int, int]


@final
class Parts1d(World):
    """One second of sound at 8 kHz with one of eight words in it.

    Args:
        n: how many sounds.
        seed: which of 2**63 worlds.
    """

    kind = "sound"
    rate = RATE

    def __init__(self, n: int = 2000, seed: int = 0) -> None:
        super().__init__("parts1d", n, seed, shape=(1, LENGTH), classes=_NAMES, concepts=LEVEL)

    def _array(self, at: int) -> np.ndarray:
        return self._spoken(at)[0]

    def contents(self, index: int) -> Contents:
        """Return when each sound is heard, as masks and spans."""
        masks = {name: np.zeros(LENGTH, bool) for name in LEVEL}
        _, spans = self._spoken(self._at(index))
        for concept, low, high in spans:
            masks[concept][low:high] = True
        return Contents(masks, tuple(Box(what, ((low, high),)) for what, low, high in spans))

    def _spoken(self, at: int) -> tuple[np.ndarray, list[Span]]:
        """Return the waveform, multiples of 1/32768, and what is heard when."""
        draws, noise = self._streams(at)
        wave = np.zeros(LENGTH)
        word = int(self._labels[at])
        lengths = [int(RATE * draws.between(0.12, 0.2)) for _ in range(3)]
        gaps = [int(RATE * draws.between(0.01, 0.05)) for _ in range(2)]
        now = start = int(draws.unit() * (LENGTH - sum(lengths) - sum(gaps)))
        spans: list[Span] = []
        for name, length, gap in zip(WORDS[word], lengths, (*gaps, 0), strict=True):
            sound, heard = _SOUNDS[name](length, draws)
            wave[now : now + length] += sound * draws.between(0.6, 1)
            spans += [(what, now + low, now + high) for what, low, high in heard]
            now += length + gap
        spans.append((_NAMES[word], start, now))
        wave *= draws.between(0.2, 0.8)
        wave += noise.noise((LENGTH,)) * draws.between(0.003, 0.04)
        steps = np.clip(np.floor(wave * 32768 + 0.5), -32768, 32767)
        return (steps / 32768).astype(np.float32)[None], spans


def _burst(length: int, draws: Draws) -> tuple[np.ndarray, list[Span]]:
    phase = np.arange(length) * (draws.between(300, 2000) / RATE)
    return sine(phase) * _envelope(length, draws), [("burst", 0, length)]


def _chirp(length: int, draws: Draws) -> tuple[np.ndarray, list[Span]]:
    low, ratio, up = draws.between(250, 900), draws.between(2, 3.5), draws.chance(0.5)
    first, last = (low, low * ratio) if up else (low * ratio, low)
    t = np.arange(length)
    phase = t * (first / RATE) + t * t * ((last - first) / (2 * RATE * length))
    name = "chirp up" if up else "chirp down"
    return sine(phase) * _envelope(length, draws), [(name, 0, length)]


def _harmonic(length: int, draws: Draws) -> tuple[np.ndarray, list[Span]]:
    phase = np.arange(length) * (draws.between(110, 330) / RATE)
    tones = sum(sine(phase * k) * (1 / k) for k in range(1, 7))
    return tones * 0.5 * _envelope(length, draws), [("harmonic", 0, length)]


def _clicks(length: int, draws: Draws) -> tuple[np.ndarray, list[Span]]:
    count, fade = 3 + draws.below(4), draws.between(0.80, 0.90)
    shape = np.ones(40)
    for k in range(1, 40):
        shape[k] = -shape[k - 1] * fade  # a click rings at the highest frequency and dies away
    shape *= np.where(np.arange(40) % 4 < 2, 1, -1)
    wave = np.zeros(length)
    starts = [k * (length - 40) // (count - 1) for k in range(count)]
    for start in starts:
        wave[start : start + 40] += shape
    return wave, [("clicks", 0, length), *(("click", start, start + 40) for start in starts)]


_SOUNDS: dict[str, Callable[[int, Draws], tuple[np.ndarray, list[Span]]]] = {
    "burst": _burst,
    "chirp": _chirp,
    "harmonic": _harmonic,
    "clicks": _clicks,
}


def _envelope(length: int, draws: Draws) -> np.ndarray:
    """Return a rise and a fall along straight lines, with 1 between."""
    rise, fall = draws.between(0.03, 0.15) * length, draws.between(0.1, 0.4) * length
    t = np.arange(length) + 0.5
    return np.minimum(1, np.minimum(t / rise, (length - t) / fall))


def sine(turns: np.ndarray) -> np.ndarray:
    """Return the sine of phases in whole turns, by sums and products alone, to 4e-6.

    >>> sine(np.array([0, 1 / 12, 1 / 4, 3 / 4])).round(5).tolist()
    [0.0, 0.5, 1.0, -1.0]
    """
    x = turns - np.floor(turns + 0.5)  # within half a turn of zero
    x = np.where(np.abs(x) > 0.25, np.copysign(0.5, x) - x, x) * 6.283185307179586
    y = x * x
    return x * (1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72))))
