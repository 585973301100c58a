"""What units respond to, in words: masks and operators, classes, the ladder, families of one feature."""

from convscope.features.concepts.evidence import Evidence, Label
from convscope.features.concepts.families import Family, families
from convscope.features.concepts.hierarchy import Hierarchy, hierarchy
from convscope.features.concepts.labels import Subject, label, label_each
from convscope.features.concepts.ladder import UNKNOWN

__all__ = [
    "UNKNOWN",
    "Evidence",
    "Family",
    "Hierarchy",
    "Label",
    "Subject",
    "families",
    "hierarchy",
    "label",
    "label_each",
]
