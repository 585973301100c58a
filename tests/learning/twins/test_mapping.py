"""A convolution, the local layer made from it and the dense layer made from that are one function."""

import random

import pytest
import torch
from torch import nn

from convscope.learning.twins import Local, dense_from, local_from

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("draw", range(12))
def test_conv_local_and_dense_agree_and_so_do_their_gradients(axes, draw):
    chance = random.Random(1000 * axes + draw)
    groups = chance.choice([1, 2])
    several = [chance.choice([1, 2]) * groups, chance.choice([1, 3]) * groups]
    kernel, stride = ([chance.randint(1, 3) for _ in range(axes)] for _ in range(2))
    padding = [chance.randint(0, 2) for _ in range(axes)]
    dilation = [chance.randint(1, 2) for _ in range(axes)]
    size = tuple(chance.randint(5, 7) for _ in range(axes))
    conv = CONVOLUTIONS[axes](
        *several,
        kernel,
        stride,
        padding,
        dilation,
        groups,
        bias=chance.random() < 0.7,
        padding_mode=chance.choice(["zeros", "circular"]),
    )
    torch.manual_seed(draw)
    x = torch.randn(2, several[0], *size, requires_grad=True)
    local = local_from(conv, size)
    dense = dense_from(local)
    expected = conv(x)
    weigh = torch.randn_like(expected)
    answers = [expected, local(x), dense(x.flatten(1)).reshape(expected.shape)]
    gradients = [torch.autograd.grad((one * weigh).sum(), x)[0] for one in answers]
    for answer, gradient in zip(answers[1:], gradients[1:], strict=True):
        assert (answer - expected).abs().max() < 1e-5
        assert (gradient - gradients[0]).abs().max() < 1e-5


@pytest.mark.parametrize("size", [(7,), (4, 5), (3, 4, 3)])
def test_gradients_of_a_local_layer_are_those_of_its_values(size):
    torch.manual_seed(0)
    local = Local(size, 2, 4, 3, stride=2, padding=1, groups=2, bias="position").double()

    def answer(x, weight, bias):
        return torch.func.functional_call(local, {"weight": weight, "bias": bias}, (x,))

    x = torch.randn(2, 2, *size, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(answer, (x, local.weight, local.bias))


def test_a_local_layer_is_more_than_a_convolution():
    """One position's kernel changes that position's answer and no other."""
    local = Local((6,), 1, 2, 3, padding=1)
    x = torch.randn(1, 1, 6)
    before = local(x).detach()
    with torch.no_grad():
        local.weight[2] += 1
    changed = (local(x) - before).abs().sum((0, 1)) > 1e-6
    assert changed.tolist() == [False, False, True, False, False, False]


def test_other_paddings_are_refused():
    with pytest.raises(ValueError, match="reflect"):
        local_from(nn.Conv1d(1, 1, 3, padding=1, padding_mode="reflect"), (5,))
