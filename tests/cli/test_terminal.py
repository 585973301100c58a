"""Where words go, and what an error becomes."""

import io
import sys
from typing import Any

import pytest
import typer

from convscope.cli.tables import empty
from convscope.cli.terminal import Terminal
from convscope.errors import SpecError, WorkError


class Screen(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SpecError("no such model"), 2, "Error: no such model\n"),
        (WorkError("the disk is full"), 1, "Error: the disk is full\n"),
        (KeyboardInterrupt(), 130, "Stopped. What was finished is kept.\n"),
        (MemoryError(), 1, "--batch"),
        (ZeroDivisionError("a / b\nand more"), 1, "(ZeroDivisionError: a / b)"),
    ],
)
def test_errors_become_exit_codes(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    with pytest.raises(typer.Exit) as caught, Terminal():
        raise error
    assert caught.value.exit_code == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert shown.err.count("\n") == 1, "one paragraph"


def test_what_others_print_does_not_reach_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal(json=True) as terminal:
        print("chatter")
        terminal.answer(lambda: {"ratio": float("nan")}, lambda: pytest.fail("not wanted"))
        print("more chatter")
    shown = capsys.readouterr()
    assert shown.out == '{"ratio": null}\n'
    assert shown.err == "chatter\nmore chatter\n"


def progress_on(stream: Any, monkeypatch: pytest.MonkeyPatch, **settings: bool) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with Terminal(**settings) as terminal:
        for done in range(3):
            terminal.progress("measuring", done, 2)
    return stream.getvalue()


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = progress_on(Screen(), monkeypatch)
    assert "measuring" in shown
    assert "2 of 2" in shown
    assert progress_on(Screen(), monkeypatch, quiet=True) == ""
    assert progress_on(io.StringIO(), monkeypatch) == ""


def test_warnings_of_libraries_are_for_the_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    import warnings

    with Terminal():
        warnings.warn("deprecated somewhere", stacklevel=1)
    assert capsys.readouterr().err == ""
    with pytest.raises(typer.Exit), Terminal(verbose=True):  # tests turn warnings into errors
        warnings.warn("deprecated somewhere", stacklevel=1)


def test_a_name_in_colons_is_not_turned_into_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    table = empty("layer")
    table.add_row("net.py:seven:c")
    with Terminal() as terminal:
        terminal.answer(dict, lambda: [table, "net.py:seven:c"])
    assert capsys.readouterr().out.count("net.py:seven:c") == 2
