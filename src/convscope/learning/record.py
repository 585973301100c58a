"""What is kept of one training of the study: the record that every analysis reads."""

from dataclasses import dataclass, field

import numpy as np

NETS = ("conv+pool", "conv", "local+pool", "local", "dense")
"""The twins, from all priors to none."""


@dataclass(frozen=True)
class Run:
    """One training: a net on ``n`` samples, under one seed and one condition.

    Args:
        net: which twin, one of ``NETS``.
        n: training samples.
        seed: fixes the draw of the data, the nested subset, the batch order and the permutation.
        condition: ``intact``, ``permuted``, ``block-permuted:B`` or ``shifted:D``.
        accuracy: share of the test items that are right.
        train_accuracy: the same of the training samples.
        steps_to_threshold: optimiser steps until the threshold was passed; None where it never was.
        lr: the learning rate that was chosen for this net and size.
        weight_decay: the weight decay that was chosen.
        steps: optimiser steps in all.
        parameters: of the net.
        correct: for each test item whether it was right, bool ``(T,)``; the items are the same for all runs.
    """

    net: str
    n: int
    seed: int
    condition: str
    accuracy: float
    train_accuracy: float
    steps_to_threshold: int | None
    lr: float
    weight_decay: float
    steps: int
    parameters: int
    correct: np.ndarray = field(repr=False, compare=False)
