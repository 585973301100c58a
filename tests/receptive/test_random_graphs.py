"""200 random networks: the prediction holds at every position of every node, in both directions."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from torch import fx

from convscope.receptive.joint import Joint
from convscope.receptive.states import State
from convscope.receptive.units import Units
from convscope.receptive.verify import Prediction, nan_dependence
from convscope.receptive.walk import Walk, walk

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
TENS = [(dims, seed) for dims, count in ((1, 9), (2, 8), (3, 3)) for seed in range(count)]


@pytest.mark.parametrize(("dims", "seed"), TENS)
def test_ten_random_networks(
    random_networks: Callable, exported: Callable, dims: int, seed: int
) -> None:
    networks = random_networks(dims, seed)
    graph = exported(networks, networks.shape)
    found = walk(graph)
    assert not found.unsupported
    result = nan_dependence(graph, networks.shape, 4, found=found)
    assert len(result.nodes) > 60
    assert (result.unsound, result.loose) == ({}, {})
    _gradients_agree(graph, networks.shape, found)


def _gradients_agree(graph: fx.GraphModule, shape: Sequence[int], found: Walk) -> None:
    """Compare the axes of joint masks with the predicted sets, for three units of each network's output."""
    output = next(iter(reversed(graph.graph.nodes)))
    last = [node for node in output.all_input_nodes if isinstance(found.states[node], State)]
    joint = Joint(graph, found, shape, [node.name for node in last])
    units = Units()
    draw = np.random.default_rng(0)
    for node in last:
        state = found.states[node]
        assert isinstance(state, State)
        for _ in range(3):
            unit = tuple(int(draw.integers(n)) for n in state.shape[1:])
            mask = joint.mask(node.name, unit)
            for axis, length in enumerate(shape[1:]):
                seen = mask.any(tuple(a for a in range(mask.ndim) if a != axis))
                expected = [
                    bool(Prediction(units, axis, column)(state)[(0, *unit)])
                    for column in range(length)
                ]
                assert seen.tolist() == expected, (node, unit, axis)


def test_a_wrong_prediction_is_found(random_networks: Callable, exported: Callable) -> None:
    """The test itself can fail: fields that are one position too small, or too large, are noticed."""
    networks = random_networks(2, 0)
    graph = exported(networks, networks.shape)
    other = exported(random_networks(2, 1), networks.shape)
    names = {node.name: node for node in graph.graph.nodes}
    wrong = {names[n.name]: s for n, s in walk(other).states.items() if n.name in names}
    right = walk(graph)
    same = {n: s for n, s in wrong.items() if _same_shape(s, right.states[n])}
    mixed = Walk({**right.states, **same}, right.sites, right.inputs, {})
    result = nan_dependence(graph, networks.shape, 4, found=mixed)
    assert result.unsound
    assert result.loose


def _same_shape(one: object, other: object) -> bool:
    return isinstance(one, State) and isinstance(other, State) and one.shape == other.shape
