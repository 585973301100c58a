"""What a picture is worth: the unit's value in a neutral forward pass, against the data.

The picture is pasted on the mean background of a sample of natural size and passed through the whole
network once, without augmentation; the unit is read where the picture is. Every picture gets a
status, so that a grey tile always says why it is grey.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.cone import Cone
from convscope.network import Network

Status = Literal["ok", "weak", "dead on data", "failed"]
WEAK_PERCENT = 50.0
"""Below this share of the natural maximum a picture does not show what drives the unit."""


@dataclass(frozen=True)
class Verdict:
    """What was found of one picture.

    Args:
        status: ``ok``, ``weak``, ``dead on data`` or ``failed``.
        percent: activation as a share of the natural maximum (or minimum); None where that is not above zero.
        why: one sentence where the status is not ``ok``; else empty.
    """

    status: Status
    percent: float | None
    why: str


def pasted(picture: Tensor, cone: Cone, net: Network, colours: Colours) -> Tensor:
    """Return pictures ``(B, C, *s)`` at their place on the mean background, ``(B, C, *S)``."""
    dims = net.dims
    canvas = colours.background.to(picture).reshape(1, -1, *[1] * dims)
    canvas = canvas.expand(len(picture), -1, *net.input.shape[1:]).clone()
    canvas[(slice(None), slice(None), *(slice(a, b) for a, b in cone.box))] = picture
    return canvas


def neutral(
    net: Network, layer: str, pictures: Tensor, units: Tensor, cone: Cone, colours: Colours
) -> Tensor:
    """Return each picture's value at its unit, ``(B,)``, by the network as it is.

    Args:
        net: the network.
        layer: name of the layer.
        pictures: ``(B, C, *s)``, of the cone's field.
        units: the channel of each picture.
        cone: where the unit is and what it reads.
        colours: whose mean is the background.
    """
    taps = net.taps([layer])
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    values = []
    with torch.inference_mode():
        for start in range(0, len(pictures), 16):
            x = pasted(pictures[start : start + 16], cone, net, colours).to(device)
            out = taps(x)[layer]
            there = out[(slice(None), slice(None), *cone.position)]
            values.append(there.cpu().gather(1, units[start : start + 16, None])[:, 0])
    return torch.cat(values).float()


def judge(
    value: float, natural_max: float, natural_min: float | None, limits: tuple[float, float]
) -> Verdict:
    """Return the verdict on a picture that was made to drive a unit up.

    Args:
        value: the unit's value on it.
        natural_max: the largest value over the data.
        natural_min: the smallest; None if unknown.
        limits: between which the layer's values lie.
    """
    percent = 100 * value / natural_max if natural_max > 0 else None
    if value != value or abs(value) == float("inf"):
        return Verdict("failed", None, "The network gave no number for any picture tried.")
    if percent is None and (limits[0] >= 0 or natural_min is None or natural_min >= 0):
        if value > 0:
            return Verdict(
                "dead on data", None, f"No sample wakes it; this picture does, to {value:.3g}."
            )
        return Verdict(
            "dead on data", None, "No sample wakes it, and no picture was found that does."
        )
    if percent is None:
        if value > natural_max:
            return Verdict("ok", None, "" if value > 0 else "It is below zero on every sample.")
        return Verdict(
            "failed", None, "Samples of the data drive it higher than any picture found."
        )
    if value <= 0:
        return Verdict("failed", percent, "It fires on the data, but on no picture found here.")
    if percent < WEAK_PERCENT:
        return Verdict(
            "weak", percent, f"Samples of the data drive it {100 / percent:.1f} times as far."
        )
    full = value >= limits[1] * (1 - 1e-6)
    return Verdict("ok", percent, f"The layer saturates at {limits[1]:g}." if full else "")


def judge_low(value: float, natural_min: float | None, before: bool) -> Verdict:
    """Return the verdict on a picture that was made to drive a unit down.

    Args:
        value: the unit's value on it; before the rectifier if ``before``.
        natural_min: the smallest value over the data; None if unknown.
        before: whether the value was taken before the rectifier, where the data were not measured.
    """
    if value != value or abs(value) == float("inf"):
        return Verdict("failed", None, "The network gave no number for any picture tried.")
    if before:
        why = "Value before the rectifier; after it the unit is silent."
        return (
            Verdict("ok", None, why)
            if value < 0
            else Verdict("failed", None, "Nothing silences it.")
        )
    if natural_min is None or natural_min >= 0:
        return (
            Verdict("ok", None, "")
            if value < 0
            else Verdict("failed", None, "Nothing lowers it below zero.")
        )
    percent = 100 * value / natural_min
    if value >= 0:
        return Verdict(
            "failed", percent, "It is below zero on the data, but on no picture found here."
        )
    if percent < WEAK_PERCENT:
        return Verdict(
            "weak", percent, f"Samples of the data drive it {100 / percent:.1f} times as low."
        )
    return Verdict("ok", percent, "")
