"""How maps follow moves, where the answer is known: by theorem, in closed form, or by a number derived by hand."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import comb, pi

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from convscope.network import Network
from convscope.network.rewriting import circular, dense, in_double
from convscope.shift.alias import dense_parts, mean_over_phases
from convscope.shift.causes import CAUSES, every_set, name_of, shapley
from convscope.shift.crops import crop
from convscope.shift.fourier import low_pass, moved, without_nyquist
from convscope.shift.grids import Grid, grids
from convscope.shift.passing import Layers, Watched
from convscope.shift.records import Move

HALF = Fraction(1, 2)
EXACT = {torch.float64: 1e-12, torch.float32: 1e-5}
"""What counts as 0."""
both_types = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """Draw the same weights in every test, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def network(
    module: nn.Module, shape: tuple[int, ...], dtype: torch.dtype, *, fresh: bool = True
) -> Network:
    """Return a network whose batch norms are no identities; ``fresh`` draws their statistics."""
    for part in module.modules():
        if fresh and isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            assert part.running_mean is not None
            assert part.running_var is not None
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
    net = Network(module.eval(), input=shape)
    return in_double(net) if dtype == torch.float64 else net


def watched(net: Network, names: Sequence[str] | None = None) -> Watched:
    placed = grids(net)
    return Watched.of(net, placed, list(placed) if names is None else names)


def errors(net: Network, x: Tensor, moves: Sequence[Move], name: str | None = None) -> list[float]:
    """Return the error of a layer, by default the last, under each move."""
    one = watched(net)
    found = Layers()
    found.follow(one, x, moves)
    last = name or one.names[-1]
    values = [found.errors.ratio(last, lambda m, move=move: m == move) for move in moves]
    return [float(value) for value in values if value is not None]


CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def stack(dims: int, strides: Sequence[int], inputs: int = 2, width: int = 4) -> list[nn.Module]:
    parts: list[nn.Module] = []
    for i, stride in enumerate(strides):
        conv = CONVS[dims - 1](
            inputs if i == 0 else width, width, 3, stride, 1, padding_mode="circular"
        )
        parts += [conv, NORMS[dims - 1](width), nn.ReLU()]
    return parts


@both_types
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_stride_1_and_circular_padding_follow_every_move(dims: int, dtype: torch.dtype):
    net = network(nn.Sequential(*stack(dims, [1, 1])), (2,) + (8,) * dims, dtype)
    x = torch.randn(2, *net.input.shape, dtype=dtype)
    moves = [(1,) * dims, (3,) + (5,) * (dims - 1), (0,) * (dims - 1) + (-2,)]
    one = watched(net)
    found = Layers()
    found.follow(one, x, moves)
    worst = max(found.errors.ratio(name) or 0.0 for name in one.placed)
    assert worst <= EXACT[dtype]


@both_types
def test_total_stride_4_follows_4_and_8_only(dtype: torch.dtype):
    net = network(nn.Sequential(*stack(2, [2, 2])), (2, 24, 24), dtype)
    x = torch.randn(4, 2, 24, 24, dtype=dtype)
    found = errors(net, x, [(d, d) for d in range(9)])
    assert max(found[0], found[4], found[8]) <= EXACT[dtype]
    assert min(found[d] for d in (1, 2, 3, 5, 6, 7)) > 0.3


@both_types
def test_an_average_at_the_end_makes_aligned_moves_invisible(dtype: torch.dtype):
    parts = [*stack(2, [2, 2]), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    net = network(nn.Sequential(*parts), (2, 24, 24), dtype)
    x = torch.randn(4, 2, 24, 24, dtype=dtype)
    answer = net(x)
    spread = (answer - answer.mean(0)).square().sum()
    change = {d: (net(moved(x, (d, d))) - answer).square().sum() / spread for d in (1, 2, 4, 8)}
    assert max(change[4], change[8]) <= {torch.float64: 1e-28, torch.float32: 1e-9}[dtype]
    assert min(change[1], change[2]) > 1e-3


def test_zero_padding_is_felt_at_the_border_alone():
    parts = [nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)]
    net = network(nn.Sequential(*parts), (2, 16, 16), torch.float64)
    canvas = torch.randn(2, 2, 20, 20, dtype=torch.float64).numpy()
    taps = net.taps(["2"])
    first, other = (
        taps(torch.from_numpy(crop(canvas, (d, d), (16, 16))))["2"].detach() for d in (0, 3)
    )
    # Position n of the crop that starts at 3 shows what position n + 3 of the other shows.
    difference = (first[..., 3:, 3:] - other[..., :-3, :-3]).square().sum((0, 1))
    # Two windows of 3 reach 2 positions; the crops' other borders are 13 positions away.
    assert float(difference[2:11, 2:11].max()) == 0.0
    assert float(difference[0].min()) > 0


