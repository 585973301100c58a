"""Where words go: the answer to stdout, everything else to stderr.

With ``--json``, stdout belongs to one JSON document. A user's model file may print as it is
imported, so stdout is turned to stderr while a command works, and given back for the answer.
"""

import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, redirect_stdout
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from convscope.errors import ConvscopeError, SpecError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress, TaskID

_WIDE = 200  # columns where nobody's screen sets a limit: a file, a pipe


class Terminal:
    """What one command says; a context manager that turns errors into exit codes.

    Args:
        json: print the answer's document and nothing else on stdout.
        quiet: no progress and no notes.
        verbose: more notes, warnings of libraries, tracebacks of faults.
    """

    def __init__(self, *, json: bool = False, quiet: bool = False, verbose: bool = False):
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self._stdout = sys.stdout
        self._stack = ExitStack()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._stdout = sys.stdout
        self._stack.enter_context(redirect_stdout(sys.stderr))
        self._stack.enter_context(warnings.catch_warnings())
        if not self.verbose:
            warnings.simplefilter("ignore")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_bars()
        self._stack.close()
        if error is None or isinstance(error, typer.Exit):
            return
        if isinstance(error, BrokenPipeError) or not isinstance(
            error, Exception | KeyboardInterrupt
        ):
            return
        if self.verbose and not isinstance(error, KeyboardInterrupt):
            traceback.print_exception(error)
        code, message = _verdict(error)
        typer.echo(message, err=True)
        raise typer.Exit(code) from error

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Show a bar with an estimate, on a terminal; the ``Progress`` that ideas are given."""
        if self.quiet or not sys.stderr.isatty():
            return
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if what not in self._tasks:
            for earlier in self._bars.tasks:  # one thing at a time: what was before is over
                self._bars.update(earlier.id, visible=False)
            self._tasks[what] = self._bars.add_task(what, total=total, count="")
        count = "" if total is None else f"{done:,} of {total:,}, left:"
        self._bars.update(self._tasks[what], completed=done, total=total, count=count, visible=True)

    def note(self, text: str) -> None:
        """Say something that is not the answer, once."""
        if not self.quiet:
            self._stop_bars()
            typer.echo(text, err=True)

    def notes(self, texts: Iterable[str]) -> None:
        """Say several things."""
        for text in texts:
            self.note(f"Note: {text}")

    def answer(
        self,
        document: Callable[[], Mapping[str, Any]],
        readable: Callable[[], "Iterable[RenderableType]"],
    ) -> None:
        """Print the result: the document with ``--json``, else what a person reads.

        Args:
            document: makes the JSON document.
            readable: makes tables and paragraphs for Rich.
        """
        self._stop_bars()
        if self.json:
            from convscope.atlas.files import as_json

            print(as_json(document()), file=self._stdout, flush=True)
            return
        console = self._console()
        for part in readable():
            console.print(part, highlight=False, soft_wrap=isinstance(part, str), markup=False)

    def _console(self) -> "Console":
        from rich.console import Console

        width = None if self._stdout.isatty() else _WIDE
        # A layer may be called `:seven:`; no name is turned into a picture.
        return Console(file=self._stdout, width=width, emoji=False)

    def _stop_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars, self._tasks = None, {}


def _bars() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True, emoji=False),
    )


def _verdict(error: BaseException) -> tuple[int, str]:
    """Return the exit code and the one paragraph for an error."""
    if isinstance(error, KeyboardInterrupt):
        return 130, "Stopped. What was finished is kept."
    if isinstance(error, ConvscopeError):
        return 2 if isinstance(error, SpecError) else 1, f"Error: {error}"
    name = type(error).__name__
    if name in ("MemoryError", "OutOfMemoryError"):
        return 1, (
            "Error: the memory was not enough. Give a smaller --batch or --input, or measure "
            "on another machine."
        )
    first = str(error).strip().splitlines()[:1]
    return 1, (
        f"Error: convscope failed where it should not have ({name}: {first[0] if first else ''}). "
        "This is a fault of convscope, not of your command: please report it with what "
        "`-v` prints for the same command."
    )
