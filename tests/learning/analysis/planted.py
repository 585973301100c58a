"""Runs with known truth: each item is right with a probability that is written down here."""

from collections.abc import Mapping, Sequence

import numpy as np

from convscope.learning.record import Run

Truth = Mapping[tuple[str, str], Sequence[float]]

SIZES = (32, 128, 512, 2048, 8192)
POOLED = (0.650, 0.702, 0.746, 0.774, 0.776)
DENSE = (0.558, 0.616, 0.678, 0.712, 0.732)


def planted(
    truth: Truth,
    sizes: Sequence[int] = SIZES,
    *,
    seeds: int = 5,
    items: int = 1000,
    spread: float = 0.01,
    difficulty: float = 0.05,
    seed: int = 0,
) -> list[Run]:
    """Return runs whose expected accuracy is ``truth[net, condition][k]`` at ``sizes[k]``.

    Args:
        truth: accuracies.
        sizes: training sizes.
        seeds: of each cell.
        items: that each run is tested on.
        spread: standard deviation of a run's accuracy about its cell's.
        difficulty: standard deviation of an item's probability; an item is as hard in every run.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    hard = difficulty * rng.normal(size=items)
    runs = []
    for (net, condition), curve in truth.items():
        for n, mean in zip(sizes, curve, strict=True):
            for s in range(seeds):
                right = rng.random(items) < np.clip(mean + spread * rng.normal() + hard, 0, 1)
                runs.append(
                    Run(
                        net, n, s, condition, float(right.mean()), min(1.0, mean + 0.1),
                        steps_to_threshold=None if mean < 0.6 else 100 + s,
                        lr=1e-3, weight_decay=0.0, steps=600, parameters=1000, correct=right,
                    )
                )  # fmt: skip
    return runs


def everything(advantage: bool = True) -> dict[tuple[str, str], Sequence[float]]:
    """Return a truth in which all five claims hold, or, without an advantage, in which all nets are equal."""
    pooled = POOLED if advantage else DENSE
    return {
        ("conv+pool", "intact"): pooled,
        ("conv", "intact"): DENSE,
        ("dense", "intact"): DENSE,
        ("conv+pool", "permuted"): tuple(a - 0.08 for a in DENSE) if advantage else DENSE,
        ("conv", "permuted"): DENSE,
        ("dense", "permuted"): DENSE,
        ("conv+pool", "shifted:4"): tuple(a - 0.01 for a in pooled),
        ("dense", "shifted:4"): tuple(a - (0.05 if advantage else 0.01) for a in DENSE),
    }
