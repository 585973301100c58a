"""Statistics of an effective field: how wide, how much of it in a box, how Gaussian, how certain.

Everything is a ratio of sums over samples, so a bootstrap over samples needs no maps: per sample only
the mass, its first two moments per axis, and the mass by distance from the centre are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

SHARES = (0.5, 0.95, 0.99)
"""The shares of the mass for which a box is given."""


@dataclass(frozen=True)
class Frame:
    """The theoretical field that a measurement is put in.

    Args:
        shape: the input's size per axis.
        center: middle of the unit's field, in input positions, per axis.
        size: its local size per axis.
    """

    shape: tuple[int, ...]
    center: tuple[float, ...]
    size: tuple[int, ...]

    def rings(self) -> np.ndarray:
        """Return for each input position the smallest centred box it lies in, as a number of positions per side.

        All boxes have the proportions of the theoretical field; the number is the side along its longest
        axis, rounded up.
        """
        longest = max(self.size)
        distance = np.zeros(self.shape)
        for axis, (n, c, size) in enumerate(zip(self.shape, self.center, self.size, strict=True)):
            half = (np.abs(np.arange(n) - c) + 0.5) * longest / size
            shape = [-1 if a == axis else 1 for a in range(len(self.shape))]
            distance = np.maximum(distance, half.reshape(shape))
        return np.ceil(2 * distance - 1e-9).astype(np.int64)

    def sides(self, ring: int) -> tuple[float, ...]:
        """Return the sides of the box that a ring's number stands for."""
        longest = max(self.size)
        return tuple(float(max(1.0, ring * size / longest)) for size in self.size)

    def visible(self) -> tuple[tuple[int, int], ...]:
        """Return the part of the theoretical field that lies in the input: first and last position per axis."""
        ends = []
        for n, c, size in zip(self.shape, self.center, self.size, strict=True):
            first = c - (size - 1) / 2
            ends.append((max(0, int(np.ceil(first))), min(n - 1, int(np.floor(first + size - 1)))))
        return tuple(ends)


@dataclass
class Sums:
    """Sums over samples, kept per sample: a mergeable state.

    Args:
        frame: the theoretical field.
        heat: squared gradients summed over samples, ``S``.
        rows: per sample the mass, then per axis its first and second moment.
        rings: per sample the mass by ring.
    """

    frame: Frame
    heat: np.ndarray
    rows: list[np.ndarray]
    rings: list[np.ndarray]

    @classmethod
    def empty(cls, frame: Frame) -> "Sums":
        """Return the sums of no sample."""
        return cls(frame, np.zeros(frame.shape), [], [])

    def add(self, energy_BS: np.ndarray) -> None:
        """Add samples: squared gradients ``(B, *S)``, summed over input channels."""
        rings = self.frame.rings().ravel()
        for energy in energy_BS.astype(np.float64):
            self.heat += energy
            row = [energy.sum()]
            for axis, n in enumerate(energy.shape):
                marginal = energy.sum(tuple(a for a in range(energy.ndim) if a != axis))
                place = np.arange(n)
                row += [marginal @ place, marginal @ place**2]
            self.rows.append(np.array(row))
            self.rings.append(np.bincount(rings, energy.ravel(), minlength=rings.max() + 1))

    def spread(self, chosen: Sequence[int] | np.ndarray | None = None) -> "Spread | None":
        """Return the statistics of some samples (all by default); None where no gradient arrived."""
        pick = range(len(self.rows)) if chosen is None else chosen
        rows = np.sum([self.rows[i] for i in pick], axis=0)
        rings = np.sum([self.rings[i] for i in pick], axis=0)
        if rows[0] <= 0:
            return None
        moments = rows[1:].reshape(-1, 2) / rows[0]
        sigma = np.sqrt(np.maximum(moments[:, 1] - moments[:, 0] ** 2, 0))
        reached = np.cumsum(rings) / rings.sum()
        boxes = tuple(
            self.frame.sides(int(np.searchsorted(reached, share - 1e-12))) for share in SHARES
        )
        seen = prod(last - first + 1 for first, last in self.frame.visible())
        inside = prod(min(side, n) for side, n in zip(boxes[1], self.frame.shape, strict=True))
        # The ring as wide as the theoretical field is its border.
        outside = round(max(0.0, 1 - float(reached[: max(self.frame.size) + 1][-1])), 12)
        return Spread(tuple(map(float, sigma)), boxes, float(min(inside / seen, 1.0)), outside)