BINOMIAL = {1: 2.000, 2: 0.7268, 3: 0.3024, 4: 0.1326, 5: 0.0598}


@both_types
@pytest.mark.parametrize("taps", BINOMIAL)
def test_blurred_noise_sampled_by_2(taps: int, dtype: torch.dtype):
    weights = torch.tensor([comb(taps - 1, i) for i in range(taps)], dtype=torch.float64)
    pad = nn.CircularPad1d(((taps - 1) // 2, taps // 2))
    conv = nn.Conv1d(1, 1, taps, 2, bias=False)
    conv.weight.data = weights[None, None].float()
    net = network(nn.Sequential(pad, conv), (1, 1 << 15), dtype)
    x = torch.randn(4, 1, 1 << 15, dtype=dtype)
    (found,) = errors(net, x, [(1,)])
    # 4 A / (A + B) with the filter's energies above (A) and below (B) half the Nyquist frequency.
    power = torch.fft.rfft(weights, n=1 << 12).abs().square()
    above, below = power[1 << 10 :].sum(), power[: 1 << 10].sum()
    assert float(4 * above / (above + below)) == pytest.approx(BINOMIAL[taps], abs=2e-3)
    assert found == pytest.approx(
        BINOMIAL[taps], rel=0.04
    )  # the noise has 16,384 values above the limit


@both_types
def test_noise_sampled_by_4_under_each_move(dtype: torch.dtype):
    """The folded band ``k`` of ``s`` turns against the rest and errs by ``4 sin^2(pi k d / s)`` of its energy."""
    weights = torch.tensor([1.0, 4, 6, 4, 1])
    conv = nn.Conv1d(1, 1, 5, 4, bias=False)
    conv.weight.data = weights[None, None]
    net = network(nn.Sequential(nn.CircularPad1d((2, 2)), conv), (1, 1 << 15), dtype)
    found = errors(net, torch.randn(4, 1, 1 << 15, dtype=dtype), [(1,), (2,), (3,)])
    n = 1 << 12
    power = torch.fft.fft(weights.double(), n=n).abs().square()
    band = (
        (torch.arange(n) + n // 8) // (n // 4)
    ) % 4  # which multiple of 1/4 a frequency is folded from
    energy = torch.stack([power[band == k].sum() for k in range(4)]) / power.sum()
    for d, value in zip((1, 2, 3), found, strict=True):
        turns = 4 * torch.sin(pi * torch.arange(4) * d / 4).square()
        assert value == pytest.approx(float((turns * energy).sum()), rel=0.05)


@both_types
def test_rectified_cosine_folds_the_harmonics_that_are_too_high(dtype: torch.dtype):
    """``relu(cos)`` is 1/pi, 1/2 at the frequency itself, and 2 / (pi (4 m^2 - 1)) at its even multiples ``2 m``."""
    size, waves, stride = 4096, 5, 128
    parts = nn.Conv1d(1, 1, 1, stride, bias=False)
    nn.init.ones_(parts.weight)
    net = network(nn.Sequential(nn.ReLU(), parts), (1, size), dtype)
    x = torch.cos(2 * pi * waves * (torch.arange(size, dtype=torch.float64) + 0.3) / size)
    x = x.to(dtype)[None, None]
    squares = [(2 / (pi * (4 * m * m - 1))) ** 2 / 2 for m in range(1, 200)]
    # Below 1 / (2 * 128) cycles there are 16 waves: 5 and 10 stay.
    expected = sum(squares[1:]) / (1 / 8 + sum(squares))
    # The dense map, by the rewrite, in one pass.
    above, below = dense_parts(watched(dense(net), ["1"]).maps(x)["1"], [stride])
    # Harmonics above the input's own Nyquist frequency, the 410th on, are folded before.
    tolerance = {torch.float64: 1e-5, torch.float32: 1e-4}[dtype]
    assert float(above / below) == pytest.approx(expected, rel=tolerance)


@both_types
@pytest.mark.parametrize(("dims", "size"), [(1, 32), (2, 24), (3, 12)])
def test_alias_fraction_is_the_mean_error_over_all_moves(dims: int, size: int, dtype: torch.dtype):
    net = network(nn.Sequential(*stack(dims, [2, 2])), (2,) + (size,) * dims, dtype)
    x = torch.randn(2, *net.input.shape, dtype=dtype)
    stride = (4,) * dims
    full = watched(dense(net), ["5"]).maps(x)["5"]
    above, below = dense_parts(full, stride)
    fraction = float(above.sum() / below.sum())
    one = watched(net, ["5"])
    kept = low_pass(full, [Fraction(1, 8)] * dims)
    wrong, sampled, moves = 0.0, [], list(product(range(4), repeat=dims))
    every = (..., *[slice(None, None, 4)] * dims)
    for move in moves:
        z = one.maps(moved(x, move))["5"]
        wrong += float((z - moved(kept, move)[every]).square().sum())
        sampled.append(z)
    assert fraction > 0.1
    digits = {torch.float64: 1e-9, torch.float32: 1e-6}[dtype]
    assert wrong / float(below.sum()) == pytest.approx(fraction, rel=digits)
    # And what all phases have in common is what the limit keeps.
    common = mean_over_phases(sampled, stride, moves)
    assert torch.allclose(
        common, kept[every], atol={torch.float64: 1e-12, torch.float32: 1e-5}[dtype]
    )


@both_types
def test_pairs_of_phases_estimate_the_alias_fraction(dtype: torch.dtype):
    net = network(nn.Sequential(*stack(2, [2, 2])), (2, 24, 24), dtype)
    x = torch.randn(3, 2, 24, 24, dtype=dtype)
    above, below = dense_parts(watched(dense(net), ["5"]).maps(x)["5"], (4, 4))
    one, found = watched(net, ["5"]), Layers()
    moves = list(product(range(4), repeat=2))
    # All pairs of phases: exact.
    for start in moves:
        found.follow(one, moved(x, start), moves, pairs=True)
    digits = {torch.float64: 1e-9, torch.float32: 1e-5}[dtype]
    assert found.pairs.ratio("5") == pytest.approx(float(above.sum() / below.sum()), rel=digits)


@both_types
def test_full_padding_is_exact_for_an_object_on_nothing_without_biases(dtype: torch.dtype):
    x = torch.zeros(1, 2, 24, 24, dtype=dtype)
    x[..., 8:14, 8:14] = torch.randn(1, 2, 6, 6, dtype=dtype)
    found = {}
    for bias in (False, True):
        parts = [
            nn.Conv2d(2, 4, 3, padding=2, bias=bias), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=2, bias=bias), nn.ReLU(),
        ]  # fmt: skip
        net = network(nn.Sequential(*parts), (2, 24, 24), dtype)
        # What leaves the map on one side is nothing, so that it may come in on the other.
        found[bias] = errors(net, x, [(5, -4)])[0]
    assert found[False] <= EXACT[dtype]
    assert found[True] > 1e-4


def test_infinitesimal_moves_are_the_limit_of_small_ones():
    net = network(nn.Sequential(*stack(2, [1, 2])), (2, 16, 16), torch.float64)
    x = without_nyquist(torch.randn(2, 2, 16, 16, dtype=torch.float64))
    one, found = watched(net), Layers()
    found.differentiate(one, x, [(1, 0)])
    tiny = Fraction(1, 1 << 20)
    for name, grid in one.placed.items():
        z = one.maps(x)[name]
        ends = [one.maps(moved(x, (d, 0)))[name] for d in (-tiny, tiny)]
        exact = [moved(z, grid.steps((d, 0))) for d in (-tiny, tiny)]
        followed, meant = ends[1] - ends[0], exact[1] - exact[0]
        expected = float((followed - meant).square().sum() / meant.square().sum())
        measured = found.tangents.ratio(name)
        if expected > 1e-9:
            # Where a rectifier's kink lies inside the small move, the two differ.
            assert measured == pytest.approx(expected, rel=1e-4), name
        else:
            assert measured is not None
            assert measured < 1e-12


@pytest.mark.parametrize(("dtype", "floor"), [(torch.float64, 1e-28), (torch.float32, 1e-11)])
def test_a_circular_convolution_follows_infinitesimal_moves(dtype: torch.dtype, floor: float):
    conv = nn.Conv2d(2, 4, 5, padding=2, padding_mode="circular")
    net = network(nn.Sequential(conv), (2, 32, 32), dtype)
    found = Layers()
    one = watched(net)
    found.differentiate(one, torch.randn(2, 2, 32, 32, dtype=dtype), [(1, 2)])
    found.follow(one, torch.randn(2, 2, 32, 32, dtype=dtype), [(HALF, Fraction(1, 4))])
    (name,) = one.placed
    assert (found.tangents.ratio(name) or 0) < floor
    assert (found.errors.ratio(name) or 0) < floor


def test_shapley_parts_sum_to_the_whole():
    generator = torch.Generator().manual_seed(3)
    values = {name_of(there): float(torch.rand((), generator=generator)) for there in every_set()}
    parts = shapley(lambda there: values[name_of(there)])
    whole = values[name_of(CAUSES)] - values["none"]
    assert sum(parts.values()) == pytest.approx(whole, abs=1e-9)
    # A cause that changes nothing has no share, whatever the others do.
    idle = shapley(lambda there: values[name_of(tuple(c for c in there if c != "stride"))])
    assert idle["stride"] == 0


@both_types
def test_scale_order_and_constants_of_channels_do_not_matter(dtype: torch.dtype):
    class Changed(nn.Module):
        def __init__(self, trunk: nn.Module):
            super().__init__()
            self.trunk = trunk
            self.register_buffer("order", torch.randperm(4))
            self.constant = nn.Parameter(torch.randn(4, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            z = self.trunk(x) * -7.5
            return torch.cat([z[:, i : i + 1] for i in (2, 0, 3, 1)], 1) + self.constant

    trunk = nn.Sequential(*stack(2, [2, 2])[:-1])
    x = torch.randn(2, 2, 24, 24, dtype=dtype)
    plain = errors(network(trunk, (2, 24, 24), dtype), x, [(1, 2), (3, 0)])
    changed = errors(network(Changed(trunk), (2, 24, 24), dtype, fresh=False), x, [(1, 2), (3, 0)])
    assert changed == pytest.approx(plain, rel={torch.float64: 1e-12, torch.float32: 1e-4}[dtype])


class Unet(nn.Module):
    """Two poolings of factor 2 on the way down, and skips."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=1, padding_mode="circular")
            for i, o in ((2, 4), (4, 4), (4, 4))
        )
        self.right = nn.ModuleList(
            nn.Conv2d(8, 4, 3, padding=1, padding_mode="circular") for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.left[0](x))
        b = F.relu(self.left[1](F.max_pool2d(a, 2)))
        c = F.relu(self.left[2](F.max_pool2d(b, 2)))
        b = F.relu(self.right[0](torch.cat([F.interpolate(c, scale_factor=2), b], 1)))
        return self.right[1](torch.cat([F.interpolate(b, scale_factor=2), a], 1))


@both_types
def test_two_poolings_by_2_make_a_unet_periodic_in_4(dtype: torch.dtype):
    net = network(Unet(), (2, 16, 16), dtype)
    last = list(grids(net).values())[-1]
    assert last.stride == (1, 1)
    assert last.period == (4, 4)
    found = errors(net, torch.randn(2, 2, 16, 16, dtype=dtype), [(d, 0) for d in range(9)])
    assert max(found[0], found[4], found[8]) <= EXACT[dtype]
    assert min(found[d] for d in (1, 2, 3, 5, 6, 7)) > 1e-4


def test_circular_twin_is_the_floor():
    """The same network with zeros at its border errs under moves that its circular twin follows."""
    parts = [nn.Conv2d(2, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)]
    net = network(nn.Sequential(*parts), (2, 16, 16), torch.float32)
    x = torch.randn(2, 2, 16, 16)
    assert errors(net, x, [(2, 4)])[0] > 0.1
    assert errors(circular(net), x, [(2, 4)])[0] < 1e-12


def test_grid_of_a_wrapping_map():
    grid = Grid((Fraction(2),), (2,), (8,), (Fraction(8),))
    assert grid.tiles
    assert grid.steps((3,)) == (Fraction(3, 2),)
    assert grid.aligned((4,))
    assert not grid.aligned((3,))


@both_types
def test_a_map_without_a_border_is_compared_where_it_was(dtype: torch.dtype):
    """Windows without padding see no border: every position that is there before and after agrees."""
    parts = [nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)]
    net = network(nn.Sequential(*parts), (2, 12, 12), dtype)
    x = torch.randn(1, 2, 12, 12, dtype=dtype)
    assert max(errors(net, x, [(d, 5 - d) for d in range(12)])) <= EXACT[dtype]
