"""Random numbers that are the same on every machine, for ever.

numpy promises that a bit generator's raw stream never changes, and does not promise it of the
distributions made from it. So everything the built-in worlds draw is made here from raw bits, with
additions and multiplications only: those are exact in IEEE arithmetic, where sines and logarithms
differ between libraries in the last digit.
"""

from collections.abc import Sequence
from typing import TypeVar, final

import numpy as np

_Thing = TypeVar("_Thing")
_POOL = 128  # raw numbers fetched at a time
_TO_UNIT = 2.0**-53
_NOISE_SD = (4 * (256**2 - 1) / 12) ** 0.5  # of the sum of four bytes


@final
class Draws:
    """A stream of random numbers that is a pure function of three whole numbers.

    Args:
        seed: which world.
        index: which sample of it.
        stream: which of several independent streams, 0 to 2**32.
    """

    def __init__(self, seed: int, index: int, stream: int = 0) -> None:
        key = np.array([seed, index], np.uint64)
        self._bits = np.random.Philox(key=key, counter=np.array([0, 0, 0, stream], np.uint64))
        self._pool: list[float] = []

    def unit(self) -> float:
        """Return a number in [0, 1), a multiple of 2**-53."""
        if not self._pool:
            raw = self._bits.random_raw(_POOL)
            self._pool = ((raw >> np.uint64(11)) * _TO_UNIT).tolist()
            self._pool.reverse()
        return self._pool.pop()

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """Return a whole number from 0 to count - 1."""
        return int(self.unit() * count)

    def one_of(self, things: Sequence[_Thing]) -> _Thing:
        """Return one of the things."""
        return things[self.below(len(things))]

    def chance(self, probability: float) -> bool:
        """Return True with that probability."""
        return self.unit() < probability

    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return float32 noise of mean 0 and variance 1, nearly normal: sums of four bytes."""
        count = 1
        for size in shape:
            count *= size
        words = -(-count // 2)  # four bytes to a number, eight to a word
        raw = self._bits.random_raw(words).astype("<u8", copy=False).view(np.uint8)
        parts = raw.reshape(4, -1)
        total = np.add(parts[0], parts[1], dtype=np.uint16)
        total += parts[2]
        total += parts[3]
        values = total[:count].astype(np.float32)
        values -= np.float32(510)
        values *= np.float32(1 / _NOISE_SD)
        return values.reshape(shape)


def turned(turns: float) -> tuple[float, float]:
    """Return cosine and sine of an angle given in whole turns, by sums and products alone.

    Within 2e-9 of the true values, and the same to the last bit on every machine.

    >>> cos, sin = turned(1 / 8)
    >>> round(cos, 6), round(sin, 6)
    (0.707107, 0.707107)
    """
    quarter = 4 * (turns % 1.0)
    k = int(quarter + 0.5)
    x = (quarter - k) * 1.5707963267948966  # within a eighth of a turn of zero
    y = x * x
    cos = 1 - y / 2 * (1 - y / 12 * (1 - y / 30 * (1 - y / 56 * (1 - y / 90))))
    sin = x * (1 - y / 6 * (1 - y / 20 * (1 - y / 42 * (1 - y / 72))))
    return ((cos, sin), (-sin, cos), (-cos, -sin), (sin, -cos))[k % 4]


def scrambled(seed: int, numbers: np.ndarray) -> np.ndarray:
    """Return a uint64 hash of each number (splitmix64), to know labels without drawing."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 1) % 2**64)
        for _ in range(2):
            z = z + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
    return z
