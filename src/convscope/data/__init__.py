"""What the network looks at: a data spec becomes a Source of samples."""

from convscope.data.fit import fit
from convscope.data.sample import LEVELS, Batch, Box, Contents, Kind, Sample, Source, spread
from convscope.data.sources import open_source
from convscope.rooms import callable_as

__all__ = [
    "LEVELS",
    "Batch",
    "Box",
    "Contents",
    "Kind",
    "Sample",
    "Source",
    "fit",
    "open_source",
    "spread",
]

callable_as(__name__, open_source)
