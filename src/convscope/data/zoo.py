"""Data sets of torchvision and scikit-learn. Nothing is ever downloaded."""

import hashlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np

from convscope.data.arrays import ArraySource, Scale, class_names
from convscope.data.sample import Sample, Source
from convscope.errors import SpecError, WorkError

_SPLITS = ("test", "train")


def open_digits(spec: str) -> ArraySource:
    """Open scikit-learn's 1,797 handwritten digits, 8×8 grey."""
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    stored = np.ascontiguousarray(digits.images[:, None].astype(np.uint8))
    names = tuple(str(n) for n in range(10))
    return ArraySource(spec, stored, Scale(16), labels=digits.target, classes=names)


class TorchvisionSource(Source):
    """One of torchvision's data sets of labelled pictures, read one by one."""

    kind = "image"

    def __init__(self, spec: str, dataset: Any, notes: tuple[str, ...] = ()) -> None:
        self.spec = spec
        self.notes = notes
        self._dataset = dataset
        self.labels = self._labels()
        self.classes = class_names(self.labels, getattr(dataset, "classes", None))
        first = self[0].array.shape
        last = self[len(self) - 1].array.shape
        self.shape = first if first == last and self._uniform() else None

    def _uniform(self) -> bool:
        """Tell whether all pictures lie in one array, and so have one shape."""
        return isinstance(getattr(self._dataset, "data", None), np.ndarray) or hasattr(
            getattr(self._dataset, "data", None), "numpy"
        )

    def _labels(self) -> np.ndarray | None:
        for name in ("targets", "labels", "_labels"):
            labels = getattr(self._dataset, name, None)
            if labels is not None and len(labels) == len(self._dataset):
                return np.asarray(labels, np.int64)
        return None

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Sample:
        from torchvision.transforms.functional import to_tensor

        at = self._at(index)
        picture, label = self._dataset[at][:2]
        try:
            array = to_tensor(picture).numpy()
        except TypeError as reason:
            raise WorkError(f"Sample {at} of {self.spec!r} is not a picture: {reason}") from reason
        return Sample(array, int(label) if isinstance(label, int) else None, str(at))

    def _hashed(self) -> str:
        """Hash the length, the labels, and 64 samples spread over the set."""
        digest = hashlib.blake2b(f"{self.spec.split(':')[1]} {len(self)}".encode(), digest_size=16)
        if self.labels is not None:
            digest.update(self.labels.astype("<i8").tobytes())
        for index in np.linspace(0, len(self) - 1, min(64, len(self))).astype(int).tolist():
            digest.update(self[index].array.tobytes())
        return digest.hexdigest()


def open_torchvision(spec: str) -> TorchvisionSource:
    """Open ``torchvision:NAME:ROOT``, or ``torchvision:NAME:ROOT:train`` for the training set.

    Raises:
        SpecError: torchvision is not installed, has no such data set, or finds no files for it
            under ROOT.
    """
    _, _, rest = spec.partition(":")
    name, _, root = rest.partition(":")
    split = next((s for s in _SPLITS if root.endswith(f":{s}")), None)
    root = root.removesuffix(f":{split}") if split else root
    split = split or "test"
    from convscope.network.torchvision_schemas import import_torchvision

    try:
        note = import_torchvision()
        from torchvision import datasets
    except ImportError as reason:
        raise SpecError(
            f"{spec!r} needs torchvision: pip install 'convscope[zoo]'. Without it, give a folder "
            "of pictures."
        ) from reason
    kind = getattr(datasets, name, None)
    if not inspect.isclass(kind) or not root:
        raise SpecError(
            f"{spec!r} is not understood. Expected torchvision:NAME:ROOT, with one of "
            "torchvision's data sets "
            "and the folder it lies in, such as torchvision:CIFAR10:data."
        )
    if not Path(root).is_dir():
        raise SpecError(
            f"There is no folder {root!r}. convscope downloads no data: fetch {name} first."
        )
    takes = inspect.signature(kind).parameters
    options: dict[str, Any] = {"root": root}
    if "download" in takes:
        options["download"] = False
    if "split" in takes:
        options["split"] = split
    elif "train" in takes:
        options["train"] = split == "train"
    try:
        dataset: Any = kind(**options)
        size = len(dataset)
    except Exception as reason:  # each of torchvision's data sets fails in its own way
        raise SpecError(
            f"torchvision's {name} cannot be opened under {root!r}: {reason}. "
            "convscope downloads no data: fetch it first, or give a folder of pictures."
        ) from reason
    if not size:
        raise SpecError(f"torchvision's {name} under {root!r} is empty.")
    return TorchvisionSource(spec, dataset, notes=(note,) if note else ())
