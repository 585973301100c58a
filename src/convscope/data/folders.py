"""Which files of a folder are samples, what class each belongs to, and what is left out.

The folder is read as it is found. Hidden files and files of other kinds are ignored and counted;
files that should be samples and cannot be read are skipped, counted and named; so are links that
lead out of the folder, because an atlas may be published and should hold nothing from outside what
was given.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convscope.errors import SpecError

_SPLITS = {"train", "training", "val", "valid", "validation", "test"}
_ENDS = 32 * 1024  # bytes read from either end of a file for its fingerprint


@dataclass(frozen=True)
class Listing:
    """The samples of a folder, in order.

    Args:
        files: the samples' paths.
        names: the same, relative to the folder, with ``/``.
        labels: class indices ``(N,)``; None where the folder says nothing of classes.
        classes: names that labels index.
        skipped: ``(name, reason)``.
        notes: what to tell a person.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    labels: np.ndarray | None
    classes: tuple[str, ...] | None
    skipped: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def listing(folder: Path, suffixes: frozenset[str], what: str) -> Listing:
    """List the samples of a folder.

    Classes come from ``labels.csv`` (columns ``file`` and ``label``, optionally ``name``) if there
    is one, or else from the folders that the files lie in, if none lies outside them.

    Args:
        folder: where to look; its folders are looked into, links to folders are not followed.
        suffixes: the endings, in lower case, of the files that are samples.
        what: what a sample is called in messages, such as ``"pictures"``.

    Raises:
        SpecError: there is no such file in the folder, or ``labels.csv`` cannot be used.
    """
    found, skipped, ignored = _walk(folder, suffixes)
    table = folder / "labels.csv"
    if table.is_file():
        ignored[".csv"] -= 1
        return _by_table(found, table, what, skipped, _notes(ignored, what))
    if not found:
        raise SpecError(_nothing(folder, suffixes, what, skipped, ignored))
    tops = [name.split("/")[0] if "/" in name else None for name in found]
    notes = _notes(ignored, what)
    labels = classes = None
    if None not in tops:
        classes = tuple(sorted({top for top in tops if top is not None}))
        number = {name: index for index, name in enumerate(classes)}
        labels = np.array([number[top] for top in tops if top is not None], np.int64)
        if len(classes) > 1 and {name.lower() for name in classes} <= _SPLITS:
            notes += (
                f"the classes are called {', '.join(classes)}: give one of these folders instead, "
                "if they are parts of a data set",
            )
    elif len(set(tops)) > 1:
        notes += (f"no classes: some {what} lie outside the class folders",)
    return Listing(
        tuple(found.values()),
        tuple(found),
        labels,
        classes,
        tuple(skipped),
        notes,
    )


def _walk(
    folder: Path, suffixes: frozenset[str]
) -> tuple[dict[str, Path], list[tuple[str, str]], Counter[str]]:
    """Return the samples by name in order, what was skipped, and counts of ignored endings."""
    found: dict[str, Path] = {}
    skipped: list[tuple[str, str]] = []
    ignored: Counter[str] = Counter()
    root = folder.resolve()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = sorted(here.iterdir())
        except OSError as reason:
            skipped.append((_name(here, folder), str(reason.strerror)))
            continue
        for path in entries:
            name = _name(path, folder)
            if path.name.startswith("."):
                ignored["hidden"] += 1
            elif path.is_symlink() and not path.exists():
                skipped.append((name, "a link that leads nowhere"))
            elif path.is_symlink() and not path.resolve().is_relative_to(root):
                skipped.append(
                    (name, "a link that leads out of the folder; put a copy there instead")
                )
            elif path.is_dir():
                if (
                    not path.is_symlink()
                ):  # a link to a folder within would show files twice, or for ever
                    waiting.append(path)
            elif path.suffix.lower() in suffixes and path.is_file():
                found[name] = path
            else:
                ignored[path.suffix.lower() or "no ending"] += 1
    return dict(sorted(found.items())), skipped, ignored


