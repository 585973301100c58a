"""A data spec becomes a Source."""

from difflib import get_close_matches
from pathlib import Path

from convscope.data.sample import Source
from convscope.errors import SpecError
from convscope.progress import Progress, silent

KNOWN = (
    "parts[:N[:SEED]], parts1d[...] or parts3d[...] (built in), digits, a folder of pictures or "
    "WAV files, "
    "FILE.npz, an MNIST IDX file or folder, a folder of CIFAR's python batches, "
    "torchvision:NAME:ROOT"
)
"""Every form of a data spec, for messages and help."""


def open_source(spec: str | Path, *, progress: Progress = silent) -> Source:
    """Open what a data spec names.

    Args:
        spec: ``parts[:N[:SEED]]`` and its sisters ``parts1d`` and ``parts3d``, ``digits``, a folder
            of pictures (flat, one folder per class, or with ``labels.csv``) or sounds,
            ``FILE.npz``, an IDX file or folder, a folder of CIFAR batches, or
            ``torchvision:NAME:ROOT``.
        progress: told of each file looked at.

    Returns:
        The Source. What could not be read is in its ``skipped``, what was assumed in its ``notes``.

    Raises:
        SpecError: the spec is not understood, or nothing under it can be read; the message names
            the fix.

    >>> source = open_source("parts:100")
    >>> len(source), source.shape, source.classes[:3]
    (100, (3, 64, 64), ('cat', 'dog', 'car'))
    """
    if not isinstance(spec, str | Path):
        raise SpecError(
            f"Data are named by a path or a built-in name, not given as a {type(spec).__name__}. Save arrays with "
            "numpy.savez('mine.npz', images=..., labels=...) and give 'mine.npz'."
        )
    text = str(spec)
    head = text.partition(":")[0]
    if head == "torchvision":
        from convscope.data.zoo import open_torchvision

        return open_torchvision(text)
    if head in ("parts", "parts1d", "parts3d") and not Path(text).exists():
        return _open_built_in(text)
    if text == "digits" and not Path(text).exists():
        from convscope.data.zoo import open_digits

        return open_digits(text)
    try:
        return _open_path(text, Path(text).expanduser(), progress)
    except OSError as reason:
        raise SpecError(
            f"{text!r} cannot be read: {reason.strerror or reason}. "
            "Check that the path is right and that you may read it."
        ) from reason


def _open_built_in(spec: str) -> Source:
    head, *numbers = spec.split(":")
    try:
        values = [int(number) for number in numbers]
    except ValueError:
        values = [-1]
    if len(values) > 2 or any(value < 0 for value in values) or values[:1] == [0]:
        raise SpecError(
            f"{spec!r} is not understood. Expected {head}, {head}:N or {head}:N:SEED with whole "
            "numbers, N at "
            f"least 1, such as {head}:1000 or {head}:1000:7."
        )
    if head == "parts1d":
        from convscope.data.parts1d import Parts1d

        return Parts1d(*values)
    if head == "parts3d":
        from convscope.data.parts3d import Parts3d

        return Parts3d(*values)
    from convscope.data.parts import Parts

    return Parts(*values)


def _open_path(spec: str, path: Path, progress: Progress) -> Source:
    from convscope.data.cifar import is_cifar, open_cifar
    from convscope.data.files import open_folder
    from convscope.data.idx import idx_files, is_idx, open_idx
    from convscope.data.npz import open_npz

    if path.is_dir():
        if is_cifar(path):
            return open_cifar(spec, path)
        if idx_files(path):
            return open_idx(spec, path)
        return open_folder(spec, path, progress)
    if not path.is_file():
        raise SpecError(_missing(spec, path))
    if path.suffix.lower() == ".npz":
        return open_npz(spec, path)
    if is_cifar(path):
        return open_cifar(spec, path)
    if is_idx(path):
        return open_idx(spec, path)
    raise SpecError(
        f"{spec!r} is a file of a kind that is not read as data. Give its folder if it is a "
        "picture or a sound; "
        f"otherwise one of: {KNOWN}."
    )


def _missing(spec: str, path: Path) -> str:
    beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = get_close_matches(path.name, beside, n=3)
    near += get_close_matches(
        spec.partition(":")[0], ("parts", "parts1d", "parts3d", "digits"), n=1
    )
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Expected one of: {KNOWN}."
    return f"There is no file or folder {spec!r}. {hint}"
