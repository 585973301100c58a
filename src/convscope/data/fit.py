"""Fitting a sample to the shape a network takes.

Pictures are scaled, so that they just cover the target, and the middle is kept, as torchvision and
timm evaluate. Sounds and volumes have a scale of their own (hertz, millimetres), so they are cropped
or padded with zeros and never resampled: volumes about their centre, sounds to their loudest stretch,
as the middle of a recording is often silence.
"""

import numpy as np
from PIL import Image

from convscope.errors import SpecError

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in PIL's "L"


def fit(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array fitted to a shape.

    Args:
        array: float32 ``(C, *S)``.
        shape: the target ``(C', *S')`` with as many spatial axes.

    Returns:
        float32 ``(C', *S')``. Two spatial axes: scaled by ``max(S'/S)`` with an antialiased
        triangle filter, then cropped to the centre. One: cropped to the stretch of most energy, the
        most central of several; three: to the centre. What is too short is padded with zeros.

    Raises:
        SpecError: the number of axes differs, or the channels cannot be converted.
    """
    if len(array.shape) != len(shape):
        raise SpecError(
            f"The data have the shape {_by(array.shape)} and the network takes {_by(shape)}: "
            f"{_axes(array)} against {_axes(np.empty(shape, np.bool_))}. Choose data of the "
            "network's kind."
        )
    array = to_channels(array, shape[0])
    if array.shape == tuple(shape):
        return array
    if len(shape) == 2:
        array = array[:, _loudest(array, shape[1])]
    return _cover(array, shape[1:]) if len(shape) == 3 else _centre(array, shape[1:])


def fit_masks(masks: np.ndarray, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a sample's masks, fitted as the sample itself is.

    Args:
        masks: bool ``(K, *S)``.
        array: the sample, float32 ``(C, *S)``; a sound is cropped to where it is loud.
        shape: the target ``(C', *S')``.

    Returns:
        bool ``(K, *S')``: true where most of the position is in the mask.

    >>> masks, sound = np.array([[False, False, True, True]]), np.array([[0, 0, 1, 1]], np.float32)
    >>> fit_masks(masks, sound, (1, 2))
    array([[ True,  True]])
    """
    if masks.shape[1:] == tuple(shape[1:]):
        return masks
    if len(shape) == 2:
        masks = masks[:, _loudest(to_channels(array, shape[0]), shape[1])]
    wide = masks.astype(np.float32)
    return (_cover(wide, shape[1:]) if len(shape) == 3 else _centre(wide, shape[1:])) > 0.5


def to_channels(array: np.ndarray, channels: int) -> np.ndarray:
    """Return the array with that many channels.

    One channel is repeated; three colours become grey by their luminance; two sound channels by
    their mean; an alpha channel is dropped.
    """
    have = array.shape[0]
    if have == channels:
        return array
    if have == 1:
        return np.repeat(array, channels, axis=0)
    sound = array.ndim == 2
    if have == 2 and channels == 1 and sound:
        return array.mean(axis=0, keepdims=True)
    if have in (3, 4) and channels == 1 and not sound:
        return np.tensordot(_LUMA, array[:3], axes=1)[None].astype(np.float32)
    if have == 4 and channels == 3 and not sound:
        return array[:3]
    raise SpecError(
        f"The data have {have} channels and the network takes {channels}; only grey and colour, "
        "mono and "
        f"stereo are converted. Choose data with {channels} channels, or 1."
    )


def magnified(size: tuple[int, ...], target: tuple[int, ...]) -> float:
    """Return how many positions of a target one position of a sample becomes in ``fit``.

    Args:
        size: the sample's size per spatial axis.
        target: the target's.

    >>> magnified((64, 80), (224, 224)), magnified((16000,), (8000,))
    (3.5, 1.0)
    """
    if len(size) != 2:
        return 1.0
    return max(t / s for t, s in zip(target, size, strict=True))


def _cover(array: np.ndarray, target: tuple[int, ...]) -> np.ndarray:
    """Scale a picture until it covers the target, and keep the middle."""
    size = array.shape[1:]
    scale = magnified(size, target)
    if scale == 1:
        return _centre(array, target)
    # The part of the picture that the target shows, in the picture's own pixels.
    (rows, columns) = (t / scale for t in target)
    top, left = (size[0] - rows) / 2, (size[1] - columns) / 2
    box = (left, top, left + columns, top + rows)
    channels = [
        np.asarray(
            Image.fromarray(channel).resize(
                (target[1], target[0]), Image.Resampling.BILINEAR, box=box
            )
        )
        for channel in np.ascontiguousarray(array, np.float32)
    ]
    return np.stack(channels)


def _loudest(array: np.ndarray, length: int) -> slice:
    """Return the stretch of ``length`` samples of a sound ``(C, T)`` that has most energy."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(array, dtype=np.float64).sum(0))])
    if len(energy) <= length + 1:
        return slice(None)
    held = energy[length:] - energy[:-length]
    # Sums differ in their last digits where the sound is periodic or silent: those are equal.
    equal = np.flatnonzero(held >= held.max() - 1e-9 * energy[-1])
    start = int(equal[np.argmin(np.abs(equal - (len(held) - 1) / 2))])
    return slice(start, start + length)


def _centre(array: np.ndarray, target: tuple[int, ...]) -> np.ndarray:
    """Crop, or pad with zeros, every spatial axis about its centre."""
    for axis, (size, wanted) in enumerate(zip(array.shape[1:], target, strict=True), start=1):
        if size > wanted:
            start = (size - wanted) // 2
            array = array[(slice(None),) * axis + (slice(start, start + wanted),)]
        elif size < wanted:
            before = (wanted - size) // 2
            pads = [(0, 0)] * array.ndim
            pads[axis] = (before, wanted - size - before)
            array = np.pad(array, pads)
    return np.ascontiguousarray(array)


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _axes(array: np.ndarray) -> str:
    names = {1: "sound", 2: "pictures", 3: "volumes"}
    return names.get(array.ndim - 1, f"{array.ndim - 1} spatial axes")
