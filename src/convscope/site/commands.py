"""How a network is named on the command line, so that what pages advise measures the same one again."""

import shlex
from collections.abc import Collection

OPTIONS = ("--weights", "--input", "--mean", "--std")
"""The options without which a spec is another network."""

GRADED = (*OPTIONS, "--labels")
"""The options of commands that ask whether an answer is right, too."""

LEFT_OUT = ", with the same options as before,"
"""Said after a command where an atlas does not know them."""


def named(spec: str, command: str | None, options: Collection[str] = OPTIONS) -> str:
    """Return the network as it is typed after a command: its spec and the options that were given with it.

    Args:
        spec: of the network.
        command: what made its atlas; None from Python, where only built-in networks need no more than the spec.
        options: those that the command takes.

    >>> named("net.py:build", "convscope look net.py:build --weights 'a b.pt' --mean=.5 -o atlas")
    "net.py:build --weights 'a b.pt' --mean=.5"
    >>> named("net.py:build", None), named("demo", None)
    ('net.py:build …', 'demo')
    """
    if command is None:
        return spec if spec.partition(":")[0] == "demo" else f"{shlex.quote(spec)} …"
    words = iter(shlex.split(command))
    said = [spec]
    for word in words:
        name, equals, _ = word.partition("=")
        if name in options:
            said += [word] if equals else [word, next(words, "")]
    return shlex.join(said)
