"""The power law of a learning curve: ``error(n) = alpha · n^-beta + gamma``.

Three numbers that say what a prior changes: the level (alpha), the pace (beta), or what is left for
ever (gamma). Hestness et al. (2017) found that better models move the level, rarely the pace. For
every pace of a fixed grid the level and the rest follow by least squares with ``alpha, gamma >= 0``;
the pace with the least error wins. Limit: over a few sizes the three trade places, so their intervals
are wide; where the pace is at an end of the grid, it is not known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from convscope.learning.analysis.resample import Cell, Means, interval

PACES = np.geomspace(0.02, 3.0, 120)
"""The grid of beta."""

LEAST_SIZES = 4
"""Three numbers cannot be judged on three points."""


@dataclass(frozen=True)
class PowerLaw:
    """How the error of a net falls with training size.

    Args:
        net: the net.
        condition: the condition.
        alpha: the error's falling part at one sample.
        beta: how fast it falls.
        gamma: what never falls.
        alpha_interval: 95 %, like the next two.
        beta_interval: of the pace.
        gamma_interval: of the rest.
        residual: root mean square of ``error - fit`` over the sizes.
        at_edge: whether the pace is at an end of the grid, and so not known.
    """

    net: str
    condition: str
    alpha: float
    beta: float
    gamma: float
    alpha_interval: tuple[float, float]
    beta_interval: tuple[float, float]
    gamma_interval: tuple[float, float]
    residual: float
    at_edge: bool

    def document(self) -> dict[str, Any]:
        """Return the fit as JSON."""
        return {
            "net": self.net,
            "condition": self.condition,
            "alpha": self.alpha,
            "beta": self.beta,
            "gamma": self.gamma,
            "alpha_interval": list(self.alpha_interval),
            "beta_interval": list(self.beta_interval),
            "gamma_interval": list(self.gamma_interval),
            "residual": self.residual,
            "at_edge": self.at_edge,
        }


def power_law(means: Means, net: str, condition: str = "intact") -> PowerLaw | None:
    """Return the power law of one learning curve, bootstrapped.

    Args:
        means: accuracies with draws.
        net: the net.
        condition: the condition.

    Returns:
        The fit, or None for fewer than four sizes.
    """
    sizes = means.sizes(net, condition)
    if len(sizes) < LEAST_SIZES:
        return None
    cells = [Cell(net, condition, n) for n in sizes]
    curve = 1 - np.array([means.accuracy[cell] for cell in cells])
    drawn = 1 - np.stack([means.draws[cell] for cell in cells], -1)
    grid = np.array(sizes, float)
    alpha, beta, gamma, left = (float(part[0]) for part in fitted(grid, curve[None]))
    alphas, betas, gammas, _ = fitted(grid, drawn)
    return PowerLaw(
        net,
        condition,
        alpha,
        beta,
        gamma,
        interval(alphas),
        interval(betas),
        interval(gammas),
        residual=left,
        at_edge=beta in (PACES[0], PACES[-1]),
    )


def fitted(
    sizes: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Fit many curves at once.

    Args:
        sizes: ``(K,)``.
        errors: ``(D, K)``.

    Returns:
        alpha, beta, gamma and the root mean square residual, ``(D,)`` each.
    """
    basis = sizes[None] ** -PACES[:, None]  # (G, K)
    middle = basis - basis.mean(1, keepdims=True)
    mean = errors.mean(1, keepdims=True)
    free = np.maximum(((errors - mean) @ middle.T) / (middle**2).sum(1), 0.0)  # (D, G)
    rest = mean - free * basis.mean(1)
    # Where the rest would be below zero it is zero, and the level is that of a line through zero.
    bound = np.maximum((errors @ basis.T) / (basis**2).sum(1), 0.0)
    alpha = np.where(rest < 0, bound, free)
    gamma = np.maximum(rest, 0.0)
    missed = (errors[:, None] - alpha[..., None] * basis - gamma[..., None]) ** 2
    left = missed.mean(-1)
    best = left.argmin(1)
    rows = np.arange(len(errors))
    return alpha[rows, best], PACES[best], gamma[rows, best], np.sqrt(left[rows, best])
