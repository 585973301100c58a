"""How features are measured: what a person can choose, with what is chosen by default."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How features are measured.

    Args:
        samples: samples of the harvest, at most, spread over the data; None takes all.
        labelled: samples on which labels are chosen and graded.
        exemplars: samples kept of each unit.
        kinds: the pictures made for a unit.
        style: how they are made: ``"fourier"``, or ``"maco"`` (phase only).
        seed: of everything that is drawn at random.
    """

    samples: int | None = 2000
    labelled: int = 400
    exemplars: int = 9
    kinds: tuple[str, ...] = ("positive", "negative", "diverse 2")
    style: str = "fourier"
    seed: int = 0
