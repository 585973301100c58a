"""Repair: rewrite what makes answers move with the picture, measure again, and say what it costs."""

from convscope.shift.repairing.finding import Repair
from convscope.shift.repairing.menu import MENU, Changed, changes, repair
from convscope.shift.repairing.tuning import Budget, finetune
from convscope.shift.repairing.weighing import measured

__all__ = ["MENU", "Budget", "Changed", "Repair", "changes", "finetune", "measured", "repair"]
