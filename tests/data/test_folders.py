"""Folders as they are found: the good files are read, the rest is named."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from convscope.data import open_source, pictures
from convscope.errors import SpecError, WorkError

GOOD = [
    *("clear.png", "cmyk.jpg", "deep.png", "float.tif", "grey.jpg", "moving.gif"),
    *("palette.png", "plain.png", "turned.jpg"),
]


def _noise(size=(20, 16), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def _png(path: Path, size=(20, 16), seed=0) -> None:
    Image.fromarray(_noise(size, seed)).save(path)


def _bomb(path: Path, side: int) -> None:
    """Write a PNG of a few hundred bytes that decodes to side x side pixels."""
    rows = zlib.compress(b"\0" * (1 + side // 8) * 64)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)), (b"IDAT", rows)]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in [*chunks, (b"IEND", b"")]:
        data += struct.pack(">I", len(body)) + kind + body
        data += struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(data)


@pytest.fixture
def zoo(tmp_path) -> Path:
    """Return a folder with one of everything."""
    noise = _noise()
    grey = noise[..., 0]
    _png(tmp_path / "plain.png")
    Image.fromarray(grey).save(tmp_path / "grey.jpg", quality=95)
    Image.fromarray(noise).convert("CMYK").save(tmp_path / "cmyk.jpg")
    Image.fromarray(np.full((16, 20), 40000, np.uint16)).save(tmp_path / "deep.png")
    Image.fromarray(noise).convert("P").save(tmp_path / "palette.png")
    clear = np.dstack([noise, np.zeros((16, 20), np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    frames = [Image.fromarray(np.full((16, 20, 3), k, np.uint8)) for k in (0, 255)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    lit = np.zeros((16, 20, 3), np.uint8)
    lit[:4] = 255
    Image.fromarray(lit).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    Image.fromarray(np.array([[0, 0.5], [1, 0.25]], np.float32)).save(tmp_path / "float.tif")
    # and what cannot be read
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    whole = (tmp_path / "plain.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    _bomb(tmp_path / "bomb.png", 60_000)
    _bomb(tmp_path / "smaller-bomb.png", 10_000)
    # and what is none of its business
    (tmp_path / ".hidden.png").write_bytes(whole)
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "more.txt").write_text("notes")
    return tmp_path


def test_the_good_are_read_and_the_bad_are_named(zoo):
    source = open_source(zoo)
    assert len(source) == len(GOOD) + 1  # cut.png has a good header
    assert source.kind == "image"
    assert source.shape is None
    read = np.concatenate([batch.indices for batch in source.batches(4, (3, 8, 8))])
    assert [source[i].name for i in read.tolist()] == GOOD
    reasons = dict(source.skipped)
    assert set(reasons) == {"bomb.png", "smaller-bomb.png", "cut.png", "empty.png", "text.jpg"}
    assert reasons["empty.png"] == "empty file"
    assert "not a picture" in reasons["text.jpg"]
    assert "broken" in reasons["cut.png"]
    assert "pixels" in reasons["bomb.png"]
    assert "10,000×10,000" in reasons["smaller-bomb.png"]
    assert source.notes == ("ignored files that are not pictures: 2 .txt, 1 hidden",)


def test_a_broken_file_asked_for_by_number_says_so(zoo):
    source = open_source(zoo)
    at = sorted([*GOOD, "cut.png"]).index("cut.png")
    with pytest.raises(WorkError, match=r"cut\.png"):
        source[at]


def test_each_kind_of_file_gives_what_a_viewer_shows(zoo):
    def read(name):
        array = pictures.read(zoo / name)
        assert array.dtype == np.float32
        assert array.shape == pictures.shape_of(zoo / name)
        return array

    assert np.array_equal(read("plain.png"), _noise().transpose(2, 0, 1) / np.float32(255))
    assert read("grey.jpg").shape == (1, 16, 20)
    assert read("cmyk.jpg").shape == (3, 16, 20)
    assert np.allclose(read("deep.png"), 40000 / 65535)
    assert read("palette.png").shape == (3, 16, 20)
    assert np.array_equal(read("clear.png"), np.ones((3, 16, 20)))
    assert read("moving.gif").max() == 0
    turned = read("turned.jpg")
    assert turned.shape == (3, 20, 16)
    assert turned[:, :, -3:].mean() > 0.95  # the lit top, turned clockwise, is at the right
    assert turned[:, :, :8].mean() < 0.05
    assert np.allclose(read("float.tif")[0], [[0, 0.5], [1, 0.25]])


@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "webp", "avif", "tif", "bmp"])
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path, kind):
    rng = np.random.default_rng(1)
    path = tmp_path / f"a.{kind}"
    Image.fromarray(_noise()).save(path)
    whole = path.read_bytes()
    refused = 0
    for trial in range(60):
        damaged = bytearray(whole)
        if trial % 3:
            for at in rng.integers(0, len(whole) if trial % 3 == 1 else 60, 8).tolist():
                damaged[at] = int(rng.integers(256))
        else:
            damaged = damaged[: int(rng.integers(len(whole)))]
        path.write_bytes(bytes(damaged))
        try:
            assert pictures.read(path).shape[0] in (1, 3)
        except WorkError:
            refused += 1
    assert refused > 10


def test_classes_come_from_folders(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name / "deep").mkdir(parents=True)
        _png(tmp_path / name / "1.png")
        _png(tmp_path / name / "deep" / "2.png")
    source = open_source(str(tmp_path))
    assert source.classes == ("a", "b")
    assert source.labels is not None
    assert source.labels.tolist() == [0, 0, 1, 1]
    assert source[3].name == "b/deep/2.png"
    assert source.shape == (3, 16, 20)


def test_a_file_outside_the_class_folders_means_no_classes(tmp_path):
    (tmp_path / "a").mkdir()
    _png(tmp_path / "a" / "1.png")
    _png(tmp_path / "0.png")
    source = open_source(tmp_path)
    assert source.labels is None
    assert "no classes" in source.notes[0]


def test_splits_are_not_taken_for_classes_in_silence(tmp_path):
    for name in ("train", "val"):
        (tmp_path / name).mkdir()
        _png(tmp_path / name / "1.png")
    assert "train, val" in open_source(tmp_path).notes[0]


@pytest.mark.parametrize(
    ("rows", "labels", "classes"),
    [
        ("file,label\n1.png,2\n2.png,0\n", [2, 0], ("0", "1", "2")),
        ("file,label,name\n1.png,1,dog\n2.png,0,cat\n", [1, 0], ("cat", "dog")),
        ("File , Label\n2.png,owl\n1.png,ant\n", [1, 0], ("ant", "owl")),
    ],
)
def test_labels_come_from_a_table(tmp_path, rows, labels, classes):
    _png(tmp_path / "1.png")
    _png(tmp_path / "2.png")
    _png(tmp_path / "3.png")
    (tmp_path / "labels.csv").write_text(rows + "4.png,0\n../secret.png,0\n")
    source = open_source(tmp_path)
    assert source.labels is not None
    assert source.labels.tolist() == labels
    assert source.classes == classes
    assert dict(source.skipped) == {
        "3.png": "not in labels.csv",
        "4.png": "named in labels.csv and not a file of the folder",
        "../secret.png": "named in labels.csv and not a file of the folder",
    }


@pytest.mark.parametrize(
    "table", ["", "name,class\n1.png,0\n", "file,label\n", "file,label\nx,1\n"]
)
def test_a_table_that_cannot_be_used_says_what_it_should_hold(tmp_path, table):
    _png(tmp_path / "1.png")
    (tmp_path / "labels.csv").write_text(table)
    with pytest.raises(SpecError, match="file"):
        open_source(tmp_path)


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    _png(outside / "secret.png")
    _png(inside / "own.png")
    (inside / "link.png").symlink_to(outside / "secret.png")
    (inside / "dead.png").symlink_to(outside / "nothing.png")
    (inside / "round").symlink_to(inside, target_is_directory=True)
    (inside / "away").symlink_to(outside, target_is_directory=True)
    source = open_source(inside)
    assert len(source) == 1
    assert {name: reason[:6] for name, reason in source.skipped} == dict.fromkeys(
        ("link.png", "dead.png", "away"), "a link"
    )


def test_an_empty_folder_names_the_way_out(tmp_path):
    with pytest.raises(SpecError, match=r"it is empty.*parts"):
        open_source(tmp_path)
    (tmp_path / "a.txt").touch()
    with pytest.raises(SpecError, match=r"1 \.txt"):
        open_source(tmp_path)
    (tmp_path / "a.png").touch()
    with pytest.raises(SpecError, match=r"a\.png: empty file"):
        open_source(tmp_path)


def test_where_nothing_at_all_can_be_read_the_work_fails(tmp_path):
    _png(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "whole.png").write_bytes(whole[:200])
    with pytest.raises(WorkError, match=r"None of the 1 samples.*whole\.png"):
        list(open_source(tmp_path).batches(1, (3, 8, 8)))


def test_the_fingerprint_is_of_the_contents(tmp_path):
    def fingerprint(name, **files):
        folder = tmp_path / name
        folder.mkdir()
        for file, seed in files.items():
            _png(folder / f"{file}.png", seed=seed)
        return open_source(folder).fingerprint

    first = fingerprint("one", a=0, b=1)
    assert first == fingerprint("two", a=0, b=1)
    assert first != fingerprint("three", a=0, b=2)
    assert first != fingerprint("four", a=0, c=1)


def test_sounds(tmp_path):
    rng = np.random.default_rng(0)
    wave = rng.uniform(-0.9, 0.9, (1000, 2))
    soundfile.write(tmp_path / "stereo.wav", wave, 16000, subtype="FLOAT")
    soundfile.write(tmp_path / "mono.wav", (wave[:500, 0] * 32767).astype(np.int16), 16000)
    soundfile.write(tmp_path / "slow.flac", wave[:500, 0], 8000)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "broken.wav").write_bytes(b"RIFF" + b"\0" * 60)
    source = open_source(tmp_path)
    assert source.kind == "sound"
    assert source.rate == 16000
    assert "different rates" in source.notes[0]
    assert [name for name, _ in source.skipped] == ["broken.wav", "empty.wav"]
    assert np.allclose(source[2].array, wave.T, atol=1e-6)
    assert np.allclose(source[0].array, wave[None, :500, 0], atol=1e-4)
    (batch,) = source.batches(8, (1, 600))
    assert batch.arrays.shape == (3, 1, 600)
    assert np.array_equal(batch.arrays[0, 0, :50], np.zeros(50))


def test_names_that_are_no_text_can_be_printed(tmp_path):
    _png(tmp_path / "good.png")
    (tmp_path / "good.png").rename(tmp_path / b"b\xffd.png".decode("utf-8", "surrogateescape"))
    source = open_source(tmp_path)
    assert source[0].name.encode() == "b\ufffdd.png".encode()
    assert len(source.fingerprint) == 32


def test_a_file_that_is_gone_is_skipped(tmp_path):
    _png(tmp_path / "a.png")
    _png(tmp_path / "b.png")
    source = open_source(tmp_path)
    (tmp_path / "a.png").unlink()
    (batch,) = source.batches(4)
    assert batch.indices.tolist() == [1]
    assert dict(source.skipped)["a.png"].startswith("broken")


def test_memory_does_not_grow_with_the_folder(tmp_path):
    import tracemalloc

    for k in range(12):
        _png(tmp_path / f"{k}.png", size=(500, 500))
    source = open_source(tmp_path)
    tracemalloc.start()
    for _ in source.batches(2, (3, 32, 32)):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one = 500 * 500 * 3 * 4
    assert peak < 4 * one
