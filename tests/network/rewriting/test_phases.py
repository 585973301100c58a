"""All phases from one pass are what explicit passes give."""

import pytest
import torch
from torch import nn

from convscope.errors import SpecError
from convscope.network import Network
from convscope.network.rewriting import all_phases, circular, in_double
from convscope.network.rewriting.phases import every_shift


def _block(dims: int) -> nn.Module:
    conv = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
    most = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[dims - 1]
    mean = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)[dims - 1]
    return nn.Sequential(
        conv(2, 4, 3, padding=1), nn.ReLU(), most(2), conv(4, 5, 3, 2, 1), nn.ReLU(), mean(1), nn.Flatten(),
        nn.Linear(5, 3), nn.Softmax(1),
    )  # fmt: skip


@pytest.mark.parametrize("sizes", [(16,), (8, 12), (8, 8, 8)])
@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_equal_to_explicit_passes(sizes: tuple[int, ...], dtype: torch.dtype, close: float) -> None:
    torch.manual_seed(0)
    net = circular(Network(_block(len(sizes)).eval(), input=(2, *sizes)))
    net = in_double(net) if dtype == torch.float64 else net
    x = torch.rand(2, 2, *sizes, dtype=dtype)
    total = (4,) * len(sizes)
    with torch.no_grad():
        found = all_phases(net, x)
        expected = torch.stack([net(shifted) for shifted in every_shift(x, total)])
        assert found.shape == (*total, 2, 3)
        assert (found.reshape(expected.shape) - expected).abs().max() < close
        assert (expected - expected[:1]).abs().max() > 1e-3


def test_a_network_that_knows_positions_is_refused() -> None:
    module = nn.Sequential(nn.Conv2d(2, 4, 3, 2, 1), nn.Flatten(), nn.Linear(64, 3))
    with pytest.raises(SpecError, match="not all known from its phases"):
        all_phases(circular(Network(module, input=(2, 8, 8))), torch.rand(1, 2, 8, 8))
