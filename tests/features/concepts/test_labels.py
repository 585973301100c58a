"""From a network and data to labels: the planted unit gets its name, noise stays unknown, all in one pass."""

from collections.abc import Mapping
from typing import final

import numpy as np
import pytest
import torch
from tests.features.planted import gabor_bank
from torch import Tensor, nn

from convscope.data import Contents, Sample, Source, open_source
from convscope.errors import WorkError
from convscope.features.concepts import Label, Subject, families, hierarchy, label, label_each
from convscope.features.exemplars import harvest
from convscope.features.tuning import NONE, Tuning, tune
from convscope.network import Network, load, untrained
from convscope.receptive import receptive

NOISE = 24


@final
class Shown(Source):
    """Pictures whose first channel is a mask, whose others are noise, and whose class makes channel 1 bright."""

    kind = "image"
    spec = "shown"

    def __init__(self, n: int, size: int = 16) -> None:
        rng = np.random.default_rng(0)
        self.shape = (2 + NOISE, size, size)
        self.labels = np.arange(n) % 4
        self.classes = ("a", "b", "c", "d")
        self.concepts = {"thing": 3, "other": 2}
        self._arrays = rng.random((n, *self.shape), np.float32)
        corners = rng.integers(0, size - 5, (n, 2, 2))
        self._masks = np.zeros((n, 2, size, size), bool)
        for i in range(n):
            for k in range(2):
                row, column = corners[i, k]
                self._masks[i, k, row : row + 5, column : column + 5] = True
        self._arrays[:, 0] = self._masks[:, 0]
        self._arrays[:, 1] = 0.5 * self._arrays[:, 1] + 0.5 * (self.labels == 2)[:, None, None]

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, index: int) -> Sample:
        masks = dict(zip(self.concepts, self._masks[index], strict=True))
        assert self.labels is not None
        return Sample(
            self._arrays[index], int(self.labels[index]), str(index), lambda: Contents(masks, ())
        )

    def _hashed(self) -> str:
        return "shown"


