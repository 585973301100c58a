"""What the runs of a study say: curves, data-equivalence, claims, and how sure that is."""

from convscope.learning.analysis.claims import DELTA, Claim, Part, claims, difference, holm
from convscope.learning.analysis.curves import Point, curves, needed, rising, saturated, unlearned
from convscope.learning.analysis.power import PowerLaw, power_law
from convscope.learning.analysis.resample import Cell, Means, interval, resampled
from convscope.learning.analysis.savings import Equivalence, equivalence

__all__ = [
    "DELTA",
    "Cell",
    "Claim",
    "Equivalence",
    "Means",
    "Part",
    "Point",
    "PowerLaw",
    "claims",
    "curves",
    "difference",
    "equivalence",
    "holm",
    "interval",
    "needed",
    "power_law",
    "resampled",
    "rising",
    "saturated",
    "unlearned",
]
