"""A layer described by hand, in one line: ``conv 3x224x224 64 3x3 s1 p1``.

    conv       CxSIZES  FILTERS  KERNEL  [options]
    depthwise  CxSIZES  [OUTPUT CHANNELS]  KERNEL  [options]
    transposed CxSIZES  FILTERS  KERNEL  [options]
    linear     C[xTOKENS]  OUTPUTS  [nobias]

    options: s2 (stride)   p1, p1:2 (before:after), p same (padding)   d2 (dilation)   g4 (groups)
             op1 (output padding of a transposed one)   nobias

One size per axis (``3x224x224``, ``1x16000``, ``1x64x64x64``); a single number in KERNEL, s, p, d or op
holds for every axis, ``s2x1`` gives each its own.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from convscope.errors import SpecError
from convscope.finding import NetworkId, Protocol
from convscope.sharing.cost import LayerCost, windowed
from convscope.sharing.counts import Sides, Window
from convscope.sharing.finding import Sharing

KINDS = ("conv", "depthwise", "transposed", "linear")
_EXAMPLES = {
    "conv": "conv 3x224x224 64 3x3 s1 p1",
    "depthwise": "depthwise 32x112x112 3x3 s1 p1",
    "transposed": "transposed 64x28x28 32 4x4 s2 p1",
    "linear": "linear 768x196 3072",
}
_NUMBERS = re.compile(r"\d+(x\d+)*")
_OPTION = re.compile(r"(op|s|p|d|g)(\d.*|same)")


def described(text: str, *, tied_biases: bool = False) -> Sharing:
    """Return the sharing table of one layer described by hand.

    Args:
        text: the layer, in the grammar above.
        tied_biases: whether the local and the dense form keep one bias per output channel.

    Raises:
        SpecError: the line is not in the grammar, or no such layer can exist.

    >>> row = described("conv 3x224x224 64 3x3 s1 p1").layers[0]
    >>> row.weights, row.dense_weights
    (1728, 483385147392)
    """
    words = _Words(text)
    window = _linear(words) if words.kind == "linear" else _convolution(words)
    biases = window.output[0] if words.has_bias else 0
    row: LayerCost = windowed(
        window,
        name=text.strip(),
        kind="linear" if words.kind == "linear" else "conv",
        parameters=window.weights + biases,
        biases=biases,
        macs=window.local_weights,
        itemsize=4,
        has_bias=words.has_bias,
        tied_biases=tied_biases,
    )
    return Sharing(
        network=NetworkId(text.strip(), sha256(text.strip().encode()).hexdigest()[:16]),
        protocol=Protocol(id="sharing/described", dtype="exact", floor=0.0),
        layers=(row,),
        tied_biases=tied_biases,
    )


@dataclass
class _Words:
    """The words of one line, sorted into what they stand for."""

    text: str
    kind: str = ""
    numbers: list[tuple[int, ...]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    has_bias: bool = True

    def __post_init__(self) -> None:
        # "p same" and "psame" are both natural; the space is taken out first.
        words = re.sub(r"\bp\s+(?=same\b|\d)", "p", self.text.lower()).split()
        if not words or words[0] not in KINDS:
            raise self.wrong(f"It begins with {words[0]!r}" if words else "It is empty", "conv")
        self.kind = words[0]
        for word in words[1:]:
            option = _OPTION.fullmatch(word)
            if _NUMBERS.fullmatch(word):
                self.numbers.append(tuple(int(part) for part in word.split("x")))
            elif word in ("bias", "nobias"):
                self.has_bias = word == "bias"
            elif option and option[1] not in self.options:
                self.options[option[1]] = option[2]
            else:
                raise self.wrong(f"The word {word!r} is not understood here, or is given twice")

    def wrong(self, fact: str, kind: str | None = None) -> SpecError:
        example = _EXAMPLES[kind or self.kind]
        return SpecError(
            f"The layer {self.text.strip()!r} cannot be read. {fact}. Expected KIND CxSIZES FILTERS KERNEL [options], "
            f"where KIND is one of {', '.join(KINDS)} and options are s2, p1, p1:2, p same, d2, g4, op1, nobias. "
            f"Type, for instance: {example!r}."
        )

    def per_axis(self, option: str, default: int, axes: int) -> tuple[int, ...]:
        given = self.options.get(option, str(default))
        if not _NUMBERS.fullmatch(given):
            raise self.wrong(f"{option}{given} is not a number for each axis, such as {option}2")
        return self.spread(tuple(int(part) for part in given.split("x")), axes, f"{option}{given}")

    def spread(self, numbers: tuple[int, ...], axes: int, word: str) -> tuple[int, ...]:
        if len(numbers) == 1:
            return numbers * axes
        if len(numbers) != axes:
            raise self.wrong(
                f"{word!r} gives {len(numbers)} numbers, but the input has {axes} axes of space"
            )
        return numbers


def _linear(words: _Words) -> Window:
    if words.options:
        raise words.wrong(f"A linear layer has no option {next(iter(words.options))!r}")
    if len(words.numbers) != 2 or len(words.numbers[1]) != 1:
        raise words.wrong("A linear layer needs its input and its number of outputs")
    features, *tokens = _positive(words, words.numbers[0])
    (outputs,) = _positive(words, words.numbers[1])
    ones = (1,) * len(tokens)
    return Window(
        (features, *tokens), (outputs, *tokens), ones, ones, ((0, 0),) * len(tokens), ones
    )


def _convolution(words: _Words) -> Window:
    least = 2 if words.kind == "depthwise" else 3
    if not least <= len(words.numbers) <= 3 or any(len(n) != 1 for n in words.numbers[1:-1]):
        raise words.wrong(
            f"A {words.kind} layer needs its input, its filters and its kernel, in this order"
        )
    channels, *sizes = _positive(words, words.numbers[0])
    axes = len(sizes)
    if not axes:
        raise words.wrong(
            "The input has channels but no size, such as 3x224x224, or 1x16000 for sound"
        )
    filters = _positive(words, words.numbers[1])[0] if len(words.numbers) == 3 else channels
    kernel = words.spread(_positive(words, words.numbers[-1]), axes, "the kernel")
    stride = _positive(words, words.per_axis("s", 1, axes))
    dilation = _positive(words, words.per_axis("d", 1, axes))
    (groups,) = words.per_axis("g", channels if words.kind == "depthwise" else 1, 1)
    if groups < 1 or channels % groups or filters % groups:
        raise words.wrong(
            f"{groups} groups do not divide {channels} input channels and {filters} filters"
        )
    span = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    padding = _padding(words, sizes, span, stride)
    transposed = words.kind == "transposed"
    more = words.per_axis("op", 0, axes)
    if any(more) and not transposed:
        raise words.wrong("Only a transposed convolution has output padding (op)")
    if transposed:
        output = [
            (n - 1) * s - before - after + k + extra
            for n, s, (before, after), k, extra in zip(
                sizes, stride, padding, span, more, strict=True
            )
        ]
    else:
        output = [
            (n + before + after - k) // s + 1
            for n, s, (before, after), k in zip(sizes, stride, padding, span, strict=True)
        ]
    if min(output) < 1:
        raise words.wrong(
            f"A kernel that spans {'x'.join(map(str, span))} does not fit {'x'.join(map(str, sizes))}; "
            "enlarge the input or the padding, or take a smaller kernel"
        )
    return Window(
        (channels, *sizes),
        (filters, *output),
        kernel,
        stride,
        padding,
        dilation,
        groups,
        transposed,
    )


def _padding(
    words: _Words, sizes: list[int], span: tuple[int, ...], stride: tuple[int, ...]
) -> Sides:
    given = words.options.get("p", "0")
    if given == "same":
        if words.kind == "transposed":
            raise words.wrong("A transposed convolution has no padding 'same'; give a number")
        totals = [
            max(0, (-(-n // s) - 1) * s + k - n)
            for n, k, s in zip(sizes, span, stride, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in totals)
    if not re.fullmatch(r"\d+(:\d+)?(x\d+(:\d+)?)*", given):
        raise words.wrong(f"The padding p{given} is not p1, p1:2 (before:after), p1x0 or p same")
    sides = [tuple(int(side) for side in part.split(":")) for part in given.split("x")]
    pairs = [(side[0], side[-1]) for side in sides]
    if len(pairs) == 1:
        pairs *= len(sizes)
    if len(pairs) != len(sizes):
        raise words.wrong(f"p{given} is for {len(pairs)} axes, but the input has {len(sizes)}")
    return tuple(pairs)


def _positive(words: _Words, numbers: tuple[int, ...]) -> tuple[int, ...]:
    if min(numbers) < 1:
        raise words.wrong(f"{'x'.join(map(str, numbers))} must be numbers from 1 upwards")
    return numbers
