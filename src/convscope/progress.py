"""How long work reports where it is: a callback that is given to it, so that no idea knows a terminal."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how many steps are done, and how many there are (None: not known)."""


def silent(what: str, done: int, total: int | None) -> None:
    """Report nothing; the default of every function that takes a ``progress``."""
