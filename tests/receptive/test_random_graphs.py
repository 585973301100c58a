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
def test_ten_random_networks(random_graph: Callable, dims: int, seed: int) -> None:
    graph, shape = random_graph(dims, seed)
    found = walk(graph)
    assert not found.unsupported
    result = nan_dependence(graph, shape, 4, found=found)
    assert len(result.nodes) > 60
    assert (result.unsound, result.loose) == ({}, {})
    _gradients_agree(graph, shape, found)


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


def test_a_wrong_prediction_is_found(random_graph: Callable) -> None:
    """The test itself can fail: a field one operation too small, or too large, is noticed."""
    graph, shape = random_graph(1, 0)
    right = walk(graph)
    smaller, larger = dict(right.states), dict(right.states)
    for node in graph.graph.nodes:
        for source in node.all_input_nodes:
            one, other = right.states[source], right.states[node]
            if _comparable(one, other):
                smaller[node], larger[source] = one, other
    for states, wrong in ((smaller, "unsound"), (larger, "loose")):
        walked = Walk(states, right.sites, right.inputs, {})
        assert getattr(nan_dependence(graph, shape, 4, found=walked), wrong)


def _comparable(one: object, other: object) -> bool:
    return isinstance(one, State) and isinstance(other, State) and one.shape == other.shape
