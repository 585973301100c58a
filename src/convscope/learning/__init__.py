"""Idea 5, why it matters: networks trained from scratch, and what that takes."""

from convscope.learning.demo import DemoTraining, train_demo
from convscope.learning.run import Recipe

__all__ = ["DemoTraining", "Recipe", "train_demo"]
