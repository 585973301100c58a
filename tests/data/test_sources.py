import subprocess
import sys

import numpy as np
import pytest

import convscope
from convscope.data import open_source, spread
from convscope.data.zoo import TorchvisionSource
from convscope.errors import SpecError
from convscope.network.torchvision_schemas import import_torchvision


def test_the_room_is_callable():
    assert len(convscope.data("parts:10")) == 10


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("nowhere", "Expected one of"),
        ("part:100", "Did you mean parts"),
        ("parts:many", "whole numbers"),
        ("parts:0", "at least 1"),
        ("parts:10:-1", "whole numbers"),
        ("parts:10:1:1", "parts:N:SEED"),
        ("parts1d:x", "parts1d:N:SEED"),
        ("torchvision:CIFAR10", "torchvision:NAME:ROOT"),
        ("torchvision:Nothing:.", "torchvision:CIFAR10:data"),
        ("torchvision:CIFAR10:no/where", "no folder"),
        ("torchvision:CIFAR10:.", "downloads no data"),
    ],
)
def test_a_wrong_spec_names_the_fix(spec, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=said):
        open_source(spec)


def test_a_file_of_another_kind_names_the_fix(tmp_path):
    (tmp_path / "a.xyz").write_text("?")
    with pytest.raises(SpecError, match="Give its folder"):
        open_source(tmp_path / "a.xyz")
    with pytest.raises(SpecError, match=r"Did you mean a\.xyz"):
        open_source(tmp_path / "a.xy")


def test_digits():
    source = open_source("digits")
    assert (len(source), source.shape) == (1797, (1, 8, 8))
    assert source.classes == tuple("0123456789")
    values = source[0].array * 16
    assert np.array_equal(values, values.round())
    assert source[0].array.max() <= 1


def test_torchvision_data_sets_are_read_one_by_one():
    import_torchvision()
    from torchvision import datasets

    source = TorchvisionSource(
        "torchvision:FakeData:x", datasets.FakeData(5, (3, 12, 10), num_classes=4)
    )
    assert len(source) == 5
    sample = source[2]
    assert sample.array.shape == (3, 12, 10)
    assert 0 <= sample.array.min() < sample.array.max() <= 1
    assert sample.label == int(datasets.FakeData(5, (3, 12, 10), num_classes=4)[2][1])
    (batch,) = source.batches(8, (1, 8, 8))
    assert batch.arrays.shape == (5, 1, 8, 8)


def test_samples_are_addressed_by_index():
    source = open_source("parts:10")
    assert np.array_equal(source[-1].array, source[9].array)
    for index in (10, -11):
        with pytest.raises(IndexError):
            source[index]


def test_a_limit_spreads_over_all_classes():
    assert spread(10, None).tolist() == list(range(10))
    assert spread(10, 20).tolist() == list(range(10))
    assert spread(10, 5).tolist() == [0, 2, 4, 6, 8]
    assert len(spread(10, 0)) == 0
    source = open_source("digits")
    batches = list(source.batches(32, limit=100))
    assert [len(batch.indices) for batch in batches] == [32, 32, 32, 4]
    labels = np.concatenate([batch.labels for batch in batches if batch.labels is not None])
    assert len(set(labels.tolist())) == 10


def test_opening_data_does_not_import_torch():
    code = (
        "import sys, convscope; convscope.data('parts:10')[0]; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'sklearn', 'torchvision', 'soundfile')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("size", "limit"), [(0, None), (-1, None), (4, -1)])
def test_a_batch_of_nothing_names_the_fix(size, limit):
    with pytest.raises(SpecError, match="at least 1"):
        next(open_source("parts:4").batches(size, limit=limit))


def test_arrays_are_refused_with_what_to_do_instead():
    with pytest.raises(SpecError, match=r"not given as a ndarray.*numpy\.savez"):
        open_source(np.zeros((4, 3, 8, 8)))  # type: ignore[arg-type]
