"""Everything about a network, into an atlas: measure each idea, keep it, go on where it stopped.

Each step is kept as soon as it is done, under the fingerprint of all it depends on. The next run
with the same network and data finds it and measures only what is missing.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convscope.atlas.facts import layer_table, network_document, network_facts
from convscope.atlas.files import as_json
from convscope.atlas.reader import Atlas
from convscope.atlas.result import Step, Unmeasured
from convscope.atlas.samples import data_document, data_facts
from convscope.atlas.schema import IDEAS, ON_REQUEST, fingerprint
from convscope.atlas.steps import steps
from convscope.atlas.writer import AtlasWriter, check_place
from convscope.data import Source
from convscope.errors import SpecError
from convscope.network import Network
from convscope.progress import Progress, silent


def look(
    network: Network,
    data: Source | None = None,
    *,
    out: str | Path,
    only: Sequence[str] | None = None,
    layers: Sequence[str] | None = None,
    units: int | None = None,
    budget_s: float | None = None,
    seed: int = 0,
    batch: int = 16,
    device: str = "cpu",
    command: str | None = None,
    progress: Progress = silent,
) -> Atlas:
    """Measure a network, on data, into an atlas; what is there already is kept.

    Args:
        network: the network.
        data: what it looks at; None leaves out what needs data.
        out: the atlas's folder, made if there is none.
        only: the ideas to measure; None measures all but ``learn``, which trains networks.
        layers: whose units are looked at; None takes one for each block, and the output.
        units: of each layer, at most, spread evenly over it; None takes all.
        budget_s: seconds after which no further step is begun; what is left is named in
            ``atlas.manifest.left``, and the next run goes on with it.
        seed: for what is drawn at random.
        batch: samples that pass through the network at once.
        device: where to measure, such as ``"cpu"`` or ``"cuda"``.
        command: what was typed, for the record; None from Python.
        progress: told of each step.

    Returns:
        The atlas, opened.

    Raises:
        SpecError: an idea of another name, a folder that holds something else, data that do not fit.
        WorkError: the disk failed, another process writes there, or no sample could be read.
    """
    ideas = checked_ideas(only)
    check_place(Path(out))
    deadline = float("inf") if budget_s is None else time.monotonic() + budget_s
    watched = _watched(progress, deadline)
    left: dict[str, str] = {}
    facts = None if data is None else data_facts(data)
    # The samples are fitted before anything is written, as they may not fit.
    samples = None if data is None else data_document(data, network.input.shape)
    with AtlasWriter(out, network_facts(network), facts) as atlas:
        _keep_network(atlas, network, device, command)
        if data is not None and samples is not None:
            _keep_data(atlas, data, *samples)
        about = atlas.manifest.data
        planned = steps(
            network.to(device),
            data,
            None if about is None else about["fingerprint"],
            ideas,
            Path(out),
            layers=layers,
            units=units,
            seed=seed,
            batch=batch,
        )
        for step in planned:
            if any(atlas.has(step.entry, one) for one in (step.fingerprint, *step.contained_in)):
                continue
            try:
                _measure(atlas, step, watched)
            except _OutOfTime:
                left[step.what] = f"The budget of {budget_s:g} s ran out."
            except Unmeasured as error:
                left[step.what] = str(error)
        atlas.leave(left)
    return Atlas.open(out)


def _measure(atlas: AtlasWriter, step: Step, progress: Progress) -> None:
    begun = time.monotonic()
    if not step.gathers:
        progress(step.what, 0, None)
    result = step.measure(progress)
    atlas.put_finding(
        step.entry,
        result.fingerprint or step.fingerprint,
        result.finding,
        document=result.document,
        pictures=result.pictures,
        table=result.table,
        seconds=round(time.monotonic() - begun, 3),
    )
    if result.finished is not None:
        result.finished()


def checked_ideas(only: Sequence[str] | None) -> tuple[str, ...]:
    """Return the ideas to measure, in order.

    Raises:
        SpecError: an idea of another name.
    """
    known = (*IDEAS, *ON_REQUEST)
    unknown = [name for name in only or () if name not in known]
    if unknown or only == []:
        raise SpecError(
            f"There is no idea {unknown[0] if unknown else ''!r} to measure. Type one or more of "
            f"{', '.join(known)}, joined by commas."
        )
    return tuple(name for name in known if (name in IDEAS if only is None else name in only))


class _OutOfTime(Exception):
    """Raised inside a measurement, from the progress it reports, when the budget has run out."""


def _watched(progress: Progress, deadline: float) -> Progress:
    """Return a progress that ends the measurement which reports to it, once the time is up."""

    def report(what: str, done: int, total: int | None) -> None:
        if time.monotonic() > deadline:
            raise _OutOfTime
        progress(what, done, total)

    return report


def _keep_network(atlas: AtlasWriter, network: Network, device: str, command: str | None) -> None:
    document = network_document(network, device, command)
    key = fingerprint(document=as_json(document))
    if not atlas.has("network", key):
        atlas.put(
            "network",
            key,
            document,
            idea="network",
            summary=f"{network.spec}: {len(network.layers)} layers, {network.parameters:,} "
            f"parameters, input {_by(network.input.shape)}.",
            protocol=document["protocol"],
            table=layer_table(network),
        )


def _keep_data(
    atlas: AtlasWriter, data: Source, document: dict[str, Any], pictures: dict[str, bytes]
) -> None:
    key = fingerprint(data=data.fingerprint, document=as_json(document))
    if not atlas.has("data", key):
        shape = "of several sizes" if data.shape is None else _by(data.shape)
        classes = "" if data.classes is None else f", {len(data.classes)} classes"
        summary = f"{data.spec}: {len(data):,} {data.kind}s, {shape}{classes}."
        atlas.put("data", key, document, idea="data", summary=summary, pictures=pictures)


def _by(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes))
