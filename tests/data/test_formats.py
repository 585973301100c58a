"""Single files in known formats: npz, IDX, CIFAR; and what must not be opened."""

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from convscope.data import open_source
from convscope.data.arrays import arranged
from convscope.errors import SpecError

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (6, 5, 4, 3), np.uint8)
LABELS = np.array([0, 2, 1, 0, 1, 2])


def _open(path: Path, **arrays):
    np.savez(path, **arrays)
    return open_source(path)


def test_colour_pictures_with_channels_last_or_first(tmp_path):
    last = _open(tmp_path / "a.npz", images=PICTURES, labels=LABELS, classes=["x", "y", "z"])
    first = _open(tmp_path / "b.npz", x=PICTURES.transpose(0, 3, 1, 2))
    assert last.shape == first.shape == (3, 5, 4)
    assert np.array_equal(last[4].array, first[4].array)
    assert np.array_equal(last[4].array, PICTURES[4].transpose(2, 0, 1) / np.float32(255))
    assert (last[4].label, last.classes, first[4].label) == (1, ("x", "y", "z"), None)
    (batch,) = last.batches(10)
    assert batch.labels is not None
    assert batch.labels.tolist() == LABELS.tolist()
    assert np.array_equal(batch.arrays[4], last[4].array)


def test_labels_may_be_names(tmp_path):
    source = _open(tmp_path / "a.npz", images=PICTURES, labels=list("bacbab"))
    assert source.classes == ("a", "b", "c")
    assert source.labels is not None
    assert source.labels.tolist() == [1, 0, 2, 1, 0, 1]


@pytest.mark.parametrize(
    ("shape", "kind", "read"),
    [
        ((6, 100), None, (6, 1, 100)),
        ((6, 2, 100), "sound", (6, 2, 100)),
        ((6, 9, 8), None, (6, 1, 9, 8)),
        ((6, 9, 8, 3), None, (6, 3, 9, 8)),
        ((6, 3, 9, 8), None, (6, 3, 9, 8)),
        ((6, 3, 9, 3), None, (6, 3, 3, 9)),
        ((6, 9, 8, 7), "volume", (6, 1, 9, 8, 7)),
        ((6, 1, 9, 8, 7), None, (6, 1, 9, 8, 7)),
        ((6, 9, 8, 7, 1), None, (6, 1, 9, 8, 7)),
    ],
)
def test_axes(shape, kind, read):
    stored, notes = arranged(np.zeros(shape, np.uint8), kind=kind, where="here")
    assert stored.shape == read
    assert notes == ()


def test_many_channels_are_said():
    stored, notes = arranged(np.zeros((2, 12, 9, 8), np.uint8), kind=None, where="x")
    assert stored.shape == (2, 12, 9, 8)
    assert "12 channels" in notes[0]


@pytest.mark.parametrize(
    ("key", "stored", "values"),
    [
        ("images", np.array([[[0, 255]]], np.uint8), [0, 1]),
        ("images", np.array([[[0, 65535]]], np.uint16), [0, 1]),
        ("images", np.array([[[0.25, 0.5]]], np.float64), [0.25, 0.5]),
        ("images", np.array([[[0, 51]]], np.float32), [0, 0.2]),
        ("images", np.array([[[-2, 2]]], np.float32), [-2, 2]),
        ("images", np.array([[[False, True]]]), [0, 1]),
        ("waveforms", np.array([[-32768, 16384]], np.int16), [-1, 0.5]),
        ("waveforms", np.array([[128, 0]], np.uint8), [0, -1]),
        ("waveforms", np.array([[-0.5, 0.5]], np.float32), [-0.5, 0.5]),
        ("waveforms", np.array([[-4, 4]], np.float32), [-4, 4]),
    ],
)
def test_numbers_become_values(tmp_path, key, stored, values):
    source = _open(tmp_path / "a.npz", **{key: stored})
    array = source[0].array
    assert array.dtype == np.float32
    assert array.ravel().tolist() == pytest.approx(values)
    assert bool(source.notes) == (max(map(abs, values)) > 1 or (stored.max() == 51))


@pytest.mark.parametrize(
    "arrays",
    [
        {"pictures": PICTURES},
        {},
        {"images": PICTURES, "labels": LABELS[:3]},
        {"images": PICTURES, "labels": LABELS - 1},
        {"images": PICTURES, "labels": LABELS + 0.5},
        {"images": np.zeros((0, 3, 3))},
        {"images": np.zeros(5)},
        {"images": np.array([["a", "b"]])},
        {"images": np.full((2, 3, 3), np.nan)},
        {"waveforms": np.zeros((2, 3, 4, 5))},
    ],
)
def test_npz_files_that_are_not_data(tmp_path, arrays):
    with pytest.raises(SpecError):
        _open(tmp_path / "a.npz", **arrays)


