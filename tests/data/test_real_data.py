"""Real data that others made, where they are at hand."""

import numpy as np
import pytest

from convscope.data import open_source

CASES = [
    ("imagenet_samples", "image", 500, None, 999),
    ("cifar10_test.npz", "image", 10_000, (3, 32, 32), 10),
    ("mnist_t10k.npz", "image", 10_000, (1, 28, 28), 10),
    ("fashion_mnist_sprite900.npz", "image", 900, (1, 28, 28), 10),
    ("set12", "image", 7, (1, 256, 256), None),
    ("open_photos", "image", 9, None, None),
    ("fsdd_8khz_1s.npz", "sound", 3000, (1, 8000), 10),
    ("crepe_reference.npz", "sound", 101, (1, 1024), None),
    ("wakeword_calibration45.npz", "sound", 45, (40, 30), 3),
]


@pytest.mark.parametrize(("name", "kind", "count", "shape", "classes"), CASES)
def test_it_opens(shared, name, kind, count, shape, classes):
    source = open_source(shared / "data" / name)
    assert (source.kind, len(source), source.shape) == (kind, count, shape)
    assert source.skipped == ()
    assert (source.classes and len(source.classes)) == classes
    sample = source[count // 2]
    assert sample.array.dtype == np.float32
    assert len(sample.array.shape) == (2 if kind == "sound" else 3)
    if "kept as they are" not in " ".join(source.notes):
        assert -1 <= sample.array.min() < sample.array.max() <= 1


def test_imagenet_samples_keep_their_labels(shared):
    source = open_source(shared / "data" / "imagenet_samples")
    assert source.labels is not None
    assert source.classes is not None
    assert source.labels.tolist() == list(range(0, 1000, 2))
    assert source[1].label == 2
    assert source.classes[2] == "great_white_shark"
    (batch,) = source.batches(4, (3, 224, 224), limit=4)
    assert batch.arrays.shape == (4, 3, 224, 224)
