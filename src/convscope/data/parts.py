"""Parts, the built-in world: small pictures whose every edge, part and whole is known.

``parts[i]`` is a pure function of the seed and i: any picture can be asked for at any time, on any
machine, without the ones before it.
"""

import hashlib
from functools import partial
from typing import Literal, final

import numpy as np

from convscope.data.concepts import LEVEL, Contents, contents
from convscope.data.draws import Draws, scrambled
from convscope.data.fit import to_channels
from convscope.data.objects import OBJECTS
from convscope.data.sample import Sample, Source
from convscope.data.scene import GRID, Position, Scene, paint
from convscope.errors import SpecError

WORLD = 1
"""Changes whenever the same seed draws other pictures than before."""


@final
class Parts(Source):
    """Drawn pictures of cats, dogs, cars, trucks, trees, flowers, houses and characters.

    Each block of eight consecutive pictures holds every class once.

    Args:
        n: how many pictures.
        seed: which of 2**63 worlds.
        size: side of the square pictures in pixels, 16 or more.
        channels: 3, or 1 for grey.
        position: where objects are: ``"anywhere"``, ``"centred"`` or ``"left half"``.
        label: what is to be told: the ``"object"``, or its ``"position"`` among eight cells, a task
            that no network can solve which answers the same wherever things are.

    Raises:
        SpecError: an option has a value it cannot have.
    """

    kind = "image"
    concepts = LEVEL

    def __init__(
        self,
        n: int = 2000,
        seed: int = 0,
        *,
        size: int = 64,
        channels: int = 3,
        position: Position = "anywhere",
        label: Literal["object", "position"] = "object",
    ) -> None:
        _checked("n", n, n >= 1, "1 or more")
        _checked("seed", seed, 0 <= seed < 2**63, "from 0 to 2**63 - 1")
        _checked("size", size, 16 <= size <= 1024, "from 16 to 1024")
        _checked("channels", channels, channels in (1, 3), "1 or 3")
        positions = ("anywhere", "centred", "left half")
        _checked("position", position, position in positions, f"one of {', '.join(positions)}")
        _checked("label", label, label in ("object", "position"), "object or position")
        if label == "position" and position != "anywhere":
            raise SpecError("label='position' needs position='anywhere': else there is one answer.")
        self.spec = f"parts:{n}:{seed}"
        self.shape = (channels, size, size)
        self.seed = seed
        self.size = size
        self.position: Position = position
        self.task = label
        self.channels = channels
        self.labels = self._labels = _labels(seed, np.arange(n))
        self.classes = tuple(OBJECTS) if label == "object" else _CELLS

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> Sample:
        at = self._at(index)
        label = int(self._labels[at])
        picture, _ = paint(
            self._scene(label), Draws(self.seed, at), Draws(self.seed, at, 1), remember=False
        )
        array = picture if self.channels == 3 else to_channels(picture, 1)
        return Sample(array, label, str(at), partial(self.contents, at))

    def contents(self, index: int) -> Contents:
        """Return the masks and boxes of one picture, drawn anew and remembered."""
        at = self._at(index)
        label = int(self._labels[at])
        draws, noise = Draws(self.seed, at), Draws(self.seed, at, 1)
        _, canvas = paint(self._scene(label), draws, noise, remember=True)
        return contents(canvas)

    def _scene(self, label: int) -> Scene:
        cell = label if self.task == "position" else None
        return Scene(label if cell is None else None, cell, self.position, self.size)

    def _hashed(self) -> str:
        told = ("parts", WORLD, len(self._labels), self.seed, self.shape, self.position, self.task)
        return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


_CELLS = tuple(
    f"row {row + 1} column {column + 1}" for row in range(GRID[0]) for column in range(GRID[1])
)


def _labels(seed: int, indices: np.ndarray) -> np.ndarray:
    """Return labels: eight consecutive indices have all eight, in an order that is drawn."""
    block = scrambled(seed, indices // 8)
    step = 2 * (block >> np.uint64(8)) % np.uint64(8) + np.uint64(1)
    return ((indices.astype(np.uint64) * step + block) % np.uint64(8)).astype(np.int64)


def _checked(name: str, value: object, good: bool, expected: str) -> None:
    if not good:
        raise SpecError(f"Parts has no {name}={value!r}; expected {expected}.")
