"""Idea 5, why it matters: networks trained from scratch, and what that takes."""

from convscope.learning.demo import DemoTraining, train_demo

__all__ = ["DemoTraining", "train_demo"]
