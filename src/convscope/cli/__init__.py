"""The command line: one command per idea, and the ones that keep and show what was found."""

import os
import sys


def main() -> None:
    """Run the ``convscope`` command."""
    # Threads that wait by spinning take the processor from whatever else runs: beside other work, a look
    # took four times the processor time that it takes when they sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from convscope.cli.app import app

        app(prog_name="convscope")
    except KeyboardInterrupt:  # before a command has begun, or while it ends
        sys.exit(130)
