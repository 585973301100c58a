"""Pictures of a unit side by side, for a notebook."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

_LEAST = 128  # pixels that a picture is enlarged to, without smoothing
_GAP = 4


def sheet(arrays: Sequence[np.ndarray]) -> Image.Image:
    """Return pictures in a row.

    Args:
        arrays: float32 ``(C, *S)`` in [0, 1]; of a volume the middle slice is shown.

    Raises:
        ValueError: there is none, or they are sounds.
    """
    if not arrays or arrays[0].ndim == 2:
        raise ValueError("there is no picture to show: none was made, or the network hears sounds")
    drawn = [_drawn(array) for array in arrays]
    width = sum(one.width for one in drawn) + _GAP * (len(drawn) - 1)
    row = Image.new("RGB", (width, max(one.height for one in drawn)), "white")
    left = 0
    for one in drawn:
        row.paste(one, (left, 0))
        left += one.width + _GAP
    return row


def _drawn(array: np.ndarray) -> Image.Image:
    if array.ndim == 4:
        array = array[:, array.shape[1] // 2]
    colours = array if array.shape[0] == 3 else np.repeat(array.mean(0, keepdims=True), 3, axis=0)
    levels = np.clip(np.rint(colours * 255), 0, 255).astype(np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)))
    scale = max(1, -(-_LEAST // max(picture.size)))
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)
