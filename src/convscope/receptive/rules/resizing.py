"""Resizing: nearest, linear, cubic, antialiased, and pixels moved between channels and space."""

from fractions import Fraction

from convscope.receptive import taps
from convscope.receptive.algebra import permute, reshape, window
from convscope.receptive.registry import Call, Result, rule
from convscope.receptive.taps import Taps


def _resized(call: Call, make: "object", axes: int) -> Result:
    state = call.input
    first = len(state.shape) - axes
    scales = call.given.get("scale_factors")
    windows = {}
    for i in range(axes):
        inputs, outputs = state.shape[first + i], call.shape[first + i]
        factor = scales[i] if scales else call.given.get(("scales", "scales_w")[axes > 1])
        if not scales and axes > 1:
            factor = call.given.get(("scales_d", "scales_h", "scales_w")[3 - axes + i])
        ratio = Fraction(inputs, outputs)
        if isinstance(factor, float | int) and factor > 0 and inputs * factor != outputs:
            ratio = Fraction(1 / factor).limit_denominator(4096)
        windows[first + i] = (make(inputs, outputs, ratio), outputs)  # type: ignore[operator]
    return window(state, windows, call.shape, call.place)


def _axes(call: Call) -> int:
    return int(call.name.split("d_aa")[0].rstrip("d")[-1])


@rule(*(f"upsample_nearest{axes}d" for axes in (1, 2, 3)))
def nearest(call: Call) -> Result:
    """Nearest neighbour: ``floor(o*n/m)``."""
    return _resized(call, lambda n, m, r: taps.nearest(n, m, r), _axes(call))


@rule(*(f"_upsample_nearest_exact{axes}d" for axes in (1, 2, 3)))
def nearest_exact(call: Call) -> Result:
    """Nearest neighbour of the pixel's centre: ``floor((o+.5)*n/m)``."""
    return _resized(call, lambda n, m, r: taps.nearest(n, m, r, centred=True), _axes(call))


@rule("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def linear(call: Call) -> Result:
    """Linear interpolation: the two positions around the source point, one where it falls on a position."""
    return _interpolated(call, reach=1)


@rule("upsample_bicubic2d")
def cubic(call: Call) -> Result:
    """Cubic interpolation: four positions around the source point."""
    return _interpolated(call, reach=2)


def _interpolated(call: Call, *, reach: int) -> Result:
    aligned = bool(call["align_corners"])

    def make(inputs: int, outputs: int, ratio: Fraction) -> Taps:
        if aligned:
            ratio = Fraction(inputs - 1, outputs - 1) if outputs > 1 else Fraction(0)
        if inputs == outputs and reach == 1:
            return taps.SAME  # cubic interpolation still touches the neighbours, with weight zero
        return taps.interpolated(ratio, aligned=aligned, reach=reach)

    return _resized(call, make, _axes(call))


@rule("_upsample_bilinear2d_aa")
def linear_antialiased(call: Call) -> Result:
    """Antialiased linear interpolation: a triangle as wide as the scale."""
    return _resized(call, lambda n, m, r: taps.antialiased(n, m, reach=1), 2)


@rule("_upsample_bicubic2d_aa")
def cubic_antialiased(call: Call) -> Result:
    """Antialiased cubic interpolation."""
    return _resized(call, lambda n, m, r: taps.antialiased(n, m, reach=2), 2)


@rule("pixel_shuffle")
def pixel_shuffle(call: Call) -> Result:
    """Channels to space: ``(.., C*r*r, H, W)`` to ``(.., C, H*r, W*r)``."""
    *head, channels, height, width = call.input.shape
    r, n = call["upscale_factor"], len(head)
    split = reshape(call.input, (*head, channels // r**2, r, r, height, width))
    order = [*range(n), n, n + 3, n + 1, n + 4, n + 2]
    return reshape(permute(split, order), call.shape)


@rule("pixel_unshuffle")
def pixel_unshuffle(call: Call) -> Result:
    """Space to channels: ``(.., C, H*r, W*r)`` to ``(.., C*r*r, H, W)``."""
    *head, channels, height, width = call.input.shape
    r, n = call["downscale_factor"], len(head)
    split = reshape(call.input, (*head, channels, height // r, r, width // r, r))
    order = [*range(n), n, n + 2, n + 4, n + 1, n + 3]
    return reshape(permute(split, order), call.shape)


@rule("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(call: Call) -> Result:
    """Channels dealt out again: groups and their members swapped."""
    batch, channels, *space = call.input.shape
    groups = call["groups"]
    split = reshape(call.input, (batch, groups, channels // groups, *space))
    swapped = permute(split, [0, 2, 1, *range(3, 3 + len(space))])
    return reshape(swapped, call.shape)
