"""Holes: which positions inside a field's hull are really read (gridding, dead pixels).

Dilated stacks whose rates share a factor, and strides larger than their kernel, skip positions. On the
infinite plane the positions that a phase reads are a pattern of bits; sliding is shifting, merging is
OR, so a pattern of thousands of positions costs as little as a number.
"""

from dataclasses import dataclass
from math import gcd, lcm

from convscope.receptive.sites import Site, ancestors
from convscope.receptive.taps import SAME, AnyTaps, Taps


@dataclass(frozen=True)
class Pattern:
    """Positions read per phase: output ``o = q*period + r`` reads ``step*q`` plus the bits of phase ``r``.

    Args:
        period: outputs after which the pattern repeats.
        step: input positions by which it has then moved.
        phases: per phase the first position and the bits from there on, the lowest bit set; 0 bits: nothing.
    """

    period: int
    step: int
    phases: tuple[tuple[int, int], ...]

    @property
    def density(self) -> float:
        """Share of positions inside the hull that are read, in the sparsest phase that reads anything."""
        return min(
            (bits.bit_count() / bits.bit_length() for _, bits in self.phases if bits), default=1.0
        )

    @property
    def dead(self) -> float:
        """Share of outputs that read nothing (a transposed convolution with kernel < stride)."""
        return sum(not bits for _, bits in self.phases) / self.period

    def positions(self, output: int = 0) -> tuple[int, ...]:
        """Return the input positions that an output reads, in order; those in padding included."""
        turn, phase = divmod(output, self.period)
        first, bits = self.phases[phase]
        found = (i for i in range(bits.bit_length()) if bits >> i & 1)
        return tuple(first + self.step * turn + i for i in found)


class Holes:
    """Patterns of sites, worked out on demand and kept."""

    def __init__(self) -> None:
        self._known: dict[Site, Pattern | None] = {}

    def pattern(self, site: Site) -> Pattern | None:
        """Return what the site's outputs read; None for a whole site, or where it follows no rule.

        Args:
            site: a site.
        """
        if site not in self._known:
            for needed in ancestors([site], self._known):
                self._known[needed] = self._of(needed)
        return self._known[site]

    def _of(self, site: Site) -> Pattern | None:
        if not site.reads:
            return Pattern(1, 1, ((0, 1),))
        if site.plane is None:
            return None
        parts = [_through(self._known[parent], taps) for parent, taps in site.reads]
        known = [part for part in parts if part is not None]
        return _merged(known) if len(known) == len(parts) else None


def _through(parent: Pattern | None, taps: AnyTaps) -> Pattern | None:
    if taps is SAME or parent is None or not isinstance(taps, Taps):
        return None if taps is not SAME else parent
    turns = parent.period // gcd(taps.step, parent.period)
    phases = []
    for turn in range(turns):
        for offsets in taps.offsets:
            reads = []
            for tap in offsets:
                again, phase = divmod(taps.step * turn + tap, parent.period)
                first, bits = parent.phases[phase]
                reads.append((first + parent.step * again, bits))
            phases.append(_joined(reads))
    moved = parent.step * (taps.step * turns // parent.period)
    return Pattern(taps.period * turns, moved, tuple(phases))


def _merged(parts: list[Pattern]) -> Pattern | None:
    first = parts[0]
    if len(parts) == 1:
        return first
    if any(p.step * first.period != first.step * p.period for p in parts):
        return None
    period = lcm(*(p.period for p in parts))
    phases = []
    for output in range(period):
        reads = []
        for part in parts:
            turn, phase = divmod(output, part.period)
            start, bits = part.phases[phase]
            reads.append((start + part.step * turn, bits))
        phases.append(_joined(reads))
    return Pattern(period, first.step * period // first.period, tuple(phases))


def _joined(reads: list[tuple[int, int]]) -> tuple[int, int]:
    alive = [(first, bits) for first, bits in reads if bits]
    if not alive:
        return 0, 0
    start = min(first for first, _ in alive)
    joined = 0
    for first, bits in alive:
        joined |= bits << (first - start)
    return start, joined
