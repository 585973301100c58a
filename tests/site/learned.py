"""A study made by hand: curves that are written down, judged by the same code as a real one."""

import numpy as np
from tests.learning.analysis.planted import SIZES, everything, planted
from tests.learning.prior.planted import smooth

from convscope.learning.finding import Learning
from convscope.learning.learn import judged
from convscope.learning.prior import prior
from convscope.learning.study import Study
from convscope.learning.tasks.task import split
from convscope.learning.timeline import Timeline

NETS = ("conv+pool", "conv", "dense")
REFUSED = ("conv", 2048, "permuted")


def learned(*, advantage: bool = True, dims: int = 2) -> Learning:
    """Return a study of made-up runs: every claim is true, or without an advantage all nets are equal.

    Args:
        advantage: whether conv+pool is better.
        dims: axes of space of the data.
    """
    truth = everything(advantage)
    space = {1: (64,), 2: (12, 12), 3: (6, 6, 6)}[dims]
    arrays = smooth(200, space)
    labels = np.arange(200) % 2
    task = split("made up", arrays, labels, ("one", "two"))
    study = Study(
        task=task.name,
        fingerprint=task.fingerprint,
        shape=task.shape,
        classes=task.classes,
        bayes=0.8,
        chance=0.5,
        nets={net: f"{net}: 16 channels of 3" for net in NETS},
        settings={
            "sizes": list(SIZES), "seeds": list(range(8)), "steps": 600, "test": 4000, "threshold": 0.7,
            "quick": False,
        },
        runs=tuple(
            run
            for run in planted(truth, items=4000, seeds=8)
            if (run.net, run.n, run.condition) != REFUSED
        ),
        searches=(),
        refused=(REFUSED,),
        notes=("samples are made up",),
        costs={net: {"units": 192, "parameters": 402, "macs": 6528} for net in NETS},
    )  # fmt: skip
    found = judged(study, audited=prior(task))
    kernels = np.random.default_rng(0).normal(size=(5, 8, 1, *[3] * dims)).astype("f4")
    kernels *= np.linspace(0.2, 1, 5).reshape(5, *[1] * (kernels.ndim - 1))
    past = Timeline((0, 1, 4, 64, 600), "steps", "conv+pool", kernels)
    return Learning(**{**vars(found), "timeline": past})
