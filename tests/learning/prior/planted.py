"""Data whose locality, stationarity and place are known."""

import numpy as np


def autoregressive(count: int, length: int, rho: float, seed: int = 0) -> np.ndarray:
    """Return signals whose neighbours correlate by ``rho`` and places d apart by ``rho**d``, ``(N, 1, L)``."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, length))
    made = noise.copy()
    for t in range(1, length):
        made[:, t] = rho * made[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    return made[:, None]


def smooth(count: int, space: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return one channel of noise, smoothed along every axis by a window of three: neighbours correlate by 2/3."""
    made = np.random.default_rng(seed).normal(size=(count, 1, *(side + 2 for side in space)))
    for axis, side in enumerate(space, 2):
        windows = [np.take(made, np.arange(side) + start, axis) for start in range(3)]
        made = np.add(np.add(windows[0], windows[1]), windows[2])
    return made


def permuted(arrays: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the same values with the places of all samples permuted alike."""
    flat = arrays.reshape(*arrays.shape[:2], -1)
    order = np.random.default_rng(seed).permutation(flat.shape[2])
    return flat[:, :, order].reshape(arrays.shape)


def spectra(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return lines on an axis of frequency: four classes, told by where the line is; and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(4, size=count)
    at = 25 + 50 * labels + rng.normal(0, 5, count)
    line = 2 * np.exp(-0.5 * ((np.arange(200) - at[:, None]) / 6) ** 2)
    return (line + rng.normal(0, 0.3, (count, 200)))[:, None], labels


def anywhere(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return bumps anywhere on an axis: four classes, told by how wide the bump is; and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(4, size=count)
    at, width = rng.integers(200, size=count), 3.0 + 4 * labels
    far = (np.arange(200) - at[:, None] + 100) % 200 - 100
    bump = 2 * np.exp(-0.5 * (far / width[:, None]) ** 2)
    return (bump + rng.normal(0, 0.3, (count, 200)))[:, None], labels
