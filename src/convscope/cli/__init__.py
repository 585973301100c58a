"""The command line: one command per idea, and the ones that keep and show what was found."""

import sys


def main() -> None:
    """Run the ``convscope`` command."""
    try:
        from convscope.cli.app import app

        app(prog_name="convscope")
    except KeyboardInterrupt:  # before a command has begun, or while it ends
        sys.exit(130)
