"""Networks in which every unit was planted by hand, with the truth about each.

They are plain modules, as a user would bring them. What a tool says of them can be checked: the template
is what synthesis must find, the parameters are what tuning must measure, the links are what circuits must list.

Conventions, as everywhere: *orientation* is the direction along a stripe or an edge, in degrees anticlockwise
from the horizontal, in [0, 180); *polarity* the direction from dark to bright, in [0, 360); *frequency* in cycles
per pixel. Rows count downward, so the direction ``a`` is ``(cos a, -sin a)`` in (column, row).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, pi, radians, sin

import numpy as np
import torch
from torch import nn

SIZE = 15
"""Side of a template, in pixels: that of the field of its unit."""
PICTURE = 64
"""Side of the pictures that the two-dimensional networks take."""


@dataclass(frozen=True, eq=False)
class Planted:
    """The truth about one unit.

    Args:
        layer: name of its layer, after the rectification.
        unit: its channel.
        family: ``grating``, ``edge``, ``colour``, ``corner``, ``T``, ``arc``, ``tone``, ``chirp``, ``click``,
            ``plane``, ``dark``, ``negative``, ``dead``.
        template: what it looks for, ``(C, *k)``, mean 0 and norm 1; None for a unit that looks for nothing.
        parameters: what it prefers: orientation, polarity, frequency, hue, ...
        inputs: units of the previous layer that excite it, strongest first.
    """

    layer: str
    unit: int
    family: str
    template: np.ndarray | None
    parameters: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class PlantedNetwork:
    """A network with what was planted in it.

    Args:
        module: the network.
        input: shape of one sample.
        units: the truth about its units.
    """

    module: nn.Module
    input: tuple[int, ...]
    units: tuple[Planted, ...]

    def of(self, layer: str) -> tuple[Planted, ...]:
        """Return the units of one layer, by channel."""
        return tuple(sorted((u for u in self.units if u.layer == layer), key=lambda u: u.unit))


def grid(*sizes: int) -> tuple[np.ndarray, ...]:
    """Return coordinates about the centre, one array per axis; in two dimensions x to the right, y upward."""
    axes = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in sizes], indexing="ij")
    return (axes[1], -axes[0]) if len(sizes) == 2 else tuple(axes)


def unit_norm(template: np.ndarray) -> np.ndarray:
    """Return the template with mean 0 and norm 1, float32."""
    template = template - template.mean()
    return (template / np.linalg.norm(template)).astype(np.float32)


def grey(pattern: np.ndarray, channels: int = 3) -> np.ndarray:
    """Return a pattern in equal channels."""
    return unit_norm(np.repeat(pattern[None], channels, axis=0))


def gabor(
    orientation: float, frequency: float, phase: float, size: int = SIZE, sigma: float | None = None
) -> np.ndarray:
    """Return a Gabor patch (size, size); at phase 90 it is darkest-to-brightest along ``orientation + 90``."""
    x, y = grid(size, size)
    across = radians(orientation + 90)
    along_normal = x * cos(across) + y * sin(across)
    sigma = sigma or size / 5
    envelope = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return envelope * np.cos(2 * pi * frequency * along_normal - radians(phase))


def edge(polarity: float, size: int = SIZE) -> np.ndarray:
    """Return a blurred step from dark to bright in the direction ``polarity``."""
    x, y = grid(size, size)
    along = x * cos(radians(polarity)) + y * sin(radians(polarity))
    return np.tanh(along) * np.exp(-(x**2 + y**2) / (2 * (size / 4) ** 2))


def corner(direction: float, size: int = SIZE) -> np.ndarray:
    """Return a bright right angle on dark that opens in ``direction``."""
    x, y = grid(size, size)
    turned = [radians(direction + d) for d in (-45, 45)]
    inside = np.minimum(*[x * cos(a) + y * sin(a) for a in turned])
    return np.tanh(inside) * np.exp(-(x**2 + y**2) / (2 * (size / 3.5) ** 2))


def junction(stem: float, size: int = SIZE, width: float = 1.3) -> np.ndarray:
    """Return a bright T on dark whose stem points in the direction ``stem``."""
    x, y = grid(size, size)
    a = radians(stem)
    along, across = x * cos(a) + y * sin(a), -x * sin(a) + y * cos(a)
    bar = np.exp(-(along**2) / (2 * width**2))
    foot = np.exp(-(across**2) / (2 * width**2)) * (along > 0)
    return np.maximum(bar, foot) * np.exp(-(x**2 + y**2) / (2 * (size / 3.5) ** 2))


def arc(radius: float, direction: float, size: int = SIZE, width: float = 1.3) -> np.ndarray:
    """Return a bright half circle on dark, its bulge in ``direction``, its middle at the centre."""
    x, y = grid(size, size)
    a = radians(direction)
    along, across = x * cos(a) + y * sin(a), -x * sin(a) + y * cos(a)
    ring = np.hypot(along + radius, across) - radius
    return np.exp(-(ring**2) / (2 * width**2)) * (along > -radius) * (np.hypot(x, y) < size / 2)


def blob(colour: Sequence[float], size: int = SIZE, sigma: float = 3.0) -> np.ndarray:
    """Return a Gaussian spot of one colour, ``(3, size, size)``."""
    x, y = grid(size, size)
    return np.asarray(colour)[:, None, None] * np.exp(-(x**2 + y**2) / (2 * sigma**2))


def gabor_bank(
    orientations: int = 8,
    frequencies: Sequence[float] = (0.12, 0.2),
    phases: Sequence[float] = (0, 90),
) -> PlantedNetwork:
    """Return one rectified layer of grey Gabor patches."""
    chosen = [
        (180 * i / orientations, f, p)
        for f in frequencies
        for p in phases
        for i in range(orientations)
    ]
    units = []
    for i, (orientation, frequency, phase) in enumerate(chosen):
        truth = {"orientation": orientation, "frequency": frequency, "phase": phase}
        if phase == 90:
            truth["polarity"] = orientation + 90
        template = grey(gabor(orientation, frequency, phase))
        units.append(Planted("relu", i, "grating", template, truth))
    return one_layer(units, (3, PICTURE, PICTURE))


def colour_opponents() -> PlantedNetwork:
    """Return spots of a colour against its opposite: red, green, blue, yellow."""
    axes = {
        "red": (1, -1, 0),
        "green": (-1, 1, 0),
        "blue": (-0.5, -0.5, 1),
        "yellow": (0.5, 0.5, -1),
    }
    hues = {"red": 330.0, "green": 150.0, "blue": 240.0, "yellow": 60.0}
    units = []
    for i, (name, colour) in enumerate(axes.items()):
        template = blob(colour)
        truth = {"hue": hues[name]}
        units.append(
            Planted("relu", i, "colour", (template / np.linalg.norm(template)).astype("f4"), truth)
        )
    return one_layer(units, (3, PICTURE, PICTURE))


def shapes() -> PlantedNetwork:
    """Return corners, T junctions and arcs, each in four directions."""
    units: list[Planted] = []
    for direction in (0.0, 90.0, 180.0, 270.0):
        units.append(
            Planted(
                "relu",
                len(units),
                "corner",
                grey(corner(direction)),
                {"direction": direction, "angle": 90.0},
            )
        )
        units.append(
            Planted("relu", len(units), "T", grey(junction(direction)), {"direction": direction})
        )
        truth = {"direction": direction, "radius": 6.0}
        units.append(Planted("relu", len(units), "arc", grey(arc(6.0, direction)), truth))
    return one_layer(units, (3, PICTURE, PICTURE))


def odd_units() -> PlantedNetwork:
    """Return a unit that likes the dark, one that is never above zero, one that is dead, and a plain edge.

    The layer ``conv`` is before the rectification, ``relu`` after it.
    """
    step = grey(edge(90.0, SIZE))
    dark = grey(-blob((1, 1, 1))[0])
    units = (
        Planted("relu", 0, "edge", step, {"orientation": 0.0, "polarity": 90.0}),
        Planted("relu", 1, "dark", dark),
        Planted("relu", 2, "dead", None),
        Planted("relu", 3, "negative", step),
    )
    # All weights negative and a negative bias: no picture in [0, 1] lifts it above zero.
    dead = -np.abs(step) - 0.01
    # A template whose threshold is out of reach: it varies with the picture but stays below zero.
    weights = np.stack([step, dark, dead, step])
    bias = np.array([0.0, 0.0, -1.0, -100.0], np.float32)
    return PlantedNetwork(_conv_relu(weights, bias), (3, PICTURE, PICTURE), units)


def corner_detector() -> PlantedNetwork:
    """Return two wired layers: four edges by polarity, then corners that need two of them.

    Layer ``edges.relu`` has edges with polarity 0, 90, 180, 270. Unit 0 of ``corner.relu`` fires where a
    bright square's upper left corner is: a horizontal edge to the right of its centre (bright below:
    polarity 270) and a vertical edge below it (bright right: polarity 0). Unit 1 is the lower right
    corner: polarities 90 and 180.
    """
    size, reach = 5, 7
    kernels = np.stack([grey(edge(polarity, size)) for polarity in (0.0, 90.0, 180.0, 270.0)])
    second = np.zeros((2, 4, reach, reach), np.float32)
    middle = reach // 2
    second[0, 3, middle, middle + 1 :] = 1.0
    second[0, 0, middle + 1 :, middle] = 0.8
    second[1, 1, middle, :middle] = 1.0
    second[1, 2, :middle, middle] = 0.8
    # A little of everything, as in a trained network, far below the planted links.
    noise = np.random.default_rng(0).normal(0, 0.005, second.shape).astype(np.float32)
    inputs = ((3, 0), (1, 2))
    edges = [
        Planted(
            "edges.relu",
            i,
            "edge",
            kernel,
            {"orientation": (90.0 + 90 * i) % 180, "polarity": 90.0 * i},
        )
        for i, kernel in enumerate(kernels)
    ]
    corners = [
        Planted(
            "corner.relu", i, "corner", _composed(kernels, second[i]), {"angle": 90.0}, inputs[i]
        )
        for i in range(2)
    ]
    layers = OrderedDict(
        edges=_conv_relu(kernels, np.zeros(4, np.float32)),
        corner=_conv_relu(second + noise, np.full(2, -0.2, np.float32)),
    )
    return PlantedNetwork(
        nn.Sequential(OrderedDict[str, nn.Module](layers)),
        (3, PICTURE, PICTURE),
        (*edges, *corners),
    )


def matched_filters() -> PlantedNetwork:
    """Return 1-D units for a waveform at 8 kHz: tones (two phases), a chirp and a click; 129 taps."""
    taps, rate = 129, 8000.0
    (t,) = grid(taps)
    window = np.exp(-(t**2) / (2 * (taps / 5) ** 2))
    units: list[Planted] = []
    for hertz in (250.0, 500.0, 1000.0, 2000.0):
        for phase in (0.0, 90.0):
            wave = window * np.cos(2 * pi * hertz / rate * t - radians(phase))
            truth = {"frequency": hertz, "phase": phase}
            units.append(Planted("relu", len(units), "tone", unit_norm(wave[None]), truth))
    rising = window * np.sin(2 * pi * (1000 / rate * t + 0.5 * (1000 / rate / taps) * t**2))
    units.append(Planted("relu", len(units), "chirp", unit_norm(rising[None])))
    click = np.exp(-(t**2) / 8) - 0.5 * np.exp(-(t**2) / 32)
    units.append(Planted("relu", len(units), "click", unit_norm(click[None])))
    return one_layer(units, (1, 1024))


def planes() -> PlantedNetwork:
    """Return 3-D units: steps along each axis of a volume, ``(depth, rows, columns)``."""
    size = 7
    axes = grid(size, size, size)
    envelope = np.exp(-sum(a**2 for a in axes) / (2 * (size / 3) ** 2))
    units = [
        Planted("relu", i, "plane", unit_norm((np.tanh(a) * envelope)[None]), {"axis": float(i)})
        for i, a in enumerate(axes)
    ]
    return one_layer(units, (1, 20, 20, 20))


def picture_with(template: np.ndarray, shape: Sequence[int], start: Sequence[int]) -> np.ndarray:
    """Return a grey sample with a template at full contrast in it.

    Args:
        template: ``(C, *k)``.
        shape: of the sample, ``(C, *S)``.
        start: where the template's first corner goes.
    """
    sample = np.full(tuple(shape), 0.5, np.float32)
    places = tuple(slice(s, s + k) for s, k in zip(start, template.shape[1:], strict=True))
    sample[(slice(None), *places)] += 0.5 * template / np.abs(template).max()
    return sample


def one_layer(units: Sequence[Planted], input: tuple[int, ...]) -> PlantedNetwork:
    """Return a network of one rectified convolution with these templates; nothing is padded."""
    weights = np.stack([u.template for u in units if u.template is not None])
    return PlantedNetwork(
        _conv_relu(weights, np.zeros(len(weights), np.float32)), input, tuple(units)
    )


def _conv_relu(weights: np.ndarray, bias: np.ndarray) -> nn.Sequential:
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[weights.ndim - 3]
    conv = kind(weights.shape[1], weights.shape[0], weights.shape[2:])
    with torch.no_grad():
        conv.weight.copy_(torch.from_numpy(weights))
        assert conv.bias is not None
        conv.bias.copy_(torch.from_numpy(bias))
    return nn.Sequential(OrderedDict(conv=conv, relu=nn.ReLU())).eval()


def _composed(kernels: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the one kernel that two convolutions amount to where every rectifier is open."""
    _, channels, size, _ = kernels.shape
    reach = second.shape[-1]
    whole = np.zeros((channels, size + reach - 1, size + reach - 1))
    for kernel, weights in zip(kernels, second, strict=True):
        for (row, column), weight in np.ndenumerate(weights):
            whole[:, row : row + size, column : column + size] += weight * kernel
    return unit_norm(whole)
