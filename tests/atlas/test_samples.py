"""The samples that an atlas shows: chosen over the classes, fitted, whole or named as skipped."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from convscope.atlas.samples import SHOWN, data_document, webp
from convscope.data import Kind, Sample, Source
from convscope.errors import SpecError, WorkError


class Drawn(Source):
    """Samples from an array, some of them unreadable."""

    def __init__(
        self,
        arrays: np.ndarray,
        kind: Kind = "image",
        labels: Sequence[int] | None = None,
        broken: Sequence[int] = (),
    ):
        self.spec = "drawn"
        self.kind = kind
        self.shape = arrays.shape[1:]
        self.labels = None if labels is None else np.asarray(labels, np.int64)
        self._arrays = arrays
        self._broken = set(broken)

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, index: int) -> Sample:
        if index in self._broken:
            raise WorkError("torn")
        label = None if self.labels is None else int(self.labels[index])
        return Sample(self._arrays[index], label, str(index))

    def _hashed(self) -> str:
        return "drawn"

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Name the broken ones."""
        return tuple((str(index), "torn") for index in sorted(self._broken))


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def test_samples_are_spread_over_the_classes() -> None:
    labels = [0] * 50 + [1] * 50 + [2] * 3
    document, _ = data_document(Drawn(random(103, 1, 8, 8), labels=labels), (1, 8, 8))
    shown = [sample["label"] for sample in document["samples"]]
    assert len(shown) == 11  # four of each class, and there are only three of the last
    assert {label: shown.count(label) for label in "012"} == {"0": 4, "1": 4, "2": 3}


def test_more_classes_than_places() -> None:
    document, _ = data_document(Drawn(random(100, 1, 8, 8), labels=range(100)), (1, 8, 8))
    assert len({sample["label"] for sample in document["samples"]}) == SHOWN


def test_samples_without_labels_are_spread_over_the_length() -> None:
    document, pictures = data_document(Drawn(random(120, 1, 8, 8)), (1, 8, 8))
    indices = [sample["index"] for sample in document["samples"]]
    assert indices == list(range(0, 120, 10))
    assert [f"pictures/{name}" for name in pictures] == [
        sample["picture"] for sample in document["samples"]
    ]


def test_unreadable_samples_are_left_out_and_named() -> None:
    document, _ = data_document(Drawn(random(3, 1, 8, 8), broken=[1]), (1, 8, 8))
    assert [sample["index"] for sample in document["samples"]] == [0, 2]
    assert document["skipped"] == (("1", "torn"),)


def test_nothing_readable_is_an_error() -> None:
    with pytest.raises(WorkError, match=r"None of the samples.*0: torn"):
        data_document(Drawn(random(2, 1, 8, 8), broken=[0, 1]), (1, 8, 8))


def test_data_of_another_kind_are_refused() -> None:
    with pytest.raises(SpecError, match="pictures against sound"):
        data_document(Drawn(random(2, 1, 8, 8)), (1, 8))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_small_pictures_are_lossless(channels: int) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (channels, 20, 30)).astype(np.float32)
    with Image.open(io.BytesIO(webp(levels / 255))) as picture:
        shown = np.asarray(picture.convert("RGB"), np.float32).transpose(2, 0, 1)
    expected = levels if channels == 3 else np.rint(levels.mean(0, keepdims=True))
    assert np.abs(shown - expected).max() <= (0 if channels == 3 else 1)


def test_a_volume_taller_than_any_picture_is_thinned() -> None:
    document, pictures = data_document(Drawn(random(1, 1, 300, 64, 4), "volume"), (1, 300, 64, 4))
    (sample,) = document["samples"]
    assert sample["shape"] == (1, 255, 64, 4)
    (content,) = pictures.values()
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (4, 255 * 64)


def test_loud_sound_is_played_whole_and_drawn_as_it_is() -> None:
    import soundfile

    waves = 4 * np.sin(np.arange(64, dtype=np.float32))[None, None]
    document, files = data_document(Drawn(waves, "sound"), (1, 64))
    (sample,) = document["samples"]
    drawn = np.frombuffer(files[sample["waveform"].removeprefix("pictures/")], "<f4")
    assert np.array_equal(drawn, waves[0, 0])
    played, _ = soundfile.read(io.BytesIO(files[sample["sound"].removeprefix("pictures/")]))
    assert np.corrcoef(played, drawn)[0, 1] > 0.9999
    assert np.abs(played).max() <= 1
    assert sample["rate"] is None
