"""How features are measured: what a person can choose, with what is chosen by default."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How features are measured.

    Args:
        samples: samples of the harvest, at most, spread over the data; None takes all.
        labelled: samples on which labels are chosen and graded.
        exemplars: samples kept of each unit.
        units: units of each layer that are looked at, at most, spread evenly over it; None takes all.
        kinds: the pictures made for a unit; ``diverse N`` are N.
        pictures: of a layer, at most: where all kinds for all its units would be more, each unit gets the first
            kind, and as many units as fit, spread evenly, get the others too. None has no limit.
        style: how they are made: ``"fourier"``, or ``"maco"`` (phase only).
        seed: of everything that is drawn at random.
    """

    samples: int | None = 2000
    labelled: int = 400
    exemplars: int = 9
    units: int | None = None
    kinds: tuple[str, ...] = ("positive", "negative", "diverse 2")
    pictures: int | None = 1024
    style: str = "fourier"
    seed: int = 0

    def numbers(self, units: int) -> tuple[int, ...]:
        """Return which units of a layer are looked at.

        Args:
            units: how many it has.

        >>> Settings(units=3).numbers(8), Settings().numbers(2)
        ((0, 4, 7), (0, 1))
        """
        return _spread(min(units, self.units or units), units)

    def varied(self, units: Sequence[int]) -> tuple[int, ...]:
        """Return which units get pictures of all kinds, and not of the first alone.

        Args:
            units: those that get pictures.

        >>> Settings(pictures=10).varied(range(4)), Settings().varied(range(256)) == tuple(range(256))
        ((0, 3), True)
        """
        others = sum(_count(kind) for kind in self.kinds[1:])
        if self.pictures is None or not others:
            return tuple(units)
        fitting = max(self.pictures - len(units), 0) // others
        return tuple(units[i] for i in _spread(min(fitting, len(units)), len(units)))


def _spread(asked: int, there: int) -> tuple[int, ...]:
    if asked < 2:
        return tuple(range(asked))
    return tuple(round(i * (there - 1) / (asked - 1)) for i in range(asked))


def _count(kind: str) -> int:
    count = kind.rpartition(" ")[2]
    return int(count) if count.isdigit() else 1
