"""Run `convscope` in children forked from a process that has everything imported.

A fresh process imports for seconds before it does anything that a kill could break. Reads one
command per line, words parted by tabs; answers with the child's id, then with its exit status.
"""

import functools
import os
import sys
from types import ModuleType

import torch

from convscope import network


def drawing() -> ModuleType:
    """Return a stand-in for vl_convert: the threads of its JavaScript engine do not survive a fork."""
    module = ModuleType("vl_convert")
    module.__dict__["vegalite_to_svg"] = lambda *chart, **settings: "<svg></svg>"
    module.__dict__["javascript_bundle"] = lambda *code: "export {}"
    return module


def main() -> None:
    """Warm up with the command given as arguments, then run commands until stdin closes."""
    torch.set_num_threads(1)  # threads do not survive a fork
    sys.modules["vl_convert"] = drawing()
    # Loaded once: a kill shall fall where something is measured or written.
    network.load = functools.cache(network.load)
    from convscope.cli import main as convscope

    sys.argv[0] = "convscope"
    try:
        convscope()
    except SystemExit as end:
        print(f"\nwarm {end.code}", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(quiet, descriptor)
            sys.argv = ["convscope", *line.rstrip("\n").split("\t")]
            convscope()
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
