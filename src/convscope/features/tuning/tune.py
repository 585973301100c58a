"""Tuning of every unit of some layers: in-silico physiology with stimuli whose parameters are known."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from convscope.data.stimuli import menu
from convscope.features.tuning.judge import judged
from convscope.features.tuning.polish import polish
from convscope.features.tuning.preferred import shelves
from convscope.features.tuning.record import Tuning
from convscope.features.tuning.seen import Theatre, distinct
from convscope.features.tuning.squares import worth_showing
from convscope.features.tuning.stage import stages
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import LayerField


def tune(
    net: Network,
    layers: Sequence[str],
    *,
    fields: Mapping[str, LayerField],
    natural_max: Mapping[str, np.ndarray] | None = None,
    rate: float | None = None,
    batch: int = 32,
    progress: Progress = silent,
) -> dict[str, list[Tuning]]:
    """Show stimuli to every unit of some layers and return what each prefers.

    Args:
        net: the network; run in eval mode, on the device where its weights are.
        layers: names of layers, channels first.
        fields: their receptive fields, by name.
        natural_max: the natural maximum of each unit, ``(U,)`` by layer, where it is known.
        rate: samples per second of sound; frequencies are then in hertz, else in cycles per sample.
        batch: pictures at a time.
        progress: called with what is being done, pictures shown so far, and None.

    Returns:
        By layer, one Tuning per unit, in the order of the units.
    """
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    natural_max = natural_max or {}
    shown = 0

    def count(pictures: int) -> None:
        nonlocal shown
        shown += pictures
        progress("stimuli", shown, None)

    found: dict[str, list[Tuning]] = {}
    for stage in stages(net, [fields[name] for name in layers]):
        theatre = Theatre(stage, net.taps(list(stage.watches)), device, batch, count)
        recipes = menu(net.dims, net.input.shape[0], stage.field)
        answers = theatre.show(recipes)
        again = [r for seen in answers.values() for r in worth_showing(shelves(seen.recipes), seen)]
        more = theatre.show(distinct(again)) if again else {}
        if more:
            answers = {name: first.joined(more[name]) for name, first in answers.items()}
        by_family = {name: shelves(seen.recipes) for name, seen in answers.items()}
        polished = polish(theatre, by_family, answers)
        for name, seen in answers.items():
            natural = natural_max.get(name)
            found[name] = [
                judged(
                    by_family[name],
                    seen,
                    polished[name],
                    unit,
                    None if natural is None else float(natural[unit]),
                ).at_rate(rate if net.dims == 1 and rate else 1.0)
                for unit in range(len(seen.baseline))
            ]
    return {name: found[name] for name in layers}
