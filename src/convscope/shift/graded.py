"""Which of a network's answers is right for a sample, where its data have labels."""

import numpy as np
import torch

from convscope.data import Source
from convscope.network import Network

MOST_CLASSES = 0.9
"""Share of a network's answers that data must have classes for, where nothing but their number tells."""


def right_answers(net: Network, source: Source) -> np.ndarray | None:
    """Return the answer that is right for each class of the data.

    Classes are found by their names where those of the answers are known, whatever the order of either. Where
    none is found they are taken to be in the same order, if there are as many, but for a few that data may
    lack: 1,000 classes of which a folder holds 950.

    Args:
        net: the network.
        source: the data.

    Returns:
        int64, one number for each class, -1 for a class that the network does not know; None where the data
        have no labels, or labels that cannot be the network's answers.
    """
    if source.labels is None:
        return None
    outputs = outputs_of(net)
    if source.classes is None:
        return np.arange(outputs, dtype=np.int64)
    if by_name(net, source):
        place = {_plain(name): i for i, name in enumerate(net.classes or ())}
        found = [place.get(_plain(name), -1) for name in source.classes]
        return np.array(found, np.int64)
    if MOST_CLASSES * outputs <= len(source.classes) <= outputs:
        return np.arange(outputs, dtype=np.int64)
    return None


def graded(labels: np.ndarray | None, right: np.ndarray | None) -> np.ndarray | None:
    """Return the answer that is right for each sample, -1 where the network knows none.

    Args:
        labels: of samples, ``(N,)``; None where there are none.
        right: from ``right_answers``.

    >>> graded(np.array([0, 1, 3]), np.array([2, 0, 1])).tolist()
    [2, 0, -1]
    """
    if labels is None or right is None:
        return None
    known = (labels >= 0) & (labels < len(right))
    return np.where(known, right[np.where(known, labels, 0)], -1)


def by_name(net: Network, source: Source) -> bool:
    """Return whether any class of the data is an answer of the network by its name."""
    known = {_plain(name) for name in net.classes or ()}
    return any(_plain(name) in known for name in source.classes or ())


def _plain(name: str) -> str:
    return name.strip().casefold()


def outputs_of(net: Network) -> int:
    """Return how many numbers a network answers with; 0 where they are not one vector per sample."""
    output = next(node for node in net.graph.graph.nodes if node.op == "output")
    values = output.args[0]
    while isinstance(values, list | tuple) and len(values) == 1:
        values = values[0]
    value = getattr(values, "meta", {}).get("val")
    return int(value.shape[1]) if isinstance(value, torch.Tensor) and value.ndim == 2 else 0
