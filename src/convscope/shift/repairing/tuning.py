"""A short fine-tuning, so that the layers get used to what a repair gives them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from convscope.data import Source
from convscope.errors import SpecError, WorkError
from convscope.network import Network
from convscope.network.aten import operation
from convscope.network.layers import arguments
from convscope.network.rewriting import with_own_weights
from convscope.progress import Progress, silent


@dataclass(frozen=True)
class Budget:
    """How long and how fast a network is fine-tuned.

    Args:
        steps: of the optimiser.
        batch: samples to a step.
        rate: the learning rate at the start; it falls to 0 along a cosine.
        momentum: Nesterov's.
        decay: weight decay.
        seed: of the order of the samples.
    """

    steps: int = 300
    batch: int = 64
    rate: float = 0.01
    momentum: float = 0.9
    decay: float = 5e-4
    seed: int = 0


BUDGET = Budget()
"""About two minutes of a small network on one core."""


def finetune(
    net: Network, source: Source, budget: Budget = BUDGET, *, progress: Progress = silent
) -> Network:
    """Return the network after a short training on labelled samples; the one given keeps its weights.

    Stochastic gradient descent on the cross-entropy of the answers. Batch normalisation uses the batch's own
    statistics meanwhile and goes on averaging them; dropout stays off. Samples are not augmented: with random
    crops part of what is gained would be theirs, not the repair's.

    Args:
        net: the network, usually repaired; answers with one vector per sample.
        source: samples with labels, which must not be those it is measured on afterwards.
        budget: how long.
        progress: told of each step.

    Returns:
        A network with weights of its own.

    Raises:
        SpecError: samples without labels, labels beyond the answers, or answers that are no vector.
        WorkError: the loss is no longer a number.
    """
    if source.labels is None:
        raise SpecError(
            f"{source.spec!r} has no labels, so nothing can be learned from it. Give a folder with one folder "
            "per class, or a file with `labels`."
        )
    tuned = with_own_weights(net)
    trained = _in_training(tuned)
    parameters = [p for p in tuned.graph.parameters() if p.requires_grad]
    if not parameters:
        raise SpecError(f"{net.spec} has no weights that can be trained.")
    optimiser = torch.optim.SGD(
        parameters, budget.rate, budget.momentum, weight_decay=budget.decay, nesterov=True
    )
    where = parameters[0].device
    for step, (samples, labels) in enumerate(_batches(source, net.input.shape, budget)):
        x, y = samples.to(where), labels.to(where)
        for group in optimiser.param_groups:
            group["lr"] = budget.rate * (1 + cos(pi * step / budget.steps)) / 2
        loss = _loss(trained(x), y, net)
        if not torch.isfinite(loss):
            raise WorkError(
                f"Fine-tuning ran away at step {step} of {budget.steps}: the loss is {loss.item()}. Lower the "
                f"learning rate, which was {budget.rate}."
            )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(f"fine-tuning, loss {loss.item():.3f}", step + 1, budget.steps)
    for parameter in parameters:
        parameter.grad = None
    tuned.__dict__.pop("fingerprint", None)
    return tuned


def _in_training(net: Network) -> nn.Module:
    """Return the graph with batch normalisation in training mode; it trains the network's own weights."""
    graph = fx.Graph()
    graph.set_codegen(net.graph.graph._codegen)
    copies: dict[fx.Node, fx.Node] = {}
    for node in net.graph.graph.nodes:
        new = copies[node] = graph.node_copy(node, copies.__getitem__)
        if operation(node) == "batch_norm":
            names = [argument.name for argument in new.target._schema.arguments]  # type: ignore[union-attr]
            new.update_arg(names.index("training"), arguments(node)["running_mean"] is not None)
    return fx.GraphModule(net.graph, graph)


def _batches(
    source: Source, shape: tuple[int, ...], budget: Budget
) -> Iterator[tuple[Tensor, Tensor]]:
    draw = np.random.default_rng(budget.seed)
    order = np.zeros(0, np.int64)
    for _ in range(budget.steps):
        while len(order) < budget.batch:
            order = np.concatenate([order, draw.permutation(len(source))])
        taken, order = order[: budget.batch], order[budget.batch :]
        batch = source.take(np.sort(taken), shape)
        if batch.labels is None or not len(batch.arrays):
            raise WorkError(f"None of the {budget.batch} samples of a batch could be read.")
        yield torch.from_numpy(batch.arrays), torch.from_numpy(np.asarray(batch.labels)).long()


def _loss(answers: Tensor, labels: Tensor, net: Network) -> Tensor:
    if not isinstance(answers, Tensor) or answers.ndim != 2:
        raise SpecError(
            f"{net.spec} does not answer with one vector per sample, so labels do not fit."
        )
    if int(labels.max()) >= answers.shape[1]:
        raise SpecError(
            f"A label is {int(labels.max())}, and {net.spec} has {answers.shape[1]} answers (0 to "
            f"{answers.shape[1] - 1}): give samples of its own classes."
        )
    total = answers.detach().sum(1)
    if bool((answers >= 0).all()) and torch.allclose(total, torch.ones_like(total), atol=1e-4):
        return F.nll_loss(answers.clamp_min(1e-12).log(), labels)  # probabilities already
    return F.cross_entropy(answers, labels)
