"""What the three built-in worlds have in common: samples that are drawn, by seed and number.

``world[i]`` is a pure function of the seed and i: any sample can be asked for at any time, on any
machine, without the ones before it.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from convscope.data.draws import Draws, scrambled
from convscope.data.sample import Contents, Sample, Source
from convscope.errors import SpecError

VERSION = 1
"""Changes whenever the same seed draws other samples than before."""

CLASSES = 8
"""Classes of every built-in world. Each block of eight consecutive samples holds every one once."""


class World(Source):
    """Samples drawn on demand.

    Args:
        name: the spec's first word.
        n: how many samples.
        seed: which of 2**63 worlds.
        shape: ``(C, *S)`` of every sample.
        classes: the names of the eight classes.
        concepts: what masks there are, and their levels.
        options: what else the drawings depend on; part of the fingerprint.

    Raises:
        SpecError: n or seed has a value it cannot have.
    """

    def __init__(
        self,
        name: str,
        n: int,
        seed: int,
        *,
        shape: tuple[int, ...],
        classes: Sequence[str],
        concepts: Mapping[str, int],
        options: tuple[object, ...] = (),
    ) -> None:
        require(name, "n", n, n >= 1, "1 or more")
        require(name, "seed", seed, 0 <= seed < 2**63, "from 0 to 2**63 - 1")
        self.spec = f"{name}:{n}:{seed}"
        self.shape = shape
        self.classes = tuple(classes)
        self.concepts = concepts
        self.seed = seed
        self.labels = self._labels = _labels(seed, np.arange(n))
        self._told = (name, VERSION, n, seed, shape, *options)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> Sample:
        at = self._at(index)
        return Sample(self._array(at), int(self._labels[at]), str(at), partial(self.contents, at))

    @abstractmethod
    def _array(self, at: int) -> np.ndarray:
        """Draw one sample."""

    @abstractmethod
    def contents(self, index: int) -> Contents:
        """Return the masks and boxes of one sample, drawn anew and remembered."""

    def _streams(self, at: int) -> tuple[Draws, Draws]:
        """Return where one sample's choices come from, and where its noise does."""
        return Draws(self.seed, at), Draws(self.seed, at, 1)

    def _hashed(self) -> str:
        return hashlib.blake2b(repr(self._told).encode(), digest_size=16).hexdigest()


def _labels(seed: int, indices: np.ndarray) -> np.ndarray:
    """Return labels: eight consecutive indices have all eight, in an order that is drawn."""
    block = scrambled(seed, indices // CLASSES)
    step = 2 * (block >> np.uint64(8)) % np.uint64(CLASSES) + np.uint64(1)
    return ((indices.astype(np.uint64) * step + block) % np.uint64(CLASSES)).astype(np.int64)


def require(world: str, name: str, value: object, good: bool, expected: str) -> None:
    """Raise a SpecError unless an option's value is good."""
    if not good:
        raise SpecError(f"{world} has no {name}={value!r}; expected {expected}.")
