"""All that is asked of units, in order: what the data say first, then pictures made for them.

``survey`` is one pass for exemplars and statistics, one for concepts, and stimuli; it covers every layer and
costs about as much as a few passes over the data. ``drawn`` makes pictures for the units of one layer and
may cost more than all the rest, so it is asked layer by layer, and can be left out.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from convscope.data import Source
from convscope.features.chosen import chosen
from convscope.features.circuits import Keep, links
from convscope.features.concepts import Subject, families, hierarchy, label_each
from convscope.features.concepts.gathering import FEWEST
from convscope.features.exemplars import Harvest, harvest
from convscope.features.finding import Features
from convscope.features.settings import Settings
from convscope.features.synthesis import Colours, synthesise
from convscope.features.trust import trust
from convscope.features.tuning import Tuning, tune
from convscope.features.units import LayerFeatures
from convscope.finding import Protocol
from convscope.network import Network, untrained
from convscope.progress import Progress, silent
from convscope.receptive import Receptive, receptive

_Found = TypeVar("_Found")
STRANGER = 1_000_003
"""Added to the seed of the untrained control: networks are often trained from a small seed, and one that is
the network's own beginning is no stranger to it (the demo network's kernels correlate 0.4 to 0.8 with theirs)."""


def features(
    net: Network,
    source: Source,
    layers: Sequence[str] | None = None,
    *,
    units: Mapping[str, Sequence[int]] | None = None,
    settings: Settings | None = None,
    pictures: bool = True,
    budget_s: float | None = None,
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
        budget_s: seconds after which no further layer's pictures are begun.
        batch: samples that pass through the network at once; no result depends on it.
        progress: called with what is being done, how much is done, and how much there is.

    Returns:
        The finding; ``found.unit("conv2", 5)`` is one unit.

    Raises:
        SpecError: a layer that does not exist or has no units, data that do not fit.
        WorkError: no sample could be read.
    """
    settings = settings or Settings()
    deadline = float("inf") if budget_s is None else time.monotonic() + budget_s
    found = survey(net, source, layers, settings=settings, batch=batch, progress=progress)
    if not pictures:
        return found
    colours = colours_of(net, source, settings)
    rows = []
    for row in found.layers:
        if time.monotonic() > deadline:
            rows.append(row)
            continue
        asked = row.numbers if units is None else units.get(row.name, ())
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
    look = partial(
        _looked, source, names, fields, settings=settings, batch=batch, progress=progress
    )
    found = look(net, checkpoint=checkpoint)
    seen = found.seen
    listed = {name: settings.numbers(seen[name].units) for name in names}
    labels, control, trusted = None, None, None
    if min(seen.samples, settings.labelled) >= FEWEST:
        fresh = untrained(net, settings.seed + STRANGER)
        apart = checkpoint and checkpoint.with_stem(f"{checkpoint.stem}-control")
        other = look(fresh, checkpoint=apart)
        labels, control = label_each(
            [
                Subject(net, seen.layers, found.tunings),
                Subject(fresh, other.seen.layers, other.tunings),
            ],
            source,
            names,
            fields=fields,
            samples=settings.labelled,
            batch=batch,
            seed=settings.seed,
            progress=progress,
        )
        trusted = trust(
            net,
            source,
            seen.layers,
            {name: fields[name] for name in names},
            control=other.seen.layers,
            units=listed,
            seed=settings.seed,
            progress=progress,
        )
    linked = links(
        net,
        names,
        units=listed,
        evidence=seen.layers,
        source=source,
        keep=Keep(),
        progress=progress,
    )
    rows = tuple(
        LayerFeatures(
            net.layer(name),
            fields[name],
            seen[name],
            found.tunings[name],
            None if labels is None else labels[name],
            links=linked[name],
            trust=None if trusted is None else trusted[name],
            listed=None if settings.units is None else listed[name],
        )
        for name in names
    )
    return Features(
        network=net.id,
        protocol=_protocol(settings, seen),
        layers=rows,
        hierarchy=None
        if labels is None or control is None
        else hierarchy(_of(labels, listed), _of(control, listed), seed=settings.seed),
        families=tuple(
            replace(one, units=tuple(listed[name][i] for i in one.units))
            for name, tunings in _of(found.tunings, listed).items()
            for one in families(name, tunings)
        ),
    )


def _of(
    found: Mapping[str, Sequence[_Found]], listed: Mapping[str, Sequence[int]]
) -> dict[str, list[_Found]]:
    """Return what was found of the units that are looked at, by layer."""
    return {name: [found[name][unit] for unit in units] for name, units in listed.items()}


@dataclass(frozen=True)
class _Looked:
    """What is asked of the network and of its untrained control alike."""

    seen: Harvest
    tunings: Mapping[str, Sequence[Tuning]]


def _looked(
    source: Source,
    names: Sequence[str],
    fields: Receptive,
    net: Network,
    *,
    settings: Settings,
    batch: int,
    checkpoint: Path | None,
    progress: Progress,
) -> _Looked:
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
    tunings = tune(
        net,
        names,
        fields={name: fields[name] for name in names},
        natural_max={name: seen[name].maximum for name in names},
        rate=source.rate,
        batch=batch,
        progress=progress,
    )
    return _Looked(seen, tunings)


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
    units = list(units)
    made = [
        one
        for asked, kinds in (
            (units, settings.kinds[:1]),
            (settings.varied(units), settings.kinds[1:]),
        )
        if asked and kinds
        for one in synthesise(
            net,
            row.name,
            asked,
            colours=colours,
            natural_max=row.harvest.maximum,
            natural_min=row.harvest.minimum,
            kinds=kinds,
            style=settings.style,
            seed=settings.seed,
            field=row.field,
            progress=progress,
        )
    ]
    by_unit: dict[int, list] = {}
    for one in made:
        by_unit.setdefault(one.unit, []).append(one)
    # What drives a unit down says nothing about which sample drives it up.
    shown = {
        unit: [one.image for one in made if one.kind != "negative" and one.status != "failed"]
        for unit, made in by_unit.items()
    }
    trusted = None if row.trust is None else row.trust.with_pictures(shown)
    return replace(row, syntheses=by_unit, trust=trusted)


def _protocol(settings: Settings, seen: Harvest) -> Protocol:
    return Protocol(
        "exemplars / stimuli / overlap on halves / activation maximisation",
        seed=settings.seed,
        samples=seen.samples,
        settings={
            **asdict(settings),
            "kept": len(np.asarray(seen.kept)),
            "control_seed": settings.seed + STRANGER,
        },
    )
