"""How units feed each other: effective kernels, ranked links, and a check by ablation."""

from convscope.features.circuits.kernels import Kernels, Stage, effective_kernels
from convscope.features.circuits.links import Keep, LayerLinks, Link, UnitLinks, links

__all__ = [
    "Keep",
    "Kernels",
    "LayerLinks",
    "Link",
    "Stage",
    "UnitLinks",
    "effective_kernels",
    "links",
]
