"""The test with two alternatives: right where pictures tell, chance where they do not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import open_source
from convscope.data.sample import Sample, Source
from convscope.features.exemplars import Harvest, harvest
from convscope.features.trust import Trust, trust
from convscope.features.trust.likeness import CELLS, SCALES, alike, described
from convscope.features.trust.pairs import pairs
from convscope.features.trust.score import boxes
from convscope.network import Network, load, untrained
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


class OneHot(Source):
    """Sample i is 1 at place i: a linear layer's response to it is a column of its weights."""

    kind = "image"

    def __init__(self, length: int):
        self.spec, self._length = "one hot", length
        self.shape = (1, 1, length)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Sample:
        array = np.zeros((1, 1, self._length), np.float32)
        array[0, 0, index] = 1
        return Sample(array, None, str(index))

    def _hashed(self) -> str:
        return f"one hot {self._length}"


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
    one = trust(net, source, found.layers, {"1": fields["1"]}, control=found.layers)["1"]
    return one.with_pictures(pictures["1"])


def test_exemplars_tell_what_planted_units_do(scores):
    assert scores.exemplars[0] == 1
    assert scores.exemplars[1] == 1
    assert np.isnan(scores.exemplars[3])  # a dead unit cannot be asked about


def test_pictures_of_the_wrong_thing_tell_nothing(scores):
    assert scores.synthesis is not None
    assert scores.synthesis[0] == 1
    assert scores.synthesis[1] < 0.5  # red is less like stripes than what drives another unit
    assert scores.unit(1)["synthesis"] == scores.synthesis[1]
    assert scores.unit(3) == {"exemplars": None, "synthesis": None}


def test_the_score_is_the_mean_over_units_with_its_interval(scores):
    found = (scores.document() or {})["exemplars"]
    known = scores.exemplars[np.isfinite(scores.exemplars)]
    assert found["mean"] == known.mean()
    assert found["units"] == len(known) == 2
    assert found["interval"][0] <= found["mean"] <= found["interval"][1]
    none = replace(scores, exemplars=np.full(4, np.nan))
    assert none.document() is None  # nothing could be asked about


def test_the_control_answers_the_same_questions_from_other_exemplars(measured, scores):
    assert np.array_equal(scores.untrained, scores.exemplars, equal_nan=True)  # here it is itself
    net, source, found, fields = measured
    alone = trust(net, source, found.layers, {"1": fields["1"]})["1"]
    assert alone.untrained is None
    assert (alone.document() or {})["untrained"] is None
    swapped = np.array([1, 0, 2, 3])
    one = found["1"]
    best = {"best": one.tally.best[swapped], "best_at": one.tally.best_at[swapped]}
    turned = replace(one, tally=replace(one.tally, **best))
    wrong = trust(net, source, found.layers, {"1": fields["1"]}, control={"1": turned})["1"]
    assert wrong.untrained is not None
    assert wrong.untrained[0] < 0.5  # stripes tell nothing about what is red


def test_references_that_know_nothing_are_right_half_the_time():
    """Any one reference answers every question about a pair of units once right and once wrong."""
    rng = np.random.default_rng(0)
    units, samples = 24, 300
    responses = rng.gamma(1.0, size=(samples, units)).astype(np.float32)
    responses += responses[:, :1]  # what drives one drives all, more or less
    table = nn.Linear(samples, units, bias=False)
    table.weight.data = torch.from_numpy(responses.T.copy())
    net = Network(nn.Sequential(nn.Flatten(), table).eval(), input=(1, 1, samples), spec="table")
    one = harvest(net, OneHot(samples), ["1"], k=5)["1"]
    asked = pairs(one, 10, seed=1)
    seen = asked.high >= 0
    assert seen.sum() > 100
    # Every sample is as often the right answer as it is the wrong one, in mirrored questions.
    told = sorted(zip(asked.high[seen], asked.low[seen], strict=True))
    assert told == sorted(zip(asked.low[seen], asked.high[seen], strict=True))


def test_questions_share_no_sample_with_the_references(measured):
    one = measured[2]["1"]
    asked = pairs(one, 10, seed=3)
    assert (asked.high[:3] >= 0).sum() > 15
    for unit in range(3):
        there = asked.high[unit] >= 0
        shown = set(one.samples[unit].tolist())
        high, low = (asked.high[unit][there].tolist(), asked.low[unit][there].tolist())
        assert not shown & set(high)
        assert not set(high) & set(low)
        assert len(set(high)) == len(high)
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


def test_exemplars_tell_what_the_demo_networks_units_do_and_its_controls_do_not():
    net, source, fields = load("demo"), open_source("parts:400"), receptive(load("demo"))
    seen, control = (harvest(one, source, ["relu2"]) for one in (net, untrained(net, 7)))
    scores = trust(
        net, source, seen.layers, {"relu2": fields["relu2"]}, control=control.layers
    )["relu2"]  # fmt: skip
    own, other, fresh = (scores.score(kind) for kind in ("exemplars", "others", "untrained"))
    assert own is not None
    assert other is not None
    assert fresh is not None
    assert own.interval[0] > 0.8
    assert abs(other.mean - 0.5) < 0.15
    assert abs(fresh.mean - 0.5) < 0.15
