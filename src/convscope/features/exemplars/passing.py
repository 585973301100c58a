"""One pass over the data for all chosen layers."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from convscope.data import Source
from convscope.errors import SpecError
from convscope.features.exemplars import histogram, storing
from convscope.features.exemplars.result import Harvest, LayerHarvest
from convscope.features.exemplars.schedule import Schedule, together
from convscope.features.exemplars.tally import Taking, Tally
from convscope.features.exemplars.watching import watching
from convscope.network import Layer, Network
from convscope.progress import Progress, silent

KEPT = 2000
_SECONDS = 30.0  # between two checkpoints


def harvest(
    net: Network,
    source: Source,
    layers: Sequence[str],
    *,
    k: int = 9,
    batch: int = 16,
    limit: int | None = None,
    indices: Sequence[int] | None = None,
    kept: int = KEPT,
    checkpoint: Path | None = None,
    progress: Progress = silent,
) -> Harvest:
    """Pass the data through a network once and keep what every unit of the chosen layers did.

    The result is the same, to the last bit, for any ``batch``, for any order of ``indices``, and when
    parts are harvested apart (each with its share of ``indices`` and the same ``limit``) and merged.

    Args:
        net: the network, on the device where its weights are.
        source: the data; samples are fitted to the network's input.
        layers: layer names or module paths; units are the first axis of their output.
        k: samples to keep of those where a unit is highest; one sample counts once.
        batch: samples read ahead while the network works.
        limit: samples of the study, spread evenly over the source; None for all.
        indices: the samples of the study to look at in this pass; None for all.
        kept: samples of the study, spread evenly, on which every unit's response is kept.
        checkpoint: a file that holds what was found so far; a pass that finds one of the same study goes
            on from there.
        progress: called with what is being done, samples done and samples in all.

    Returns:
        The harvest, by the names of the layers.

    Raises:
        SpecError: a layer does not exist or has no units, or an index is not part of the study.
        WorkError: none of the samples could be read.
    """
    rows = {layer.name: layer for layer in map(net.layer, layers)}
    width = together(net.input.shape) if net.dynamic_batch else 1
    plan = Schedule.plan(len(source), limit, indices, width, kept)
    facts = {
        "network": net.fingerprint,
        "data": source.fingerprint,
        "layers": list(rows),
        "k": k,
        "limit": limit,
        "kept": kept,
        "together": width,
    }
    key = {**facts, "indices": hashlib.sha256(plan.samples.tobytes()).hexdigest()}
    work = _Pass(net, source, rows, plan, k)
    work.resume(checkpoint, key)
    saved = time.monotonic()
    for count in work.run(batch):
        progress("exemplars", count, len(plan.samples))
        if checkpoint is not None and time.monotonic() - saved > _SECONDS:
            work.save(checkpoint, key)
            saved = time.monotonic()
    if checkpoint is not None:
        work.save(checkpoint, key)
    if len(plan.samples) and not work.samples:
        raise source.unreadable(len(plan.samples))
    return work.harvest(facts)


class _Pass:
    """A pass under way.

    Args:
        net: the network.
        source: the data.
        rows: the chosen layers, by name.
        plan: the batches.
        k: samples to keep of each unit.
    """

    def __init__(
        self, net: Network, source: Source, rows: dict[str, Layer], plan: Schedule, k: int
    ):
        self._net, self._source, self._plan = net, source, plan
        self._network = watching(net, list(rows), self._take)
        self._now: tuple[list[int], list[int]] = ([], [])  # slots and samples of this batch
        self._spaces = {name: _space(layer, net) for name, layer in rows.items()}
        self._device = next((p.device for p in net.graph.parameters()), torch.device("cpu"))
        self._read = np.zeros(len(plan.kept), bool)
        self._full = torch.zeros(plan.width, *net.input.shape)
        self._begin(
            {name: Tally.empty(layer.output[0], k, len(plan.kept)) for name, layer in rows.items()}
        )
        self.samples = 0
        self.done = 0

    def _begin(self, tallies: dict[str, Tally]) -> None:
        self._taking = {
            name: Taking(
                tally,
                space,
                histogram.step(space, self._plan.study),
                self._plan.kept,
                len(self._plan.samples),
            )
            for (name, tally), space in zip(tallies.items(), self._spaces.values(), strict=True)
        }

    def run(self, ahead: int) -> Iterator[int]:
        """Go through the batches that are left; yield how many samples are behind."""
        members = list(self._plan)
        behind = sum(len(samples) for samples, _ in members[: self.done])
        with torch.inference_mode():
            for samples, slots, arrays, asked in self._batches(members[self.done :], ahead):
                if len(samples):
                    self._see(samples, slots, arrays)
                self.done += 1
                behind += asked
                yield behind

    def _batches(
        self, members: Sequence[tuple[np.ndarray, np.ndarray]], ahead: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, int]]:
        """Yield batches, reading the next ones while the network works on this one."""
        shape = self._net.input.shape
        size = max(1, ahead // self._plan.width)
        chunks = [members[start : start + size] for start in range(0, len(members), size)]

        def read(chunk: Sequence[tuple[np.ndarray, np.ndarray]]) -> list:
            found = []
            for samples, slots in chunk:
                batch = self._source.take(samples, shape)
                still = np.isin(samples, batch.indices)
                found.append((samples[still], slots[still], batch.arrays, len(samples)))
            return found

        with ThreadPoolExecutor(1) as reader:
            waiting = reader.submit(read, chunks[0]) if chunks else None
            for following in [*chunks[1:], None]:
                if waiting is None:
                    return
                found = waiting.result()
                waiting = None if following is None else reader.submit(read, following)
                yield from found

    def _see(self, samples: np.ndarray, slots: np.ndarray, arrays: np.ndarray) -> None:
        # One buffer for all batches: always at the same place in memory, and touched already.
        if len(slots) < len(self._full):
            self._full.zero_()
        self._full.numpy()[slots] = arrays
        self._now = slots.tolist(), samples.tolist()
        self._network(self._full.to(self._device))
        self.samples += len(samples)
        self._read |= np.isin(self._plan.kept, samples)

    def _take(self, name: str, output: Tensor) -> None:
        maps = output.detach().to("cpu", torch.float32).contiguous().numpy()
        if (
            output.data_ptr() == self._full.data_ptr()
        ):  # a step that does nothing; the buffer is used again
            maps = maps.copy()
        self._taking[name].add(maps, *self._now)

    def harvest(self, facts: dict) -> Harvest:
        """Return what was found so far."""
        kept = self._plan.kept[self._read]
        layers = {}
        for name, taking in self._taking.items():
            taking.fold()
            arrays = taking.tally.arrays()
            if not self._read.all():
                arrays["responses"] = arrays["responses"][self._read]
                arrays["places"] = arrays["places"][self._read]
            layers[name] = LayerHarvest(name, self._spaces[name], Tally(**arrays), kept)
        return Harvest(layers, self.samples, kept, facts)

    def save(self, path: Path, key: dict) -> None:
        """Write down what was found so far."""
        storing.save(path, self.harvest(key), self.done)

    def resume(self, path: Path | None, key: dict) -> None:
        """Go on from a file, if it is of this study; anything else is written over in time."""
        if path is None or not path.exists():
            return
        try:
            found, done = storing.load(path)
        except SpecError:
            return
        if found.facts != key or done is None:
            return
        self._read = np.isin(self._plan.kept, found.kept)
        tallies = {}
        for name, one in found.layers.items():
            arrays = one.tally.arrays()
            empty = Tally.empty(one.units, arrays["best"].shape[1], len(self._plan.kept))
            for field in ("responses", "places"):
                whole = getattr(empty, field)
                whole[self._read] = arrays[field]
                arrays[field] = whole
            tallies[name] = Tally(**arrays)
        self._begin(tallies)
        self.samples, self.done = found.samples, done


def _space(layer: Layer, net: Network) -> tuple[int, ...]:
    if not layer.output or not all(layer.output):
        raise SpecError(
            f"Layer {layer.name} of {net.spec} gives one number per sample, so it has no units to look "
            "at. Choose another layer."
        )
    return tuple(layer.output[1:])
