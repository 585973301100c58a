"""The test with two alternatives: right where pictures tell, chance where they do not."""

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data.sample import Sample, Source
from convscope.features.exemplars import Harvest, harvest
from convscope.features.trust import Trust, trust
from convscope.features.trust.likeness import CELLS, SCALES, alike, described
from convscope.features.trust.pairs import pairs
from convscope.features.trust.score import boxes
from convscope.network import Network
from convscope.receptive import Receptive, receptive


class Patches(Source):
    """Noise with, in some samples, a red or a striped patch somewhere."""

    kind = "image"
    shape = (3, 24, 24)

    def __init__(self, length: int):
        self.spec = "patches"
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng(index)
        array = 0.5 + 0.1 * rng.random(self.shape)
        row, column = rng.integers(0, 16, 2)
        there = (slice(None), slice(row, row + 8), slice(column, column + 8))
        if index % 4 == 1:
            array[there] = np.array([0.9, 0.1, 0.1])[:, None, None]
        if index % 4 == 2:
            array[there] = (np.arange(8) % 4 < 2)[:, None]
        return Sample(array.astype(np.float32), None, str(index))

    def _hashed(self) -> str:
        return f"patches {self._length}"


def planted() -> nn.Module:
    """Return units for red, for horizontal stripes, for nothing, and one that is dead."""
    conv = nn.Conv2d(3, 4, 7)
    with torch.no_grad():
        conv.weight.zero_()
        assert conv.bias is not None
        conv.bias.zero_()
        conv.weight[0, 0], conv.weight[0, 1], conv.weight[0, 2] = 1, -0.5, -0.5
        conv.weight[1] = torch.tensor([1.0, 1, -1, -1, 1, 1, -1])[:, None]
        conv.bias[1] = -30.0
        conv.weight[2] = 1e-3 * torch.randn(3, 7, 7, generator=torch.Generator().manual_seed(0))
        conv.bias[3] = -1
    return nn.Sequential(conv, nn.ReLU())


@pytest.fixture(scope="module")
def measured() -> tuple[Network, Source, Harvest, Receptive]:
    """Return the planted network, its data and what was found."""
    net, source = Network(planted().eval(), input=(3, 24, 24), spec="planted"), Patches(200)
    return net, source, harvest(net, source, ["1"]), receptive(net)


@pytest.fixture(scope="module")
def scores(measured) -> Trust:
    """Return the trust in the planted units, with pictures of red for all of them."""
    net, source, found, fields = measured
    red = np.broadcast_to(np.array([0.9, 0.1, 0.1], np.float32)[:, None, None], (3, 7, 7)).copy()
    pictures = {"1": {unit: [red] for unit in range(4)}}
    return trust(net, source, found.layers, {"1": fields["1"]}, pictures=pictures)["1"]


def test_exemplars_tell_what_planted_units_do(scores):
    assert scores.exemplars[0] == 1
    assert scores.exemplars[1] == 1
    assert np.isnan(scores.exemplars[3])  # a dead unit cannot be asked about


def test_pictures_of_the_wrong_thing_tell_nothing(scores):
    assert scores.synthesis is not None
    assert scores.synthesis[0] == 1
    assert scores.synthesis[1] < 0.5  # red is less like stripes than noise is
    assert scores.unit(1)["synthesis"] == scores.synthesis[1]
    assert scores.unit(3) == {"exemplars": None, "synthesis": None}


def test_the_score_is_the_mean_over_units_with_its_interval(scores):
    found = scores.document()["exemplars"]
    known = scores.exemplars[np.isfinite(scores.exemplars)]
    assert found["mean"] == known.mean()
    assert found["units"] == len(known) == 3
    assert found["interval"][0] <= found["mean"] <= found["interval"][1]
    assert Trust("none", np.array([np.nan]), None, np.array([np.nan])).document() == {
        "exemplars": None,
        "synthesis": None,
        "others": None,
    }


def test_questions_share_no_sample_with_the_references(measured):
    one = measured[2]["1"]
    asked = pairs(one, 10, seed=3)
    for unit in range(3):
        shown = set(one.samples[unit].tolist())
        high, low = (asked.high[unit].tolist(), asked.low[unit].tolist())
        assert not shown & {*high, *low}
        assert not set(high) & set(low)
        row = {int(sample): i for i, sample in enumerate(one.kept)}
        for first, second in zip(high, low, strict=True):
            assert one.responses[row[first], unit] > one.responses[row[second], unit]
    assert (asked.high[3] == -1).all()


def test_answers_do_not_depend_on_how_the_harvest_was_cut(measured, scores):
    net, source, _, fields = measured
    halves = [harvest(net, source, ["1"], indices=range(start, 200, 2)) for start in (1, 0)]
    again = trust(
        net, source, halves[0].merge(halves[1]).layers, {"1": fields["1"]}
    )["1"]  # fmt: skip
    assert np.array_equal(again.exemplars, scores.exemplars, equal_nan=True)
    assert again.synthesis is None


def test_crops_are_what_a_unit_sees(measured):
    box = boxes(measured[3]["1"])
    assert list(box(np.array([0, 17]))) == [(0, 7), (17, 24)]


@pytest.mark.parametrize("shape", [(1, 50), (3, 20, 17), (2, 9, 8, 7)])
def test_means_over_cells_are_those_of_the_crop_itself(shape):
    array = np.random.default_rng(0).random(shape).astype(np.float32)
    axes = len(shape) - 1
    crop = [(2, n - 1) for n in shape[1:]]
    found = described(array, [crop, [(0, 1)] * axes])
    values = shape[0] + 3**axes - 1 + len(SCALES)
    assert found.shape == (2, (CELLS**axes + 1) * values)
    inside = array[:, *(slice(*ends) for ends in crop)]
    assert np.allclose(found[0, : shape[0]], inside.reshape(shape[0], -1).mean(1), atol=1e-6)
    assert np.allclose(found[1, : shape[0]], array[(slice(None), *[0] * axes)], atol=1e-6)
    assert np.isfinite(found).all()


def test_direction_and_colour_are_told_apart_and_brightness_of_all_is_not_needed():
    ramp = np.linspace(0, 1, 16, dtype=np.float32)
    right = np.broadcast_to(ramp, (1, 16, 16)).copy()
    whole = [[(0, 16), (0, 16)]]
    same, turned = described(right * 0.9, whole)[0], described(right.swapaxes(1, 2), whole)[0]
    one = described(right, whole)[0]
    centre = np.mean([one, same, turned], axis=0)
    assert alike(one - centre, same - centre) > alike(one - centre, turned - centre)
