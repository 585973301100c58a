"""A harvest against brute force, and the same to the last bit however the work is cut up."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from convscope.data import open_source
from convscope.data.sample import Source
from convscope.errors import SpecError, WorkError
from convscope.features.exemplars import Harvest, harvest, histogram
from convscope.network import Network, load


def brute(maps: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the k largest maxima of each unit by sorting all of them, with samples and places."""
    highest = maps.max(2).T
    units, samples = highest.shape
    order = np.array([sorted(range(samples), key=lambda n: (-row[n], n))[:k] for row in highest])
    rows = np.arange(units)[:, None]
    return highest[rows, order], order, maps.argmax(2).T[rows, order]


def same_bytes(folder: Path, *found: Harvest) -> bool:
    """Tell whether harvests give files with the same bytes."""
    written = []
    for number, one in enumerate(found):
        one.save(folder / f"{number}.safetensors")
        written.append((folder / f"{number}.safetensors").read_bytes())
    return all(content == written[0] for content in written[1:])


def test_it_finds_what_sorting_everything_finds(small):
    found = harvest(small.net, small.source, small.layers, k=7)
    for name in small.layers:
        maps, one = small.maps(name), found[name]
        values, samples, places = brute(maps, 7)
        assert np.allclose(one.values, values, atol=1e-5)
        assert (one.samples == samples).all()
        assert one.positions.shape == (*samples.shape, len(one.space))
        if one.space:
            assert (np.stack(np.unravel_index(places, one.space), -1) == one.positions).all()
        low, low_samples, _ = brute(-maps, 3)
        assert np.allclose(one.low_values, -low, atol=1e-5)
        assert (one.low_samples == low_samples).all()


def test_statistics_are_those_of_all_values(small):
    found = harvest(small.net, small.source, small.layers)
    for name in small.layers:
        maps, one = small.maps(name), found[name]
        assert np.allclose(one.mean, maps.mean((0, 2)), atol=1e-6)
        assert np.allclose(one.variance, maps.var((0, 2)), rtol=1e-5)
        assert np.allclose(one.maximum, maps.max((0, 2)), atol=1e-5)
        assert np.allclose(one.minimum, maps.min((0, 2)), atol=1e-5)
        assert one.density.tolist() == (maps.max(2) > 0).mean(0).tolist()
        assert one.positions_seen == maps.shape[0] * maps.shape[2]
        assert np.allclose(one.responses, maps.max(2), atol=1e-5)
        assert not one.not_finite.any()


def test_every_value_of_a_small_study_is_counted(small):
    found = harvest(small.net, small.source, small.layers)
    for name in small.layers:
        maps, one = small.maps(name), found[name]
        assert (one.histogram.sum(1) == one.positions_seen).all()
        for q in (0.005, 0.5, 0.9, 0.995):
            true = np.quantile(maps.transpose(1, 0, 2).reshape(one.units, -1), q, axis=1)
            assert (np.abs(one.quantile(q) - true) <= np.abs(true) / 8 + 2.0**-14 + 0.02).all()


def test_deciles_lie_in_their_tenth_of_the_range(pictures):
    one = harvest(pictures.net, pictures.source, ["2"])["2"]
    low, high = one.responses.min(0), one.responses.max(0)
    share = (one.decile_values - low[:, None]) / (high - low)[:, None]
    tenth = np.minimum((share * 10).astype(int), 9)
    present = one.decile_samples >= 0
    assert (tenth == np.arange(10))[present].all()
    assert present[:, 0].all()
    assert present[:, -1].all()
    maps = pictures.maps("2").reshape(90, one.units, *one.space)
    for unit in range(one.units):
        for decile in np.flatnonzero(present[unit]):
            at = tuple(one.decile_positions[unit, decile])
            there = maps[one.decile_samples[unit, decile], unit][at]
            assert there == pytest.approx(one.decile_values[unit, decile], abs=1e-5)


