"""All that is asked of units, in order: what the data say first, then pictures made for them.

``survey`` is one pass for exemplars and statistics, one for concepts, and stimuli; it covers every layer and
costs about as much as a few passes over the data. ``drawn`` makes pictures for the units of one layer and
may cost more than all the rest, so it is asked layer by layer, and can be left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from convscope.data import Source
from convscope.errors import SpecError
from convscope.features.chosen import default_layers
from convscope.features.circuits import Keep, links
from convscope.features.concepts import families, hierarchy, label_with_control
from convscope.features.concepts.gathering import FEWEST
from convscope.features.exemplars import Harvest, harvest
from convscope.features.finding import Features
from convscope.features.synthesis import Colours, synthesise
from convscope.features.tuning import tune
from convscope.features.units import LayerFeatures
from convscope.finding import Protocol
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import receptive


@dataclass(frozen=True)
class Settings:
    """How features are measured.

    Args:
        samples: samples of the harvest, at most, spread over the data; None takes all.
        labelled: samples on which labels are chosen and graded.
        exemplars: samples kept of each unit.
        kinds: the pictures made for a unit.
        style: how they are made: ``"fourier"``, or ``"maco"`` (phase only).
        seed: of everything that is drawn at random.
    """

    samples: int | None = 2000
    labelled: int = 400
    exemplars: int = 9
    kinds: tuple[str, ...] = ("positive", "negative", "diverse 2")
    style: str = "fourier"
    seed: int = 0


def features(
    net: Network,
    source: Source,
    layers: Sequence[str] | None = None,
    *,
    units: Mapping[str, Sequence[int]] | None = None,
    settings: Settings | None = None,
    pictures: bool = True,
    batch: int = 16,
    progress: Progress = silent,
) -> Features:
    """Find what the units of a network respond to, on data.

    Args:
        net: the network, on the device where its weights are.
        source: what it looks at.
        layers: layer names or module paths; None takes one for each block, and the output.
        units: the units to make pictures for, by layer; None makes them for all.
        settings: how it is measured.
        pictures: whether pictures are made for units at all.
        batch: samples that pass through the network at once; no result depends on it.
        progress: called with what is being done, how much is done, and how much there is.

    Returns:
        The finding; ``found.unit("conv2", 5)`` is one unit.

    Raises:
        SpecError: a layer that does not exist or has no units, data that do not fit.
        WorkError: no sample could be read.
    """
    settings = settings or Settings()
    found = survey(net, source, layers, settings=settings, batch=batch, progress=progress)
    if not pictures:
        return found
    colours = colours_of(net, source, settings)
    rows = []
    for row in found.layers:
        asked = range(row.units) if units is None else units.get(row.name, ())
        rows.append(drawn(net, row, colours, asked, settings, progress=progress))
    return replace(found, layers=tuple(rows))


def survey(
    net: Network,
    source: Source,
    layers: Sequence[str] | None = None,
    *,
    settings: Settings | None = None,
    batch: int = 16,
    checkpoint: Path | None = None,
    progress: Progress = silent,
) -> Features:
    """Find everything but pictures: exemplars, statistics, tuning, labels, links, families, hierarchy.

    Args:
        net: the network.
        source: what it looks at.
        layers: layer names or module paths; None takes the usual ones.
        settings: how it is measured.
        batch: samples that pass through the network at once.
        checkpoint: a file in which the pass over the data is kept, to go on from.
        progress: called with what is being done, how much is done, and how much there is.

    Raises:
        SpecError: a layer that does not exist or has no units, data that do not fit.
        WorkError: no sample could be read.
    """
    settings = settings or Settings()
    names = chosen(net, layers)
    fields = receptive(net)
    seen = harvest(
        net,
        source,
        names,
        k=settings.exemplars,
        batch=batch,
        limit=settings.samples,
        checkpoint=checkpoint,
        progress=progress,
    )
    peaks = {name: seen[name].maximum for name in names}
    tunings = tune(
        net,
        names,
        fields={name: fields[name] for name in names},
        natural_max=peaks,
        rate=source.rate,
        batch=batch,
        progress=progress,
    )
    labels, control = None, None
    if min(seen.samples, settings.labelled) >= FEWEST:
        labels, control = label_with_control(
            net,
            source,
            names,
            harvest=seen.layers,
            tunings=tunings,
            fields=fields,
            samples=settings.labelled,
            batch=batch,
            seed=settings.seed,
            progress=progress,
        )
    linked = links(net, names, evidence=seen.layers, source=source, keep=Keep(), progress=progress)
    rows = tuple(
        LayerFeatures(
            net.layer(name),
            fields[name],
            seen[name],
            tunings[name],
            None if labels is None else labels[name],
            links=linked[name],
        )
        for name in names
    )
    return Features(
        network=net.id,
        protocol=_protocol(settings, seen),
        layers=rows,
        hierarchy=None if labels is None else hierarchy(labels, control, seed=settings.seed),
        families=tuple(one for name in names for one in families(name, tunings[name])),
    )


def chosen(net: Network, layers: Sequence[str] | None) -> list[str]:
    """Return the names of the layers that are meant, each once, in the order in which they run.

    Raises:
        SpecError: no such layer, or there is none to choose.
    """
    if layers is None:
        names = [layer.name for layer in default_layers(net)]
        if not names:
            raise SpecError(
                f"{net.spec} has no layer whose output is channels first and that everything passes "
                "through, so none is chosen by itself. Name some with --layers; "
                "`convscope receptive MODEL` lists them all."
            )
        return names
    place = {layer.name: i for i, layer in enumerate(net.layers)}
    return sorted({net.layer(name).name for name in layers}, key=place.__getitem__)


def colours_of(net: Network, source: Source, settings: Settings) -> Colours:
    """Return the statistics of the data that pictures are made with."""
    return Colours.from_source(source, net.input.shape, seed=settings.seed)


def drawn(
    net: Network,
    row: LayerFeatures,
    colours: Colours,
    units: Iterable[int],
    settings: Settings,
    *,
    progress: Progress = silent,
) -> LayerFeatures:
    """Return a layer with pictures made for some of its units.

    Args:
        net: the network.
        row: the layer.
        colours: statistics of the data.
        units: which of them.
        settings: how they are made.
        progress: called with what is being done, units done and units in all.
    """
    made = synthesise(
        net,
        row.name,
        list(units),
        colours=colours,
        natural_max=row.harvest.maximum,
        natural_min=row.harvest.minimum,
        kinds=settings.kinds,
        style=settings.style,
        seed=settings.seed,
        field=row.field,
        progress=progress,
    )
    by_unit: dict[int, list] = {}
    for one in made:
        by_unit.setdefault(one.unit, []).append(one)
    return replace(row, syntheses=by_unit)


def _protocol(settings: Settings, seen: Harvest) -> Protocol:
    return Protocol(
        "exemplars / stimuli / overlap on halves / activation maximisation",
        seed=settings.seed,
        samples=seen.samples,
        settings={**asdict(settings), "kept": len(np.asarray(seen.kept))},
    )
