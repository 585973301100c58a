"""Rows of whole networks: nothing counted twice, nothing lost, nothing guessed."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.network import Network
from convscope.sharing import Sharing, sharing


class Wired(nn.Module):
    """A module made of parts and of a function that says how they are used."""

    def __init__(self, run: Callable[[Any, Tensor], Tensor], **parts: nn.Module | nn.Parameter):
        super().__init__()
        self._run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self._run(self, x)


def measured(module: nn.Module, *shape: int) -> Sharing:
    finding = sharing(Network(module, input=shape))
    stored = sum(parameter.numel() for parameter in module.parameters())
    assert finding.totals.parameters == stored
    assert sum(row.weights + row.biases for row in finding.layers) == stored
    return finding


def test_a_module_used_twice_lists_its_weights_once() -> None:
    conv = nn.Conv2d(3, 3, 3, padding=1)
    first, second = measured(nn.Sequential(conv, nn.ReLU(), conv), 3, 8, 8).layers
    assert (first.parameters, second.parameters) == (84, 0)
    assert second.shared_with == first.name
    assert first.macs == second.macs == 8 * 8 * 81
    assert (second.local_weights, second.dense_weights) == (0, 0)
    assert first.factor == second.factor


def test_a_module_reused_at_another_size_needs_a_second_twin() -> None:
    conv = nn.Conv2d(3, 3, 3, padding=1)
    first, second = measured(nn.Sequential(conv, nn.MaxPool2d(2), conv), 3, 8, 8).layers
    assert second.parameters == 0
    assert (first.dense_weights, second.dense_weights) == (192**2, 48**2)
    assert second.twin_biases == 48
    assert second.connections == (second.links or 0) + 48


def test_tied_weights_are_counted_once_and_their_own_biases_each() -> None:
    one, two = nn.Linear(6, 6), nn.Linear(6, 6)
    two.weight = one.weight
    first, second = measured(nn.Sequential(one, two), 6).layers
    assert (first.weights, first.biases) == (36, 6)
    assert (second.weights, second.biases, second.shared_with) == (0, 6, first.name)


def test_two_parameters_on_one_storage_are_counted_as_the_module_counts_them() -> None:
    base = torch.ones(3, 1, 1)
    net = Wired(lambda m, x: x * m.a + m.b, a=nn.Parameter(base), b=nn.Parameter(base))
    assert measured(net, 3, 4, 4).totals.parameters == 6


def test_parameters_that_the_graph_never_reads_are_listed_as_unused() -> None:
    net = Wired(lambda m, x: m.conv(x), conv=nn.Conv2d(3, 4, 1), aux=nn.Linear(10, 7))
    rows = measured(net, 3, 4, 4).layers
    assert [(row.name, row.kind, row.parameters, row.biases) for row in rows[1:]] == [
        ("aux", "unused", 77, 7)
    ]


def test_free_parameters_are_counted_where_they_are_read() -> None:
    net = Wired(
        lambda m, x: F.conv2d(x + m.place, m.kernel, padding=1),
        place=nn.Parameter(torch.zeros(1, 4, 16, 16)),
        kernel=nn.Parameter(torch.zeros(8, 4, 3, 3)),
    )
    add, conv = measured(net, 4, 16, 16).layers
    assert (add.kind, add.parameters, add.macs, add.factor) == ("add", 1024, 0, None)
    assert (conv.kind, conv.weights, conv.macs) == ("conv", 288, 73_728)


def test_a_kernel_computed_from_parameters_belongs_to_its_convolution() -> None:
    conv = torch.nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 4, 3))
    (row,) = measured(conv, 2, 10).layers
    assert row.parameters == 4 * 2 * 3 + 4 + 4
    assert row.local_weights == 8 * 24


def test_a_kernel_computed_from_the_data_has_no_fixed_weights() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        kernel = m.head(x.mean((2, 3))).reshape(4, 3, 1, 1)
        return F.conv2d(x, kernel)

    head, conv = measured(Wired(run, head=nn.Linear(3, 12)), 3, 8, 8).layers
    assert (head.parameters, conv.parameters) == (48, 0)
    assert (conv.local_weights, conv.dense_weights) == (0, 0)
    assert conv.macs == 64 * 12


def test_linear_over_tokens_is_a_convolution_of_one() -> None:
    (row,) = measured(nn.Linear(4, 8), 16, 4).layers
    assert (row.input, row.output) == ((4, 16), (8, 16))
    assert (row.macs, row.local_weights, row.dense_weights) == (512, 512, 64 * 128)
    assert (row.locality, row.grouping, row.sharing) == (16, 1, 16)
    assert row.links == 512


def test_one_linear_layer_on_a_vector_is_dense_already() -> None:
    (row,) = measured(nn.Linear(12, 5), 12).layers
    assert row.weights == row.local_weights == row.dense_weights == row.macs == row.links == 60
    assert row.factor == 1


def test_pieces_folded_into_the_batch_are_positions_too() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        frames = x.transpose(1, 2).flatten(0, 1)
        return m.conv(frames).mean((0, 2, 3))[None]

    (row,) = measured(Wired(run, conv=nn.Conv2d(3, 6, 3)), 3, 5, 8, 8).layers
    assert row.input == (3, 5, 8, 8)
    assert row.macs == 5 * 6 * 6 * 162
    assert row.macs == row.local_weights
    assert row.sharing == 5 * 36
    assert row.factor is not None
    assert row.factor * row.weights == row.dense_weights


def test_attention_has_multiply_adds_and_no_weights() -> None:
    net = Wired(lambda m, x: F.scaled_dot_product_attention(x, x, x))
    (row,) = measured(net, 1, 256, 4).layers
    assert (row.parameters, row.macs, row.factor, row.links) == (0, 524_288, None, None)


def test_an_unknown_operation_makes_the_total_partial() -> None:
    net = Wired(lambda m, x: torch.fft.rfft(m.conv(x)).abs(), conv=nn.Conv1d(1, 1, 3))
    finding = measured(net, 1, 16)
    totals = finding.totals
    assert totals.is_partial
    assert totals.unknown == ("aten.fft_rfft",)
    assert totals.macs == 14 * 3
    assert finding.layers[-1].macs is None
    assert finding.body()["totals"]["status"] == "partial"
    assert "partial" in finding.summary()


def test_a_branch_on_values_is_unknown_but_its_parameters_are_counted() -> None:
    def run(m: Any, x: Tensor) -> Tensor:
        return torch.cond(x.sum() > 0, lambda x: m.one(x), lambda x: m.two(x), (x,))

    finding = measured(Wired(run, one=nn.Conv2d(3, 4, 3), two=nn.Conv2d(3, 4, 3)), 3, 8, 8)
    assert finding.totals.unknown == ("cond",)
    assert finding.totals.parameters == 224


def test_multiply_adds_on_parameters_alone_are_counted() -> None:
    net = Wired(
        lambda m, x: x + m.table @ m.mix,
        table=nn.Parameter(torch.zeros(5, 6)),
        mix=nn.Parameter(torch.zeros(6, 7)),
    )
    product, add = measured(net, 5, 7).layers
    assert (product.parameters, product.macs) == (0, 210)
    assert (add.kind, add.parameters) == ("add", 72)


def test_what_makes_a_kernel_does_not_take_it_from_its_convolution() -> None:
    plain = nn.Conv2d(8, 8, 3)
    normed = torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(8, 8, 3))
    (one,), finding = measured(plain, 8, 9, 9).layers, measured(normed, 8, 9, 9)
    row = next(row for row in finding.layers if row.kind == "conv")
    assert {**row.document(), "name": ""} == {**one.document(), "name": ""}
    assert {other.parameters for other in finding.layers if other is not row} == {0}
    assert finding.totals_of("conv").factor == one.factor
    twice = measured(nn.Sequential(normed, normed), 8, 9, 9)
    first, second = (row for row in twice.layers if row.kind == "conv")
    assert (first.weights, second.weights, second.shared_with) == (576, 0, first.name)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("transposed", [False, True])
def test_padding_by_a_separate_operation_leaves_the_same_links(dims: int, transposed: bool) -> None:
    size = (5, 6, 4)[:dims]
    if transposed:
        # Zeros around the input of a transposed convolution, cut off again by its own padding.
        kind = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[dims - 1]
        inside, outside = kind(2, 3, 3, stride=2, padding=1), kind(2, 3, 3, stride=2, padding=3)
    else:
        kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1]
        inside, outside = kind(2, 3, 3, stride=2, padding=1), kind(2, 3, 3, stride=2)
    padded = nn.Sequential(
        (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d)[dims - 1](1, 0.0), outside
    )
    (own,) = measured(inside, 2, *size).layers
    (other,) = measured(padded, 2, *size).layers
    assert own.output == other.output
    assert own.links == other.links
    assert own.links != own.local_weights


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_borders_of_any_kind_are_the_convolutions_own(mode: Any) -> None:
    (zeros,) = measured(nn.Conv2d(2, 3, 3, padding=1), 2, 8, 8).layers
    (row,) = measured(nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode), 2, 8, 8).layers
    assert row.links == row.local_weights  # such borders are values of the data
    same = {**row.document(), "name": "", "links": 0, "connections": 0}
    assert same == {**zeros.document(), "name": "", "links": 0, "connections": 0}
    assert row.locality == Fraction(64, 9)


def test_a_border_before_a_convolution_adds_to_its_own() -> None:
    net = Wired(
        lambda m, x: m.conv(F.pad(x, (2, 1), mode="circular")), conv=nn.Conv1d(2, 3, 5, padding=1)
    )
    (row,) = measured(net, 2, 8).layers
    assert (row.input, row.output, row.padding) == ((2, 8), (3, 9), ((3, 2),))
    assert row.links == row.local_weights - 6 * 2  # the one zero on either side, under one tap each


def test_added_channels_are_read_and_borders_are_not() -> None:
    net = Wired(lambda m, x: m.conv(F.pad(x, (1, 1, 1, 1, 0, 2))), conv=nn.Conv2d(4, 3, 3))
    (row,) = measured(net, 2, 8, 8).layers
    assert (row.input, row.padding) == ((4, 8, 8), ((1, 1), (1, 1)))
    assert row.links == 12 * (8 * 3 - 2) ** 2


def test_padding_same_is_asymmetric_for_even_kernels() -> None:
    (row,) = measured(nn.Conv1d(1, 1, 4, padding="same"), 1, 10).layers
    assert row.padding == ((1, 2),)
    assert row.links == 10 * 4 - 1 - 3
    assert row.document()["padding"] == [[1, 2]]


def test_biases_of_the_twins_are_one_per_output_unless_tied() -> None:
    net = Network(nn.Conv2d(3, 4, 3), input=(3, 8, 8))
    assert sharing(net).totals.twin_biases == 4 * 36
    assert sharing(net, tied_biases=True).totals.twin_biases == 4


def test_bytes_follow_the_type_of_the_weights() -> None:
    single = measured(nn.Conv1d(2, 3, 3), 2, 9).totals
    half = nn.Sequential(Wired(lambda m, x: x.half()), nn.Conv1d(2, 3, 3).half())
    assert single.bytes == 4 * 21
    assert measured(half, 2, 9).totals.bytes == 2 * 21


def test_counts_are_per_sample_whatever_batch_the_graph_was_made_for() -> None:
    class Fixed(nn.Module):
        """Mixes values in a way that lets the export keep one batch size only."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return y if x.shape[0] == 1 else y * 2

    free, fixed = Network(nn.Conv2d(3, 4, 3), input=(3, 8, 8)), Network(Fixed(), input=(3, 8, 8))
    one, two = sharing(free).layers[0].document(), sharing(fixed).layers[0].document()
    assert {**one, "name": ""} == {**two, "name": ""}