def test_batch_order_and_shards_do_not_show(small, tmp_path):
    whole = harvest(small.net, small.source, small.layers)
    order = np.random.default_rng(1).permutation(90)
    shuffled = harvest(small.net, small.source, small.layers, batch=3, indices=order.tolist())
    parts = [
        harvest(small.net, small.source, small.layers, indices=part.tolist(), batch=size)
        for part, size in zip(np.split(order, [13, 14, 60]), (1, 8, 50, 200), strict=True)
    ]
    forward = parts[0].merge(parts[1]).merge(parts[2]).merge(parts[3])
    backward = parts[3].merge(parts[2].merge(parts[1].merge(parts[0])))
    assert same_bytes(tmp_path, whole, shuffled, forward, backward)


def test_shards_of_a_limited_study_keep_the_same_samples(pictures, tmp_path):
    settings: dict[str, Any] = {"limit": 41, "kept": 10}
    whole = harvest(pictures.net, pictures.source, ["1"], **settings)
    study = [int(i) for i in np.arange(41) * 90 // 41]
    halves = [
        harvest(pictures.net, pictures.source, ["1"], indices=study[start::2], **settings)
        for start in (1, 0)
    ]
    assert same_bytes(tmp_path, whole, halves[0].merge(halves[1]))
    assert whole.samples == 41
    assert len(whole.kept) == 10
    with pytest.raises(SpecError, match="not among the 41 samples"):
        harvest(pictures.net, pictures.source, ["1"], indices=[1], **settings)


def test_equal_responses_are_ranked_by_sample_and_first_place(make):
    case = make(nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU()), np.zeros((20, 2, 4, 5), np.float32))
    one = harvest(case.net, case.source, ["1"], k=5, indices=list(range(19, -1, -1)))["1"]
    assert (one.samples == np.arange(5)).all()
    assert (one.low_samples == np.arange(3)).all()
    assert not one.positions.any()
    assert (one.variance < 1e-6).all()


def test_a_unit_that_never_fires_says_so(make):
    conv = nn.Conv2d(2, 3, 1)
    with torch.no_grad():
        assert conv.bias is not None
        conv.weight[1], conv.bias[1] = 0, -1
    arrays = np.random.default_rng(0).normal(size=(20, 2, 4, 5)).astype(np.float32)
    case = make(nn.Sequential(conv, nn.ReLU()), arrays)
    one = harvest(case.net, case.source, ["1"])["1"]
    assert (one.density > 0).tolist() == [True, False, True]
    assert one.maximum[1] == one.minimum[1] == one.mean[1] == one.variance[1] == 0
    assert (one.decile_samples[1] == -1).all()  # there is no range to take tenths of


def test_maps_with_nan_are_left_out_and_counted(make):
    arrays = np.random.default_rng(0).normal(size=(20, 2, 4, 5)).astype(np.float32)
    arrays[7, 0, 2, 2], arrays[8, 1, 0, 0] = np.nan, np.inf
    case = make(Apart(), arrays)
    one = harvest(case.net, case.source, ["relu"], k=20)["relu"]
    good = [
        np.delete(np.maximum(arrays[:, 0], 0), 7, 0),
        np.delete(np.maximum(arrays[:, 1], 0), 8, 0),
    ]
    assert one.not_finite.tolist() == [1, 1]
    assert (one.samples[:, -1] == -1).all()
    assert np.isnan(one.values[:, -1]).all()
    assert np.isnan(one.responses[[7, 8], [0, 1]]).all()
    for unit, values in enumerate(good):
        assert one.maximum[unit] == values.max()
        assert one.mean[unit] == pytest.approx(values.mean(dtype=float))
        assert one.histogram[unit].sum() == values.size