class _Trap:
    """Runs code when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_an_npz_file_is_never_unpickled(tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.empty(2, object)
    trap[:] = [_Trap(sprung), _Trap(sprung)]
    with pytest.raises(SpecError, match="nothing"):
        _open(tmp_path / "a.npz", images=trap)
    assert not sprung.exists()


def test_a_broken_npz_says_so(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SpecError, match=r"numpy\.savez"):
        open_source(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", images=PICTURES)
    whole = (tmp_path / "b.npz").read_bytes()
    (tmp_path / "b.npz").write_bytes(whole[: len(whole) - 40])
    with pytest.raises(SpecError, match=r"b\.npz"):
        open_source(tmp_path / "b.npz")


def _idx(array: np.ndarray, code: int = 8) -> bytes:
    head = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def test_idx_files_alone_and_in_folders(tmp_path):
    grey = PICTURES[..., 0]
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(_idx(grey))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(_idx(LABELS.astype(np.uint8)))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(_idx(grey[::-1])))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(_idx(LABELS[::-1].astype(np.uint8)))
    )
    test = open_source(tmp_path)
    train = open_source(tmp_path / "train-images-idx3-ubyte.gz")
    assert "train-images" in test.notes[0]
    assert test.shape == train.shape == (1, 5, 4)
    assert np.array_equal(test[1].array[0], grey[1] / np.float32(255))
    assert np.array_equal(test[1].array, train[4].array)
    assert test[1].label == train[4].label == 2


def test_idx_files_that_are_cut_or_lie(tmp_path):
    whole = _idx(PICTURES[..., 0])
    path = tmp_path / "a-idx3-ubyte"
    path.write_bytes(whole[:-1])
    with pytest.raises(SpecError, match="cut short"):
        open_source(path)
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 2**31) + b"\0" * 100)
    with pytest.raises(SpecError, match="is damaged"):
        open_source(path)
    path.write_bytes(gzip.compress(whole)[:-12])
    with pytest.raises(SpecError, match=r"cannot be read|cut short"):
        open_source(path)
    path.write_bytes(whole)
    (tmp_path / "a-idx1-ubyte").write_bytes(_idx(LABELS[:2].astype(np.uint8)))
    with pytest.raises(SpecError, match="6 samples"):
        open_source(path)


def _cifar(path: Path, first: int, protocol: int = 2) -> np.ndarray:
    pictures = np.random.default_rng(first).integers(0, 256, (4, 3072), np.uint8)
    held = {
        b"batch_label": b"testing",
        b"labels": [first, 1, 2, 3],
        b"data": pictures,
        b"filenames": [b"a.png", b"b.png", b"c.png", b"d.png"],
    }
    path.write_bytes(pickle.dumps(held, protocol))
    return pictures


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_batches(tmp_path, protocol):
    _cifar(tmp_path / "data_batch_1", 1, protocol)
    pictures = _cifar(tmp_path / "test_batch", 7, protocol)
    names = [b"plane", b"car", b"bird", b"cat"]
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": names}, protocol))
    source = open_source(tmp_path)
    assert len(source) == 4
    assert source.shape == (3, 32, 32)
    assert (source[0].label, source[1].name) == (7, "b.png")
    assert source.classes is not None
    assert source.classes[:5] == ("plane", "car", "bird", "cat", "4")
    assert np.array_equal(source[2].array.ravel(), pictures[2] / np.float32(255))
    assert "data_batch_1" in source.notes[0]
    assert open_source(tmp_path / "data_batch_1")[0].label == 1


def test_a_cifar_batch_with_code_in_it_is_refused_and_not_run(tmp_path):
    sprung = tmp_path / "sprung"
    held = {b"data": _Trap(sprung), b"labels": [0]}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(held, 2))
    with pytest.raises(SpecError, match=r"asks for .*does not run"):
        open_source(tmp_path)
    assert not sprung.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"\x80",
        b"\x80\x02}q\x00.",
        pickle.dumps([1, 2], 2),
        pickle.dumps({b"data": np.zeros((2, 10), np.uint8), b"labels": [0, 1]}, 2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]}, 2),
        b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.",
        b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00utf-7\x86R.",
    ],
)
def test_cifar_batches_that_are_none(tmp_path, content):
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(SpecError, match="test_batch"):
        open_source(tmp_path)


@pytest.mark.parametrize("kind", ["images", "volumes"])
def test_what_reaches_a_little_above_one_is_cut_off_and_not_divided(tmp_path, kind):
    stored = np.linspace(0, 1, 2 * 5 * 5 * 5, dtype=np.float32).reshape(2, 5, 5, 5)
    stored[1, 4, 4, 4] = np.nextafter(np.float32(1), np.float32(2))
    source = _open(tmp_path / "a.npz", **{kind: stored[:, None] if kind == "volumes" else stored})
    assert "1.00000012" in source.notes[-1]
    assert "cut off at 1" in source.notes[-1]
    both = source.take(np.arange(2)).arrays
    assert both.max() == source[1].array.max() == 1
    assert np.array_equal(both.ravel()[:-1], stored.ravel()[:-1])


def test_labels_that_are_no_numbers_of_classes_are_refused(tmp_path):
    arrays = {"images": PICTURES[:3], "labels": np.array([0, 1, 3_000_000])}
    with pytest.raises(SpecError, match=r"3,000,000.*3 of them occur.*numpy.unique"):
        _open(tmp_path / "a.npz", **arrays)
    gaps = _open(tmp_path / "b.npz", images=PICTURES[:3], labels=np.array([0, 1, 5]))
    assert gaps.classes == ("0", "1", "2", "3", "4", "5")
