"""Pictures for many units of a layer at once: made, judged, reported."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from convscope.errors import SpecError
from convscope.features.synthesis.ascent import Ascent, Setting, at_once
from convscope.features.synthesis.colours import Colours
from convscope.features.synthesis.cone import Cone, channel_groups, cone
from convscope.features.synthesis.judging import Status, Verdict, judge, judge_low, neutral
from convscope.network import Network
from convscope.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Synthesis:
    """One picture that was made to drive one unit.

    Args:
        layer: name of the layer.
        unit: the channel.
        kind: ``positive``, ``negative``, or ``diverse 1``, ``diverse 2``, ...
        image: float32 ``(C, *s)`` in the natural range, as large as the unit's field (cut to the input).
        activation: the unit's value on it, in a neutral forward pass.
        percent_of_natural: that value as a share of the natural maximum; None where the maximum is not above zero.
        status: ``ok``, ``weak``, ``dead on data`` or ``failed``.
        steps: of ascent.
        why: one sentence where the status needs one; else empty.
        box: first and end position of the picture in a full-size sample, per axis.
    """

    layer: str
    unit: int
    kind: str
    image: np.ndarray = field(repr=False)
    activation: float
    percent_of_natural: float | None
    status: Status
    steps: int
    why: str
    box: tuple[tuple[int, int], ...] = ()


def synthesise(
    net: Network,
    layer: str,
    units: Sequence[int],
    *,
    colours: Colours,
    natural_max: Sequence[float] | np.ndarray,
    natural_min: Sequence[float] | np.ndarray | None = None,
    kinds: Sequence[str] = ("positive",),
    steps: int | None = None,
    style: str = "fourier",
    seed: int = 0,
    batch: int = 64,
    field: Any = None,
    progress: Progress = silent,
) -> list[Synthesis]:
    """Make pictures that drive units of a layer, judge them, and say what they are worth.

    Args:
        net: the network.
        layer: name of the layer.
        units: channels.
        colours: of the user's data.
        natural_max: the largest value of each unit of the layer over the data, ``(U,)``.
        natural_min: the smallest, ``(U,)``; None if unknown.
        kinds: any of ``positive``, ``negative``, ``diverse N`` (N pictures as different as can be).
        steps: of ascent; by default as many as the style needs.
        style: ``fourier``, or ``maco``: only phases are free, magnitudes are those of the data.
        seed: of the noise they start from and the jitter; equal seeds give equal pictures.
        batch: pictures at a time.
        field: the layer's receptive field, where it is known already; not needed.
        progress: told of pictures done.

    Returns:
        One Synthesis per unit and kind (N for ``diverse N``), by unit and then kind.

    Raises:
        SpecError: no such layer, unit, kind or style.
    """
    name = net.layer(layer).name
    channels = net.layer(layer).output[0]
    wrong = [u for u in units if not 0 <= u < channels]
    if wrong:
        raise SpecError(f"Layer {name} has units 0 to {channels - 1}; there is no unit {wrong[0]}.")
    jobs = [job for unit in units for kind in kinds for job in _jobs(unit, kind)]
    Setting.of(style, steps, (1,))
    found: dict[tuple[int, str], Synthesis] = {}
    for job_batch, one in _batches(net, name, jobs, batch):
        setting = Setting.of(style, steps, [end - first for first, end in one.box])
        images, values = Ascent(one, colours, setting, seed).run(job_batch)
        chosen = torch.tensor([job.unit for job in job_batch])
        if not (job_batch[0].low and one.rectified):
            values = neutral(net, name, images, chosen, one, colours)
        for job, image, value in zip(job_batch, images.numpy(), values.tolist(), strict=True):
            least = None if natural_min is None else float(natural_min[job.unit])
            if job.low:
                verdict = judge_low(value, least, one.rectified)
            else:
                verdict = judge(value, float(natural_max[job.unit]), least, one.limits)
            found[job.unit, job.kind] = _synthesis(name, job, image, value, verdict, setting, one)
        progress(f"synthesis of {name}", len(found), len(jobs))
    return [found[job.unit, job.kind] for job in jobs]


@dataclass(frozen=True)
class Job:
    """One picture to make: of which unit, and of what kind."""

    unit: int
    kind: str

    @property
    def low(self) -> bool:
        """Whether the unit is to be driven down."""
        return self.kind == "negative"

    @property
    def diverse(self) -> bool:
        """Whether it is one of several that should differ."""
        return self.kind.startswith("diverse")


def _jobs(unit: int, kind: str) -> list[Job]:
    if kind in ("positive", "negative"):
        return [Job(unit, kind)]
    word, _, count = kind.partition(" ")
    if word != "diverse" or not count.isdigit() or not int(count):
        raise SpecError(
            f"There is no kind of synthesis {kind!r}. Expected positive, negative, or diverse N, such as 'diverse 4'."
        )
    return [Job(unit, f"diverse {i + 1}") for i in range(int(count))]


def _batches(
    net: Network, layer: str, jobs: Sequence[Job], size: int
) -> Iterator[tuple[list[Job], Cone]]:
    """Yield jobs that go together: the same field, the same direction, the diverse ones of a unit unparted."""
    for group in channel_groups(net, layer):
        inside = [job for job in jobs if group[0] <= job.unit < group[1]]
        for low in (False, True):
            alike = [job for job in inside if job.low == low]
            if not alike:
                continue
            one = cone(net, layer, group)
            together = at_once([end - first for first, end in one.box], size)
            yield from ((part, one) for part in _parted(alike, together))


def _parted(jobs: Sequence[Job], size: int) -> Iterator[list[Job]]:
    kept: list[Job] = []
    families: dict[tuple[int, bool], list[Job]] = {}
    for job in jobs:
        families.setdefault((job.unit, job.diverse), []).append(job)
    for family in families.values():
        if kept and len(kept) + len(family) > size:
            yield kept
            kept = []
        kept = [*kept, *family]
    if kept:
        yield kept


def _synthesis(
    layer: str,
    job: Job,
    image: np.ndarray,
    value: float,
    verdict: Verdict,
    setting: Setting,
    one: Cone,
) -> Synthesis:
    return Synthesis(
        layer=layer,
        unit=job.unit,
        kind=job.kind,
        image=np.ascontiguousarray(image, np.float32),
        activation=value,
        percent_of_natural=verdict.percent,
        status=verdict.status,
        steps=setting.steps,
        why=verdict.why,
        box=one.box,
    )
