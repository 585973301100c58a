"""The twins: the same maps with fewer priors, and the theorems that hold of them."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.errors import SpecError
from convscope.learning.record import NETS
from convscope.learning.tasks import split
from convscope.learning.trials import Trial, train
from convscope.learning.trials.conditions import permutation
from convscope.learning.twins import (
    Geometry,
    Local,
    Stage,
    Twin,
    dense_from,
    local_from,
    reference,
    twins,
)


def built(twin: Twin, seed: int) -> Any:
    """Return the network, whose layers a type checker cannot know."""
    return twin.build(seed)


SHAPES = [(1, 40), (2, 9, 12), (1, 6, 7, 5)]


@pytest.mark.parametrize("shape", SHAPES)
def test_all_twins_answer_and_learn_all_their_weights(shape):
    x = torch.randn(3, *shape)
    for name, twin in twins(shape, 5).items():
        network = built(twin, 0)
        answers = network(x)
        assert answers.shape == (3, 5), name
        answers.square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_twins_without_pooling_are_one_function_when_weights_are_mapped(shape):
    made = twins(shape, 5)
    conv, local, dense = (built(made[name], 0) for name in ("conv", "local", "dense"))
    size = shape[1:]
    for shared, own, free in zip(conv.layers, local.layers, dense.layers, strict=True):
        as_local = local_from(shared, size)
        with torch.no_grad():
            own.weight.copy_(as_local.weight)
        free.load_state_dict(dense_from(as_local).state_dict())
        size = own.windows.output
    for network in (local, dense):
        network.head.load_state_dict(conv.head.state_dict())
    x = torch.randn(4, *shape)
    expected = conv(x)
    assert (local(x) - expected).abs().max() < 1e-5
    assert (dense(x) - expected).abs().max() < 1e-5


def test_pooling_is_tying_the_head_over_positions():
    geometry = Geometry((1, 24), 3, (Stage(4, 4, 4),))
    pooled, plain = (built(Twin(name, geometry), 0) for name in ("conv+pool", "conv"))
    plain.layers.load_state_dict(pooled.layers.state_dict())
    with torch.no_grad():
        plain.head.weight.copy_(pooled.head.weight[:, :, None].expand(-1, -1, 6).flatten(1))
        plain.head.bias.copy_(pooled.head.bias)
    x = torch.randn(5, 1, 24)
    assert (pooled(x) - plain(x)).abs().max() < 1e-5


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_conv_and_pool_on_a_circle_do_not_see_a_shift(axes):
    shape = (2, *(6, 5, 4)[:axes])
    stages = (Stage(4, 3, 1, 1), Stage(5, 3, 1, 1))
    network = built(Twin("conv+pool", Geometry(shape, 3, stages, norm=True, edge="circular")), 1)
    network = network.double()
    x = torch.randn(3, *shape, dtype=torch.double)
    whole = network(x)
    for by in (1, 2, 3):
        moved = torch.roll(x, [by] * axes, list(range(2, 2 + axes)))
        assert (network(moved) - whole).abs().max() < 1e-12
    plain = built(Twin("conv", Geometry(shape, 3, stages, norm=True, edge="circular")), 1).double()
    assert (plain(torch.roll(x, 1, 2)) - plain(x)).abs().max() > 1e-3


def task():
    draw = np.random.default_rng(5)
    x = draw.standard_normal((300, 1, 4, 6), np.float32)
    y = (x[:, 0, 0, 0] + x[:, 0, 2, 3] > 0).astype(np.int64)
    return split("made up", x, y, ("no", "yes"))


@pytest.mark.parametrize("condition", ["permuted", "block-permuted:2"])
def test_training_a_dense_network_does_not_see_a_permutation(condition):
    """Permute the positions and the first layer's weights: after training the answers are the same."""
    made = task()
    twin = twins(made.shape, 2, names=["dense"])["dense"]
    order = permutation((4, 6), 1 if condition == "permuted" else 2, seed=3)
    networks = []
    for under in ("intact", condition):
        network = built(twin, 0)
        if under != "intact":
            with torch.no_grad():
                first = network.layers[0].weight
                first.copy_(first[:, order])
        trial = Trial(twin, 64, 3, under, (under,), 0.003, 0.01, 40, 16, 2.0)
        train(made, trial, network)
        networks.append(network)
    x = made.samples(made.x_test)
    permuted = x.reshape(len(x), 1, -1)[:, :, order].reshape(x.shape)
    with torch.no_grad():
        intact = networks[0](torch.from_numpy(x))
        under = networks[1](torch.from_numpy(permuted))
    assert (intact - under).abs().max() < 1e-5
    assert intact.std() > 0.1  # it has learned something


def test_twins_have_the_weights_that_their_priors_leave():
    counts = {
        n: sum(p.numel() for p in built(t, 0).parameters()) for n, t in twins((1, 32), 2).items()
    }
    assert list(counts) == list(NETS)
    assert counts["conv+pool"] < counts["conv"] < counts["local"] < counts["dense"]


def test_weights_follow_from_the_seed():
    twin = twins((1, 32), 2)["local+pool"]
    first, again, other = (built(twin, seed) for seed in (0, 0, 1))
    assert torch.equal(first.layers[0].weight, again.layers[0].weight)
    assert not torch.equal(first.layers[0].weight, other.layers[0].weight)


def test_local_is_a_locally_connected_layer_of_its_own():
    assert isinstance(built(twins((1, 32), 2)["local"], 0).layers[0], Local)
    assert isinstance(built(twins((1, 32), 2)["conv"], 0).layers[0], nn.Conv1d)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((1, 8, 8), [16, 32]), ((3, 32, 32), [8, 16, 32]), ((1, 40), [16, 32, 64, 64])],
)
def test_reference_geometry(shape, channels):
    assert [stage.channels for stage in reference(shape, 10).stages] == channels


def test_long_axes_are_cut_down_first():
    stages = reference((1, 1000), 4).stages
    assert stages[0].stride == 16
    assert built(twins((1, 1000), 4)["dense"], 0)(torch.zeros(1, 1, 1000)).shape == (1, 4)


@pytest.mark.parametrize("shape", [(1, 3), (1, 5000), (3, 100, 100), (1, 40, 40, 40)])
def test_shapes_without_a_small_network_are_refused(shape):
    with pytest.raises(SpecError, match="No small network"):
        reference(shape, 2)
