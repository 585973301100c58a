"""Who is seen together: fixed by the data alone, so that results do not depend on how the work is cut up.

The same sample may come out of a network with other last digits when another number of samples is in the
batch, or when it is at another place in it: libraries choose their kernels by shape. So the network always
sees the same number of samples at once, and every sample always has the same place among them; what else
is in the batch does not enter a sample's own arithmetic, so empty places are filled with zeros.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from convscope.data.sample import spread
from convscope.errors import SpecError

_VALUES_AT_ONCE = 1 << 20
_MOST_AT_ONCE = 64


def together(shape: Sequence[int]) -> int:
    """Return how many samples the network sees at once: a power of two, by the size of one sample.

    Few large samples are also the fastest on a processor: their maps stay in its cache.

    >>> together((3, 224, 224)), together((3, 64, 64)), together((3, 32, 32))
    (4, 64, 64)
    """
    fitting = _VALUES_AT_ONCE // max(int(np.prod(shape)), 1)
    return 1 << (min(max(fitting, 1), _MOST_AT_ONCE).bit_length() - 1)


@dataclass(frozen=True, eq=False)
class Schedule:
    """The batches of a pass.

    Args:
        samples: int64, sorted: what this pass looks at.
        slots: int64: the place of each in its batch.
        width: places in a batch.
        kept: int64, sorted: those of the samples whose responses are all kept.
        study: samples in the whole study, of which this pass may be a part.
    """

    samples: np.ndarray
    slots: np.ndarray
    width: int
    kept: np.ndarray
    study: int

    @classmethod
    def plan(
        cls, length: int, limit: int | None, indices: Sequence[int] | None, width: int, kept: int
    ) -> "Schedule":
        """Plan a pass.

        Args:
            length: samples in the source.
            limit: samples of the study, spread evenly over the source; None for all.
            indices: those of them that this pass looks at; None for all.
            width: places in a batch.
            kept: samples of the study whose responses are all kept, at most.

        Raises:
            SpecError: an index is not part of the study, or appears twice.
        """
        study = spread(length, limit)
        chosen = study if indices is None else np.sort(np.asarray(indices, np.int64))
        place = np.searchsorted(study, chosen)
        known = place < len(study)
        known[known] = study[place[known]] == chosen[known]
        if not known.all():
            raise SpecError(
                f"Sample {int(chosen[~known][0])} is not among the {len(study)} samples of this study "
                f"(of {length} in the source). Choose indices from those, or another limit."
            )
        if (chosen[1:] == chosen[:-1]).any():
            raise SpecError(
                f"Sample {int(chosen[1:][chosen[1:] == chosen[:-1]][0])} was asked for twice; name each "
                "sample once."
            )
        rows = study[spread(len(study), kept)]
        return cls(chosen, place % width, width, chosen[np.isin(chosen, rows)], len(study))

    def batches(self) -> list[np.ndarray]:
        """Return, for each batch, which of ``samples`` are in it: no two with the same place.

        All of one place take turns, so a pass over consecutive samples fills its batches.
        """
        order = np.argsort(self.slots, kind="stable")
        _, starts, sizes = np.unique(self.slots[order], return_index=True, return_counts=True)
        turn = np.empty(len(order), np.int64)
        turn[order] = np.arange(len(order)) - np.repeat(starts, sizes)
        by_turn = np.argsort(turn, kind="stable")
        ends = np.cumsum(np.bincount(turn)) if len(turn) else np.zeros(0, np.int64)
        return np.split(by_turn, ends[:-1]) if len(turn) else []

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for members in self.batches():
            yield self.samples[members], self.slots[members]
