"""What is said of a unit: its share of the natural maximum, its curves, its runner-up; sums and edge cases."""

from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data.stimuli import Recipe, heading
from convscope.features.tuning import Tuning, tune
from convscope.features.tuning.judge import MARGIN, ranked
from convscope.features.tuning.peaks import aligned, circular_peak, oriented, peak, sparse
from convscope.features.tuning.preferred import harmonics, preferred, shelves, sphere
from convscope.features.tuning.waves import along_phase
from convscope.network import Network
from convscope.receptive import receptive


@pytest.fixture(scope="module")
def net() -> Network:
    torch.manual_seed(3)
    body = OrderedDict[str, nn.Module](
        conv=nn.Conv2d(3, 6, 4, padding=2),
        relu=nn.ReLU(),
        pool=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        out=nn.Linear(6, 4),
    )
    return Network(nn.Sequential(body), input=(3, 12, 12))


def tuned(net: Network, name: str, **settings: object) -> list[Tuning]:
    fields = {name: receptive(net)[name]}
    return tune(net, [name], fields=fields, **settings)[name]  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def plain(net: Network) -> list[Tuning]:
    """The tuning of the layer ``relu`` without settings."""
    return tuned(net, "relu")


def test_the_share_of_the_natural_maximum(net: Network, plain: list[Tuning]) -> None:
    best = np.array([max(one.best_by_family.values()) for one in plain])
    assert all(np.isnan(one.percent_of_natural) for one in plain)
    natural = np.array([best[0], best[1] * 2, best[2] / 3, 0.0, -1.0, np.nan])
    shares = [one.percent_of_natural for one in tuned(net, "relu", natural_max={"relu": natural})]
    assert shares[:3] == pytest.approx([100, 50, 300])
    assert np.isnan(shares[3:]).all()


def test_a_linear_unit_is_never_driven_beyond_its_bound(net: Network, plain: list[Tuning]) -> None:
    conv = dict(net.graph.named_parameters())
    weight = next(p for n, p in conv.items() if "conv" in n and "weight" in n).detach()
    bias = next(p for n, p in conv.items() if "conv" in n and "bias" in n).detach()
    bound = (weight.clamp_min(0).sum((1, 2, 3)) + bias).numpy()
    grey = (weight.sum((1, 2, 3)) / 2 + bias).clamp_min(0).numpy()
    for one, most, at_grey in zip(plain, bound, grey, strict=True):
        assert at_grey < max(one.best_by_family.values()) <= most * (1 + 1e-5)
        assert one.baseline == pytest.approx(at_grey, abs=1e-5)


def test_curves_hold_what_was_shown_and_answered(plain: list[Tuning]) -> None:
    for one in plain:
        assert {"orientation", "frequency", "polarity", "hue", "level"} <= set(one.curves)
        for name, (places, responses) in one.curves.items():
            assert places.shape == responses.shape
            assert (np.diff(places) > 0).all(), name
            assert np.isfinite(responses).all()
        assert len(one.curves["polarity"][0]) == 24
        assert one.curves["level"][1][4] == pytest.approx(one.baseline, abs=1e-5)
        assert 0 <= one.selectivity <= 1


def test_a_layer_without_positions(net: Network) -> None:
    found = tuned(net, "out")
    assert len(found) == 4
    assert all(np.isfinite(max(one.best_by_family.values())) for one in found)


def test_pictures_may_come_in_any_batches(net: Network, plain: list[Tuning]) -> None:
    for one, other in zip(plain, tuned(net, "relu", batch=203), strict=True):
        assert one.family == other.family
        assert one.preferred == pytest.approx(other.preferred, rel=1e-2)
        assert one.best_by_family == pytest.approx(other.best_by_family, rel=1e-4, abs=1e-5)


def test_progress_counts_pictures(net: Network) -> None:
    told: list[tuple[str, int, int | None]] = []
    tuned(net, "out", progress=lambda *what: told.append(what))
    assert told[0][1] == 1  # grey
    counts = [count for _, count, _ in told]
    assert counts == sorted(counts)
    assert counts[-1] > 500


