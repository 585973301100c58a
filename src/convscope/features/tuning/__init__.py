"""Tuning of units: what each prefers among stimuli whose parameters are known."""

from convscope.features.tuning.record import NONE, Tuning
from convscope.features.tuning.tune import tune

__all__ = ["NONE", "Tuning", "tune"]
