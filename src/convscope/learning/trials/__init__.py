"""Single trainings: what they depend on, how they go, what is kept of them."""

from convscope.learning.trials.search import Search, Tried
from convscope.learning.trials.training import train
from convscope.learning.trials.trial import Answers, Outcome, Trial

__all__ = ["Answers", "Outcome", "Search", "Trial", "Tried", "train"]
