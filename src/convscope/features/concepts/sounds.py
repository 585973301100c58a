"""What classical operators find in a sound: tones by band, onsets, clicks, chirps, noise, harmonics, slopes.

The short-time spectrum at one window length is one scale; a window tells frequencies apart by about two over its
length, and moments by about a quarter of it, so several lengths are looked at.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from convscope.features.concepts.filters import derivative

WINDOWS = (32, 128, 256, 512, 1024, 2048)
"""Lengths of the windows, in samples of sound."""
HOPS = 4
"""Windows begin every quarter of their length."""
HIGHEST = 0.4
"""The centre of the highest band, in cycles per sample."""
BANDS = 12
"""Bands to the octave, fewer where a window does not tell so many apart."""
_PITCHED = 256  # samples of a window from which pitches are told apart
_TINY = 1e-9


def wave_maps(x: Tensor) -> dict[str, Tensor]:
    """Return what the waveform itself does, sample by sample.

    Args:
        x: (B, C, T) in [-1, 1].

    Returns:
        By concept (B, T): the height above and below zero, the slope up and down.
    """
    wave = x.mean(1, keepdim=True)
    level, slope = derivative(wave, (0,))[:, 0], derivative(wave, (1,))[:, 0]
    return {
        "crest": level.clamp_min(0),
        "trough": (-level).clamp_min(0),
        "rise": slope.clamp_min(0),
        "fall": (-slope).clamp_min(0),
    }


def sound_maps(x: Tensor, window: int, rate: int | None) -> dict[str, Tensor]:
    """Return the strength of each concept in each quarter window.

    Args:
        x: (B, C, T) in [-1, 1].
        window: length of the window in samples.
        rate: samples a second, for the names of tones; None names them in cycles per sample.

    Returns:
        By concept (B, frames): frame j is about the samples from ``j * window / 4`` on, a quarter window of them.
    """
    power = _spectrum(x.mean(1), window)  # (B, frames, bins)
    total = power.sum(-1)
    loud = total.sqrt()
    found: dict[str, Tensor] = {}
    bands = _bands(window)
    layers = torch.stack([power @ weights for _, weights in bands], -1)
    for (frequency, _), one in zip(bands, layers.unbind(-1), strict=True):
        found[f"tone {named(frequency, rate)}"] = one.sqrt()
    before, after = F.pad(loud[:, :-1], (1, 0)), F.pad(loud[:, 1:], (0, 1))
    found["loud"], found["quiet"] = loud, 1 / (loud + 1e-3)
    found["onset"], found["offset"] = (loud - before).clamp_min(0), (loud - after).clamp_min(0)
    found["click"] = (loud - torch.maximum(before, after)).clamp_min(0)
    flat = torch.exp((power + _TINY).log().mean(-1)) / (power.mean(-1) + _TINY)
    found["noise"] = loud * flat
    found["chirp up"], found["chirp down"] = _chirps(layers)
    share = layers.amax(-1) / (total + _TINY)
    later = _repeats(power, window)
    found["harmonic"] = (
        loud * later[..., _shortest(window) :].amax(-1).clamp_min(0) * (1 - share).clamp_min(0)
    )
    for lag in _lags(window):
        found[f"pitch {named(1 / lag, rate)}"] = _peak(later, lag) * (1 - share).clamp_min(0)
    return found


def _spectrum(wave: Tensor, window: int) -> Tensor:
    """Return the power in each frequency bin, without the mean, (B, frames, window / 2)."""
    hop = window // HOPS
    frames = -(-wave.shape[1] // hop)
    before = (window - hop) // 2
    after = max(0, (frames - 1) * hop + window - before - wave.shape[1])
    pieces = F.pad(wave, (before, after)).unfold(1, window, hop)[:, :frames]
    pieces = pieces - pieces.mean(-1, keepdim=True)
    bins = torch.fft.rfft(pieces * torch.hann_window(window, dtype=wave.dtype), dim=-1)
    return bins.abs().square()[..., 1:] * (4 / window**2)


@lru_cache
def _bands(window: int) -> list[tuple[float, Tensor]]:
    """Return the bands that a window tells apart, from high to low: the centre, the weight of each bin."""
    bins = torch.arange(1, window // 2 + 1, dtype=torch.float32)
    found: list[tuple[float, Tensor]] = []
    for k in range(BANDS * 16):
        frequency = HIGHEST / 2 ** (k / BANDS)
        middle = frequency * window  # in bins
        if middle < 1.5:
            break
        if found and found[-1][0] * window - middle < 0.75:
            continue
        width = max(1.5, middle * (2 ** (1 / BANDS) - 1))
        found.append((frequency, (1 - (bins - middle).abs() / width).clamp_min(0)))
    return found


def named(frequency: float, rate: int | None) -> str:
    """Return a frequency in cycles per sample as people write it: in hertz where the rate is known."""
    if rate is None:
        return f"{frequency:.3g} per sample"
    hertz = float(f"{frequency * rate:.3g}")
    return f"{hertz:.0f} Hz"


def _chirps(layers: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much power moves to the next higher and to the next lower band from frame to frame."""
    level = layers.sqrt()  # bands from high to low
    now, then = level[:, :-1], level[:, 1:]
    up = (now[..., 1:] * then[..., :-1]).sum(-1)
    down = (now[..., :-1] * then[..., 1:]).sum(-1)
    rising = F.pad((up - down).clamp_min(0), (0, 1)).sqrt()
    return rising, F.pad((down - up).clamp_min(0), (0, 1)).sqrt()


def _repeats(power: Tensor, window: int) -> Tensor:
    """Return how much each frame is like itself some samples later, -1 to 1, for lags up to half a window."""
    repeats = torch.fft.irfft(F.pad(power, (1, 0)), n=window, dim=-1)[..., : window // 2 + 1]
    return repeats / (repeats[..., :1] + _TINY)


def _shortest(window: int) -> int:
    """Return the shortest lag that counts as a pitch."""
    return max(8, window // 32)


def _lags(window: int) -> list[int]:
    """Return the periods that are asked about, in samples."""
    count = round(BANDS * math.log2(window / 2 / _shortest(window)))
    lags = (round(_shortest(window) * 2 ** (k / BANDS)) for k in range(1, count))
    return sorted(set(lags)) if window >= _PITCHED else []


def _peak(later: Tensor, lag: int) -> Tensor:
    """Return how much a period stands out: its likeness, over the largest of any lag."""
    reach = max(1, round(lag * (2 ** (0.5 / BANDS) - 1)))
    near = later[..., lag - reach : lag + reach + 1].amax(-1).clamp_min(0)
    return (
        near * (near / (later[..., _shortest(2 * (later.shape[-1] - 1)) :].amax(-1) + _TINY)) ** 4
    )
