"""Idea 4, equivariance and invariance: what moves with the picture, what holds still, and why not."""

from convscope.rooms import callable_as
from convscope.shift.comparing import Change, Comparison
from convscope.shift.finding import Answers, Shift, Testable
from convscope.shift.rows import LayerShift
from convscope.shift.study import shift

__all__ = ["Answers", "Change", "Comparison", "LayerShift", "Shift", "Testable", "shift"]

callable_as(__name__, shift)