@dataclass(frozen=True)
class Spread:
    """How far an effective field reaches.

    Args:
        sigma: standard deviation per axis, in input positions.
        boxes: sides of the smallest centred boxes with 50, 95 and 99 % of the mass.
        area_ratio: area of the 95 % box over that part of the theoretical field which lies in the input.
        outside: share of the mass outside the theoretical field.
    """

    sigma: tuple[float, ...]
    boxes: tuple[tuple[float, ...], ...]
    area_ratio: float
    outside: float


def bootstrap(sums: Sums, draws: int = 1000, seed: int = 0) -> dict[str, list]:
    """Return 95 % intervals over samples, by the percentile bootstrap.

    Args:
        sums: the sums, per sample.
        draws: resamples.
        seed: of the resamples.

    Returns:
        ``sigma``, ``box50``, ``box95`` and ``box99``: low and high per axis; ``area_ratio`` and ``outside``: low and
        high.
    """
    generator = np.random.default_rng(seed)
    count = len(sums.rows)
    drawn = [sums.spread(generator.integers(count, size=count)) for _ in range(draws)]
    found = [spread for spread in drawn if spread is not None]

    def ends(values: np.ndarray) -> list:
        low, high = np.percentile(values, [2.5, 97.5], axis=0)
        return np.stack([low, high], axis=-1).tolist()

    return {
        "sigma": ends(np.array([s.sigma for s in found])),
        **{
            f"box{100 * share:.0f}": ends(np.array([s.boxes[i] for s in found]))
            for i, share in enumerate(SHARES)
        },
        "area_ratio": ends(np.array([s.area_ratio for s in found])),
        "outside": ends(np.array([s.outside for s in found])),
    }


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian fitted to a field's marginal, per axis.

    Args:
        sigma: its standard deviation, in input positions.
        explained: share of the marginal's variance that it explains (R squared); 1 is a perfect Gaussian.
    """

    sigma: tuple[float, ...]
    explained: tuple[float, ...]


def gaussian(heat: np.ndarray) -> Gaussian:
    """Fit a Gaussian to each marginal of a map, by least squares.

    Args:
        heat: a map, ``S``, that is nowhere negative.

    >>> x = np.arange(41)
    >>> bell = np.exp(-((x - 20) ** 2) / (2 * 3.0**2))
    >>> fit = gaussian(bell[:, None] * bell)
    >>> round(fit.sigma[0], 6), round(fit.explained[1], 6)
    (3.0, 1.0)
    """
    from scipy.optimize import least_squares

    sigmas: list[float] = []
    shares: list[float] = []
    for axis, n in enumerate(heat.shape):
        marginal = heat.sum(tuple(a for a in range(heat.ndim) if a != axis))
        marginal = marginal / marginal.sum()
        place = np.arange(n)
        mean = marginal @ place
        start = max(float(np.sqrt(marginal @ (place - mean) ** 2)), 0.3)

        def bell(p: np.ndarray, place: np.ndarray = place) -> np.ndarray:
            return p[0] * np.exp(-((place - p[1]) ** 2) / (2 * p[2] ** 2))

        def rest(p: np.ndarray, marginal: np.ndarray = marginal) -> np.ndarray:
            return bell(p) - marginal

        found = least_squares(rest, np.array([marginal.max(), mean, start]))
        variance = ((marginal - marginal.mean()) ** 2).sum()
        sigmas.append(abs(float(found.x[2])))
        shares.append(float(1 - (found.fun**2).sum() / variance) if variance > 0 else 1.0)
    return Gaussian(tuple(sigmas), tuple(shares))
