"""One measurement of `look`, and what it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from convscope.finding import Finding
from convscope.progress import Progress

if TYPE_CHECKING:
    import pyarrow as pa


class Unmeasured(Exception):
    """Why a network or its data do not allow a measurement that adds to one which is kept already."""


class Result(NamedTuple):
    """What one step gives to the atlas.

    Args:
        finding: what was found.
        document: its JSON document.
        pictures: the files that the document shows, by name.
        table: its rows, where they are not the finding's own.
        finished: called once the atlas keeps it.
        fingerprint: of what it depends on, where that is less than was planned.
    """

    finding: Finding
    document: Mapping[str, Any]
    pictures: Mapping[str, bytes]
    table: "pa.Table | None" = None
    finished: Callable[[], None] | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class Step:
    """One measurement.

    Args:
        idea: the idea it belongs to.
        what: what is measured: the idea, or what is added to it.
        fingerprint: hash of all that the result depends on.
        measure: how to make it; told where to report progress.
        part: the entry that keeps the result; None where it is that of the idea.
        contained_in: fingerprints of results that hold this one and more.
        gathers: whether it puts together what other steps measured, which is done even when time is up.
    """

    idea: str
    what: str
    fingerprint: str
    measure: Callable[[Progress], Result]
    part: str | None = None
    contained_in: tuple[str, ...] = ()
    gathers: bool = False

    @property
    def entry(self) -> str:
        """The entry that keeps the result."""
        return self.part or self.idea


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
