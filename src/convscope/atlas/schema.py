"""What an atlas is on disk: a manifest, and the entries it lists.

::

    manifest.json            version, schema, facts of network and data, the entries
    tables/NAME.parquet      the rows of an entry
    documents/NAME.json      the same entry as the JSON document that ``--json`` prints
    pictures/*               what the documents show: WebP pictures, WAV sound, float32 waveforms

An entry's name gives its files' names, so nothing in a manifest can point outside the folder.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import convscope
from convscope.atlas.files import as_json
from convscope.errors import SpecError

SCHEMA = 1
"""Version of the manifest; it grows only when an older reader would misread the folder."""

IDEAS = ("sharing", "receptive", "features", "shift")
"""What ``look`` measures, in this order."""

ON_REQUEST = ("learn",)
"""What ``look`` measures only when it is asked by name, as it trains networks."""

MANIFEST = "manifest.json"
FOLDERS = ("tables", "documents", "pictures")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")


@dataclass(frozen=True)
class Entry:
    """One thing that was measured and kept.

    Args:
        name: names its files; lower case letters, digits, ``_``, ``-`` and ``.``.
        idea: the idea it belongs to, as on the command line: ``"sharing"``, ``"receptive"``, ...
        fingerprint: hash of everything it depends on; the same hash means the same result.
        summary: what was found, one paragraph of plain text.
        protocol: how it was measured.
        written: when, in UTC, ISO 8601.
        seconds: how long it took; None where that was not timed.
        has_table: whether ``tables/NAME.parquet`` belongs to it.
        pictures: names in ``pictures/`` that its document shows.
    """

    name: str
    idea: str
    fingerprint: str
    summary: str
    protocol: Mapping[str, Any]
    written: str
    seconds: float | None = None
    has_table: bool = False
    pictures: tuple[str, ...] = ()

    @property
    def document(self) -> str:
        """Return the document's place, relative to the atlas."""
        return f"documents/{self.name}.json"

    @property
    def table(self) -> str | None:
        """Return the table's place, relative to the atlas."""
        return f"tables/{self.name}.parquet" if self.has_table else None

    @property
    def files(self) -> tuple[str, ...]:
        """Return every file that belongs to the entry, relative to the atlas."""
        table = (self.table,) if self.table else ()
        return (self.document, *table, *(f"pictures/{name}" for name in self.pictures))


@dataclass(frozen=True)
class Manifest:
    """The table of contents of an atlas.

    Args:
        network: facts of the network: spec, fingerprint, input, parameters, ...
        data: facts of the data: spec, fingerprint, kind, count, ...; None until data were given.
        created: when, in UTC, ISO 8601.
        entries: what was measured, by name.
        left: what was asked for and not measured, by idea, with the reason.
        convscope: the version that last wrote to it.
    """

    network: Mapping[str, Any]
    data: Mapping[str, Any] | None
    created: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    convscope: str = convscope.__version__

    def with_entry(self, entry: Entry) -> "Manifest":
        """Return the manifest with an entry added or replaced."""
        return replace(self, entries={**self.entries, entry.name: entry})

    def without(self, name: str) -> "Manifest":
        """Return the manifest without an entry."""
        return replace(self, entries={n: e for n, e in self.entries.items() if n != name})

    def json(self) -> str:
        """Return the text of ``manifest.json``."""
        facts = {part.name: getattr(self, part.name) for part in fields(self)}
        facts["entries"] = {
            name: {
                "idea": entry.idea,
                "fingerprint": entry.fingerprint,
                "summary": entry.summary,
                "protocol": entry.protocol,
                "written": entry.written,
                "seconds": entry.seconds,
                "document": entry.document,
                "table": entry.table,
                "pictures": entry.pictures,
            }
            for name, entry in self.entries.items()
        }
        return as_json({"schema": SCHEMA, **facts}, indent=1)


def parse(text: str, folder: Path) -> Manifest:
    """Read the text of a ``manifest.json``.

    Args:
        text: the file's text.
        folder: the atlas, for messages.

    Raises:
        SpecError: it is damaged, of another program, or of a newer convscope.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise damaged(folder, f"not JSON: {error}") from error
    if not isinstance(content, dict) or not {"convscope", "schema", "entries"} <= content.keys():
        raise SpecError(
            f"{folder} is not an atlas: its {MANIFEST} was written by another program. "
            "Name a folder that `convscope look` made, or a new one to be made."
        )
    if not isinstance(content["schema"], int) or content["schema"] > SCHEMA:
        raise SpecError(
            f"{folder} was written by convscope {content['convscope']} with schema "
            f"{content['schema']}; this is convscope {convscope.__version__}, which reads schema "
            f"{SCHEMA}. Upgrade with `pip install -U convscope`, or name a new folder with -o."
        )
    try:
        return Manifest(
            network=dict(content["network"]),
            data=None if content["data"] is None else dict(content["data"]),
            created=str(content["created"]),
            entries={name: _entry(name, facts) for name, facts in content["entries"].items()},
            left=dict(content["left"]),
            convscope=str(content["convscope"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(folder, f"{type(error).__name__}: {error}") from error


def damaged(folder: Path, reason: str) -> SpecError:
    """Return the error for a manifest that cannot be read."""
    return SpecError(
        f"The atlas {folder} is damaged: its {MANIFEST} cannot be read ({reason}). Restore it from "
        "a copy, or measure again into a new folder: `convscope look MODEL --data DATA -o FOLDER`."
    )


def check_name(name: str) -> str:
    """Return the name of an entry or picture, if it can be one.

    Raises:
        ValueError: it could name a file somewhere else, or a hidden one.
    """
    if not _NAME.match(name) or ".." in name:
        raise ValueError(f"{name!r} cannot name an entry or a picture")
    return name


def fingerprint(**parts: Any) -> str:
    """Return the hash of everything a result depends on, this version of convscope included.

    >>> fingerprint(network="ab12", samples=8) == fingerprint(samples=8, network="ab12")
    True
    >>> fingerprint(network="ab12", samples=8) == fingerprint(network="ab12", samples=9)
    False
    """
    text = json.dumps({"convscope": convscope.__version__, **parts}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _entry(name: str, facts: Mapping[str, Any]) -> Entry:
    return Entry(
        name=check_name(name),
        idea=str(facts["idea"]),
        fingerprint=str(facts["fingerprint"]),
        summary=str(facts["summary"]),
        protocol=dict(facts["protocol"]),
        written=str(facts["written"]),
        seconds=facts["seconds"],
        has_table=facts["table"] is not None,
        pictures=tuple(check_name(picture) for picture in facts["pictures"]),
    )
