"""Networks with the same geometry and fewer priors, and the exact mapping between their layers."""

from convscope.learning.twins.costs import costs
from convscope.learning.twins.geometry import Geometry, Stage, reference
from convscope.learning.twins.local import Local
from convscope.learning.twins.mapping import dense_from, local_from
from convscope.learning.twins.nets import Twin, TwinNetwork, twins

__all__ = [
    "Geometry",
    "Local",
    "Stage",
    "Twin",
    "TwinNetwork",
    "costs",
    "dense_from",
    "local_from",
    "reference",
    "twins",
]