def _name(path: Path, folder: Path) -> str:
    """Return what a file is called, in characters that can be printed on any system."""
    name = path.relative_to(folder).as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _by_table(
    found: Mapping[str, Path],
    table: Path,
    what: str,
    skipped: list[tuple[str, str]],
    notes: tuple[str, ...],
) -> Listing:
    """Take files and labels from ``labels.csv``."""
    rows = _rows(table)
    kept = [row for row in rows if row["file"] in found]
    skipped += [
        (row["file"], "named in labels.csv and not a file of the folder")
        for row in rows
        if row["file"] not in found
    ]
    listed = {row["file"] for row in rows}
    skipped += [(name, "not in labels.csv") for name in found if name not in listed]
    if not kept:
        raise SpecError(
            f"None of the {len(rows)} files that {table} names is among the {len(found)} {what} of "
            "the folder. "
            "Its column 'file' should hold names relative to the folder."
        )
    values = [row["label"] for row in kept]
    try:
        labels = np.array([int(value) for value in values], np.int64)
        classes = [str(index) for index in range(int(labels.max()) + 1)]
        for row, label in zip(kept, labels.tolist(), strict=True):
            classes[label] = row.get("name") or classes[label]
        if labels.min() < 0:
            raise SpecError(f"{table} has a negative label; classes are numbered from 0.")
    except ValueError:
        classes = sorted(set(values))
        labels = np.array([classes.index(value) for value in values], np.int64)
    return Listing(
        tuple(found[row["file"]] for row in kept),
        tuple(row["file"] for row in kept),
        labels,
        tuple(classes),
        tuple(skipped),
        notes,
    )


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = [name.strip().lower() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as reason:
        raise SpecError(f"{table} cannot be read as a table ({reason}).") from reason
    if not {"file", "label"} <= set(columns) or not rows:
        raise SpecError(
            f"{table} has the columns {', '.join(columns) or 'none'} and {len(rows)} rows; "
            "expected a first line "
            "'file,label' (and 'name', if classes have names), then one line for each file."
        )
    return rows


def _notes(ignored: Counter[str], what: str) -> tuple[str, ...]:
    counts = [f"{count} {ending}" for ending, count in ignored.most_common() if count > 0]
    return (f"ignored files that are not {what}: {', '.join(counts)}",) if counts else ()


def _nothing(
    folder: Path,
    suffixes: frozenset[str],
    what: str,
    skipped: Sequence[tuple[str, str]],
    ignored: Counter[str],
) -> str:
    held = [f"{count} {ending}" for ending, count in ignored.most_common(5)]
    held += [f"{name} ({reason})" for name, reason in skipped[:3]]
    return (
        f"The folder {folder} holds no {what} "
        f"({'it has ' + ', '.join(held) if held else 'it is empty'}). "
        f"Give a folder with {', '.join(sorted(suffixes))} files, in one folder per class if they "
        "have classes; "
        "or 'parts' for the built-in pictures."
    )


def fingerprint(files: Sequence[Path], names: Sequence[str], labels: np.ndarray | None) -> str:
    """Return a hash of a folder's samples: names, labels, sizes, and contents.

    Of files over 64 KiB the first and last 32 KiB are hashed, so that a folder of a hundred
    thousand photographs takes seconds and not minutes; times of change play no part, so a copy has
    the same fingerprint.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path, name in zip(files, names, strict=True):
        digest.update(name.encode() + b"\0")
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(2 * _ENDS if size <= 2 * _ENDS else _ENDS)
                if size > 2 * _ENDS:
                    file.seek(-_ENDS, 2)
                    head += file.read(_ENDS)
        except OSError:
            size, head = -1, b""
        digest.update(size.to_bytes(8, "little", signed=True) + head)
    if labels is not None:
        digest.update(labels.astype("<i8").tobytes())
    return digest.hexdigest()
