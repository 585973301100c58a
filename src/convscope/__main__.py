"""Run the command line as ``python -m convscope``."""

from convscope.cli import main

main()
