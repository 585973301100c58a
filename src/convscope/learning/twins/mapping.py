"""A convolution written as a local layer, and a local layer as a dense one: the same function.

Each has all the freedom of the one before and more, so what a twin without a prior cannot learn, it
cannot learn for want of data, and not for want of room.
"""

import numpy as np
import torch
from torch import nn

from convscope.learning.twins.local import Local

Conv = nn.Conv1d | nn.Conv2d | nn.Conv3d


def local_from(conv: Conv, size: tuple[int, ...]) -> Local:
    """Return the local layer that has the convolution's kernel at every position.

    Args:
        conv: a convolution with zeros or the other end (``"circular"``) at its borders.
        size: ``(*S)`` of the input.

    Raises:
        ValueError: the convolution pads in another way.
    """
    if isinstance(conv.padding, str) or conv.padding_mode not in ("zeros", "circular"):
        raise ValueError(f"padding {conv.padding!r} of mode {conv.padding_mode!r}")
    local = Local(
        size,
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        stride=conv.stride,
        padding=conv.padding,
        dilation=conv.dilation,
        groups=conv.groups,
        bias="position",
        edge="circular" if conv.padding_mode == "circular" else "zeros",
    ).to(conv.weight)
    count = int(np.prod(local.windows.output))
    kernel = conv.weight.detach().reshape(conv.groups, conv.out_channels // conv.groups, -1)
    with torch.no_grad():
        local.weight.copy_(kernel.transpose(1, 2).repeat(count, 1, 1))
        if conv.bias is not None:
            local.bias.copy_(conv.bias.reshape(-1, *[1] * len(size)).expand_as(local.bias))
    return local


def dense_from(local: Local) -> nn.Linear:
    """Return the dense layer on flattened maps, ``(B, C·|S|)`` to ``(B, outputs·|windows|)``, that does the same.

    Args:
        local: any local layer.
    """
    windows, groups = local.windows, local.groups
    seen = torch.from_numpy(windows.seen())  # (P, taps)
    count, taps = seen.shape
    places = int(np.prod(windows.size))
    width = local.weight.shape[2]
    channels = local.weight.shape[1] // taps
    weight = local.weight.detach().reshape(count, groups, channels, taps, width)
    # One column more takes what lies on the border, and is cut off.
    matrix = weight.new_zeros(groups, width, count, groups, channels, places + 1)
    at = torch.where(seen < 0, places, seen)
    for group in range(groups):
        for position in range(count):
            block = weight[position, group].permute(2, 0, 1)  # (width, channels, taps)
            matrix[group, :, position, group].index_add_(2, at[position], block)
    dense = nn.Linear(groups * channels * places, groups * width * count).to(weight)
    with torch.no_grad():
        flat = matrix[..., :places].reshape(groups * width * count, groups * channels * places)
        dense.weight.copy_(flat)
        bias = local.bias.expand(-1, *windows.output).reshape(-1)
        dense.bias.copy_(bias)
    return dense
