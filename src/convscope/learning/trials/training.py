"""Training one twin on one subset: in memory, a fixed number of steps, the same to the last bit each time."""

import zlib
from collections.abc import Iterator
from math import cos, pi

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from convscope.data import spread
from convscope.learning.tasks.task import Task
from convscope.learning.trials.conditions import moved
from convscope.learning.trials.trial import Answers, Outcome, Trial

WATCHED = 1000
"""Test items, spread over all, that are asked during training, to see when the threshold is passed."""
_ASKED = 500  # samples to a batch that is only asked
_RISE = 0.05  # share of the steps over which the learning rate rises


def train(
    task: Task, trial: Trial, first: nn.Module | None = None
) -> tuple[Outcome, list[dict[str, Tensor]]]:
    """Train a network and ask it.

    Args:
        task: where the samples come from.
        trial: everything else.
        first: the network to begin with; None draws it from the seed.

    Returns:
        What came of it, and its weights after 0, 1, 2, 4, ... and all steps, if the trial asks for them.
    """
    chosen = subset(task, trial.n, trial.seed)
    x = _tensor(moved(task.samples(task.x_train[chosen]), trial.condition, trial.seed))
    y = torch.from_numpy(task.y_train[chosen])
    network = first or trial.twin.build(zlib.crc32(f"{trial.twin.name} {trial.seed}".encode()))
    network.train()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=trial.lr, weight_decay=trial.weight_decay, fused=True
    )
    tests = {condition: _tensor(asked) for condition, asked in _tests(task, trial)}
    labels = torch.from_numpy(task.y_test if trial.on == "test" else task.y_valid)
    passed: dict[str, int] = {}
    kept: list[dict[str, Tensor]] = []
    stops = {2**j for j in range(trial.steps.bit_length())} | {trial.steps}
    if trial.timeline:
        kept.append(_weights(network))
    for step, batch in enumerate(order(trial), start=1):
        for group in optimiser.param_groups:
            group["lr"] = trial.lr * _schedule(step / trial.steps)
        loss = functional.cross_entropy(network(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step in stops:
            if trial.on == "test":
                _watch(network, tests, labels, trial.threshold, step, passed)
            if trial.timeline:
                kept.append(_weights(network))
    answers = {}
    for condition, asked in tests.items():
        correct, loss = _asked(network, asked, labels)
        answers[condition] = Answers(float(correct.mean()), loss, passed.get(condition), correct)
    right, _ = _asked(network, x[:2048], y[:2048])
    parameters = sum(p.numel() for p in network.parameters())
    return Outcome(float(right.mean()), parameters, answers), kept


def subset(task: Task, n: int, seed: int) -> np.ndarray:
    """Return the indices of a training subset; that of a smaller ``n`` is its beginning."""
    return np.random.default_rng([seed, 31]).permutation(len(task.x_train))[:n]


def order(trial: Trial) -> Iterator[Tensor]:
    """Yield the batch of each step: whole rounds through the samples, each in another order."""
    draw = torch.Generator().manual_seed((trial.seed * 1_000_003 + 7) % 2**63)
    size = min(trial.n, trial.batch)
    given = 0
    while True:
        for batch in torch.randperm(trial.n, generator=draw)[: trial.n - trial.n % size].split(
            size
        ):
            if given == trial.steps:
                return
            given += 1
            yield batch


def _tests(task: Task, trial: Trial) -> Iterator[tuple[str, np.ndarray]]:
    stored = task.x_test if trial.on == "test" else task.x_valid
    x = task.samples(stored)
    for condition in trial.tested:
        yield condition, moved(x, condition, trial.seed)


def _tensor(x: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x))


def _schedule(done: float) -> float:
    """Return the share of the highest learning rate: up along a line, down along a cosine."""
    if done <= _RISE:
        return done / _RISE
    return 0.5 * (1 + cos(pi * (done - _RISE) / (1 - _RISE)))


def _watch(
    network: nn.Module,
    tests: dict[str, Tensor],
    labels: Tensor,
    threshold: float,
    step: int,
    passed: dict[str, int],
) -> None:
    """Note the conditions under which the threshold is passed for the first time."""
    for condition, asked in tests.items():
        if condition not in passed:
            some = torch.from_numpy(spread(len(labels), WATCHED))
            correct, _ = _asked(network, asked[some], labels[some])
            if correct.mean() >= threshold:
                passed[condition] = step


def _asked(network: nn.Module, x: Tensor, y: Tensor) -> tuple[np.ndarray, float]:
    """Return for each sample whether it is told right, and the mean cross-entropy."""
    network.eval()
    with torch.inference_mode():
        scores = torch.cat([network(part) for part in x.split(_ASKED)])
        loss = float(functional.cross_entropy(scores, y))
        correct = (scores.argmax(1) == y).numpy()
    network.train()
    return correct, loss


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
