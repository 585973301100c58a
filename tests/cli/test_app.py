"""The command itself: help, version, completion, and what starting costs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import convscope as package

Run = Callable[..., Any]
COMMANDS = [
    "demo",
    "look",
    "serve",
    "report",
    "sharing",
    "receptive",
    "features",
    "compare",
    "shift",
    "repair",
    "learn",
    "prior",
    "train-demo",
]


def test_help_lists_the_commands(convscope: Run) -> None:
    for words in ((), ("--help",), ("-h",)):
        result = convscope(*words)
        assert result.exit_code == 0
        assert (
            re.findall(r"^  ([a-z-]+)  ", result.stdout.split("Commands:")[1], re.MULTILINE)
            == COMMANDS
        )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_every_option(convscope: Run, command: str) -> None:
    result = convscope(command, "--help")
    assert result.exit_code == 0
    for option in ("--json", "--quiet", "--verbose"):
        assert option in result.stdout
    assert not re.search(r"--[a-z-]+ *\n +-", result.stdout), "an option without a word of help"


def test_version(convscope: Run) -> None:
    assert convscope("--version").stdout == f"convscope {package.__version__}\n"


def test_completion_is_offered(convscope: Run) -> None:
    assert "--install-completion" in convscope("--help").stdout


def test_completion_completes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "convscope"],
        env={
            **os.environ,
            "_CONVSCOPE_COMPLETE": "complete_bash",
            "COMP_WORDS": "convscope re",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == {"report", "receptive", "repair"}


def test_help_costs_less_than_three_tenths_of_a_second() -> None:
    """Processor time, the best of five: the clock would count what else the machine does."""
    seconds = min(_processor_time("--help") for _ in range(5))
    assert seconds < 0.3


def _processor_time(*words: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, "-m", "convscope", *words], capture_output=True, check=True)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