def test_every_family_of_layers_adds_up() -> None:
    class Everything(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 16, 3, padding=1)
            self.norm = nn.GroupNorm(4, 16)
            self.act = nn.PReLU(16)
            self.up = nn.ConvTranspose2d(16, 8, 4, 2, 1, groups=4)
            self.lstm = nn.LSTM(8, 5, batch_first=True, bidirectional=True)
            self.attention = nn.MultiheadAttention(10, 2, batch_first=True)
            self.embedding = nn.Embedding(7, 10)
            self.both = nn.Bilinear(10, 10, 4)

        def forward(self, x: Tensor) -> Tensor:
            y = self.up(self.act(self.norm(self.stem(x))))
            tokens, _ = self.lstm(y.mean(2).transpose(1, 2))
            mixed, _ = self.attention(tokens, tokens, tokens, need_weights=False)
            mixed = mixed + self.embedding(torch.arange(mixed.shape[1]) % 7)
            return self.both(mixed, tokens)

    finding = measured(Everything(), 3, 8, 8)
    assert finding.totals.unknown == ()
    recurrent = next(row for row in finding.layers if row.parameters == 2 * (20 * 8 + 20 * 5 + 40))
    assert (recurrent.macs, recurrent.biases) == (16 * 2 * (20 * 8 + 20 * 5), 80)
