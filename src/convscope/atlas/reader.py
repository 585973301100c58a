"""Read an atlas: what was measured, its tables, documents and pictures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.atlas.schema import MANIFEST, Entry, Manifest, check_name, damaged, parse
from convscope.errors import SpecError, WorkError

if TYPE_CHECKING:
    import pyarrow as pa

    from convscope.data import Source
    from convscope.network import Network


@dataclass(frozen=True)
class Atlas:
    """A folder of findings about one network, and perhaps one data set.

    Open one with ``Atlas.open(folder)``, or make one with ``convscope.look``.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: str | Path) -> "Atlas":
        """Open a folder that ``convscope look`` wrote.

        Args:
            path: the folder.

        Raises:
            SpecError: no such folder, or no atlas in it, a damaged one, or a newer convscope's.
        """
        folder = Path(path)
        return cls(folder, read_manifest(folder))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the entries, in the order in which they were measured."""
        return tuple(self.manifest.entries)

    def __contains__(self, name: str) -> bool:
        return name in self.manifest.entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.manifest.entries.values())

    def entry(self, name: str) -> Entry:
        """Return what the manifest says about an entry.

        Raises:
            SpecError: it was not measured; the message names the command that does.
        """
        try:
            return self.manifest.entries[name]
        except KeyError:
            raise SpecError(
                f"The atlas {self.path} has no {name!r}; it has "
                f"{', '.join(self.names) or 'nothing yet'}. Measure it with "
                f"`convscope look MODEL --data DATA -o {self.path}`."
            ) from None

    def document(self, name: str) -> dict[str, Any]:
        """Return an entry's JSON document.

        Raises:
            SpecError: it was not measured.
            WorkError: its file is missing or damaged.
        """
        place = self.path / self.entry(name).document
        try:
            return json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._broken(place, error) from error

    def table(self, name: str) -> "pa.Table":
        """Return an entry's rows.

        Raises:
            SpecError: it was not measured, or has no rows.
            WorkError: its file is missing or damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        relative = self.entry(name).table
        if relative is None:
            raise SpecError(
                f"{name!r} in the atlas {self.path} has no table; read its document instead."
            )
        try:
            return pq.read_table(self.path / relative)
        except (OSError, pa.ArrowInvalid) as error:
            raise self._broken(self.path / relative, error) from error

    def picture(self, name: str) -> Path:
        """Return the place of a picture (or sound) that a document names."""
        return self.path / "pictures" / check_name(name)

    def serve(
        self,
        *,
        network: "Network | None" = None,
        data: "Source | None" = None,
        port: int | None = None,
        browser: bool = True,
    ) -> None:
        """Show the pages in a browser until Ctrl-C, as ``convscope serve`` does.

        Args:
            network: the network it is about, to run behind the pages; the built-in ones need not be named.
            data: what the network looks at; None opens what the atlas says.
            port: the port on this machine; None: the usual one, or a free one if it is taken.
            browser: whether to open a browser.
        """
        import_module("convscope.server").serve(
            self.path, network=network, data=data, port=port, browser=browser
        )

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(f"<dt>{escape(e.name)}</dt><dd>{escape(e.summary)}</dd>" for e in self)
        return f"<p>Atlas <code>{escape(str(self.path))}</code></p><dl>{rows}</dl>"

    def _broken(self, place: Path, error: Exception) -> WorkError:
        return WorkError(
            f"The atlas {self.path} is damaged: {place.relative_to(self.path)} cannot be read "
            f"({error}). Delete that file and run the `convscope look` command again: "
            "it measures what is missing."
        )


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of an atlas.

    Raises:
        SpecError: there is none, or it cannot be read.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise damaged(folder, f"not text: {error.reason}") from error
    except (FileNotFoundError, NotADirectoryError):
        fault = "it is a file" if folder.is_file() else "no such folder"
        fault = f"it has no {MANIFEST}" if folder.is_dir() else fault
        raise SpecError(
            f"{folder} is not an atlas: {fault}. Name a folder that "
            "`convscope look MODEL --data DATA -o FOLDER` made."
        ) from None
    except OSError as error:
        raise SpecError(
            f"{folder} cannot be read ({error.strerror}): name a folder that you may read, "
            "or change its permissions."
        ) from error
    return parse(text, folder)