class Apart(nn.Module):
    """Two units, each of which sees one channel only."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x)


def test_unreadable_samples_are_left_out(make, tmp_path):
    arrays = np.random.default_rng(0).normal(size=(20, 2, 4, 5)).astype(np.float32)
    case = make(Apart(), arrays, broken=(3, 4))
    found = harvest(case.net, case.source, ["relu"], k=20)
    halves = [
        harvest(case.net, case.source, ["relu"], k=20, indices=range(*ends))
        for ends in ((0, 5), (5, 20))
    ]
    assert found.samples == 18
    assert not {3, 4} & {*found.kept.tolist(), *found["relu"].samples.ravel().tolist()}
    assert same_bytes(tmp_path, found, halves[0].merge(halves[1]))
    with pytest.raises(WorkError, match="None of the 2 samples"):
        harvest(case.net, case.source, ["relu"], indices=[3, 4])


def test_means_of_large_offsets_keep_their_digits(make):
    arrays = np.random.default_rng(0).normal(size=(40, 2, 30, 31)).astype(np.float32) + 100
    case = make(Apart(), arrays)
    one = harvest(case.net, case.source, ["relu"])["relu"]
    assert np.allclose(one.variance, arrays.astype(float).var((0, 2, 3)), rtol=5e-3)


def test_large_studies_count_a_lattice_that_reaches_every_position(pictures):
    distance = histogram.step((13, 11), 10_000)
    assert distance > 1
    seen = np.zeros((13, 11), int)
    for sample in range(400):
        seen[histogram.lattice((13, 11), distance, sample)] += 1
    expected = 400 / distance**2
    assert (np.abs(seen - expected) < 5 * expected**0.5).all()


def test_merging_refuses_what_does_not_belong_together(pictures):
    some = harvest(pictures.net, pictures.source, ["1"], indices=[1, 2])
    with pytest.raises(SpecError, match="share samples, such as 2"):
        some.merge(harvest(pictures.net, pictures.source, ["1"], indices=[2, 3]))
    with pytest.raises(SpecError, match="differ in"):
        some.merge(harvest(pictures.net, pictures.source, ["1"], indices=[3], k=2))
    with pytest.raises(SpecError, match="asked for twice"):
        harvest(pictures.net, pictures.source, ["1"], indices=[2, 2])


def test_a_layer_without_units_is_refused(make):
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean((1, 2, 3))

    case = make(Mean(), np.zeros((2, 2, 4, 5), np.float32))
    with pytest.raises(SpecError, match="one number per sample"):
        harvest(case.net, case.source, ["mean"])


@pytest.mark.parametrize("name", ["squeezenet1_0_dc", "cifar10_resnet20"])
def test_trained_networks_give_the_same_bytes_however_cut(shared, tmp_path, name):
    net, source, layers = trained(shared, name)
    settings: dict[str, Any] = {"limit": 12 if name.startswith("squeeze") else 150, "kept": 40}
    whole = harvest(net, source, layers, **settings)
    study = np.arange(settings["limit"]) * len(source) // settings["limit"]
    parts = np.array_split(np.random.default_rng(0).permutation(study), 3)
    cut = [
        harvest(net, source, layers, indices=part.tolist(), batch=size, **settings)
        for part, size in zip(parts, (1, 7, 64), strict=True)
    ]
    assert same_bytes(tmp_path, whole, cut[2].merge(cut[0]).merge(cut[1]))


def trained(shared: Path, name: str) -> tuple[Network, Source, list[str]]:
    """Return a network that others trained, data for it, and three of its layers."""
    squeeze = name.startswith("squeeze")
    net = load(
        f"{shared / 'networks.py'}:{name}",
        weights=shared / "data" / "weights" / f"{name}.safetensors",
        input=(3, 224, 224) if squeeze else (3, 32, 32),
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    )
    source = open_source(shared / "data" / ("imagenet_samples" if squeeze else "cifar10_test.npz"))
    wide = [layer.name for layer in net.layers if layer.kind in ("activation", "linear")]
    return net, source, [wide[0], wide[len(wide) // 2], wide[-1]]
