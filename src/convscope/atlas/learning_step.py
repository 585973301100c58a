"""The study of idea 5 in an atlas: asked for by name, as it trains networks for minutes or hours.

What is learned need not be what the atlas's network looks at; the entry says which data it is of.
"""

from pathlib import Path

from convscope.atlas.reader import read_manifest
from convscope.atlas.schema import fingerprint
from convscope.atlas.writer import AtlasWriter
from convscope.learning.finding import Learning

RUNS = "runs"
"""The folder inside an atlas in which finished runs are kept."""


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
