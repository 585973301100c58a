"""What each unit responds to, in words, with the evidence; or ``unknown``, which is an honest answer.

Three sources of evidence are kept side by side: overlap with masks (given or computed), a class it tells from
the others, and what stimuli it prefers. Each names one concept, from the half on which labels are chosen or from
the stimuli; the one of most bits on that half becomes the label, if on the other half it (1) overlaps more than
99 % of pairings with other samples' masks and (2) firing says at least half a bit about it. Only that one is
tried, so that a unit that responds to nothing is labelled by chance in one case of a hundred, however many concepts
there are. The second condition asks for more than chance: with enough places the faintest preference is certain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from convscope.data import Source
from convscope.features.concepts.evidence import Evidence, Label, decided
from convscope.features.concepts.gathering import Gathered, Known, Layered, gather
from convscope.features.concepts.weighing import Places, by_class
from convscope.features.tuning import Tuning
from convscope.network import Network
from convscope.progress import Progress, silent
from convscope.receptive import Receptive


@dataclass(frozen=True, eq=False)
class Subject:
    """A network whose units are labelled, and what is known of them.

    Args:
        net: the network.
        harvest: by layer, for the thresholds; without it they are taken from a first look.
        tunings: by layer, one a unit: what stimuli they prefer (of sound, measured with the source's rate).
    """

    net: Network
    harvest: Mapping[str, Known] | None = None
    tunings: Mapping[str, Sequence[Tuning]] = field(default_factory=dict)


def label(
    net: Network,
    source: Source,
    layers: Sequence[str],
    *,
    harvest: Mapping[str, Known] | None = None,
    tunings: Mapping[str, Sequence[Tuning]] | None = None,
    fields: Receptive | None = None,
    samples: int = 400,
    batch: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, list[Label]]:
    """Say what each unit of some layers responds to.

    Args:
        net: the network.
        source: what it looks at; with masks (``source.concepts``) those are used beside computed concepts.
        layers: names of layers.
        harvest: by layer, for the thresholds; without it they are taken from a first look.
        tunings: by layer, one a unit: what stimuli they prefer (of sound, measured with the source's rate).
        fields: the network's receptive fields, if they are known.
        samples: how many are looked at, spread over the source.
        batch: samples at a time.
        seed: of the halves, the lattices and the nulls.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        By layer, one label a unit.

    Raises:
        WorkError: too few samples.
    """
    known = Subject(net, harvest, tunings or {})
    (found,) = label_each(
        [known],
        source,
        layers,
        fields=fields,
        samples=samples,
        batch=batch,
        seed=seed,
        progress=progress,
    )
    return found


def label_each(
    subjects: Sequence[Subject],
    source: Source,
    layers: Sequence[str],
    *,
    fields: Receptive | None = None,
    samples: int = 400,
    batch: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> list[dict[str, list[Label]]]:
    """Say what each unit of some layers responds to, in one or more networks of the same layers, in one pass.

    Args:
        subjects: the networks, such as a trained one and the same before training.
        source: what they look at; with masks (``source.concepts``) those are used beside computed concepts.
        layers: names of layers.
        fields: the networks' receptive fields, if they are known.
        samples: how many are looked at, spread over the source.
        batch: samples at a time.
        seed: of the halves, the lattices and the nulls.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        For each network, by layer, one label a unit.

    Raises:
        WorkError: too few samples.
    """
    found = gather(
        [one.net for one in subjects],
        source,
        layers,
        known=[one.harvest for one in subjects],
        fields=fields,
        samples=samples,
        batch=batch,
        seed=seed,
        progress=progress,
    )
    return [
        _labels(found, did, source, layers, one.tunings, seed)
        for did, one in zip(found.networks, subjects, strict=True)
    ]


def _labels(
    found: Gathered,
    network: Layered,
    source: Source,
    layers: Sequence[str],
    tunings: Mapping[str, Sequence[Tuning]],
    seed: int,
) -> dict[str, list[Label]]:
    labels = {}
    for name in layers:
        responses = network.responses[name]
        pieces: list[Sequence[Evidence | None]] = []
        if name in found.grids:
            present = found.present[found.grids[name]]
            places = Places(network.firing[name], present, found.concepts, found.graded, seed)
            pieces.append(places.by_overlap())
            if name in tunings:
                pieces.append(places.by_tuning(tunings[name], source.rate))
        if found.classes is not None and source.classes is not None:
            pieces.append(by_class(responses, found.classes, found.graded, source.classes, seed))
        columns = zip(*pieces, strict=True) if pieces else [()] * responses.shape[1]
        labels[name] = [decided(tuple(p for p in unit if p is not None)) for unit in columns]
    return labels
