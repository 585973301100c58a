"""The study of idea 5 in an atlas: asked for by name, as it trains networks for minutes or hours.

What is learned need not be what the atlas's network looks at; the entry says which data it is of.
"""

from collections.abc import Iterator
from pathlib import Path

from convscope.atlas.reader import read_manifest
from convscope.atlas.result import Result, Step, Unmeasured, first_line
from convscope.atlas.schema import fingerprint
from convscope.atlas.writer import AtlasWriter
from convscope.data import Source
from convscope.errors import SpecError
from convscope.learning.finding import Learning
from convscope.learning.learn import learn
from convscope.learning.prior import prior
from convscope.progress import Progress

RUNS = "runs"
"""The folder inside an atlas in which finished runs are kept."""


def learning_steps(
    data: Source, data_fingerprint: str | None, folder: Path, seed: int
) -> Iterator[Step]:
    """Yield the audit of the data and the quick study; `convscope learn -o ATLAS` makes the full one.

    Args:
        data: labelled samples.
        data_fingerprint: of the data that the atlas is about.
        folder: the atlas.
        seed: for what is drawn at random.
    """

    def audited(progress: Progress) -> Result:
        try:
            found = prior(data, seed=seed, progress=progress)
        except SpecError as error:
            raise Unmeasured(f"{first_line(error)}.") from error
        return Result(found, found.document(), {})

    def studied(progress: Progress) -> Result:
        try:
            found = learn(data, quick=True, out=folder / RUNS, seed=seed, progress=progress)
        except SpecError as error:
            raise Unmeasured(f"{first_line(error)}.") from error
        return Result(found, found.document(), {})

    key = {"data": data_fingerprint, "seed": seed}
    yield Step("prior", "the audit of the data", fingerprint(idea="prior", **key), audited)
    yield Step("learn", "learning", fingerprint(idea="learn", quick=True, **key), studied)


def keep_learning(folder: Path, found: Learning, seconds: float | None = None) -> None:
    """Keep a study, and its audit, in an atlas that is there already.

    Args:
        folder: the atlas.
        found: the study.
        seconds: how long it took; None where that was not timed.

    Raises:
        SpecError: the folder is no atlas.
        WorkError: another process writes there, or the disk failed.
    """
    with AtlasWriter(folder, read_manifest(folder).network) as atlas:
        key = fingerprint(idea="learn", study=found.network.fingerprint)
        atlas.put_finding("learn", key, found, seconds=seconds)
        if found.prior is not None:
            of = fingerprint(idea="prior", data=found.prior.data["fingerprint"])
            atlas.put_finding("prior", of, found.prior)