class Copying(nn.Module):
    """A network whose units are the channels of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.same = nn.Conv2d(2 + NOISE, 2 + NOISE, 1, groups=2 + NOISE, bias=False)
        nn.init.ones_(self.same.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.same(x)


@pytest.fixture(scope="module")
def copied() -> tuple[Network, Source]:
    source = Shown(120)
    assert source.shape is not None
    return Network(Copying().eval(), source.shape), source


def named(labels: Mapping[str, list[Label]]) -> list[str]:
    return [one.name for units in labels.values() for one in units]


def test_a_unit_that_equals_a_mask_is_called_by_it(copied: tuple[Network, Source]) -> None:
    net, source = copied
    (units,) = label(net, source, [net.layers[-1].name], samples=120).values()
    own = units[0]
    assert (own.name, own.level, own.source) == ("thing", 3, "overlap")
    assert own.precision == own.recall == own.score == 1
    assert own.null99 is not None
    assert own.null99 < 0.3
    assert own.document()["name"] == "thing"
    assert [piece["source"] for piece in own.document()["others"]] == ["class"]


def test_a_unit_that_tells_a_class_is_called_by_it(copied: tuple[Network, Source]) -> None:
    net, source = copied
    (units,) = label(net, source, [net.layers[-1].name], samples=120).values()
    told = next(piece for piece in units[1].evidence if piece.source == "class")
    assert (told.name, told.level, told.score, told.precision) == ("c", 4, 1, 1)


def test_noise_is_unknown_with_a_harvest_and_without(copied: tuple[Network, Source]) -> None:
    net, source = copied
    name = net.layers[-1].name
    found = harvest(net, source, [name])
    for known in (None, found.layers):
        (units,) = label(net, source, [name], harvest=known, samples=120).values()
        assert units[0].name == "thing"
        noise = units[2:]
        assert sum(one.name != "unknown" for one in noise) <= 1
        empty = next(one for one in noise if one.name == "unknown")
        assert (empty.level, empty.source, empty.precision) == (None, "none", None)
        assert empty.evidence  # what came nearest is kept


def test_labels_do_not_depend_on_the_batch(copied: tuple[Network, Source]) -> None:
    net, source = copied
    name = net.layers[-1].name
    found = [label(net, source, [name], samples=60, batch=batch)[name] for batch in (7, 32)]
    one, other = ([unit.document() for unit in units] for units in found)
    assert one == other


def test_on_too_few_samples_nothing_is_said(copied: tuple[Network, Source]) -> None:
    net, _ = copied
    with pytest.raises(WorkError, match="at least 20"):
        label(net, Shown(12), [net.layers[-1].name])


def test_a_gabor_bank_is_labelled_by_what_it_prefers_and_is_one_family() -> None:
    planted = gabor_bank()
    net = Network(planted.module, planted.input)
    name = planted.units[0].layer
    source = open_source("parts:120")
    field = receptive(net)[net.layer(name).name]
    tunings = tune(net, [name], fields={name: field})
    units = label(net, source, [name], tunings=tunings, samples=120)[name]
    for unit in planted.of(name):
        if unit.family == "grating" and units[unit.unit].name != "unknown":
            assert units[unit.unit].level in (1, 2)
    found = families(name, tunings[name])
    assert found
    by_frequency: dict[float, set[int]] = {}
    for unit in planted.of(name):
        by_frequency.setdefault(unit.parameters["frequency"], set()).add(unit.unit)
    largest = max(by_frequency.values(), key=len)
    assert len(largest) >= 3
    assert any(len(set(family.units) & largest) >= len(largest) - 1 for family in found)


def test_the_demo_network_climbs_the_ladder_and_its_control_does_not() -> None:
    net = load("demo")
    layers = ["relu1", "relu2", "relu3", "relu4"]
    subjects = [Subject(net), Subject(untrained(net, 1))]
    trained, control = label_each(subjects, open_source("parts:240"), layers, samples=240)
    found = hierarchy(trained, control)
    assert found.rho is not None
    assert found.interval is not None
    assert found.interval[0] > 0.5
    assert found.control_interval is None or found.control_interval[0] <= 0.1
    early = trained["relu1"] + trained["relu2"]
    assert np.mean([one.name != "unknown" for one in early]) >= 0.6
    assert np.mean([one.precision for one in early if one.precision is not None]) > 0.4
    assert {one.level for one in trained["relu1"]} <= {1, 2, None}
    assert sum(one.level == 4 for one in trained["relu4"]) >= 10


def test_what_stimuli_say_is_preferred_where_pictures_confirm_it(
    copied: tuple[Network, Source],
) -> None:
    net, source = copied
    name = net.layers[-1].name
    wrong = Tuning("T", {"direction": 0}, 1, 1, 90, {}, {}, 0, (NONE, 0))
    nothing = Tuning(NONE, {}, 0, 0, 0, {}, {}, 0, (NONE, 0))
    tunings = {name: [wrong, *[nothing] * (1 + NOISE)]}
    (units,) = label(net, source, [name], tunings=tunings, samples=120).values()
    assert units[0].name == "thing"  # the claim of a T is not borne out
    claim = next(piece for piece in units[0].evidence if piece.source == "tuning")
    assert claim.name == "T 0"
    assert claim.bits < 1


def test_sound_and_volumes_go_through_the_same_code() -> None:
    torch.manual_seed(0)
    for spec, conv, shape in (
        ("parts1d:40", nn.Conv1d(1, 4, 64, stride=4, padding=32), (1, 8000)),
        ("parts3d:40", nn.Conv3d(1, 4, 3, padding=1), (1, 24, 24, 24)),
    ):
        net = Network(nn.Sequential(conv, nn.ReLU()).eval(), shape)
        name = net.layers[-1].name
        (units,) = label(net, open_source(spec), [name], samples=40).values()
        assert len(units) == 4
        assert all(one.evidence for one in units)
