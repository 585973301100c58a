"""How features are measured: what a person can choose, with what is chosen by default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How features are measured.

    Args:
        samples: samples of the harvest, at most, spread over the data; None takes all.
        labelled: samples on which labels are chosen and graded.
        exemplars: samples kept of each unit.
        units: units of each layer that are looked at, at most, spread evenly over it; None takes all.
        kinds: the pictures made for a unit.
        style: how they are made: ``"fourier"``, or ``"maco"`` (phase only).
        seed: of everything that is drawn at random.
    """

    samples: int | None = 2000
    labelled: int = 400
    exemplars: int = 9
    units: int | None = None
    kinds: tuple[str, ...] = ("positive", "negative", "diverse 2")
    style: str = "fourier"
    seed: int = 0

    def numbers(self, units: int) -> tuple[int, ...]:
        """Return which units of a layer are looked at.

        Args:
            units: how many it has.

        >>> Settings(units=3).numbers(8), Settings().numbers(2)
        ((0, 4, 7), (0, 1))
        """
        asked = min(units, self.units or units)
        if asked < 2:
            return tuple(range(asked))
        return tuple(round(i * (units - 1) / (asked - 1)) for i in range(asked))
