"""Two networks side by side: which units of one are units of the other, and what changed."""

from convscope.features.comparing.compare import Side, compare, compared
from convscope.features.comparing.finding import Comparison, LayerPair, UnitPair
from convscope.features.comparing.matching import STATUSES, Matching, correlations, matched

__all__ = [
    "STATUSES",
    "Comparison",
    "LayerPair",
    "Matching",
    "Side",
    "UnitPair",
    "compare",
    "compared",
    "correlations",
    "matched",
]
