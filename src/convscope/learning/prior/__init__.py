"""The prior audit: what a data set says of locality and stationarity, before anything is trained."""

from convscope.learning.prior.audit import prior
from convscope.learning.prior.finding import Axis, Prior
from convscope.learning.prior.locality import Locality, locality
from convscope.learning.prior.pairs import Places, places
from convscope.learning.prior.place import Place, place
from convscope.learning.prior.stationarity import Stationarity, stationarity

__all__ = [
    "Axis",
    "Locality",
    "Place",
    "Places",
    "Prior",
    "Stationarity",
    "locality",
    "place",
    "places",
    "prior",
    "stationarity",
]
