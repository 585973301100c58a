"""Reading one sound file into an array, or saying why not."""

from pathlib import Path

import numpy as np

from convscope.errors import WorkError

SUFFIXES = frozenset([".wav", ".flac", ".ogg", ".oga", ".aif", ".aiff", ".au", ".mp3"])
"""File name endings that are taken for sounds."""

MOST_FRAMES = 50_000_000
"""A longer sound is skipped unread: half an hour at 28 kHz fills 200 MB for each channel."""


def header_of(path: Path) -> tuple[tuple[int, int], int]:
    """Return the shape ``(C, L)`` that ``read`` would give, and the rate in hertz.

    Raises:
        WorkError: the file is empty, broken or too long; the message is the reason alone.
    """
    import soundfile

    try:
        if path.stat().st_size == 0:
            raise WorkError("empty file")
        about = soundfile.info(path)
    except (RuntimeError, OSError, ValueError) as reason:
        raise WorkError("not a sound that can be read") from reason
    if about.frames == 0:
        raise WorkError("a sound of no length")
    if about.frames > MOST_FRAMES:
        raise WorkError(f"{about.frames:,} samples long, more than {MOST_FRAMES:,}")
    return (about.channels, about.frames), about.samplerate


def read(path: Path) -> np.ndarray:
    """Return a sound file's waveform, float32 ``(C, L)`` in [-1, 1].

    Raises:
        WorkError: the file is empty, broken or too long; the message is the reason alone.
    """
    import soundfile

    (channels, _), _ = header_of(path)
    try:
        frames, _ = soundfile.read(path, dtype="float32", always_2d=True)
    except (RuntimeError, OSError, ValueError) as reason:
        raise WorkError(f"broken: {reason}") from reason
    if not len(frames) or frames.shape[1] != channels:
        raise WorkError("broken: it ends before it begins")
    return np.ascontiguousarray(frames.T)
