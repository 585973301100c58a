"""Layers described in one line."""

import pytest
from torch import nn

from convscope.errors import SpecError
from convscope.network import Network
from convscope.sharing import LayerCost, described, sharing


def row(text: str) -> LayerCost:
    return described(text).layers[0]


@pytest.mark.parametrize(
    ("text", "module", "shape"),
    [
        ("conv 3x24x24 6 3x3 s1 p1", nn.Conv2d(3, 6, 3, padding=1), (3, 24, 24)),
        ("conv 3x24x20 6 3x5 s2x1 p0x2", nn.Conv2d(3, 6, (3, 5), (2, 1), (0, 2)), (3, 24, 20)),
        ("conv 4x9x9 8 3 d2 g2 psame nobias",
         nn.Conv2d(4, 8, 3, padding="same", dilation=2, groups=2, bias=False), (4, 9, 9)),
        ("conv 4x20 8 4 p same", nn.Conv1d(4, 8, 4, padding="same"), (4, 20)),
        ("conv 1x6x6x6 2 3 s2 p 1", nn.Conv3d(1, 2, 3, 2, 1), (1, 6, 6, 6)),
        ("depthwise 6x10x10 3x3 p1", nn.Conv2d(6, 6, 3, padding=1, groups=6), (6, 10, 10)),
        ("depthwise 6x10x10 12 3x3 p1", nn.Conv2d(6, 12, 3, padding=1, groups=6), (6, 10, 10)),
        ("transposed 4x7x7 6 4 s2 p1 g2", nn.ConvTranspose2d(4, 6, 4, 2, 1, groups=2), (4, 7, 7)),
        ("transposed 4x7 6 3 s2 p1 op1 d2", nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, dilation=2), (4, 7)),
        ("linear 12 5", nn.Linear(12, 5), (12,)),
    ],
)  # fmt: skip
def test_a_line_of_text_costs_what_the_module_costs(
    text: str, module: nn.Module, shape: tuple[int, ...]
) -> None:
    by_hand = row(text).document()
    real = sharing(Network(module, input=shape)).layers[0].document()
    assert {**by_hand, "name": ""} == {**real, "name": ""}


def test_linear_takes_tokens() -> None:
    tokens = row("linear 4x16 8 nobias")
    assert (tokens.macs, tokens.weights, tokens.sharing) == (512, 32, 16)


def test_same_with_a_stride_puts_the_odd_one_after() -> None:
    # TensorFlow's convention; torch has none for strides.
    layer = row("conv 1x16x16 12 5x5 s2 p same")
    assert layer.output == (12, 8, 8)
    assert layer.padding == ((1, 2), (1, 2))


def test_padding_can_be_given_side_by_side() -> None:
    assert row("conv 1x10x8 1 3 p0:2x1").padding == ((0, 2), (1, 1))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "It is empty"),
        ("convolution 3x224x224 64 3x3", "begins with 'convolution'"),
        ("conv 3x224x224 64", "needs its input, its filters and its kernel"),
        ("conv 3 64 3", "no size"),
        ("conv 3x224x224 64 3x3 s", "'s' is not understood"),
        ("conv 3x224x224 64 3x3 stride=2", "'stride=2' is not understood"),
        ("conv 3x224x224 64 3x3 s1 s2", "given twice"),
        ("conv 3x224x224 64 3x3x3", "gives 3 numbers"),
        ("conv 3x224x224 64 3x3 s1x1x1", "gives 3 numbers"),
        ("conv 3x224x224 64 3x3 g2", "2 groups do not divide"),
        ("conv 3x224x224 64 3x3 g0", "0 groups"),
        ("conv 3x2x2 64 5x5", "does not fit 2x2"),
        ("conv 3x224x0 64 3x3", "from 1 upwards"),
        ("conv 3x224x224 0 3x3", "from 1 upwards"),
        ("conv 3x224x224 64 3x3 s0", "from 1 upwards"),
        ("conv 3x224x224 64 3x3 p1x1x1", "for 3 axes"),
        ("conv 3x224x224 64 3x3 p1:2:3", "is not p1"),
        ("conv 3x224x224 64 3x3 op1", "Only a transposed"),
        ("conv 3x224x224 64 3x3 s1:2", "not a number for each axis"),
        ("conv -3x224x224 64 3x3", "'-3x224x224' is not understood"),
        ("depthwise 6x10x10 9 3x3", "6 groups do not divide"),
        ("transposed 4x7x7 6 4 p same", "no padding 'same'"),
        ("transposed 4x1x1 6 1 p1", "does not fit"),
        ("linear 12", "needs its input and its number of outputs"),
        ("linear 12 5 s2", "no option 's'"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_the_fix(text: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        described(text)
    message = str(caught.value)
    assert says in message
    assert "Type, for instance: '" in message
    example = message.rsplit("Type, for instance: '", 1)[1].split("'")[0]
    assert described(example).layers, "the advice must work"
