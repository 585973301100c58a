"""What the network looks at: a data spec becomes a Source of samples."""

from convscope.data.fit import fit, fit_masks
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
    "fit_masks",
    "open_source",
    "spread",
]

callable_as(__name__, open_source)