def test_samples_with_other_channels() -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(5, 2, 3, bias=False)
    conv.weight.data = torch.zeros(2, 5, 3, 3)
    conv.weight.data[0, 3] = 1.0
    conv.weight.data[0, 0] = -1.0
    conv.weight.data[1, 2, :, 0] = -1.0
    conv.weight.data[1, 2, :, 2] = 1.0
    first, second = tuned(Network(conv, input=(5, 20, 20)), "conv2d")
    assert first.family == "channel"
    assert (first.preferred["channel"], first.preferred["strength"]) in ((3, 1), (0, -1))
    assert second.family == "edge"


def test_a_simpler_family_wins_near_ties() -> None:
    near = {"edge": 1 - MARGIN / 2, "corner": 1.0, "arc": 0.9}
    assert ranked(near)[0] == "edge"
    assert ranked(near)[1][0] == "corner"
    assert ranked({**near, "edge": 1 - 2 * MARGIN})[0] == "corner"
    assert ranked({"edge": 0.0, "corner": -1.0}) == ("none", ("none", 0.0))


def test_circular_peaks() -> None:
    angles = np.arange(0, 360, 15.0)
    for truth in (0.0, 3.0, 101.0, 187.4, 356.0):
        away = (angles - truth + 180) % 360 - 180
        for values in (
            np.cos(np.radians(away)),
            np.exp(-((away / 30) ** 2)),
            np.maximum(np.cos(np.radians(away)), 0),
        ):
            found = circular_peak(angles, values, 360)
            assert (found - truth + 180) % 360 - 180 == pytest.approx(0, abs=0.6)
    # A flat top: its middle.
    assert circular_peak(angles, ((angles >= 30) & (angles <= 90)) * 1.0, 360) == pytest.approx(60)
    assert 0 <= circular_peak(angles, np.ones(24), 360) < 360


def test_open_peaks() -> None:
    places = np.array([1.0, 2.0, 4.0, 5.0])
    assert peak(places, -((places - 2.7) ** 2)) == pytest.approx(2.7)
    assert peak(places, places) == 5
    assert peak(places, -places) == 1


def test_selectivities() -> None:
    angles = np.arange(0, 180, 15.0)
    assert oriented(angles, np.ones(12), 180) == pytest.approx(0, abs=1e-12)
    assert oriented(angles, (angles == 45) * 1.0, 180) == pytest.approx(1)
    assert oriented(angles, 1 + np.cos(2 * np.radians(angles - 20)), 180) == pytest.approx(0.5)
    assert oriented(angles, np.zeros(12), 180) == 0
    assert aligned(np.eye(3), np.array([0.0, 2.0, 0.0])) == pytest.approx(1)
    assert aligned(np.eye(3), np.ones(3)) == pytest.approx(0)
    assert sparse(np.array([0.0, 0, 0, 4])) == 0.75
    assert sparse(np.zeros(3)) == 0


def test_harmonics_of_a_wave_from_uneven_phases() -> None:
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, 40)
    linear, squared = 3 * np.cos(phases - 1), 2 * np.cos(phases) ** 2
    found = along_phase(phases, np.stack([5 + linear, squared], 1), np.array([-10.0, 0.0]))
    assert found.f0 == pytest.approx([15, 1])
    assert found.f1 == pytest.approx([3, 0], abs=1e-9)
    assert found.peak == pytest.approx([8, 2], rel=1e-2)
    assert (found.shown <= found.peak + 1e-6).all()


def test_directions_in_a_volume_between_the_shown_ones() -> None:
    ways = sphere(2000)
    assert np.linalg.norm(ways, axis=1) == pytest.approx(1)
    assert np.abs(ways.mean(0)).max() < 1e-2
    assert np.allclose(harmonics(ways, even=True), harmonics(-ways, even=True))
    truth = np.array(heading(3, 62, 24))
    shown = [
        Recipe("edge", {"azimuth": float(a), "elevation": float(e)})
        for a in range(0, 360, 45)
        for e in (-45, 0, 45)
    ]
    answers = np.array([np.array(heading(3, *r.parameters.values())) @ truth for r in shown])
    found = preferred(shelves(shown)["edge"], answers)
    assert np.array(heading(3, found["azimuth"], found["elevation"])) @ truth > np.cos(
        np.radians(4)
    )
