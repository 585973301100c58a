"""Taps: which positions of its input an operation reads along one axis, as data.

One description serves every question: the plane (sizes and strides), real units at the border,
index sets with their holes, path counts and reasons. Offsets are exact; a tap whose weight is exactly
zero is not read (bilinear interpolation between equal phases), but kept as a *ghost*, because
arithmetic on it still happens: a NaN there does arrive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Literal

import numpy as np

Border = Literal["zero", "edge", "origin", "reflect", "wrap"]
Offsets = range | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Taps:
    """Output ``o = q*period + r`` reads the input positions ``q*step + offsets[r]``.

    Args:
        period: outputs after which the pattern repeats.
        step: input positions by which it has then moved.
        offsets: for each phase, the positions read at ``q = 0``, in ascending order.
        border: what a position outside the input stands for: nothing (``zero``), the nearest position
            (``edge``; ``origin`` where the first position's neighbour is then touched with weight zero), its
            mirror image (``reflect``) or the one at the other end (``wrap``).
        ghosts: for each phase, the positions that arithmetic touches with weight zero.
    """

    period: int
    step: int
    offsets: tuple[Offsets, ...]
    border: Border = "zero"
    ghosts: tuple[Offsets, ...] = ()

    def rows(self, outputs: int, inputs: int, *, ghosts: bool = False) -> np.ndarray:
        """Return the positions that real outputs read, resolved at the border.

        Args:
            outputs: number of output positions.
            inputs: number of input positions.
            ghosts: whether to include taps of weight zero.

        Returns:
            Integers of shape ``(outputs, most taps)``; -1 where an output has fewer.
        """
        offsets = self.offsets
        if ghosts and self.ghosts:
            offsets = tuple((*own, *more) for own, more in zip(offsets, self.ghosts, strict=True))
        widest = max(map(len, offsets), default=0) or 1
        pattern = np.zeros((self.period, widest), np.int64)
        missing = np.ones((self.period, widest), bool)
        for phase, taps in enumerate(offsets):
            pattern[phase, : len(taps)] = taps
            missing[phase, : len(taps)] = False
        turn, phase = np.divmod(np.arange(outputs), self.period)
        plane = turn[:, None] * self.step + pattern[phase]
        rows = _resolve(plane, inputs, self.border)
        rows[missing[phase]] = -1
        if ghosts and self.border == "origin":
            beside = np.where((plane < 0).any(1), min(1, inputs - 1), -1)
            rows = np.column_stack([rows, beside])
        return rows


@dataclass(frozen=True, slots=True)
class Rounded(Taps):
    """Taps that PyTorch computes in float32, and rounds to a neighbour where the exact place is a whole number.

    Args:
        picked: the position that each real output reads.
    """

    picked: tuple[int, ...] = ()

    def rows(self, outputs: int, inputs: int, *, ghosts: bool = False) -> np.ndarray:
        """Return the positions picked, as ``Taps.rows`` does."""
        return np.array(self.picked)[:, None]


class Listed:
    """Taps that follow no rule: for each output its list of input positions.

    Args:
        rows: integers ``(outputs, most taps)``, -1 where an output has fewer.
        touched: the same with taps of weight zero; None where there are none.
    """

    __slots__ = ("_rows", "_touched")

    def __init__(self, rows: np.ndarray, touched: np.ndarray | None = None):
        self._rows = rows
        self._touched = rows if touched is None else touched

    def rows(self, outputs: int, inputs: int, *, ghosts: bool = False) -> np.ndarray:
        """Return the lists, as ``Taps.rows`` does."""
        return self._touched if ghosts else self._rows

    def __hash__(self) -> int:
        return hash((self._rows.tobytes(), self._touched.tobytes()))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Listed)
            and np.array_equal(self._rows, other._rows)
            and np.array_equal(self._touched, other._touched)
        )


AnyTaps = Taps | Listed
SAME = Taps(1, 1, ((0,),))
"""Every output reads the position it stands at."""


def _resolve(rows: np.ndarray, inputs: int, border: Border) -> np.ndarray:
    if border in ("edge", "origin"):
        return np.clip(rows, 0, inputs - 1)
    if border == "wrap":
        return rows % inputs
    if border == "reflect":
        mirrored = np.abs(rows)
        return np.where(mirrored >= inputs, 2 * (inputs - 1) - mirrored, mirrored)
    return np.where((rows < 0) | (rows >= inputs), -1, rows)


@lru_cache(1024)
def window(kernel: int, stride: int = 1, before: int = 0, dilation: int = 1) -> Taps:
    """Return the taps of a convolution or pool.

    >>> window(3, 2, 1).rows(2, 4).tolist()
    [[-1, 0, 1], [1, 2, 3]]
    """
    if (kernel, stride, before) == (1, 1, 0):
        return SAME
    return Taps(1, stride, (range(-before, -before + dilation * (kernel - 1) + 1, dilation),))


@lru_cache(1024)
def transposed(kernel: int, stride: int, before: int, dilation: int = 1) -> Taps:
    """Return the taps of a transposed convolution; a phase is empty where ``kernel < stride``.

    >>> transposed(3, 2, 1).offsets
    ((0,), (0, 1))
    """
    return Taps(
        stride,
        1,
        tuple(
            tuple(
                (phase + before - dilation * tap) // stride
                for tap in reversed(range(kernel))
                if (phase + before - dilation * tap) % stride == 0
            )
            for phase in range(stride)
        ),
    )


@lru_cache(1024)
def nearest(
    inputs: int, outputs: int, ratio: Fraction | None = None, *, centred: bool = False
) -> Taps:
    """Return the taps of nearest-neighbour resizing; ``centred`` for ``nearest-exact``.

    Args:
        inputs: input positions.
        outputs: output positions.
        ratio: input positions per output position, where it is not ``inputs/outputs``.
        centred: whether the centre of the output position decides.
    """
    ratio = ratio or Fraction(inputs, outputs)
    half = Fraction(1, 2) if centred else Fraction(0)
    found = tuple((floor((phase + half) * ratio),) for phase in range(ratio.denominator))
    exact = Taps(ratio.denominator, ratio.numerator, found, "edge")
    scale = np.float32(ratio.numerator) / np.float32(ratio.denominator)
    # PyTorch multiplies in float32, but where it adds a half it does so in float64 and rounds the product.
    place = np.arange(outputs) + 0.5 if centred else np.arange(outputs, dtype=np.float32)
    computed = np.floor((place * (np.float64(scale) if centred else scale)).astype(np.float32))
    picked = np.minimum(computed.astype(np.int64), inputs - 1)
    if np.array_equal(picked, exact.rows(outputs, inputs)[:, 0]):
        return exact
    return Rounded(exact.period, exact.step, exact.offsets, "edge", (), tuple(picked.tolist()))


@lru_cache(1024)
def interpolated(ratio: Fraction, *, aligned: bool, reach: int) -> Taps:
    """Return the taps of linear (``reach`` 1) or cubic (``reach`` 2) interpolation.

    Args:
        ratio: input positions per output position: ``n/m``, or ``(n-1)/(m-1)`` with aligned corners.
        aligned: whether output 0 stands on input 0, instead of ``(o+.5)n/m - .5``.
        reach: taps on each side of the source point.

    >>> interpolated(Fraction(1, 2), aligned=False, reach=1).offsets
    (range(-1, 1), range(0, 2))
    """
    origin = Fraction(0) if aligned else ratio / 2 - Fraction(1, 2)
    period, step = ratio.denominator, ratio.numerator
    reads: list[Offsets] = []
    ghosts: list[Offsets] = []
    for phase in range(period):
        source = origin + phase * ratio
        around = range(floor(source) - reach + 1, floor(source) + reach + 1)
        whole = source.denominator == 1
        reads.append((floor(source),) if whole else around)
        # Rounded down a little, a whole source has the window before instead: one more ghost.
        beside = range(floor(source) - reach, floor(source) + reach + 1)
        ghosts.append(tuple(tap for tap in beside if tap != floor(source)) if whole else ())
    border: Border = "origin" if reach == 1 else "edge"
    return Taps(period, step, tuple(reads), border, tuple(ghosts))


@lru_cache(1024)
def antialiased(inputs: int, outputs: int, *, reach: int) -> Taps:
    """Return the taps of antialiased linear (``reach`` 1) or cubic (2) resizing: a window that grows with the scale."""
    scale = Fraction(inputs, outputs)
    support = reach * max(scale, Fraction(1))
    offsets: list[Offsets] = []
    ghosts: list[Offsets] = []
    for phase in range(scale.denominator):
        centre = scale * (phase + Fraction(1, 2))
        first, last = (
            floor(centre - support + Fraction(1, 2)),
            floor(centre + support + Fraction(1, 2)) - 1,
        )
        # A tap at a distance of a whole number of (scaled) positions stands on a zero of the kernel.
        unit = max(scale, Fraction(1))
        distance = {
            tap: abs(tap + Fraction(1, 2) - centre) / unit for tap in range(first, last + 1)
        }
        zero = {tap for tap, d in distance.items() if d >= reach or (d.denominator == 1 and d > 0)}
        offsets.append(tuple(tap for tap in distance if tap not in zero))
        # Rounded down a little, a window that starts on a position starts one before it.
        early = () if (centre - support + Fraction(1, 2)).denominator > 1 else (first - 1,)
        ghosts.append((*early, *sorted(zero)))
    return Taps(scale.denominator, scale.numerator, tuple(offsets), "zero", tuple(ghosts))


@lru_cache(1024)
def adaptive(inputs: int, outputs: int) -> Taps:
    """Return the taps of adaptive pooling: ``floor(on/m) .. ceil((o+1)n/m) - 1``.

    >>> adaptive(7, 7) == SAME
    True
    """
    ratio = Fraction(inputs, outputs)
    if ratio == 1:
        return SAME
    reads = tuple(range(floor(o * ratio), ceil((o + 1) * ratio)) for o in range(ratio.denominator))
    return Taps(ratio.denominator, ratio.numerator, reads)


@lru_cache(1024)
def shifted(by: int, step: int = 1, border: Border = "zero") -> Taps:
    """Return the taps of a pad, crop, slice, flip (step -1), one choice (0) or roll: ``o`` reads ``o*step + by``."""
    return Taps(1, step, ((by,),), border)


@lru_cache(1024)
def everything(inputs: int) -> Taps:
    """Return the taps of one output that reads a whole axis."""
    return Taps(1, inputs, (range(inputs),))


@lru_cache(4096)
def reaches_everywhere(taps: AnyTaps, outputs: int, inputs: int) -> bool:
    """Return whether every output reads at least one real position."""
    return bool((taps.rows(outputs, inputs) >= 0).any(1).all())


def listed(rows: np.ndarray) -> AnyTaps:
    """Return taps from lists, as a rule with a period wherever the lists follow one.

    Args:
        rows: integers ``(outputs, taps)``, each row ascending, -1 (first) where an output has fewer.

    >>> listed(np.array([[0, 1], [0, 1], [2, 3], [2, 3]]))
    Taps(period=2, step=2, offsets=((0, 1), (0, 1)), border='zero', ghosts=())
    """
    outputs = len(rows)
    if outputs == 1:
        return Taps(1, 1, (_compact(rows[0]),))
    there = rows >= 0
    for period in range(1, outputs // 2 + 1) if there.any() else ():
        if (there[period:] != there[:-period]).any():
            continue
        moved = (rows[period:] - rows[:-period])[there[period:]]
        # A pattern that repeats without moving on is spread over the axis; no plane continues it.
        if moved[0] != 0 and (moved == moved[0]).all():
            return Taps(period, int(moved[0]), tuple(_compact(row) for row in rows[:period]))
    return Listed(rows)


def _compact(row: Sequence[int] | np.ndarray) -> Offsets:
    taps = tuple(int(tap) for tap in row if tap >= 0)
    if len(taps) > 2 and taps == tuple(range(taps[0], taps[-1] + 1)):
        return range(taps[0], taps[-1] + 1)
    return taps
