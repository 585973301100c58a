"""Jobs for the tests, in a module that other processes can import."""

import os
import time
from typing import Any

import torch

from convscope.learning.twins import reference


def who(_: None, seconds: float) -> tuple[int, int]:
    """Return the process and its threads, after a while."""
    time.sleep(seconds)
    return os.getpid(), torch.get_num_threads()


def told(_: None, word: str) -> str:
    """Print a word and return it."""
    print(word, flush=True)
    return word


def refused(_: None, shape: tuple[int, ...]) -> Any:
    """Raise an error of convscope's."""
    return reference(shape, 2)


def leave(_: None, status: int) -> None:
    """End the process at once, as one that is killed does."""
    os._exit(status)


def length(shared: list[int], _: int) -> int:
    """Return how much was shared."""
    return len(shared)
