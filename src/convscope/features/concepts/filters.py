"""Gaussian derivatives along any number of axes: what the operators for pictures and volumes are made of."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def derivative(x: Tensor, orders: Sequence[int], sigma: float = 1.0) -> Tensor:
    """Return a derivative of Gaussian-smoothed samples, borders repeated.

    Args:
        x: (B, C, *S).
        orders: order of the derivative along each spatial axis: 0, 1 or 2.
        sigma: of the Gaussian, in positions.

    Returns:
        (B, C, *S), in units of x per position to the power of the order.
    """
    for axis, order in enumerate(orders, start=x.dim() - len(orders)):
        x = _along(x, axis, _taps(order, sigma))
    return x


def _taps(order: int, sigma: float) -> Tensor:
    reach = max(1, round(3 * sigma))
    t = torch.arange(-reach, reach + 1, dtype=torch.float32)
    bell = torch.exp(-0.5 * (t / sigma) ** 2)
    bell = bell / bell.sum()
    if order == 0:
        return bell
    if order == 1:  # a ramp of slope 1 gives 1
        taps = t * bell
        return taps / (taps * t).sum()
    taps = (t**2 / sigma**2 - 1) * bell  # a parabola t²/2 gives 1, a constant 0
    taps = taps - taps.mean()
    return taps / (taps * t**2 / 2).sum()


def _along(x: Tensor, axis: int, taps: Tensor) -> Tensor:
    """Correlate one axis with the taps, the border repeated."""
    reach, size = len(taps) // 2, x.shape[axis]
    places = torch.arange(-reach, size + reach).clamp(0, size - 1)
    wide = x.index_select(axis, places)
    total = torch.zeros_like(x)
    for i, weight in enumerate(taps.tolist()):
        if weight:
            total.add_(wide.narrow(axis, i, size), alpha=weight)
    return total


def smooth(x: Tensor, sigma: float, dims: int) -> Tensor:
    """Return x smoothed along its last axes.

    Args:
        x: (..., *S).
        sigma: of the Gaussian, in positions.
        dims: how many spatial axes.
    """
    return derivative(x, (0,) * dims, sigma)


def halved(x: Tensor, dims: int) -> Tensor:
    """Return x at half the resolution: means over pairs along each spatial axis (B, C, *S/2)."""
    pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[dims - 1]
    return pool(x, 2)


def shifted(x: Tensor, offset: Sequence[int]) -> Tensor:
    """Return ``y(p) = x(p + offset)`` along the last axes; zero from beyond the border.

    Args:
        x: (..., *S).
        offset: positions, per spatial axis.
    """
    pads: list[int] = []
    for step, size in zip(reversed(offset), reversed(x.shape), strict=False):
        step = max(-size, min(size, step))
        pads += [-step, step]
    return F.pad(x, pads)
