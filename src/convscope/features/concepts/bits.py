"""Facts about each place, a bit each: what makes one pass over the data cheap to keep."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Bits:
    """Whether something holds, for each sample, row (a unit, or a concept) and place.

    Args:
        packed: uint8 (N, R, ceil(P / 8)).
        places: P.
    """

    packed: np.ndarray
    places: int

    @classmethod
    def of(cls, facts: np.ndarray) -> "Bits":
        """Pack a bool array (N, R, P)."""
        return cls(np.packbits(facts, axis=-1), facts.shape[-1])

    @classmethod
    def joined(cls, pieces: list["Bits"]) -> "Bits":
        """Join batches of samples."""
        return cls(np.concatenate([piece.packed for piece in pieces]), pieces[0].places)

    @property
    def rows(self) -> int:
        """How many units or concepts."""
        return self.packed.shape[1]

    def unpacked(self, samples: np.ndarray, rows: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Return some samples and rows as 0 and 1, uint8 (n, r, P)."""
        return np.unpackbits(self.packed[samples][:, rows], axis=-1, count=self.places)
