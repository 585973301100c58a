"""Does a link matter? Silence the source unit, and see what becomes of the target on its own exemplars.

A kernel of large norm need not matter: its source may be silent where the target fires. So the source
unit's whole map is set to zero at its layer, everything behind it is computed again, and the target is read
where it won. The change is a share of the intact response: -1 when the target falls silent, 0 when it does
not notice, above 0 when the source held it back.

Limit: zero is what a unit after a rectifier says when it does not fire; where a layer's units are never near
zero, it is a strange value, and the change is larger than what the data ever show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from convscope.data import Source
from convscope.data.fit import fit
from convscope.errors import WorkError
from convscope.features.circuits.call import Values
from convscope.features.circuits.kernels import INPUT
from convscope.features.circuits.patches import NOBODY, Job
from convscope.features.circuits.tail import Tail
from convscope.network import Network
from convscope.network.inputs import precision_of
from convscope.network.taps import Taps
from convscope.progress import Progress, silent

_AT_ONCE = 16  # silenced maps in one forward pass

End = tuple[str, int]
"""A unit: the name of its layer, and its channel."""
Pair = tuple[End, End]
"""A target and one of its sources."""


@dataclass(frozen=True)
class Question:
    """What becomes of one target unit when others are silenced.

    Args:
        target: layer and channel.
        samples: the samples on which it is asked, by index.
        positions: the target's position on its map, one per sample.
        sources: the units to silence, one at a time.
    """

    target: End
    samples: tuple[int, ...]
    positions: tuple[tuple[int, ...], ...]
    sources: tuple[End, ...]


Asked = tuple[Question, tuple[int, ...]]
"""A question on one of its samples: with the target's position there."""


def ablations(
    net: Network,
    source: Source,
    questions: Sequence[Question],
    *,
    progress: Progress = silent,
) -> dict[Pair, float]:
    """Return the change of each target's response when each of its sources is silenced.

    Args:
        net: the network.
        source: where the samples are.
        questions: what to ask; the samples are read once, whatever the number of questions.
        progress: told of samples done.

    Returns:
        By pair: ``sum(silenced - intact) / sum(|intact|)`` over the question's samples. A pair whose intact response
        is 0 on all of them is left out.
    """
    values = Values(net.graph, precision_of(net.graph))
    tails = _tails(net, questions, values)
    wanted = {name for tail in tails.values() for name in tail.given}
    wanted |= {net.layer(name).node for pair in tails for name in pair}
    device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
    taps = Taps(net.graph, {name: name for name in sorted(wanted)}, net.dynamic_batch)
    by_sample: dict[int, list[Asked]] = {}
    for question in questions:
        for sample, position in zip(question.samples, question.positions, strict=True):
            by_sample.setdefault(sample, []).append((question, position))
    change: dict[Pair, float] = {}
    intact: dict[Pair, float] = {}
    for done, (index, asked) in enumerate(sorted(by_sample.items()), start=1):
        try:
            array = fit(source[index].array, net.input.shape)
        except WorkError:
            continue  # it could be read a moment ago, and is named in the source's skipped
        with torch.no_grad():
            kept = taps(torch.as_tensor(array, device=device)[None])
            for pair, before, after in _asked(net, kept, asked, tails):
                change[pair] = change.get(pair, 0.0) + after - before
                intact[pair] = intact.get(pair, 0.0) + abs(before)
        progress("ablation", done, len(by_sample))
    return {pair: change[pair] / total for pair, total in intact.items() if total > 0}


def _tails(
    net: Network, questions: Sequence[Question], values: Values
) -> dict[tuple[str, str], Tail]:
    found: dict[tuple[str, str], Tail] = {}
    for question in questions:
        for layer, _ in question.sources:
            pair = (layer, question.target[0])
            if layer != INPUT and pair not in found:
                nodes = [net.layer(name).node for name in pair]
                found[pair] = Tail(net.graph, nodes[0], nodes[1], values)
    return found


def _asked(
    net: Network,
    kept: Mapping[str, Tensor],
    asked: Sequence[Asked],
    tails: Mapping[tuple[str, str], Tail],
) -> Iterator[tuple[Pair, float, float]]:
    """Yield pair, intact and silenced response on one sample."""
    jobs: dict[tuple[str, str], dict[Job, None]] = {}
    for question, position in asked:
        target, unit = question.target
        for layer, source in question.sources:
            some = jobs.setdefault((layer, target), {})
            # Intact on the same way, so that a source that does nothing changes nothing at all.
            some |= {(NOBODY, unit, position): None, (source, unit, position): None}
    for (layer, target), some in jobs.items():
        tail = tails[layer, target]
        if tail.patches is None:
            found = _on_maps(tail, kept, list(some), _AT_ONCE if net.dynamic_batch else 1)
        else:
            found = tail.patches(kept, list(some))
        after = dict(zip(some, found, strict=True))
        for source, unit, position in some:
            if source != NOBODY:
                pair = ((target, unit), (layer, source))
                yield pair, after[NOBODY, unit, position], after[source, unit, position]


def _on_maps(
    tail: Tail,
    kept: Mapping[str, Tensor],
    jobs: Sequence[Job],
    size: int,
) -> list[float]:
    """Return the target's response in each job; each source is silenced once for all its targets."""
    map_, *beside = (kept[name] for name in tail.given)
    sources = sorted({source for source, _, _ in jobs})
    found: dict[int, float] = {}
    for first in range(0, len(sources), size):
        some = sources[first : first + size]
        maps = map_.repeat(len(some), *(1 for _ in map_.shape[1:]))
        for row, source in enumerate(some):
            if source != NOBODY:
                maps[row, source] = 0
        after = tail(maps, beside)
        rows = {source: i for i, source in enumerate(some)}
        for job, (source, unit, position) in enumerate(jobs):
            if source in rows:
                found[job] = float(after[(rows[source], unit, *position)])
    return [found[job] for job in range(len(jobs))]
