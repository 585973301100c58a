"""A network's answers, with its input moved round or cropped elsewhere."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from convscope.data import Source
from convscope.errors import WorkError
from convscope.network import Network
from convscope.progress import Progress
from convscope.shift.crops import canvas_of, crop, spans
from convscope.shift.finding import Answers
from convscope.shift.fourier import moved
from convscope.shift.graded import graded, outputs_of, right_answers
from convscope.shift.offsets import MOST, Offsets, offsets
from convscope.shift.torus import Torus, laid
from convscope.shift.votes import held, intervals, votes

_VALUES = 1 << 26
"""Values of one map of all samples that pass together, about: 256 MB."""


def answered(
    net: Network,
    source: Source,
    shape: tuple[int, ...],
    total: Sequence[int],
    *,
    samples: int,
    draw: int | None,
    torus: Torus,
    seed: int,
    batch: int,
    progress: Progress,
) -> Answers | None:
    """Return what the answers do when samples move round; None where there is no vector of answers.

    Args:
        net: the network, on its torus.
        source: the samples.
        shape: what they are fitted to.
        total: the total stride of the network per axis: offsets beyond it repeat, but for the border.
        samples: how many of them.
        draw: how many offsets; None takes all of the input, or of the total stride where those are too many.
        torus: what goes round.
        seed: of the draw and the bootstrap.
        batch: samples at once.
        progress: told of each batch.

    Raises:
        WorkError: an answer is not finite.
    """
    size = net.input.shape[1:]
    every = int(np.prod(size))
    span = size if every <= MOST else tuple(min(t, n) for t, n in zip(total, size, strict=True))
    places = offsets(span, draw=draw, wraps=span == size, seed=seed)
    say = f"roll/{places.name}/{'x'.join(map(str, span))}/{torus}"

    def answer(arrays: np.ndarray, place: Sequence[int]) -> np.ndarray:
        return _vector(net, moved(laid(_tensor(net, arrays), torus), place))

    right = right_answers(net, source)
    return _asked(
        net,
        _batches(
            source, shape, samples, at_once(net, batch), progress, "moved round", places, right
        ),
        places,
        answer,
        say,
        seed,
    )


def cropped(
    net: Network,
    source: Source,
    *,
    samples: int,
    draw: int | None,
    seed: int,
    batch: int,
    progress: Progress,
) -> Answers | None:
    """Return what the answers do for crops of a larger canvas; None where there is no vector of answers.

    Args:
        net: the network.
        source: the samples.
        samples: how many of them.
        draw: how many offsets; None takes all.
        seed: of the draw and the bootstrap.
        batch: samples at once.
        progress: told of each batch.

    Raises:
        WorkError: an answer is not finite.
    """
    size = net.input.shape[1:]
    canvas = canvas_of(size)
    places = offsets(spans(size), draw=draw, wraps=False, seed=seed)
    say = f"crop/{places.name}/{'x'.join(map(str, canvas))}-{'x'.join(map(str, size))}"

    def answer(arrays: np.ndarray, place: Sequence[int]) -> np.ndarray:
        return _vector(net, _tensor(net, crop(arrays, place, size)))

    shape = (net.input.shape[0], *canvas)
    right = right_answers(net, source)
    return _asked(
        net,
        _batches(source, shape, samples, at_once(net, batch), progress, "cropped", places, right),
        places,
        answer,
        say,
        seed,
    )


def at_once(net: Network, most: int) -> int:
    """Return how many samples to pass together, so that no map of them all takes much memory.

    A network that was rewritten to keep every position has maps as large as its input times its channels.

    Args:
        net: the network.
        most: samples at most.
    """
    values = [
        node.meta["val"].numel() // max(int(node.meta["val"].shape[0]), 1)
        for node in net.graph.graph.nodes
        if isinstance(node.meta.get("val"), torch.Tensor) and node.meta["val"].ndim
    ]
    return max(1, min(most, _VALUES // max(values, default=1)))


def is_vector(net: Network) -> bool:
    """Return whether a network answers with one vector per sample."""
    return outputs_of(net) > 1


def _asked(
    net: Network,
    batches: Iterator[tuple[np.ndarray, np.ndarray | None]],
    places: Offsets,
    answer: Callable[[np.ndarray, Sequence[int]], np.ndarray],
    say: str,
    seed: int,
) -> Answers | None:
    if not is_vector(net):
        return None
    found = votes(batches, places, answer)
    return Answers(held(found), intervals(found, seed), say, found)


def _batches(
    source: Source,
    shape: tuple[int, ...],
    samples: int,
    size: int,
    progress: Progress,
    what: str,
    places: Offsets,
    right: np.ndarray | None,
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    done = 0
    progress(f"answers, {what}", 0, samples)
    for part in source.batches(size, shape, samples):
        yield part.arrays, graded(part.labels, right)
        done += len(part.arrays)
        progress(f"answers, {what}", done, samples)


def _tensor(net: Network, arrays: np.ndarray) -> torch.Tensor:
    like = next(net.graph.parameters(), torch.empty(0))
    return torch.from_numpy(arrays).to(device=like.device, dtype=like.dtype)


def _vector(net: Network, x: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        given = net(x)
    while isinstance(given, list | tuple):
        given = given[0]
    found = given.cpu().numpy()
    if not np.isfinite(found).all():
        raise WorkError(
            f"{net.spec} answers with numbers that are not finite, so its answers cannot be compared. "
            "Look at the data and the input rule (--mean, --std)."
        )
    return found
