"""Idea 5, why it matters: networks trained from scratch, and what that takes."""

from convscope.learning.demo import DemoTraining, train_demo
from convscope.learning.run import RECIPES, Recipe
from convscope.learning.timeline import Climb, Timeline, demo_timeline

__all__ = ["RECIPES", "Climb", "DemoTraining", "Recipe", "Timeline", "demo_timeline", "train_demo"]
