"""Sounds as small networks can learn them: what is in each band of frequencies, over time or in all.

A second of sound is thousands of numbers, and a dense twin of a network that takes them as they are
would have a hundred million weights. Bands of frequencies, spaced as hearing spaces them, keep what
tells words apart.
"""

import numpy as np

from convscope.errors import SpecError

BANDS = 32
_FRAME = 256
_LONGEST = 96  # frames that a spectrogram has at most


def _framed(waves: np.ndarray) -> np.ndarray:
    """Return frames of 256 samples that overlap by half, ``(N, frames, 256)``, of the mean over channels."""
    if waves.shape[2] < _FRAME:
        raise SpecError(
            f"Sounds of {waves.shape[2]} samples have no spectrum to speak of: at least {_FRAME} are needed. Learn "
            "them as they are, without spectra: or spectrogram: before the data."
        )
    return np.lib.stride_tricks.sliding_window_view(waves.mean(1), _FRAME, axis=1)[
        :, :: _FRAME // 2
    ]


def spectrogram(waves: np.ndarray) -> np.ndarray:
    """Return the logarithm of the power in bands over time, ``(N, BANDS, frames)``.

    Frames of 256 samples overlap by half; of long sounds frames are averaged until there are at most 96.

    Args:
        waves: ``(N, C, L)``; channels are averaged.

    Raises:
        SpecError: they are shorter than a frame.
    """
    frames = _framed(waves)
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    power = np.empty((len(frames), frames.shape[1], BANDS), np.float32)
    weights = _bands()
    for k in range(len(frames)):
        spectrum = np.abs(np.fft.rfft(frames[k] * window, axis=-1)) ** 2
        power[k] = spectrum @ weights
    count = power.shape[1]
    together = -(-count // _LONGEST)
    if together > 1:
        cut = count - count % together
        power = power[:, :cut].reshape(len(frames), -1, together, BANDS).mean(2)
    return np.log(power + 1e-4).transpose(0, 2, 1).astype(np.float32)


def spectrum(waves: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean power in 64 bands, ``(N, 1, 64)``: a sample whose axis is frequency.

    Args:
        waves: ``(N, C, L)``; channels are averaged.

    Raises:
        SpecError: they are shorter than a frame.
    """
    frames = _framed(waves)
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    power = np.stack([(np.abs(np.fft.rfft(one * window, axis=-1)) ** 2).mean(0) for one in frames])
    pairs = power[:, 1:].reshape(len(frames), 64, -1).mean(2)
    return np.log(pairs + 1e-4)[:, None].astype(np.float32)


def _bands() -> np.ndarray:
    """Return triangular weights ``(129, BANDS)``, evenly spaced on the mel scale of 8 kHz sound."""
    nyquist, bins = 4000.0, _FRAME // 2 + 1
    mel = np.linspace(_mel(60.0), _mel(nyquist), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    at = np.linspace(0, nyquist, bins)[:, None]
    width = nyquist / (bins - 1)  # no band is narrower than a bin
    low = np.minimum(edges[:-2], edges[1:-1] - width)
    high = np.maximum(edges[2:], edges[1:-1] + width)
    rising = (at - low) / (edges[1:-1] - low)
    falling = (high - at) / (high - edges[1:-1])
    weights = np.clip(np.minimum(rising, falling), 0, None)
    return (weights / weights.sum(0)).astype(np.float32)


def _mel(hertz: float) -> float:
    return 2595 * float(np.log10(1 + hertz / 700))
