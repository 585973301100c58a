"""What a repair gives and what it costs: moves, accuracy, multiply-adds and time, before and after."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from convscope.data import Source
from convscope.finding import Protocol
from convscope.network import Network
from convscope.network.rewriting import total_stride
from convscope.progress import Progress, silent
from convscope.shift.answers import at_once
from convscope.shift.graded import graded, right_answers
from convscope.shift.repairing.finding import Accuracy, Cost, Repair
from convscope.shift.repairing.menu import changes, in_order, repair
from convscope.shift.repairing.tuning import BUDGET, Budget, finetune
from convscope.shift.study import shift

GRADED = 2000
"""Samples on which accuracy is compared, at most."""
_TURNS = 5


def measured(
    net: Network,
    source: Source,
    steps: Sequence[str] = ("blur",),
    *,
    training: Source | None = None,
    budget: Budget = BUDGET,
    samples: int | None = None,
    quick: bool = True,
    seed: int = 0,
    batch: int = 8,
    progress: Progress = silent,
) -> tuple[Repair, Network]:
    """Repair a network, fine-tune it if asked to, and measure it before and after in the same way.

    Args:
        net: the network; it is left as it is.
        source: what both are measured on.
        steps: names out of ``MENU``.
        training: labelled samples to fine-tune on, none of which may be in ``source``; None leaves it.
        budget: of the fine-tuning.
        samples: as in ``shift``.
        quick: as in ``shift``.
        seed: as in ``shift``.
        batch: as in ``shift``.
        progress: told of each step.

    Returns:
        The finding, and the repaired network.

    Raises:
        SpecError: a step that does not exist or does not fit, or data without labels to fine-tune on.
    """
    names = in_order(steps)
    fixed = repair(net, names)
    told: dict[str, Any] = {"samples": samples, "quick": quick, "seed": seed, "batch": batch}
    total = total_stride(net)
    before = shift(net, source, total=total, progress=progress, **told)
    tuned = fixed
    if training is not None:
        tuned = finetune(fixed, training, budget, progress=progress)
    after = shift(tuned, source, total=total, progress=progress, **told)
    right = [_right(one, source, progress) for one in (net, tuned)]
    found = Repair(
        network=net.id,
        protocol=Protocol(
            before.protocol.id + "/" + "+".join(names),
            dtype=before.protocol.dtype,
            seed=seed,
            samples=before.protocol.samples,
            floor=before.protocol.floor,
            settings={
                "steps": list(names),
                "finetuned": None if training is None else {**vars(budget), "data": training.spec},
            },
        ),
        steps=names,
        before=before,
        after=after,
        changes=changes(net, names),
        accuracy=_accuracy(*right),
        macs=Cost(_macs(net), _macs(tuned)),
        latency=_latency(net, tuned),
        finetuned=training is not None,
    )
    return found, tuned


def _right(net: Network, source: Source, progress: Progress) -> np.ndarray | None:
    """Return which samples are answered rightly."""
    right = right_answers(net, source)
    if right is None:
        return None
    found: list[np.ndarray] = []
    limit = min(GRADED, len(source))
    with torch.inference_mode():
        for part in source.batches(at_once(net, 64), net.input.shape, limit):
            answers = net(torch.from_numpy(part.arrays).to(_device(net)))
            if not isinstance(answers, torch.Tensor) or answers.ndim != 2 or part.labels is None:
                return None
            found.append(answers.argmax(1).cpu().numpy() == graded(part.labels, right))
            progress("accuracy", sum(map(len, found)), limit)
    return np.concatenate(found)


def _accuracy(before: np.ndarray | None, after: np.ndarray | None) -> Accuracy | None:
    """Return both accuracies and the paired difference, ``mean ± 1.96 sd / √n``."""
    if before is None or after is None or len(before) != len(after) or len(before) < 2:
        return None
    change = after.astype(float) - before
    half = 1.96 * change.std(ddof=1) / np.sqrt(len(change))
    middle = float(change.mean())
    return Accuracy(
        float(before.mean()),
        float(after.mean()),
        middle,
        (middle - half, middle + half),
        len(before),
    )


def _macs(net: Network) -> float | None:
    counts = [layer.macs for layer in net.layers]
    return None if any(count is None for count in counts) else float(sum(c or 0 for c in counts))


def _latency(before: Network, after: Network) -> Cost:
    """Return the shortest of a few passes of one sample through each, in milliseconds, by turns."""
    shortest = [float("inf"), float("inf")]
    inputs = [torch.zeros(1, *net.input.shape, device=_device(net)) for net in (before, after)]
    with torch.inference_mode():
        for _ in range(_TURNS):
            for which, net in enumerate((before, after)):
                began = time.perf_counter()
                net(inputs[which])
                shortest[which] = min(shortest[which], 1000 * (time.perf_counter() - began))
    return Cost(*shortest)


def _device(net: Network) -> torch.device:
    return next((one.device for one in net.graph.parameters()), torch.device("cpu"))
