"""convscope: a microscope and test bench for convolutional networks.

The names below are the whole public API. Each is imported when first used, so that
``import convscope`` costs nothing and needs no optional package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convscope.atlas import Atlas
    from convscope.atlas.looking import look
    from convscope.data import open_source as data
    from convscope.features import features
    from convscope.features.comparing import compare
    from convscope.learning.learn import learn
    from convscope.learning.prior import prior
    from convscope.network import Layer, Network, load
    from convscope.receptive import receptive
    from convscope.sharing import sharing
    from convscope.shift import shift
    from convscope.shift.repairing import repair

__version__ = "0.1.0"

_HOME = {
    "Atlas": ("convscope.atlas", "Atlas"),
    "Layer": ("convscope.network", "Layer"),
    "Network": ("convscope.network", "Network"),
    "compare": ("convscope.features.comparing", "compare"),
    "data": ("convscope.data", None),
    "features": ("convscope.features", None),
    "learn": ("convscope.learning.learn", "learn"),
    "load": ("convscope.network", "load"),
    "look": ("convscope.atlas.looking", "look"),
    "prior": ("convscope.learning.prior", "prior"),
    "receptive": ("convscope.receptive", None),
    "repair": ("convscope.shift.repairing", "repair"),
    "sharing": ("convscope.sharing", None),
    "shift": ("convscope.shift", None),
}
# None: the room itself, which is callable (see convscope.rooms).

__all__ = [
    "Atlas",
    "Layer",
    "Network",
    "compare",
    "data",
    "features",
    "learn",
    "load",
    "look",
    "prior",
    "receptive",
    "repair",
    "sharing",
    "shift",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'convscope' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = (
        import_module(module) if attribute is None else getattr(import_module(module), attribute)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
