"""Parts, the built-in world: small pictures whose every edge, part and whole is known."""

from typing import Literal, final

import numpy as np

from convscope.data.concepts import LEVEL, contents
from convscope.data.fit import to_channels
from convscope.data.objects import OBJECTS
from convscope.data.sample import Contents
from convscope.data.scene import GRID, Position, Scene, paint
from convscope.data.world import World, require
from convscope.errors import SpecError

_POSITIONS = ("anywhere", "centred", "left half")
_CELLS = tuple(
    f"row {row + 1} column {column + 1}" for row in range(GRID[0]) for column in range(GRID[1])
)


@final
class Parts(World):
    """Drawn pictures of cats, dogs, cars, trucks, trees, flowers, houses and characters.

    Args:
        n: how many pictures.
        seed: which of 2**63 worlds.
        size: side of the square pictures in pixels.
        channels: 3, or 1 for grey.
        position: where objects are: ``"anywhere"``, ``"centred"`` or ``"left half"``.
        label: what is to be told: the ``"object"``, or its ``"position"`` among eight cells, a task
            that no network can solve which answers the same wherever things are.

    Raises:
        SpecError: an option has a value it cannot have.

    >>> source = Parts(100)
    >>> source[3].array.shape, source.classes[source[3].label]
    ((3, 64, 64), 'character')
    """

    kind = "image"

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
        require("parts", "size", size, 16 <= size <= 1024, "from 16 to 1024 pixels")
        require("parts", "channels", channels, channels in (1, 3), "1 or 3")
        expected = f"one of {', '.join(_POSITIONS)}"
        require("parts", "position", position, position in _POSITIONS, expected)
        require("parts", "label", label, label in ("object", "position"), "object or position")
        if label == "position" and position != "anywhere":
            raise SpecError(
                f"parts with label='position' needs position='anywhere', not {position!r}."
            )
        super().__init__(
            "parts",
            n,
            seed,
            shape=(channels, size, size),
            classes=tuple(OBJECTS) if label == "object" else _CELLS,
            concepts=LEVEL,
            options=(position, label),
        )
        self._channels = channels
        self._size = size
        self._position: Position = position
        self._is_position = label == "position"

    def _array(self, at: int) -> np.ndarray:
        picture, _ = paint(self._scene(at), *self._streams(at), remember=False)
        return to_channels(picture, self._channels)

    def contents(self, index: int) -> Contents:
        """Return the masks and boxes of one picture, drawn anew and remembered."""
        at = self._at(index)
        _, canvas = paint(self._scene(at), *self._streams(at), remember=True)
        return contents(canvas)

    def _scene(self, at: int) -> Scene:
        label = int(self._labels[at])
        if self._is_position:
            return Scene(None, label, self._position, self._size)
        return Scene(label, None, self._position, self._size)
