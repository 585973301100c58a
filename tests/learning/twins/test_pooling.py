"""Pooling against torch's own: the same bits, forwards and backwards, where places tie too."""

import pytest
import torch
from torch.nn import functional

from convscope.learning.twins.pooling import pooled

TORCH = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}


@pytest.mark.parametrize("side", [2, 3])
@pytest.mark.parametrize("space", [(7,), (8,), (8, 8), (7, 9), (5, 6, 7), (1, 4)])
def test_it_is_torchs_pooling_to_the_last_bit(space, side):
    draw = torch.Generator().manual_seed(0)
    x = torch.randint(-2, 3, (3, 2, *space), generator=draw).float()  # small numbers tie
    ours, theirs = (x.clone().requires_grad_() for _ in range(2))
    answer = pooled(ours, side)
    expected = TORCH[len(space)](theirs, side, ceil_mode=True)
    assert torch.equal(answer, expected)
    weights = torch.randn(answer.shape, generator=draw)
    answer.backward(weights)
    expected.backward(weights)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert torch.equal(ours.grad, theirs.grad)
