"""Write the command-line reference from `--help`: `python docs/make_cli.py`."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from convscope.cli.app import app

PLACE = Path(__file__).parent / "reference" / "cli.md"
HEAD = """---
title: Commands
---

# Commands

<!-- Made by docs/make_cli.py from --help; do not edit. -->

What each command prints with `--json` is told in [JSON documents](json.md), what MODEL and DATA may be in
[Your own model](../guide/model.md) and [Your own data](../guide/data.md).

"""


def page() -> str:
    """Return the whole page."""
    names = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return HEAD + "\n".join(
        [_section("convscope"), *(_section("convscope", name) for name in names)]
    )


def _section(*words: str) -> str:
    command = " ".join(words)
    shown = CliRunner().invoke(
        app, [*words[1:], "--help"], prog_name="convscope", terminal_width=88, color=False
    )
    if shown.exit_code:
        raise SystemExit(f"{command} --help failed: {shown.output}")
    return f"## {command}\n\n```text\n{shown.output.strip()}\n```\n"


if __name__ == "__main__":
    PLACE.write_text(page(), encoding="utf-8")
