"""Write an atlas so that it can be read at any moment, and go on after any interruption.

The manifest is the truth: an entry exists once the manifest lists it. Its files are written before
that, and an entry that is measured again is taken off the list first. So a kill at any moment
leaves every listed entry whole, and what is not listed is measured again by the next run.
"""

import io
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import convscope
from convscope.atlas.files import as_json, make_folder, sweep, write
from convscope.atlas.lock import LOCK, locked
from convscope.atlas.reader import read_manifest
from convscope.atlas.schema import FOLDERS, MANIFEST, Entry, Manifest, check_name
from convscope.errors import SpecError
from convscope.finding import Finding

if TYPE_CHECKING:
    import pyarrow as pa


class AtlasWriter:
    """The one writer of an atlas; a context manager that holds the folder's lock.

    Args:
        path: the folder; made if there is none.
        network: the network's facts, ``spec`` and ``fingerprint`` among them.
        data: the data's facts, ``spec`` and ``fingerprint`` among them; None where none are given.

    Raises:
        SpecError: the folder holds something else, or an atlas of another network or other data.
        WorkError: another process is writing there, or the disk failed.
    """

    def __init__(
        self,
        path: str | Path,
        network: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
    ):
        self.path = Path(path)
        self._held = ExitStack()
        self._manifest = Manifest(network, data, created=_now())

    def __enter__(self) -> Self:
        check_place(
            self.path, self._manifest
        )  # before the folder is made, so that no error makes one
        make_folder(self.path)
        with ExitStack() as stack:
            stack.enter_context(locked(self.path))
            found = check_place(self.path, self._manifest)  # another writer may have come between
            if found is not None:
                self._manifest = replace(
                    self._manifest,
                    data=self._manifest.data or found.data,
                    created=found.created,
                    entries=found.entries,
                    convscope=convscope.__version__,
                )
            self._save()
            for name in FOLDERS:
                make_folder(self.path / name)
            sweep(self.path)
            self._held = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()

    @property
    def manifest(self) -> Manifest:
        """Return the manifest as it stands on the disk."""
        return self._manifest

    def has(self, name: str, fingerprint: str) -> bool:
        """Tell whether the entry ``name`` is there with this very ``fingerprint`` and all its files."""
        entry = self._manifest.entries.get(name)
        return (
            entry is not None
            and entry.fingerprint == fingerprint
            and all((self.path / place).is_file() for place in entry.files)
        )

    def put(
        self,
        name: str,
        fingerprint: str,
        document: Mapping[str, Any],
        *,
        idea: str,
        summary: str,
        protocol: Mapping[str, Any] | None = None,
        table: "pa.Table | None" = None,
        pictures: Mapping[str, bytes] | None = None,
        seconds: float | None = None,
    ) -> None:
        """Keep one result; an older one of that name is replaced.

        Args:
            name: the entry's name.
            fingerprint: hash of everything the result depends on (``schema.fingerprint``).
            document: its JSON document.
            idea: the idea it belongs to.
            summary: one paragraph of plain text.
            protocol: how it was measured.
            table: its rows.
            pictures: the files that the document shows, by their names in ``pictures/``.
            seconds: how long it took.
        """
        pictures = pictures or {}
        entry = Entry(
            name=check_name(name),
            idea=idea,
            fingerprint=fingerprint,
            summary=summary,
            protocol=dict(protocol or {}),
            written=_now(),
            seconds=seconds,
            has_table=table is not None,
            pictures=tuple(check_name(picture) for picture in pictures),
        )
        self._drop(name)
        for picture, content in pictures.items():
            write(self.path / "pictures" / picture, content)
        if entry.table is not None and table is not None:
            write(self.path / entry.table, _parquet(table))
        write(self.path / entry.document, as_json(document).encode())
        self._manifest = self._manifest.with_entry(entry)
        self._save()

    def put_finding(
        self,
        name: str,
        fingerprint: str,
        finding: Finding,
        *,
        document: Mapping[str, Any] | None = None,
        pictures: Mapping[str, bytes] | None = None,
        table: "pa.Table | None" = None,
        seconds: float | None = None,
    ) -> None:
        """Keep a Finding: its table, its document, its summary and its protocol.

        Args:
            name: the entry's name.
            fingerprint: hash of everything the result depends on (``schema.fingerprint``).
            finding: what was found.
            document: its JSON document, where more is in it than ``finding.document()`` has.
            pictures: the files that the document shows, by their names in ``pictures/``.
            table: its rows, where they are not the finding's own.
            seconds: how long it took.
        """
        self.put(
            name,
            fingerprint,
            finding.document() if document is None else document,
            idea=finding.idea,
            summary=finding.summary(),
            protocol=asdict(finding.protocol),
            table=finding.table() if table is None else table,
            pictures=pictures,
            seconds=seconds,
        )

    def leave(self, reasons: Mapping[str, str]) -> None:
        """Record what was asked for and not measured, by idea, with the reason."""
        self._manifest = replace(self._manifest, left=dict(reasons))
        self._save()

    def _drop(self, name: str) -> None:
        entry = self._manifest.entries.get(name)
        if entry is None:
            return
        self._manifest = self._manifest.without(name)
        self._save()
        for place in entry.files:
            (self.path / place).unlink(missing_ok=True)

    def _save(self) -> None:
        write(self.path / MANIFEST, self._manifest.json().encode())


def check_place(path: Path, planned: Manifest | None = None) -> Manifest | None:
    """Return the manifest of the atlas at a place; None where a new atlas can be made.

    Args:
        path: the folder, which need not exist.
        planned: what is about to be written there, where that is known yet.

    Raises:
        SpecError: something else is there, or an atlas that cannot be read or is of other things.
    """
    if path.is_dir():
        try:
            names = sorted(item.name for item in path.iterdir())
        except PermissionError:
            raise SpecError(
                f"{path} may not be read: name a folder that is yours, or change its permissions."
            ) from None
        if MANIFEST in names:
            found = read_manifest(path)
            if planned is not None:
                _check_same(path, "network", found.network, planned.network)
                _check_same(path, "data", found.data, planned.data)
            return found
        others = [name for name in names if not _is_ours(name)]
        if others:
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            raise SpecError(
                f"{path} is not an atlas and not empty (it holds {others[0]!r}{more}): "
                "name a new folder with -o, so that nothing of yours is written over."
            )
    elif path.exists() or path.is_symlink():
        raise SpecError(f"{path} is not a folder: name a new folder with -o.")
    return None


def _check_same(
    path: Path, what: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> None:
    if old is None or new is None or old["fingerprint"] == new["fingerprint"]:
        return
    raise SpecError(
        f"The atlas {path} is about other {what}: {old['spec']} ({old['fingerprint'][:12]}), and "
        f"this is {new['spec']} ({new['fingerprint'][:12]}). An atlas holds one network and one "
        "data set: name a new folder with -o, or delete that one."
    )


def _is_ours(name: str) -> bool:
    """Tell what a writer that was killed before its first manifest can leave behind."""
    return name == LOCK or (name.startswith(".") and name.endswith(".tmp"))


def _parquet(table: "pa.Table") -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
