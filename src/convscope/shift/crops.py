"""Moves as they happen outside of a torus: crops from a larger picture.

A picture that rolls round brings back on the right what leaves on the left. Real moves bring in
something new, and a network that is perfect on the torus may still change its answer. So each sample is
fitted to a canvas larger by 8/7, and the network is shown every crop of its input's size (for pictures
of 224: a canvas of 256, offsets 0 to 31, as Zhang 2019 did with random pairs of crops).

Limit: crops differ in content at their borders, so no network can be perfect; numbers compare networks,
on the same data at the same canvas. A sample smaller than the canvas is enlarged to fill it.
"""

from collections.abc import Sequence

import numpy as np

CANVAS = (8, 7)
"""Size of the canvas over the input's size: 256 / 224 in its lowest terms."""


def canvas_of(size: Sequence[int]) -> tuple[int, ...]:
    """Return the canvas for an input of some size per axis, at least two positions larger.

    >>> canvas_of((224, 224)), canvas_of((32,)), canvas_of((8,))
    ((256, 256), (36,), (10,))
    """
    above, below = CANVAS
    return tuple(max(n * above // below, n + 2) for n in size)


def spans(size: Sequence[int]) -> tuple[int, ...]:
    """Return how many offsets a crop has per axis: 0 to canvas minus size, the last left out."""
    return tuple(canvas - n for canvas, n in zip(canvas_of(size), size, strict=True))


def crop(arrays: np.ndarray, place: Sequence[int], size: Sequence[int]) -> np.ndarray:
    """Return crops ``(B, C, *size)`` of canvases ``(B, C, *canvas)`` that start at a place."""
    window = tuple(slice(start, start + n) for start, n in zip(place, size, strict=True))
    return np.ascontiguousarray(arrays[(..., *window)])
