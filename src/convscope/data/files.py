"""Folders of pictures and folders of sounds, read one file at a time."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from convscope.data import folders, pictures, sounds
from convscope.data.folders import Listing
from convscope.data.sample import Kind, Sample, Source
from convscope.errors import SpecError, WorkError
from convscope.progress import Progress, silent


class FolderSource(Source):
    """The pictures, or the sounds, of a folder.

    Headers are read when the folder is opened: what is empty, too large or no picture at all is
    skipped then. What turns out to be broken further in is skipped when it is reached.
    """

    lazy: ClassVar[bool] = True

    def __init__(self, spec: str, found: Listing, kind: Kind, progress: Progress = silent) -> None:
        self.spec = spec
        self.kind = kind
        header = pictures.shape_of if kind == "image" else sounds.header_of
        self._skipped = dict(found.skipped)
        kept: list[int] = []
        headers: list[Any] = []
        for index, (path, name) in enumerate(zip(found.files, found.names, strict=True)):
            progress("looking at files", index, len(found.files))
            try:
                headers.append(header(path))
                kept.append(index)
            except WorkError as reason:
                self._skipped[name] = str(reason)
        progress("looking at files", len(found.files), len(found.files))
        if not kept:
            raise SpecError(
                f"None of the {len(found.files)} files of {spec!r} can be read: "
                + "; ".join(f"{name}: {reason}" for name, reason in self.skipped[:3])
                + ". Give a folder with files that open in a viewer."
            )
        self._files = [found.files[index] for index in kept]
        self._names = [found.names[index] for index in kept]
        self.labels = None if found.labels is None else found.labels[kept]
        self.classes = found.classes
        self.notes = found.notes
        shapes = Counter(headers)
        if kind == "sound":
            rates = Counter(rate for _, rate in headers)
            shapes = Counter(shape for shape, _ in headers)
            self.rate = rates.most_common(1)[0][0]
            if len(rates) > 1:
                listed = ", ".join(f"{n} at {rate} Hz" for rate, n in rates.most_common())
                self.notes += (f"sounds of different rates, none resampled: {listed}",)
        self.shape = next(iter(shapes)) if len(shapes) == 1 else None

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Sample:
        at = self._at(index)
        name = self._names[at]
        try:
            array = (
                pictures.read(self._files[at])
                if self.kind == "image"
                else sounds.read(self._files[at])
            )
        except WorkError as reason:
            self._skipped[name] = str(reason)
            raise WorkError(f"{name} of {self.spec!r} cannot be read: {reason}") from reason
        return Sample(array, None if self.labels is None else int(self.labels[at]), name)

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """What was left out so far: ``(name, reason)``, by name."""
        return tuple(sorted(self._skipped.items()))

    def _hashed(self) -> str:
        """Hash names, sizes, labels and contents (see ``folders.fingerprint``)."""
        return folders.fingerprint(self._files, self._names, self.labels)


def open_folder(spec: str, folder: Path, progress: Progress = silent) -> FolderSource:
    """Open a folder of pictures, or of sounds where it holds sounds and no pictures.

    Args:
        spec: what the user typed.
        folder: flat, one folder per class, or with ``labels.csv``.
        progress: told of each file whose header is read.

    Raises:
        SpecError: nothing in it can be read; the message says what was found.
    """
    endings = Counter(path.suffix.lower() for path in folder.rglob("*"))
    count = {
        kind: sum(endings[suffix] for suffix in suffixes)
        for kind, suffixes in (("image", pictures.SUFFIXES), ("sound", sounds.SUFFIXES))
    }
    if count["sound"] and not count["image"]:
        return FolderSource(
            spec, folders.listing(folder, sounds.SUFFIXES, "sounds"), "sound", progress
        )
    return FolderSource(
        spec, folders.listing(folder, pictures.SUFFIXES, "pictures"), "image", progress
    )
